"""Pin all versions anew: hashes, no registry addresses. Needs ``uv`` (pip install uv)."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = [
    "uv",
    "pip",
    "compile",
    "-q",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--upgrade",
]


def main() -> None:
    """Write the three lock files."""
    run = {"cwd": ROOT, "check": True}
    subprocess.run([*COMMON, "pyproject.toml", "-o", "requirements.lock"], **run)
    subprocess.run(
        [
            *COMMON,
            "-c",
            "requirements.lock",
            "--group",
            "dev",
            "pyproject.toml",
            "-o",
            "requirements-dev.lock",
        ],
        **run,
    )
    subprocess.run(
        [*COMMON, "--no-annotate", "-", "-o", "requirements-build.lock"],
        input=b"hatchling\neditables\n",
        **run,
    )


if __name__ == "__main__":
    main()
