"""The port's suite over this engine, a broken one it must notice, and snapshots of old releases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chengshu.engines.spiff import SpiffEngine
from chengshu.ports.process_engine import Step
from chengshu.ports.suites.process_engine import BEGIN, PLAN, PROCESS_ENGINE_CHECKS
from chengshu.ports.suites.promise import Broken

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("check", PROCESS_ENGINE_CHECKS, ids=lambda check: check.__name__)
def test_suite(check: Callable[..., None]) -> None:
    check(SpiffEngine)


class _Hasty(SpiffEngine):
    """It fires every timer at once."""

    def advance(self, definition: Any, snapshot: Any, data: Any, trigger: Any, setting: Any) -> Step:
        from dataclasses import replace

        return super().advance(
            definition, snapshot, data, trigger, replace(setting, due=lambda start, _: start)
        )


def test_the_suite_notices_a_broken_engine() -> None:
    check = next(check for check in PROCESS_ENGINE_CHECKS if "timers" in check.__name__)
    with pytest.raises(Broken):
        check(_Hasty)


@pytest.mark.parametrize("path", sorted(SNAPSHOTS.glob("*.json")), ids=lambda path: path.stem)
def test_snapshots_of_every_release_go_on(path: Path, run: Any) -> None:
    """One file per format, taken in the plan of the suite after one round, the timer running."""
    stored = json.loads(path.read_text("utf-8"))
    r = run(PLAN)
    assert r.definition.hash == stored["definition"]
    r.now = BEGIN
    r.step = Step(json.dumps(stored["snapshot"]).encode(), stored["data"], ())
    r.data = stored["data"]
    r.after(minutes=25)
    assert r.data["late"] is True
    assert r.do("a", depth=0).do("b").at == ["wait"]
    assert r.message("over").ended == "completed"


def test_there_is_a_snapshot_of_the_present_format() -> None:
    assert (SNAPSHOTS / "format1.json").exists()
