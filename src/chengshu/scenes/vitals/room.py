"""The room of vital signs: follows observations, wakes at the end of every pane, keeps warnings right."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.city import City
from chengshu.foundation.context import SeriesRegistry, decode_batch
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.kernel.ids import Ids
from chengshu.kernel.levels import Level
from chengshu.ports.database import Database
from chengshu.ports.history import History
from chengshu.ports.runtime import Change, Effect
from chengshu.scenes.vitals import cap, store
from chengshu.scenes.vitals.commands import Trace, Warnings
from chengshu.scenes.vitals.evaluate import Evaluator, Pair, pairs_of
from chengshu.scenes.vitals.judge import Standing
from chengshu.scenes.vitals.members import place_of
from chengshu.scenes.vitals.model import Contribution, Indicator, Warning
from chengshu.scenes.vitals.panes import PaneBook
from chengshu.scenes.vitals.reader import Catalogue

MAX_CAUSES = 20  # entities named in a warning


class Vitals:
    """Consumer of observations and ticker of panes, in one.

    The panes in memory are a cache of history; standings, warnings and how far the evaluation has come are
    durable and move together, so that a restart goes on where the last commit was. Time is event time:
    after a pause the missed pane ends are evaluated in order, as far back as ``catalogue.lateness``.
    """

    name = "vitals"
    kinds: tuple[str, ...] = ("observations",)

    def __init__(
        self,
        database: Database,
        history: History,
        clock: Clock,
        ids: Ids,
        city: City,
        series: SeriesRegistry,
        catalogue: Catalogue,
        *,
        sender: str = "",
        exercise: bool = False,
    ) -> None:
        """``sender`` names the hub in CAP messages; ``exercise`` marks them as a drill's."""
        self._database, self._history, self._clock = database, history, clock
        self._city, self._series = city, series
        self.catalogue = catalogue
        self.evaluator = Evaluator(catalogue, city, history)
        self._lateness = int(catalogue.lateness.total_seconds() * 1000)
        self._grace = int(catalogue.grace.total_seconds() * 1000)
        self._panes = sorted({int(item.pane.total_seconds() * 1000) for item in catalogue if item.source})
        issuer = cap.Issuer(sender or f"chengshu.{city.id}", city.name, city.zone, exercise)
        self._warnings = Warnings(catalogue, city, ids, issuer)
        self._book = PaneBook(history, {})
        self._standings: dict[Pair, Standing] = {}
        self._evaluated = 0
        self._late_from: int | None = None
        self._late: set[int] = set()
        self._next_escalation: int | None = None
        self._wanted = np.zeros(1024, bool)
        self._version = -1
        self._ready = False
        self._lock = threading.RLock()  # queries of other threads may be the first to need the roster

    # -- following the stream --------------------------------------------------------------------------

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Merge the observations into the panes; late ones are noted durably."""
        with self._lock:
            self._start()
            for change in changes:
                self._take(change)
            self._book.settle()
        if self._late_from is None:
            return None
        evaluated, late_from, late = self._evaluated, self._late_from, sorted(self._late)
        return lambda connection: store.set_progress(connection, evaluated, late_from, late)

    def _take(self, change: Change) -> None:
        batch = decode_batch(change.payload["batch"])
        self._enrol()
        top = int(batch.series.max(initial=0))
        if top >= len(self._wanted):
            self._wanted = np.concatenate([self._wanted, np.zeros(top + 1, bool)])
        kept = self._wanted[batch.series] & np.isfinite(batch.values)
        series, times = batch.series[kept], batch.observed_at[kept]
        self._book.take(change.seq, series, times, batch.values[kept])
        late = (times < self._evaluated) & (times >= self._evaluated - self._lateness)
        if late.any():
            first = int(times[late].min())
            self._late_from = first if self._late_from is None else min(first, self._late_from)
            self._late.update(np.unique(series[late]).tolist())

    def _enrol(self) -> None:
        """Follow the registry: new series become members of the plans they fit."""
        if self._version == self._series.version:
            return
        self._version = self._series.version
        self.evaluator.enrol(self._series)
        wanted = self.evaluator.roster.wanted
        self._wanted = np.zeros(max(wanted, default=0) + 1024, bool)
        self._wanted[list(wanted)] = True

    def _start(self) -> None:
        """Take up where the last commit was: standings and progress from the store, panes from history."""
        if self._ready:
            return
        now = millis(self._clock.now())
        with self._database.read() as connection:
            self._standings = pairs_of(store.all_current(connection))
            evaluated, self._late_from, late = store.read_progress(connection)
            self._next_escalation = store.next_escalation(connection)
        self._late = set(late)
        self._evaluated = self._floor(now) if evaluated is None else evaluated
        self._enrol()
        self._book = PaneBook(self._history, self.evaluator.horizons(2 * self._lateness))
        self._book.rebuild(max(now, self._evaluated))
        self._replay_stream()
        self._ready = True

    def _replay_stream(self) -> None:
        """Observations that are in the stream but not in history yet belong to the panes as well."""
        seq = self._history.applied()
        while True:
            with self._database.read() as connection:
                changes = list(journal.changes_after(connection, seq, self.kinds, 500))
            if not changes:
                return
            for change in changes:
                self._take(change)
            seq = changes[-1].seq

    # -- waking by the clock ---------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """The end of the next pane, the next escalation, or now when late values wait."""
        self.refresh()
        if self._late_from is not None:
            return self._clock.now()
        due = [value for value in (self._next_escalation,) if value is not None]
        if self._panes:
            due.append(self._next_end(self._evaluated) + self._grace)
        return from_millis(min(due)) if due else None

    def tick(self, now: datetime) -> None:
        """Evaluate every pane end that has come, again what late values touched, and escalate."""
        with self._lock:
            self._tick(now)

    def _tick(self, now: datetime) -> None:
        self.refresh()
        self._book.settle()
        moment = millis(now)
        if self._late_from is not None:
            self._again(now)
        if self._panes:
            # after a long pause the oldest part is left out: nobody can be warned of it any more
            self._evaluated = max(self._evaluated, self._floor(moment - self._lateness))
            while (end := self._next_end(self._evaluated)) + self._grace <= moment:
                self._evaluate(end, now)
        if self._next_escalation is not None and self._next_escalation <= moment:
            self._database.write(lambda connection: self._warnings.escalate(connection, now))
            self._remember_escalation()
        self._book.prune(moment)

    def _evaluate(self, at: int, now: datetime) -> None:
        due = self.evaluator.due(at)
        made = self.evaluator.standings(at, due, self._standings, self._book)
        changed = _news(made, self._standings)
        standings = self._standings | pairs_of(changed)
        causes = self._causes(standings, due, at)

        def write(connection: Connection) -> None:
            store.put_standings(connection, changed)
            self._warnings.follow(connection, standings, due, causes, now)
            store.set_progress(connection, at, self._late_from, self._late)

        self._database.write(write)
        self._standings, self._evaluated = standings, at
        if causes:
            self._remember_escalation()

    def _again(self, now: datetime) -> None:
        """Evaluate again from the first late value on, for the indicators it can reach."""
        since = max(self._late_from or 0, self._evaluated - self._lateness)
        names = self._closed(self.evaluator.affected(self._late))
        with self._database.read() as connection:
            before = pairs_of(store.standings_at(connection, since))
            was = store.levels_between(connection, names, since, self._evaluated)
        running: dict[Pair, Standing] = dict(before)
        changed: list[Standing] = []
        for end in self._ends(since, self._evaluated):
            made = self.evaluator.standings(end, self.evaluator.due(end) & names, running, self._book)
            news = _news(made, running)
            changed += news
            running |= pairs_of(news)
        renewed = {pair: item for pair, item in running.items() if pair[0] in names}
        standings = self._standings | renewed
        causes = self._causes(standings, names, self._evaluated)
        traces = _traces(changed)
        first = {pair: int(item.vital.level) for pair, item in before.items()}
        differing = [
            pair
            for pair in sorted(was.keys() | traces.keys())
            if _course(was.get(pair, []), first.get(pair, 0))
            != _course(traces.get(pair, []), first.get(pair, 0))
        ]

        def write(connection: Connection) -> None:
            store.forget_rows(connection, names, since)
            store.put_standings(connection, changed)
            store.put_standings(connection, list(renewed.values()), keep_history=False)
            for pair in differing:
                if self._warned(pair):
                    self._warnings.correct(connection, pair, was.get(pair, []), since, self._late, now)
            self._warnings.follow(connection, standings, names, causes, now)
            store.set_progress(connection, self._evaluated, None)

        self._database.write(write)
        self._standings, self._late_from, self._late = standings, None, set()
        self._remember_escalation()

    def _closed(self, names: set[str]) -> set[str]:
        """The names and everything their formulas need."""
        for item in reversed(list(self.catalogue)):
            if item.id in names:
                names |= set(item.needs)
        return names

    def _warned(self, pair: Pair) -> bool:
        rule = self.catalogue[pair[0]].warning
        return rule is not None and self._city.areas[pair[1]].kind in rule.at

    def _causes(
        self, standings: dict[Pair, Standing], due: Collection[str], at: int
    ) -> dict[Pair, tuple[str, ...]]:
        """For the pairs whose warning will move: the entities that make it so, worst first."""
        with self._database.read() as connection:
            open_ = {(item.indicator, item.area): item for item in store.open_warnings(connection)}
        moving = self._warnings.moving(standings, due, open_)
        return {
            pair: self._entities(*pair, at) if standings[pair].vital.level > Level.NORMAL else ()
            for pair in moving
        }

    def _entities(self, name: str, area: str, at: int) -> tuple[str, ...]:
        item = self.catalogue[name]
        if item.formula is not None:
            found: dict[str, None] = {}
            for need in item.needs:
                place = place_of(self._city.areas, area, self.catalogue[need].by)
                found.update(dict.fromkeys(self._entities(need, place, at)))
            return tuple(found)[:MAX_CAUSES]
        given = self.evaluator.each(name, area, at, self._book)
        return tuple(one.entity for one in _guilty(item, given))[:MAX_CAUSES]

    def _remember_escalation(self) -> None:
        with self._database.read() as connection:
            self._next_escalation = store.next_escalation(connection)

    def _floor(self, moment: int) -> int:
        return max((moment // pane * pane for pane in self._panes), default=moment)

    def _next_end(self, after: int) -> int:
        return min(after // pane * pane + pane for pane in self._panes)

    def _ends(self, after: int, until: int) -> Iterable[int]:
        end = self._next_end(after)
        while end <= until:
            yield end
            end = self._next_end(end)

    # -- what queries need -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Make sure the members of every plan are those of the registry, also before the first evaluation."""
        with self._lock:
            self._start()
            self._enrol()

    def last_heard(self, moment: datetime) -> dict[tuple[str, str], datetime]:
        """By entity and attribute: the time of the newest value not after ``moment``."""
        found = self._history.last_before(moment)
        known = {series.id: series for series in self._series}
        return {
            (known[row["series"]].entity, known[row["series"]].attribute): row["observed_at"]
            for row in found.to_pylist()
            if row["series"] in known
        }

    def sources_of(self, kind: str, attribute: str) -> list[str]:
        """The entities that give this attribute, declared or heard, to any indicator."""
        return self.evaluator.roster.entities_of(kind, attribute)

    # -- commands --------------------------------------------------------------------------------------

    def acknowledge(self, warning: str, actor: Actor, *, note: str = "", policy: str = "") -> Warning:
        """A person has seen the warning. Raises :class:`Missing` or :class:`Conflict`."""
        now = self._clock.now()
        return self._database.write(
            lambda connection: self._warnings.acknowledge(connection, warning, actor, note, policy, now)
        )


def _news(made: dict[Pair, Standing], before: dict[Pair, Standing]) -> list[Standing]:
    """Those that differ from what stood before; the others go on holding."""
    return [item for pair, item in made.items() if not item.same_as(before.get(pair))]


def _guilty(item: Indicator, given: Sequence[Contribution]) -> list[Contribution]:
    """Those that reach the lowest threshold by themselves, else the five that give most."""
    fresh = [one for one in given if one.fresh and one.value is not None]
    if item.levels and item.rollup in ("max", "min"):
        bound = item.levels.thresholds[0].at
        reaching = [
            one
            for one in fresh
            if one.value is not None and (one.value >= bound if item.levels.above else one.value <= bound)
        ]
        if reaching:
            return reaching
    return fresh[:5]


def _traces(standings: Sequence[Standing]) -> dict[Pair, list[tuple[int, int]]]:
    found: dict[Pair, list[tuple[int, int]]] = {}
    for item in standings:
        pair = (item.vital.indicator, item.vital.area)
        found.setdefault(pair, []).append((millis(item.vital.at), int(item.vital.level)))
    return found


def _course(trace: Trace, level: int) -> list[tuple[int, int]]:
    """Only where the level changes."""
    result: list[tuple[int, int]] = []
    for at, now in trace:
        if now != level:
            result.append((at, now))
            level = now
    return result
