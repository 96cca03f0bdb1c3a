"""A real ``kill -9`` in the middle of transactions: the hub goes on and tells the same warnings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from vitals_lab import START, Hub, city_with, fill, rain

from chengshu.foundation.journal import verify

STORM = [0, 5, 12, 25, 45, 45, 20, 5, 0, 0, 0, 0, 0, 0, 0, 0]


def storm(hub: Hub, progress: Path, first: int) -> None:
    """From minute ``first`` on: note the minute, send its values, let the hub follow."""
    for minute in range(first, len(STORM)):
        progress.write_text(str(minute))
        for number in (1, 2, 3):
            hub.send("RainGauge", number, STORM[minute], START + minute * hub.minute)
        hub.send("WaterLevelSensor", 3, STORM[minute] / 50, START + minute * hub.minute)
        hub.run(START + (minute + 1) * hub.minute)
    progress.write_text(str(len(STORM)))


def opened(folder: Path, progress: Path) -> tuple[Hub, int]:
    """The hub of the folder, at the minute it had come to; its ids go on where they ended."""
    first = int(progress.read_text()) if progress.exists() else 0
    hub = Hub(folder, city_with(folder, [rain(), fill()]), START + first * Hub.minute)
    for _ in hub.queries.warnings(state="all"):
        hub.ids.new("warning")
    return hub, first


def child(folder: Path, fuse: int) -> None:
    """Run the storm; SIGKILL this process inside its ``fuse``-th transaction, before the commit."""
    hub, first = opened(folder, folder / "minute")
    write, left = hub.database.write, fuse

    def deadly(work: Callable[[Connection], Any]) -> Any:
        def body(connection: Connection) -> Any:
            nonlocal left
            result = work(connection)
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return write(body)

    hub.database.write = deadly  # type: ignore[method-assign]
    storm(hub, folder / "minute", first)


def told(hub: Hub) -> list[tuple[str, dict[str, Any]]]:
    return [(change.kind, dict(change.payload)) for change in hub.changes()]


@pytest.mark.slow
@pytest.mark.parametrize("fuses", [(5, 12, 19), (8, 9, 10), (23, 14)])
def test_killed_inside_transactions(tmp_path: Path, fuses: tuple[int, ...]) -> None:
    calm, _ = opened(tmp_path / "calm", tmp_path / "none")
    storm(calm, tmp_path / "none", 0)
    shot = tmp_path / "shot"
    shot.mkdir()
    for fuse in fuses:
        done = subprocess.run([sys.executable, __file__, str(shot), str(fuse)], check=False)
        assert done.returncode == -signal.SIGKILL
    hub, first = opened(shot, shot / "minute")
    storm(hub, shot / "minute", first)
    assert told(hub) == told(calm)
    assert hub.queries.vitals() == calm.queries.vitals()
    with hub.database.read() as connection:
        assert verify(connection).ok
    calm.close()
    hub.close()


if __name__ == "__main__":
    child(Path(sys.argv[1]), int(sys.argv[2]))
