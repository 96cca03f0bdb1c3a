"""A new city, and the drill of one, made once for all tests that look at them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.app.terminal import ROOT, Ran, run

from chengshu.app.newcity import make_city


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new city as it is made; nobody changes it."""
    return make_city("mycity", tmp_path_factory.mktemp("cities"))


@pytest.fixture
def city(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the new city with a copy of the scenario packages near it, to be spoiled."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return Path(shutil.copytree(pristine, tmp_path / "cities" / "mycity"))


@dataclass(frozen=True)
class Drilled:
    """A finished drill: what the command said, its report's folder, its hub's data."""

    ran: Ran
    report: Path
    data: Path


def drill(city: Path, folder: Path, *more: str) -> Drilled:
    """Drill ``city`` with everything kept under ``folder``."""
    report, data = folder / "report", folder / "data"
    ran = run("drill", city, "waterlogging", "--out", report, "--keep", data, *more)
    return Drilled(ran, report, data)


@pytest.fixture(scope="session")
def drilled(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    """The drill of the new city."""
    return drill(pristine, tmp_path_factory.mktemp("drill"))
