"""The external conformance suites that the hub can run, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from chengshu.app.places import PROJECT
from chengshu.kernel.errors import Invalid


def _cap(path: Path) -> Any:
    from chengshu.surfaces.cap.conformance import run

    return run(path)


def _csvw(path: Path) -> Any:
    from chengshu.resources.quality.csvw_suite import run

    return run(path)


def _dcat(path: Path) -> Any:
    from chengshu.surfaces.dcat.conformance import run

    return run(path)


def _dmn(path: Path) -> Any:
    from chengshu.rules.dmn.conformance import run

    return run(path)


#: name → (runner, folder under the shared data where its files usually lie)
SUITES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "cap": (_cap, "checks/cap"),
    "csvw": (_csvw, "checks/csvw"),
    "dcat": (_dcat, "checks/dcat"),
    "dmn": (_dmn, "checks/dmn"),
}


def run_suite(name: str, path: Path | None) -> dict[str, Any]:
    """Run the suite; the report has suite, passed, failed, total, failing, reasons and, if any, groups.

    Raises :class:`Invalid` for an unknown suite or a folder that is not there.
    """
    if name not in SUITES:
        near = get_close_matches(name, SUITES, n=1)
        raise Invalid(
            "suite-unknown",
            f"there is no suite {name!r}",
            remedy=f"did you mean {near[0]!r}?" if near else f"suites: {', '.join(sorted(SUITES))}",
        )
    runner, usual = SUITES[name]
    folder = path or PROJECT.parent / "shared" / usual
    if not folder.exists():
        raise Invalid(
            "suite-missing",
            "the suite's files are not there",
            where=str(folder),
            remedy=f"give their folder: chengshu conformance {name} PATH",
        )
    report = runner(folder)
    if not report.total:
        raise Invalid(
            "suite-missing",
            "no case of the suite is there",
            where=str(folder),
            remedy=f"give the folder of its files: chengshu conformance {name} PATH",
        )
    return {
        "suite": name,
        "passed": report.passed,
        "failed": report.failed,
        "total": report.total,
        "failing": list(report.failing),
        "reasons": dict(report.failing) if isinstance(report.failing, Mapping) else {},
        "groups": _groups(getattr(report, "groups", None) or {}),
    }


def _groups(groups: Any) -> dict[str, dict[str, int]]:
    return {key: {"passed": group.passed, "total": group.total} for key, group in groups.items()}
