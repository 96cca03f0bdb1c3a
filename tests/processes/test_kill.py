"""Kill -9 at every statement and every commit of a whole run: nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tests.processes.conftest import House

from chengshu.foundation.journal import Actor
from chengshu.foundation.processes import queries

HUB = Actor.hub("test")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def step(house: House) -> bool:
    """The next thing to do, read off the stored state alone; False when the run is over."""
    with house.database.read() as connection:
        [instance] = queries.instances(connection)
        tasks, requests = queries.tasks(connection), queries.requests(connection)
    if instance.state == "ended":
        return False
    if tasks:
        house.processes.complete(tasks[0].id, {"agreed": "ground" in instance.data}, HUB)
    elif requests:
        house.processes.fail_service(requests[0].id, "CLOSED", "", HUB)
    else:
        house.processes.message("appeal", "r", {"ground": "law"}, HUB)
    return True


class Killer:
    """A process that runs a house in children of its own: it has one thread only, so that it may fork."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "tests.processes.test_kill"]
        root = Path(__file__).resolve().parents[2]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, cwd=root)

    def __enter__(self) -> Killer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, path: Path, fault: int) -> int:
        """Run until the ``fault``-th statement or commit; the exit status."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(fault, path, file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def run_until_killed(path: Path, fault: int) -> int:
    """Run in a child that kills itself at its ``fault``-th statement or commit; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            house = House(path, durable_ids=True)
            count = 0

            def tick(*_: Any) -> None:
                nonlocal count
                count += 1
                if count == fault:
                    os.kill(os.getpid(), signal.SIGKILL)

            for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
                event.listen(Engine, name, tick)
            while step(house):
                pass
            os._exit(0)
        finally:
            os._exit(3)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize("stride", [23, pytest.param(2, marks=pytest.mark.slow)])
def test_kill_at_every_fault_point(tmp_path: Path, stride: int) -> None:
    """A statement has three fault points; a stride that is no multiple of three meets all kinds."""
    base = tmp_path / "base.db"
    first = House(base, durable_ids=True)
    first.deploy("sharing.bpmn")
    first.processes.start("sharing", "r", {"owner": "water", "resource": "x"}, HUB)
    first.database.close()
    reference: Counter[str] | None = None
    fault, killed = 0, 0
    with Killer() as killer:
        while True:
            fault += stride
            path = tmp_path / f"run{fault}.db"
            shutil.copy(base, path)
            status = killer.run(path, fault)
            assert status in (0, signal.SIGKILL)
            killed += status == signal.SIGKILL
            again = House(path, durable_ids=True)
            while step(again):
                pass
            found = Counter(change.kind for change in again.changes())  # and the hash chain holds
            reference = reference or found
            assert found == reference, f"fault point {fault}"
            with again.database.read() as connection:
                [ended] = queries.instances(connection)
            assert (ended.state, ended.revision) == ("ended", 6)
            assert not again.tasks() and not again.requests()
            again.database.close()
            for leftover in tmp_path.glob(f"run{fault}.db*"):
                leftover.unlink()
            if status == 0:
                break
    assert killed > 200 / stride
    assert reference == Counter(
        {
            "process.deployed": 1,
            "process.started": 1,
            "process.ended": 1,
            "task.created": 3,
            "task.completed": 3,
            "process.service_requested": 1,
            "process.service_failed": 1,
        }
    )


if __name__ == "__main__":
    for line in sys.stdin:
        number, _, place = line.rstrip("\n").partition(" ")
        print(run_until_killed(Path(place), int(number)), flush=True)
