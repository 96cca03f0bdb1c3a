"""Where things lie: scenario packages near a city, and what the installation itself carries."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]  # the project's folder when run from a checkout


def find_packages(city: Path) -> Path:
    """The folder of scenario packages: beside the city, above it, or the project's own."""
    for base in (city, *city.resolve().parents):
        candidate = base / "scenarios"
        if candidate.is_dir() and any(candidate.glob("*/scenario.yaml")):
            return candidate
    return PROJECT / "scenarios"
