"""The DMN Technology Compatibility Kit, read in place: levels 2 and 3 whole, Java apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from chengshu.rules.dmn.conformance import Report, run

pytestmark = pytest.mark.external


@pytest.fixture(scope="module")
def report(shared: Path) -> Report:
    archive = shared / "checks" / "dmn" / "tck_cases.tgz"
    if not archive.is_file():
        pytest.skip("needs checks/dmn/tck_cases.tgz in the shared folder, which is not here")
    return run(archive)


def test_all_active_cases_were_run(report: Report) -> None:
    assert report.total == 3391
    assert report.level(2).total == 116
    assert report.groups["other languages (Java)"].total == 18


def test_level_2_is_whole(report: Report) -> None:
    assert not {name: why for name, why in report.failing.items() if name.startswith("level 2/")}


def test_level_3_is_whole(report: Report) -> None:
    assert not {name: why for name, why in report.failing.items() if name.startswith("level 3/")}


def test_only_java_is_left_out(report: Report) -> None:
    """Calls of Java give null on purpose; the cases that expect null there pass."""
    failing = sorted(name.rpartition("/")[2] for name in report.failing)
    assert failing == [
        "boxed_001",
        *("literal_001", "literal_002", "literal_005", "literal_006", "literal_007"),
        *("literal_010", "literal_011", "literal_012", "varargs_001"),
    ]
