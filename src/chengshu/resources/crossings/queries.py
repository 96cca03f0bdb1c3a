"""Reader of the crossings: the newest exchange on each path, from harvest runs and the record of uses.

Nothing is kept of its own: an exchange is what its journal entry says, so a line cannot be green without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from sqlalchemy import Connection

from chengshu.foundation.journal import entries_about
from chengshu.foundation.journal.queries import newest_about
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.resources.crossings.declared import CrossingsFile, Partner
from chengshu.resources.crossings.model import CROSSINGS, Crossing, Exchange, Line, State
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.ledger.harvest.model import Run
from chengshu.resources.sharing import Request, Use
from chengshu.resources.sharing import store as sharing_store

_YEARS = timedelta(days=3 * 366)  # uses are kept three years
_MOST_USES = 5000
_RUNS = 20  # runs of a source looked through for one that ended well
_HERE = Text("this hub", "本中枢", "本中樞")
_PROGRAM = "client:"


class CrossingQueries:
    """``sources`` are the harvest sources of the city with their names, ``departments`` its departments'."""

    def __init__(
        self,
        database: Database,
        declared: CrossingsFile,
        sources: Mapping[str, Text],
        departments: Mapping[str, Text],
    ) -> None:
        self._database, self._declared = database, declared
        self._sources, self._departments = sources, departments

    def lines(self, now: datetime) -> tuple[Line, ...]:
        """The five lines, each with the newest exchange of every path until ``now``."""
        found: dict[Crossing, list[Exchange]] = {crossing: [] for crossing in CROSSINGS}
        broken: dict[Crossing, list[str]] = {crossing: [] for crossing in CROSSINGS}
        by_source = {name: partner for partner in self._declared.partners for name in partner.sources}
        with self._database.read() as connection:
            for name in self._sources:
                partner = by_source.get(name)
                crossing: Crossing = partner.crossing if partner else "system"
                runs = harvest_store.runs_of(connection, name, _RUNS)
                if runs and runs[0].state == "broken":
                    broken[crossing].append(name)
                done = next((run for run in runs if run.state == "done" and _ended(run) <= now), None)
                if done is not None:
                    found[crossing].append(self._harvested(connection, done, partner, crossing, now))
            for crossing, use, request, partner in self._uses(connection, now):
                found[crossing].append(self._used(connection, crossing, use, request, partner, now))
        return tuple(self._line(crossing, found[crossing], broken[crossing]) for crossing in CROSSINGS)

    def _line(self, crossing: Crossing, paths: Iterable[Exchange], broken: Iterable[str]) -> Line:
        ordered = tuple(sorted(paths, key=lambda path: (path.at, path.about), reverse=True))
        state: State = ordered[0].state if ordered else "never"
        declared = crossing in ("system", "department") or any(
            partner.crossing == crossing for partner in self._declared.partners
        )
        return Line(crossing, state, self._days(crossing), ordered, tuple(broken), declared)

    def _days(self, crossing: Crossing) -> int:
        days: int = getattr(self._declared.fresh, crossing)
        return days

    def _state(self, crossing: Crossing, at: datetime, now: datetime) -> State:
        return "fresh" if now - at <= timedelta(days=self._days(crossing)) else "stale"

    def _harvested(
        self, connection: Connection, run: Run, partner: Partner | None, crossing: Crossing, now: datetime
    ) -> Exchange:
        at = _ended(run)
        giver = (partner.name if partner else None) or self._sources[run.source]
        entries = newest_about(connection, run.source, 2 * _RUNS)
        journal = next(
            (
                entry.seq
                for entry in entries
                if entry.action == "harvest.ended" and entry.body.get("run") == run.number
            ),
            0,
        )
        return Exchange(
            "harvest",
            at,
            giver,
            _HERE,
            run.source,
            run.source,
            run.number,
            journal,
            run.seen,
            self._state(crossing, at, now),
        )

    def _uses(
        self, connection: Connection, now: datetime
    ) -> Iterable[tuple[Crossing, Use, Request, Partner | None]]:
        """The newest answered use of each path that crosses something."""
        by_client = {
            _PROGRAM + name: partner for partner in self._declared.partners for name in partner.clients
        }
        since, until = millis(now - _YEARS), millis(now) + 1
        uses = sharing_store.uses_where(connection, since=since, until=until, limit=_MOST_USES)
        seen: set[tuple[str, ...]] = set()
        requests: dict[str, Request] = {}
        for use in reversed(uses):
            if use.outcome != "answered":
                continue
            partner = by_client.get(use.person)
            if use.request not in requests:
                requests[use.request] = sharing_store.find_request(connection, use.request)
            request = requests[use.request]
            path = (use.resource, partner.id if partner else request.by.department)
            if path in seen or not _crosses(use, request, partner):
                continue
            seen.add(path)
            yield partner.crossing if partner else "department", use, request, partner

    def _used(
        self,
        connection: Connection,
        crossing: Crossing,
        use: Use,
        request: Request,
        partner: Partner | None,
        now: datetime,
    ) -> Exchange:
        at = from_millis(use.at)
        taker = self._named(request.by.department)
        if partner is not None:
            taker = partner.name or Text.of(partner.id)
        return Exchange(
            "use",
            at,
            self._named(request.provider),
            taker,
            use.resource,
            request.id,
            use.seq,
            _sealed(connection, use.seq),
            use.rows,
            self._state(crossing, at, now),
        )

    def _named(self, department: str) -> Text:
        return self._departments.get(department, Text.of(department))


def _crosses(use: Use, request: Request, partner: Partner | None) -> bool:
    """Whether a use goes from one side to another: a matter's own entries, a provider's own use do not."""
    if partner is None:
        return request.by.department != request.provider
    if partner.crossing == "business":
        return not any(fnmatchcase(use.resource, pattern) for pattern in partner.entries)
    return True


def _sealed(connection: Connection, seq: int) -> int:
    """The journal entry that seals a use; 0 while none does."""
    seal = sharing_store.seal_over(connection, seq)
    if seal is None:
        return 0
    about = entries_about(connection, f"uses {seal.first}-{seal.last}")
    return next((entry.seq for entry in about if entry.action == "sharing.uses_sealed"), 0)


def _ended(run: Run) -> datetime:
    return run.finished_at or run.started_at
