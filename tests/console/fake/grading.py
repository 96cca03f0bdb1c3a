"""The insides of an entry and the steward's queue: everything that can be shown, and words that stick."""

from __future__ import annotations

from datetime import datetime, timedelta

from chengshu.console import model as m
from chengshu.console.model import grading as page
from chengshu.console.model import life
from chengshu.kernel.errors import Denied, Invalid, Missing
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

from .ledger import GAUGES, HARMLESS, RAIN
from .storm import WATER, T

PHONE = page.Choice("mobile", T("mobile number", "手机号", "手機號"))
NAME = page.Choice("person_name", T("person’s name", "姓名", "姓名"))
NOTHING = page.Choice("", T("nothing known", "无已知类别", "無已知類別"))
DOUBT = Reason(
    "classify.nothing",
    T("the name says «tel», too few pass", "列名为“tel”，通过者过少", "欄名為「tel」，通過者過少"),
    {"hint": "tel"},
)
SCENARIO = "urn:chengshu:resource:hub:scenario:waterlogging"


class Grading:
    """Two columns wait; what is said of them is remembered."""

    now: datetime
    quiet: bool

    def __init__(self) -> None:
        super().__init__()
        self.sayings: dict[str, tuple[str, str]] = {}

    def _head(self, id_: str) -> page.EntryHead:
        if id_ != GAUGES:
            raise Missing("resource-missing", f"the ledger has no entry {id_}")
        return page.EntryHead(GAUGES, RAIN, "stream", "stale", 2, WATER)

    def ledger_period(self, person: m.Person, since: datetime, until: datetime) -> page.PeriodView:
        moved = (
            page.MovedRow(GAUGES, RAIN, "stream", "changed", ("fields", "grade")),
            page.MovedRow("urn:x:firms", T("Firms", "企业", "企業"), "dataset", "retired", ("state",)),
        )
        whole = (10, 3, 4, 1, 12, not self.quiet, () if self.quiet else moved, not self.quiet)
        return page.PeriodView(since, until, *whole, 3, 12, 240, 2, 31, 5400)

    def entry_quality(self, person: m.Person, id_: str, as_of: datetime | None) -> page.QualityView:
        head = self._head(id_)
        if self.quiet:
            return page.QualityView(head, error="the file is not UTF-8", remedy="save it as UTF-8")
        trend = tuple(
            page.TrendPoint(
                self.now - timedelta(days=3 - n),
                90 + n,
                0.9 + n / 40,
                (1.0, 0.8 + n / 20, None, None, None, None),
            )
            for n in range(4)
        )
        failing = (page.FailingRow(7, (("name", "张*"), ("depth", "9"), ("hidden", None))),)
        rules = (
            page.RuleOutcome("name-filled", Text(), "name", "completeness", True, 93, 0, 1.0),
            page.RuleOutcome(
                "shallow",
                T("Depth", "水深", "水深"),
                "depth 0 … 4",
                "validity",
                False,
                93,
                1,
                0.989,
                "",
                failing,
            ),
            page.RuleOutcome(
                "gone", Text(), "old", "validity", False, 93, 93, 0.0, "the table has no column old"
            ),
        )
        return page.QualityView(head, self.now, 93, 0.975, trend, rules)

    def entry_life(self, person: m.Person, id_: str, column: str) -> life.LifeView:
        lineage = self.entry_lineage(person, id_, column, None)
        fact = life.LifeFact
        return life.LifeView(
            lineage.head,
            (
                life.LifeStage(
                    "collected", HARMLESS.text, "sources.yaml: gauges", (fact("source", RAIN, "/sources"),)
                ),
                life.LifeStage("kept", HARMLESS.text, "grading", (fact("versions", Text.of("2")),)),
                life.LifeStage("made", HARMLESS.text, "lineage", (fact("scenario", RAIN, "/ledger/x"),)),
                life.LifeStage(
                    "shared", HARMLESS.text, "source.government", (fact("class", Text.of("conditional")),)
                ),
                life.LifeStage(
                    "ended",
                    HARMLESS.text,
                    "retention.yaml: streams",
                    () if self.quiet else (fact("proven", Text.of("4")),),
                ),
            ),
            lineage,
        )

    def entry_lineage(
        self, person: m.Person, id_: str, column: str, as_of: datetime | None
    ) -> page.LineageView:
        head = self._head(id_)
        columns = ("rainIntensity", "entity")
        if self.quiet:
            return page.LineageView(head, column, columns)
        vital = "urn:chengshu:resource:hub:indicator:rain_1h"
        hour = T("Rain of an hour, as gauges measure it", "一小时雨量", "一小時雨量")
        nodes = (
            page.LineageNode(f"{GAUGES}.rainIntensity", GAUGES, RAIN, "stream", "rainIntensity", 0),
            page.LineageNode("raw.mm", "", Text.of("raw"), "", "mm", -1),
            page.LineageNode(f"{vital}.value", vital, hour, "indicator", "value", 1),
            page.LineageNode(SCENARIO, SCENARIO, T("Waterlogging", "内涝", "內澇"), "scenario", "", 2),
            page.LineageNode(vital, vital, hour, "indicator", "", 1),
        )
        edges = (
            page.LineageEdge("raw.mm", f"{GAUGES}.rainIntensity", "mask"),
            page.LineageEdge(f"{GAUGES}.rainIntensity", f"{vital}.value", "aggregate"),
            page.LineageEdge(vital, SCENARIO, "uses"),
        )
        touched = (
            page.TouchedEntry(vital, hour, "indicator"),
            page.TouchedEntry(SCENARIO, T("Waterlogging", "内涝", "內澇"), "scenario"),
        )
        return page.LineageView(head, column, columns, nodes, edges, touched, ("hub",), 3)

    def entry_changes(
        self, person: m.Person, id_: str, since: datetime, until: datetime
    ) -> page.DifferenceView:
        changes = (
            page.PartChange("summary", "", "Rain"),
            page.PartChange("fields.old", "type: text", ""),
        )
        return page.DifferenceView(self._head(id_), since, until, "changed", changes)

    def steward(self, person: m.Person, item: str, entry: str, column: str) -> page.StewardView:
        waiting = [] if self.quiet else [name for name in ("tel", "who") if name not in self.sayings]
        here = column or item.removeprefix("item-") or next(iter(waiting), "")
        if here and here not in waiting:
            here = here if column else next(iter(waiting), "")
        at = waiting.index(here) if here in waiting else -1
        after = waiting[at + 1 : at + 2] if at >= 0 else []
        said = tuple(
            page.SaidRow(GAUGES, RAIN, name, Text.of(what), person.name, note, self.now)
            for name, (what, note) in self.sayings.items()
        )
        return page.StewardView(
            self._card(person, here, here in waiting) if here else None,
            len(waiting),
            at + 1,
            f"item-{after[0]}" if after else "",
            (NOTHING, PHONE, NAME),
            said,
        )

    def _card(self, person: m.Person, column: str, waits: bool) -> page.StewardCard:
        allowed = m.Permission(person.id != "crew", T("operators say", "由操作员认定", "由操作員認定"))
        said = column in self.sayings
        return page.StewardCard(
            f"item-{column}" if waits else "",
            GAUGES,
            RAIN,
            column,
            Text(),
            NOTHING,
            0.45,
            T("general data, level 1", "一般数据1级", "一般數據1級"),
            DOUBT,
            (("138****8000", 1), ("-", 4)),
            (("9{11}", 7), ("-", 1)),
            8,
            2,
            93,
            (page.Neighbour("name", NAME.label), page.Neighbour("depth", Text())),
            (PHONE, NOTHING),
            allowed,
            said,
        )

    def say_column(
        self, person: m.Person, item: str, entry: str, column: str, category: str, note: str
    ) -> None:
        if person.id == "crew":
            raise Denied("denied", "operators say what columns hold")
        if category and not note:
            raise Invalid("note-empty", "a word against what was found needs a reason", where="note")
        self.sayings[column] = (category, note)

    def unsay_column(self, person: m.Person, entry: str, column: str) -> None:
        if self.sayings.pop(column, None) is None:
            raise Missing("saying", "no steward has said anything of this column", where=column)
