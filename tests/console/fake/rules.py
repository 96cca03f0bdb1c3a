"""Rules: one table of two inputs, its versions, a draft that can be edited, signed and published."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chengshu.console import model as m
from chengshu.console.model import rules as r
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing
from chengshu.kernel.texts import Text

from .storm import NOW, SCENARIO, WATER, T

START = [
    ["> 3", "-", '"red"', "the worst"],
    ["[2..3]", ">= 4", '"orange"', ""],
    ["< 2", "-", '"blue"', ""],
]
COLUMNS = (
    r.GridColumn("input", 1, "highest rank", "number", "0, 1, 2, 3, 4"),
    r.GridColumn("input", 2, "areas", "number", "", T("Areas", "片区数", "片區數")),
    r.GridColumn("output", 1, "level", "string"),
    r.GridColumn("annotation", 1, ""),
)
SECOND = T(
    "Whoever wrote a rule does not approve it: a second person must.",
    "规则的起草人不得自行批准：须由另一人批准。",
    "規則的起草人不得自行批准：須由另一人批准。",
)
GAP = T(
    "no rule covers highest rank = 2, areas = 1",
    "没有规则覆盖 highest rank = 2, areas = 1",
    "沒有規則覆蓋 highest rank = 2, areas = 1",
)
NEAR = T("rule 2 missed by one cell", "第 2 条只差一格", "第 2 條只差一格")


class Rules:
    """One rule, ``flood/severity``, with a draft ``c-1`` of Lin Yue's."""

    now: datetime
    quiet: bool

    def __init__(self) -> None:
        self.texts = [list(row) for row in START]
        self.revision = 1
        self.state: r.ChangeStateName = "draft"
        self.note = ""
        self.cases: list[str] = []
        self.begun: tuple[str, ...] = ()
        self.from_: datetime | None = None

    def rules(self, person: m.Person, as_of: datetime | None) -> r.RulesView:
        if self.quiet:
            return r.RulesView(as_of or self.now, ())
        row = r.RuleTableRow(
            "flood",
            SCENARIO,
            "severity",
            "severity",
            "rules/severity.dmn",
            T("Severity", "严重程度", "嚴重程度"),
            "FIRST",
            3,
            "1",
            NOW - timedelta(days=3),
            ("Lin Yue 林玥", "Song Yan 宋岩"),
            5,
            4,
            1,
            1,
            None if as_of else NOW + timedelta(days=1),
            WATER,
        )
        plain = replace(row, rule="closing", table="closing", version="", since=None, by=(), drafts=0)
        writable = (("flood", SCENARIO),) if person.id == "lin" else ()
        return r.RulesView(as_of or self.now, (row, plain), (), writable)

    def rule(
        self, person: m.Person, scenario: str, rule: str, asked: r.RuleAsk, as_of: datetime | None
    ) -> r.RuleView:
        if (scenario, rule) != ("flood", "severity"):
            raise Missing("rule-missing", f"{scenario!r} has no rule {rule!r}", where=rule)
        return self._view(person, START, asked, None, as_of)

    def rule_change(self, person: m.Person, change: str, asked: r.RuleAsk) -> r.RuleView:
        if change != "c-1":
            raise Missing("rule-change-missing", f"there is no change {change!r}", where=change)
        mine = person.id == "lin"
        lines = tuple(
            r.DifferenceRow("cell", number, COLUMNS[at].name or "note", START[number - 1][at], text)
            for number, row in enumerate(self.texts, 1)
            if number <= len(START)
            for at, text in enumerate(row)
            if text != START[number - 1][at]
        )
        outcome = r.OutcomeRow(T("a case: was 1, becomes 2", "用例：原为 1", "案例：原為 1"), True, (NEAR,))
        change_view = r.ChangeView(
            r.ChangeRow(
                "c-1",
                self.state,
                "Lin Yue 林玥",
                NOW,
                NOW,
                None if self.state == "draft" else NOW,
                self.note,
                mine,
            ),
            "ab" * 32,
            self.revision,
            mine and self.state in ("draft", "signed"),
            lines,
            r.ChecksView((), 1, 5, 1, 2, 3, (outcome,) if lines else (), False),
            {},
            m.ALLOWED,
            m.Permission(not mine, Text() if not mine else SECOND),
            m.ALLOWED,
            "1",
        )
        return self._view(person, self.texts, asked, change_view, None)

    def _view(
        self,
        person: m.Person,
        texts: list[list[str]],
        asked: r.RuleAsk,
        change: r.ChangeView | None,
        as_of: datetime | None,
    ) -> r.RuleView:
        tried = asked.given is not None
        rows = []
        for number, row in enumerate(texts, 1):
            cells = []
            for at, text in enumerate(row):
                was = START[number - 1][at] if number <= len(START) else ""
                mark = "near" if tried and (number, at) == (2, 1) else ""
                moved = change is not None and text != was
                cells.append(
                    r.GridCell(
                        COLUMNS[at].part,
                        COLUMNS[at].number,
                        text,
                        mark or ("changed" if moved else ""),
                        NEAR if mark else Text(),
                        was if moved else None,
                    )
                )
            mark = ("matched" if number == 1 else "near" if number == 2 else "") if tried else ""
            rows.append(r.GridRow(number, f"r{number}", tuple(cells), mark, NEAR if mark else Text()))
        if change is not None:
            rows.append(r.GridRow(0, "", (r.GridCell("input", 0, "5 | - → null"),), "removed"))
        given = asked.given or {}
        trial = r.Trial(
            (
                r.TrialField(
                    "highest rank", "number", given.get("highest rank", ""), ("0", "1", "2", "3", "4")
                ),
                r.TrialField(
                    "areas",
                    "number",
                    given.get("areas", ""),
                    (),
                    T("at character 1: no", "第 1 个字符处：无", "第 1 個字元處：無")
                    if given.get("areas") == "("
                    else Text(),
                ),
            ),
            '"red"' if tried else None,
            (T("rule 1 gives red", "第 1 条给出 red", "第 1 條給出 red"),) if tried else (),
            (NEAR,) if tried else (),
        )
        first = self._version("", None, False)
        versions = (
            self._version("2", NOW + timedelta(days=1), False),
            self._version("1", NOW - timedelta(days=3), True),
            first,
        )
        shown = next((one for one in versions if one.name == (asked.version or "1")), first)
        return r.RuleView(
            "flood",
            SCENARIO,
            "severity",
            "rules/severity.dmn",
            T("Severity", "严重程度", "嚴重程度"),
            "",
            WATER,
            as_of or self.now,
            ("severity", "other"),
            r.Grid("severity", "FIRST", "", COLUMNS, tuple(rows)),
            shown,
            versions,
            trial,
            (
                r.CaseRow(
                    "a", "severity.yaml", True, T("a: red", "a：red", "a：red"), (NEAR,), (1,), {"areas": "4"}
                ),
                r.CaseRow("b", "severity.yaml", False, T("b: expected blue", "b：应为 blue", "b：應為 blue")),
                *(
                    r.CaseRow("past", key, True, T("past", "past", "past"), kept=key, kept_by="Lin Yue 林玥")
                    for key in self.cases
                ),
            ),
            (r.FindingRow("gap", GAP, (2,), {"highest rank": "2", "areas": "1"}),),
            ("probability",),
            True,
            () if as_of else (r.ChangeRow("c-1", self.state, "Lin Yue 林玥", NOW, NOW, None, "", True),),
            m.ALLOWED if person.id == "lin" else m.Permission(False, SECOND),
            change,
            asked.against,
            (r.DifferenceRow("moved", 2, "", "", ""),) if asked.against else (),
            (),
            (
                r.Requirement("i1", "highest rank", T("", "", ""), "input", 0),
                r.Requirement("i2", "areas", T("Areas", "片区数", "片區數"), "input", 0),
                r.Requirement("d1", "other", T("", "", ""), "decision", 1, ("i2",), "other"),
                r.Requirement("d2", "severity", T("", "", ""), "decision", 2, ("i1", "d1"), "severity", True),
            ),
            self._past() if asked.past else None,
        )

    def _past(self) -> tuple[r.PastRow, ...]:
        return (
            r.PastRow(
                "7.severity",
                NOW,
                '"red"',
                ((T("areas", "片区", "片區"), "4"),),
                (NEAR,),
                "7.severity" in self.cases,
            ),
        )

    def new_rule(self, person: m.Person, scenario: str, name: str, inputs: str, outputs: str) -> str:
        if name == "severity":
            raise Conflict("rule-exists", "there is a rule rules/severity.dmn already")
        self.begun = (scenario, name, inputs, outputs)
        return "c-1"

    def keep_case(self, person: m.Person, scenario: str, rule: str, key: str) -> None:
        if key != "7.severity":
            raise Missing("rule-past-missing", "this past decision cannot be kept as a case any more")
        self.cases.append(key)

    def drop_case(self, person: m.Person, scenario: str, rule: str, case: str) -> None:
        self.cases.remove(case)

    def rule_file(self, person: m.Person, scenario: str, rule: str, version: str | None) -> r.RuleFile:
        return r.RuleFile(f"{rule}-{version}.dmn" if version else f"{rule}.dmn", b"<definitions/>")

    def rule_change_file(self, person: m.Person, change: str) -> r.RuleFile:
        return r.RuleFile("severity-draft.dmn", b"<definitions/>")

    def _version(self, name: str, since: datetime | None, holds: bool) -> r.VersionRow:
        people = ("Lin Yue 林玥", "Song Yan 宋岩") if name else ("", "")
        coming = since is not None and since > NOW
        return r.VersionRow(
            name,
            since,
            None,
            *people,
            since,
            since,
            "the July storm" if name else "",
            "cd" * 32,
            f"c-{name}" if name else "",
            holds,
            coming,
            m.ALLOWED if coming else m.Permission(False),
        )

    # -- acting

    def check_cell(self, person: m.Person, change: str, table: str, edit: r.RuleEdit) -> r.CellCheck:
        if "(" in edit.text:
            return r.CellCheck(
                False, T("At character 1: it is open.", "第 1 个字符处未闭合。", "第 1 個字元處未閉合。"), 0
            )
        return r.CellCheck(True)

    def draft_rule(self, person: m.Person, scenario: str, rule: str, version: str | None) -> str:
        if person.id != "lin":
            raise Denied("denied", "only operators and leads of the department write its rules")
        return "c-1"

    def edit_rule(self, person: m.Person, change: str, table: str, edit: r.RuleEdit, revision: int) -> None:
        if revision != self.revision:
            raise Conflict("rule-saved-meanwhile", "this draft was saved in another window meanwhile")
        if "(" in edit.text:
            raise Invalid(
                "rule-cell", "it is open", text={"en": "it is open", "zh-Hans": "未闭合", "zh-Hant": "未閉合"}
            )
        at = {"input": 0, "output": 2, "annotation": 3}[edit.part] + edit.column - 1
        if edit.kind == "set":
            self.texts[edit.rule - 1][at] = edit.text
        elif edit.kind == "insert":
            self.texts.insert(edit.to - 1, ["-", "-", "null", ""])
        elif edit.kind == "remove":
            del self.texts[edit.rule - 1]
        elif edit.kind == "move":
            self.texts.insert(edit.to - 1, self.texts.pop(edit.rule - 1))
        self.revision += 1
        self.state = "draft"

    def sign_rule(self, person: m.Person, change: str, hash_: str, note: str, *, seen: bool) -> None:
        if not (note and seen):
            raise Invalid("note-empty", "a change of a rule needs a reason", where="note")
        self.state, self.note = "signed", note

    def publish_rule(self, person: m.Person, change: str, hash_: str, valid_from: datetime | None) -> None:
        if person.id == "lin":
            raise Denied("four-eyes", SECOND.en)
        self.state, self.from_ = "published", valid_from

    def withdraw_rule(self, person: m.Person, change: str, why: str) -> None:
        if not why:
            raise Invalid("note-empty", "say why it is withdrawn", where="note")
        self.state = "withdrawn"
