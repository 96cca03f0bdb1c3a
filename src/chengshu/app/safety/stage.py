"""The stage of the drill: a hub of its own over the city's own registers, an entry worth stealing, grants."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from chengshu.app.harvesting import harvester_of
from chengshu.app.hub import DRILL, Hub, open_hub
from chengshu.app.inspection import inspector_of
from chengshu.app.sharing import KEY_FILE, sources_of
from chengshu.engines.http import AddressGuard, ThreadedHttp
from chengshu.foundation.city import City
from chengshu.foundation.journal import Pump
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import ChengshuError, Invalid, Missing
from chengshu.kernel.ids import SequenceIds
from chengshu.resources.grading.model import Grade
from chengshu.resources.ledger import Resource
from chengshu.resources.ledger.harvest.declared import Folder
from chengshu.resources.sharing import Ask, Party, Request, Source
from chengshu.resources.sharing.protecting import grade_of

PROGRAM = Party("client:drill-program", "")
_MOST_LOOKS = 10_000
_SEARCHED = 366  # days looked through for a working day


@dataclass(frozen=True, slots=True)
class Stage:
    """A hub under a virtual clock, its pump for what misuse sets going, and who plays whom.

    ``entry`` is what is stolen, ``others`` the further registers with rows, the gravest first.
    """

    hub: Hub
    clock: VirtualClock
    pump: Pump
    calendar: WorkingCalendar
    entry: Resource
    others: tuple[Resource, ...]
    applicant: Party
    provider: Party
    bureau: Party

    def moment(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A local time of the city."""
        return datetime.combine(day, time(hour, minute), self.hub.city.zone)

    def move(self, moment: datetime) -> None:
        """Move the clock on, then let everything happen that is due."""
        self.clock.advance_to(max(moment, self.clock.now()))
        self.pump.drain()

    def granted(self, purpose: str, manner: str = "api", entry: Resource | None = None) -> Request:
        """A request for every field and row of the entry, answered and supplied as at the real desk."""
        desk, entry = self.hub.sharing.desk, entry or self.entry
        provider = Party(self.provider.person, provider_of(self.hub, entry))
        ask = Ask(
            entry.id,
            tuple(field.name for field in entry.fields),
            "",
            f"drill: {purpose}",
            "drill",
            "P30D",
            (PROGRAM.person,),
            manner,
            assessment="drill",
        )
        made = desk.submit(ask, self.applicant)
        if made.state == "review":
            made = desk.grant(made.id, provider, "granted for the drill", agreement="drill")
        if made.state != "granted":
            raise Invalid(
                "drill-refused",
                f"a request for {entry.id} is {made.state}: there is nothing to misuse",
                where=entry.id,
                remedy="name another entry with --entry",
            )
        return desk.supply(made.id, provider, "the hub")


@contextmanager
def staged(city: City, folder: Path, entry: str, day: date | None) -> Iterator[Stage]:
    """The stage over an empty ``folder``: registers are read where they lie, and nothing is written to them.

    ``entry``: its id; empty for the gravest that has rows. ``day``: the first of the drill; None for the
    first working day of the newest year of the calendar. Raises :class:`Missing` where the city has no rows
    of its own, :class:`Invalid` for an entry that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KEY_FILE).write_bytes(
        hashlib.sha256(b"the key of a drill").digest()
    )  # the same marks each time
    calendar = WorkingCalendar.read(city.calendar, city.zone)
    first = _working(calendar, day or date(max(calendar.years, default=2026), 1, 1))
    clock = VirtualClock(datetime.combine(first, time(8), city.zone))
    hub = open_hub(city, folder, clock, SequenceIds(), DRILL)
    try:
        _harvest(hub, clock)
        chosen, others = _chosen(hub, entry)
        provider = provider_of(hub, chosen)
        bureau = hub.sharing.desk.terms.bureau
        asking = next((name for name in sorted(city.departments) if name not in (provider, bureau)), "drill")
        pump = Pump(
            hub.database,
            clock,
            hub.response.consumers,
            [hub.sharing.clocks, *hub.response.tickers],
            strict=True,
        )
        yield Stage(
            hub,
            clock,
            pump,
            calendar,
            chosen,
            others,
            Party("drill-applicant", asking),
            Party("drill-provider", provider),
            Party("drill-bureau", bureau),
        )
    finally:
        hub.close()


def provider_of(hub: Hub, entry: Resource) -> str:
    """The department that answers for an entry, as the desk finds it."""
    return entry.provider or entry.owner or hub.sharing.desk.terms.bureau


def _working(calendar: WorkingCalendar, day: date) -> date:
    """The first working day, from ``day`` on, that another working day follows."""
    for _ in range(_SEARCHED):
        if calendar.is_workday(day) and calendar.is_workday(day + timedelta(days=1)):
            return day
        day += timedelta(days=1)
    raise Invalid("drill-day", "the calendar has no two working days together", where=str(day))


def _harvest(hub: Hub, clock: VirtualClock) -> None:
    """The registers that lie in folders; nothing is fetched from anywhere."""
    calls = ThreadedHttp(AddressGuard(()))
    try:
        harvester = harvester_of(hub.city, hub.database, clock, hub.ledger, calls)
        for name, source in harvester.sources.items():
            if isinstance(source.connector, Folder):
                harvester.run(name)
        inspector_of(hub.city, hub.database, clock, hub.inspection, harvester).look(most=_MOST_LOOKS)
    finally:
        calls.close()


def _chosen(hub: Hub, entry: str) -> tuple[Resource, tuple[Resource, ...]]:
    rows_of = sources_of(hub.city)
    entries = hub.ledger_queries.page(kind="dataset", limit=_MOST_LOOKS)
    found = [item for item in entries if _worth(hub, item, rows_of)]
    found.sort(key=lambda item: (-_rank(hub, item), -(item.rows or 0), item.id))
    if entry:
        named = hub.ledger_queries.get(entry)
        return named, tuple(item for item in found if item.id != entry)
    if not found:
        raise Missing(
            "drill-entry",
            "the city has no register of its own with rows to read",
            where=hub.city.id,
            remedy="harvest a folder of files; see docs, The ledger",
        )
    return found[0], tuple(found[1:])


def _worth(hub: Hub, item: Resource, rows_of: Callable[[Resource], Source]) -> bool:
    if item.state == "retired" or item.sharing == "none" or not item.fields or not item.rows:
        return False
    if _rank(hub, item) >= Grade.CORE.rank:
        return False
    try:
        rows_of(item)
    except ChengshuError:
        return False
    return True


def _rank(hub: Hub, item: Resource) -> int:
    ungraded = hub.sharing.desk.terms.ungraded
    return max(grade_of(field, item, ungraded).rank for field in item.fields)
