"""Fixtures every test may use."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings
from tests import examples, leftovers  # noqa: F401 - registers the profiles

from chengshu.app.logs import plainly

settings.load_profile("whole")
plainly()  # a failure that is meant to be logged costs no coloured page of the source
os.environ["LANGUAGE"] = "en"  # what the command line says is compared in English, whoever runs the tests

gc.set_threshold(20_000, 20, 100)  # what was imported stays: it need not be looked at every moment
leftovers.watch()

_BESIDE = {"threading", "subprocess", "socket", "multiprocessing", "until", "free_port", "listening"}
"""Names in a file of tests that say something runs beside them."""
ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """What is left open is closed, and counted at the end."""
    config.pluginmanager.register(leftovers)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that drive a browser, threads or other processes get a second try, which the summary names.

    On a machine that others load, one in some thousands meets a moment that no wait foresaw. What fails twice
    is red; what needed its second try is listed, to be looked into.
    """
    for item in items:
        names = vars(item.module) if isinstance(item, pytest.Function) else {}
        if any(map(item.get_closest_marker, ("browser", "slow"))) or not _BESIDE.isdisjoint(names):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test data and external checks; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CHENGSHU_SHARED", ROOT.parent / "shared"))
    if not (folder / "checks").is_dir():
        pytest.skip("needs the shared data folder (set CHENGSHU_SHARED), which is not here")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which capabilities claim to work while a test that proves them is red."""
    from chengshu.app.capabilities import read_capabilities

    red = {report.nodeid for key in ("failed", "error") for report in terminalreporter.stats.get(key, [])}
    for row in read_capabilities(ROOT / "capabilities.yaml") if red else ():
        hurt = [
            node
            for node in row.proof
            if any(name == node or name.startswith((f"{node}[", f"{node}::")) for name in red)
        ]
        if row.status == "works" and hurt:
            terminalreporter.write_line(
                f"capability {row.id} ({row.name}) says it works, but red: {', '.join(hurt)}"
            )
