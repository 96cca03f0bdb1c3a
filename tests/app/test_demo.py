"""``chengshu demo``: a city in the middle of its storm, live; it stops, is killed, and goes on."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.app.terminal import Served, ended, run, serving
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.slow


def state(served: Served) -> tuple[datetime, int]:
    """Its moment and the newest position of its stream. Fails when a part is in trouble."""
    body = served.http.get("/healthz").json()
    assert [part for part in body["parts"] if part["trouble"]] == []
    return datetime.fromisoformat(body["now"]), body["seq"]


def test_it_opens_in_the_middle_of_the_storm_and_goes_on_after_a_stop_and_after_a_kill(
    pristine: Path, tmp_path: Path
) -> None:
    data = tmp_path / "demo"
    middle = datetime.fromisoformat("2026-07-17T16:50:00+08:00")
    with serving(pristine, data, "demo") as served:
        first, seq = state(served)
        assert first >= middle and seq > 100
        assert served.code  # somebody can sign in
        until(lambda: state(served)[0] > first)  # time runs
        later, more = state(served)
        assert more >= seq
        workers = served.children()
        assert served.stop(signal.SIGINT) == 0, served.said
        assert "the storm waits" in served.said and "Traceback" not in served.said
        until(lambda: ended(workers))
    added = run("client", "add", "probe", "--data", data)
    assert added.code == 0, added.err
    with serving(pristine, data, "demo") as served:
        again, seq = state(served)
        assert again >= later and seq >= more  # nothing is played twice, nothing is lost
        assert again < later + timedelta(hours=1)  # an entry by the wall clock moved no storm
        until(lambda: state(served)[0] > again)
        os.kill(served.process.pid, signal.SIGKILL)
        served.process.wait(timeout=PATIENCE_S)
    with serving(pristine, data, "demo") as served:
        killed, after = state(served)
        # nothing written is lost; the clock goes on from the last moment written, and the moment
        # shown before the kill may have been a beat ahead of it
        assert after >= seq and killed > again - timedelta(minutes=1)
        assert served.stop(signal.SIGTERM) == 0, served.said
    assert run("journal", "verify", "--data", data).code == 0
