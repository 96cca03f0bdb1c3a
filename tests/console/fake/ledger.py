"""The ledger: three entries, one with everything an entry can show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chengshu.console import model as m
from chengshu.console.model import ledger as page
from chengshu.console.model.sharing import SourcePolicy
from chengshu.kernel.errors import Conflict, Missing
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

from .storm import WATER, T

GAUGES = "urn:chengshu:resource:hub:stream:gauges"
LEVEL_1 = T("general data, level 1", "一般数据1级", "一般數據1級")
HARMLESS = Reason("harm.nothing", T("nothing sensitive was found", "未发现敏感内容", "未發現敏感內容"))
RAIN = T("Rain gauges", "雨量站", "雨量站")


class Ledger:
    """Finds what has the question in its English title."""

    now: datetime
    quiet: bool

    def ledger(
        self, person: m.Person, question: str, chosen: Mapping[str, str], number: int, as_of: datetime | None
    ) -> page.LedgerView:
        why = (page.LedgerMatch("title", "rain", "word"), page.LedgerMatch("text", "雨量", "synonym"))
        every = (
            page.LedgerHit(GAUGES, "stream", RAIN, WATER, "conditional", Text(), "active", 3, why),
            page.LedgerHit(
                "urn:x:firms",
                "dataset",
                T("Firms", "企业", "企業"),
                Text(),
                "none",
                T("important data", "重要数据", "重要數據"),
                "vanished",
                1,
                summary=T("Who may trade.", "可经营的企业。", "可經營的企業。"),
                rows=1200,
                quality=0.974,
            ),
        )
        hits = () if self.quiet else tuple(hit for hit in every if question.lower() in hit.title.en.lower())
        harvests = (
            page.HarvestRow(
                "register", T("Register", "登记库", "登記庫"), "broken", self.now, 3, error="no answer"
            ),
            page.HarvestRow(
                "files", T("Files", "文件", "檔案"), "done", self.now, 2, 1, 0, 1, 1, 1, (("a.csv", "empty"),)
            ),
            page.HarvestRow("new", T("New", "新", "新"), "never"),
        )
        return page.LedgerView(
            page.LedgerMonth((as_of or self.now).replace(day=1), 10, 3, 1, 12, 4, question != "broken"),
            question,
            chosen,
            45 if hits else 0,
            hits,
            {
                "kind": (("stream", Text.of("stream"), 1), ("dataset", Text.of("dataset"), 1)),
                "provider": (("water", WATER, 1),),
                "source_class": (("government", Text.of("government"), 2),),
                "theme": (),
            },
            () if self.quiet else harvests,
            number,
            3,
        )

    def entry(self, person: m.Person, id_: str, as_of: datetime | None) -> page.EntryView:
        if id_ != GAUGES:
            raise Missing("resource-missing", f"the ledger has no entry {id_}")
        bare = self.quiet
        return page.EntryView(
            GAUGES,
            "stream",
            RAIN,
            T("Rain of the last minutes", "最近几分钟的雨量", "最近幾分鐘的雨量"),
            "stale",
            2,
            (("provider", WATER), ("format", T("json", "json", "json"))),
            ()
            if bare
            else (
                page.FieldRow(
                    "rainIntensity",
                    T("Rain", "雨强", "雨強"),
                    "xsd:double",
                    "mm/h",
                    False,
                    Text(),
                    LEVEL_1,
                    0.95,
                    reasons=(HARMLESS,),
                ),
                page.FieldRow("entity", Text(), "xsd:anyURI", "", True, Text(), Text()),
                page.FieldRow(
                    "tel", Text(), "text", "", False, Text(), LEVEL_1, 0.45, True, True, (HARMLESS, HARMLESS)
                ),
            ),
            ()
            if bare
            else (
                ("https://data.example/rain.csv", "csv"),
                ("/ingest/gauges", ""),
            ),
            ("purpose", "condition"),
            0.8,
            () if bare else ((GAUGES, RAIN),),
            (),
            (
                page.VersionRow(2, self.now, "harvest:files", "changed", ("fields", "updated_on")),
                page.VersionRow(1, self.now, "hub:inventory", "added", ()),
            ),
            () if bare else ((("old",), ("new",), ("id: integer → string",)),),
            {"encoding": "gb18030"},
            WATER,
            Text() if bare else LEVEL_1,
            () if bare else (HARMLESS, HARMLESS),
            None if bare else 0.97,
            None if bare else page.LookView(self.now, "the file is cut off", "send it again"),
            page.SharedView(0, 0, 0, 0, 0, 0) if bare else page.SharedView(4, 1, 2, 12, 1, 1200, self.now),
            None if bare else page.ContractView("rain-contract", "1.2.0", 2, self.now, self.now, 9, 1, False),
            SourcePolicy("personal", HARMLESS, True, False, True, "mask"),
            person.id != "crew",
            None
            if bare or person.id == "crew" or as_of
            else page.EntryWriting(
                RAIN,
                Text(),
                "",
                "water",
                "",
                "PT5M",
                "conditional",
                "by agreement",
                "",
                ("rain", "gauge"),
                ("update_cycle",),
            ),
        )

    def describe_entry(self, person: m.Person, id_: str, version: int, parts: Mapping[str, Any]) -> None:
        if version != 2:
            raise Conflict("entry-moved", f"{id_} has changed meanwhile: version 2", where=id_)
        self.described = dict(parts)
