"""The data as a whole: entries with a density, without use, without a basis."""

from __future__ import annotations

from datetime import datetime, timedelta

from chengshu.console import model as m
from chengshu.console.model import holdings as page
from chengshu.console.model.sharing import UseResult
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text

from .ledger import GAUGES, RAIN
from .storm import WATER, T

HERE = T("this hub", "本中枢", "本中樞")


class Holdings:
    """What the pages about the whole show; nothing on a quiet day."""

    now: datetime
    quiet: bool

    def ledger_value(self, person: m.Person, days: int, as_of: datetime | None) -> page.ValueView:
        until = as_of or self.now
        best = page.ValueRow(GAUGES, RAIN, WATER, 12, 1200, 2_400_000, 0.97, self.now, 4.85, 1.0)
        idle = page.ValueRow(
            "urn:x:idle", T("Inlets", "雨水口", "雨水口"), WATER, 0, 0, 400, 0.5, self.now, 0.0
        )
        unknown = page.ValueRow(
            "urn:x:firms", T("Firms", "企业", "企業"), Text(), 3, 40, 0, None, None, lacks=("size", "quality")
        )
        return page.ValueView(
            until - timedelta(days=days),
            until,
            days,
            () if self.quiet else (best,),
            () if self.quiet else (idle,),
            () if self.quiet else (unknown,),
            7,
            100_000,
            1_000_000,
            person.id != "crew",
        )

    def ledger_crossings(self, person: m.Person, as_of: datetime | None) -> page.CrossingsView:
        now = as_of or self.now
        harvest = page.PathRow(
            "harvest",
            now,
            T("Register", "登记库", "登記庫"),
            HERE,
            Text.of("register"),
            "",
            "register",
            4,
            91,
            12,
            "fresh",
        )
        use = page.PathRow(
            "use",
            now - timedelta(days=40),
            WATER,
            T("Relief", "救助", "救助"),
            RAIN,
            f"/ledger/{GAUGES}",
            "share-1",
            9,
            0,
            70,
            "stale",
        )
        lines = (
            page.CrossingRow("level", "never", 7, (), (), False),
            page.CrossingRow("region", "never", 7, ()),
            page.CrossingRow("system", "fresh", 2, (harvest,), ("files",)),
            page.CrossingRow("department", "stale", 30, (use,)),
            page.CrossingRow("business", "never", 30, ()),
        )
        return page.CrossingsView(lines, person.id != "crew")

    def ledger_libraries(self, person: m.Person) -> page.LibrariesView:
        people = page.LibraryRow(
            "population",
            True,
            "civil/residents.csv",
            GAUGES,
            T("Residents", "居民", "居民"),
            T("Who lives here", "常住人口", "常住人口"),
            "identity_number",
            "公民身份号码",
            (WATER,),
            1200,
            1200,
            1196,
            1190,
            1196,
            0.99,
            updated=self.now,
            quality=0.97,
            measured_at=self.now,
            lookups=3,
            found=2,
        )
        stale = page.LibraryRow(
            "geography", True, "planning/areas.csv", "urn:x:areas", RAIN, Text(), "region_code", "code",
            unread="the file is cut off", state="stale",
        )  # fmt: skip
        return page.LibrariesView(
            (
                people,
                page.LibraryRow("legal_persons", False),
                stale,
                page.LibraryRow("certificates", False),
                page.LibraryRow("credit", True, "market/credit.csv", key="uscc", field="code"),
            ),
            () if self.quiet else (("water", 4), ("business", 2)),
        )

    def lookups(self, person: m.Person) -> tuple[page.LookupGrant, ...]:
        if self.quiet:
            return ()
        parts = ("r-in_use", RAIN, "population", "identity_number", "公民身份号码", "grants of allowance")
        held = page.LookupGrant("grant-2", *parts, ("name",), False, T("suspended", "已中止", "已中止"))
        return (page.LookupGrant("grant-1", *parts, ("name", "street"), True, Text()), held)

    def look_up(self, person: m.Person, grant: str, purpose: str, key: str) -> UseResult:
        if len(key) != 18:
            raise Invalid("library-key", "this is no identity number", where="key", remedy="look again")
        if purpose != "grants of allowance":
            return UseResult(8, denied=T("another purpose", "用途不同", "用途不同"))
        found = (("王某", "Hill Lane"),) if key.endswith("X") else ()
        return UseResult(7, ("name", "street"), found)
