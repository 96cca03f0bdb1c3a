"""The demo: a city in its storm, live. Its clock runs faster than ours and goes on after a stop."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from chengshu.app.beside import beside
from chengshu.app.demo_desk import DeskThread, read_desk
from chengshu.app.drill.keeping import load_world, save_world
from chengshu.app.drill.run import Play, Progress
from chengshu.app.drill.stage import read_stage
from chengshu.app.hub import Manner
from chengshu.app.say import out
from chengshu.app.serve import Doors, announce, doors_of, run_web, usable_port
from chengshu.app.stores import DataFolder
from chengshu.foundation.access import Lifetimes
from chengshu.foundation.city import City
from chengshu.foundation.journal.queries import earlier_entries
from chengshu.kernel.clock import as_utc
from chengshu.kernel.ids import TimeIds

_BY_WALL = ("operator:command-line",)  # who writes by the wall clock: no moment of the storm
WORLD_FILE = "world.msgpack"
# nothing of a demo outlives a power cut: a kill or a crash of the hub itself still loses nothing
MANNER = Manner(durable=False, threaded=True, strict=False, exercise=True)
LONG = Lifetimes(idle=timedelta(days=60), absolute=timedelta(days=365), link=timedelta(days=60))


class DemoClock:
    """Stands still while the past is played, then runs ``speed`` times as fast as the wall clock."""

    def __init__(self, start: datetime, speed: float) -> None:
        self._base, self._speed = as_utc(start), speed
        self._since: float | None = None

    def now(self) -> datetime:
        """The demo's moment, to the millisecond."""
        if self._since is None:
            return self._base
        gone = (time.monotonic() - self._since) * self._speed
        return self._base + timedelta(milliseconds=int(gone * 1000))

    def advance_to(self, moment: datetime) -> None:
        """Move on; a running clock moves by itself."""
        if self._since is None and moment > self._base:
            self._base = moment

    def run(self) -> None:
        """Let time run from here."""
        self._since = time.monotonic()

    def wait_for(self, moment: datetime, stop: threading.Event) -> None:
        """Sleep until ``moment``, a tenth of a second at most."""
        left = (moment - self.now()).total_seconds() / self._speed
        stop.wait(min(max(left, 0.0), 0.1))


def run_demo(
    city: City,
    scenario: str,
    data: Path,
    host: str,
    port: int,
    speed: float,
    progress: Progress | None = None,
) -> None:
    """Play the storm up to its middle (or go on where the last demo stopped), then serve it live."""
    port = usable_port(host, port)
    folder = DataFolder(data)
    stage = read_stage(city, scenario)
    clock = DemoClock(stage.start, speed)
    play = Play(stage, data, MANNER, clock, TimeIds(clock))
    stop = threading.Event()
    doors: Doors | None = None
    last = ExitStack()
    try:
        _go_on(play, clock, data)
        middle = stage.start + stage.drill.mid_storm
        if clock.now() < middle:
            play.until(middle, progress)
            save_world(play.world.state(clock.now(), play.heard), data / WORLD_FILE)
        if progress:
            progress(1.0, "")
        doors = doors_of(play.hub, Path("var/drills"), LONG, stage.drill.name)
        doors.broker.start()
        announce(play.hub, doors, host, port)
        out.print(f"time runs {speed:g} times as fast; Ctrl-C stops, the next start goes on from there")
        clock.run()
        last.enter_context(beside(play.hub))
        desk = DeskThread(play.hub, read_desk(city))
        desk.start()
        last.callback(desk.stop)
        thread = threading.Thread(
            target=_live, args=(play, clock, data, stop), name="chengshu-demo", daemon=True
        )
        thread.start()
        run_web(play.hub, doors, host, port)
        stop.set()
        thread.join(timeout=60)
        save_world(play.world.state(clock.now(), play.heard), data / WORLD_FILE)
    finally:
        stop.set()
        last.close()
        if doors is not None:
            doors.broker.stop()
        play.close()
        folder.release()
    out.print("stopped; the storm waits")


def _go_on(play: Play, clock: DemoClock, data: Path) -> None:
    """Take up the kept world, at the last moment the hub wrote anything."""
    kept = load_world(data / WORLD_FILE)
    with play.hub.database.read() as connection:
        newest = [entry for entry in earlier_entries(connection, None, 200) if entry.actor not in _BY_WALL]
    if kept is None:
        return
    play.world.resume(kept)
    play.heard = kept.heard
    clock.advance_to(max([kept.at, *(entry.at for entry in newest[:1])]))


def _live(play: Play, clock: DemoClock, data: Path, stop: threading.Event) -> None:
    """Step the world and the hub as their time comes; keep the world every few minutes of the demo."""
    wake = threading.Event()
    play.hub.database.on_commit(wake.set)
    kept = clock.now()
    while not stop.is_set():
        due = [moment for moment in (play.world.next_at(), play.hub.pump.next_due()) if moment is not None]
        if min(due) <= clock.now() or wake.is_set():
            wake.clear()
            play.step()
        else:
            clock.wait_for(min(due), stop)
        if clock.now() - kept > timedelta(minutes=10):
            kept = clock.now()
            save_world(play.world.state(kept, play.heard), data / WORLD_FILE)
