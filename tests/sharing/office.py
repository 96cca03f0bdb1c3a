"""A bureau with a register, a provider, an applicant and a clock on the wall that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.ports.runtime import Change
from chengshu.resources.ledger import Field, Ledger, LedgerQueries, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.sharing import (
    Ask,
    CatalogueWatch,
    Duties,
    Gate,
    Party,
    Request,
    Sharing,
    SharingClocks,
    SharingQueries,
    Source,
    Terms,
    store,
)

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 7, 6, 1, 0, tzinfo=UTC)  # Monday, 9 in the morning
HOURS = {day: ["09:00-12:00", "13:30-17:30"] for day in ("mon", "tue", "wed", "thu", "fri")}
WEEK = {"hours": HOURS, "holidays": [{"date": "2026-07-10", "name": "a local holiday"}], "years": [2026]}
KEY = b"a key of the test, long enough"
PURPOSE = "evacuate the low-lying streets before the storm"
RESIDENTS = "urn:chengshu:resource:residents"
RAIN = "urn:chengshu:resource:rain"
SECRET = "urn:chengshu:resource:secret"

APPLICANT = Party("wang", "emergency", "Wang")
COLLEAGUE = Party("zhao", "emergency", "Zhao")
STRANGER = Party("firm", "a-company", "Firm")
PROVIDER = Party("li", "civil", "Li")
BUREAU = Party("chen", "data-bureau", "Chen")


def residents(count: int = 60) -> pa.Table:
    """Made-up people; the identity numbers have no valid check digit on purpose."""
    return pa.table(
        {
            "id_number": [f"11010119{50 + at % 50}0101{at:04d}" for at in range(count)],
            "name": [f"{'王李张刘陈'[at % 5]}某{at}" for at in range(count)],
            "mobile": [f"1380000{at:04d}" for at in range(count)],
            "district": ["east" if at % 3 else "west" for at in range(count)],
            "allowance": [1000.25 + at * 7.5 for at in range(count)],
            "ward": ["x"] * count,
        }
    )


def entry(id_: str, **parts: Any) -> Resource:
    return Resource(id_, "dataset", Text.of(id_.rpartition(":")[2]), provider="civil", **parts)


FIELDS = (
    Field("id_number", category="identity_number", grade="general-4"),
    Field("name", category="person_name", grade="general-3"),
    Field("mobile", category="mobile", grade="general-3"),
    Field("district", grade="general-1"),
    Field("allowance", grade="general-2"),
    Field("ward", grade="core"),
)


class Office:
    def __init__(
        self, path: Path, terms: Terms | None = None, rows: int = 60, threaded: bool = False
    ) -> None:
        self.database = SqliteDatabase(path, durable=False, threaded=threaded)
        for metadata in (journal_store.metadata, ledger_store.metadata, store.metadata):
            self.database.create(metadata)
        self.clock = VirtualClock(START)
        self.calendar = WorkingCalendar.read(WEEK, ZONE)
        self.ids = SequenceIds()
        self.ledger, self.entries = Ledger(self.database, self.clock, self.ids), LedgerQueries(self.database)
        parts = (self.database, self.clock, self.ids, self.calendar, self.entries, terms)
        self.desk, self.duties = Sharing(*parts), Duties(*parts)
        self.queries = SharingQueries(self.database, self.calendar)
        self.tables: dict[str, pa.Table] = {RESIDENTS: residents(rows)}
        self.gate = Gate(
            self.database,
            self.clock,
            self.calendar,
            self.entries,
            self.desk,
            lambda resource: Source(self.tables[resource.id]),
            KEY,
        )
        self.ticker = SharingClocks(self.database, self.desk)
        self.pump = Pump(self.database, self.clock, [CatalogueWatch()], [self.ticker], strict=True)
        self.ledger.put(
            [
                entry(RESIDENTS, fields=FIELDS, sharing="conditional", sharing_condition="for emergencies"),
                entry(RAIN, fields=(Field("station"), Field("mm")), sharing="unconditional"),
                entry(SECRET, fields=(Field("a"),), sharing="none", sharing_condition="保密法 9"),
            ],
            Actor("person:lin"),
        )

    def wait(self, **period: float) -> datetime:
        """Move the clock, stopping at each moment the ticker wants."""
        end = self.clock.now() + timedelta(**period)
        while (due := self.ticker.next_due()) is not None and due <= end:
            self.clock.advance_to(max(due, self.clock.now()))
            before = due
            self.ticker.tick(self.clock.now())
            assert self.ticker.next_due() != before, "a ticker must get on"
        self.clock.advance_to(end)
        return end

    def ask(self, **parts: Any) -> Ask:
        told = {
            "resource": RESIDENTS,
            "fields": ("id_number", "name", "mobile", "district"),
            "rows": 'district = "east"',
            "purpose": PURPOSE,
            "basis": "突發事件應對法 52",
            "duration": "P30D",
            "recipients": ("emergency",),
        }
        return Ask(**(told | parts))

    def granted(self, **parts: Any) -> Request:
        request = self.desk.submit(self.ask(**parts), APPLICANT)
        return self.desk.grant(request.id, PROVIDER, "needed for the storm")

    def supplied(self, **parts: Any) -> Request:
        return self.desk.supply(self.granted(**parts).id, PROVIDER, "through the gate")

    def changes(self, prefix: str) -> list[Change]:
        from chengshu.foundation.journal import changes_after

        with self.database.read() as connection:
            return list(changes_after(connection, 0, (prefix,), 100_000))
