"""Data sharing: a request in each interesting state, a grant that can be used, a record, a resident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args

from chengshu.console import model as m
from chengshu.console.model import sharing as s
from chengshu.foundation.access import TooMany
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing, Unauthenticated
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

from .ledger import GAUGES, RAIN
from .storm import NOW, WATER, T

CIVIL = T("Civil Affairs", "民政局", "民政局")
BUREAU = T("Data Bureau", "数据局", "數據局")
PEOPLE = T("People who need help", "需要帮助的居民", "需要幫助的居民")
PURPOSE = "call those who need help before the storm"
MASKED = T("a person's name is masked", "姓名应脱敏", "姓名應脫敏")
WHY = Reason("protection.mask", MASKED, {"grade": "general-3"})
VOID = Reason("sharing.decision", T("the plan is void", "预案已失效", "預案已失效"), {"department": "civil"})
FIRMS = s.SourcePolicy(
    "enterprise", Reason("source.enterprise", T("by agreement", "依企业同意", "依企業同意")), True, True
)
OTHER = Reason("sharing.gate.purpose", T("another purpose", "用途不符", "用途不符"))
PLAINLY = (("purpose", T("say it more plainly", "请写得更明白", "請寫得更明白")),)
NUMBER = "110101199001011237"
PERSON = T("a person's name", "姓名", "姓名")
L1, L3, L4 = (T(f"level {n}", f"{n} 级", f"{n} 級") for n in (1, 3, 4))
FIELDS = (
    s.FieldShown("name", T("Name", "姓名", "姓名"), PERSON, L3, "mask", WHY),
    s.FieldShown("street", T("Street", "街道", "街道"), Text(), L1, "show"),
    s.FieldShown("id_number", Text(), Text.of("ID"), L4, "tokenise"),
)
GIVEN = s.AskGiven(
    "water",
    ("name", "street", "id_number"),
    'street = "Harbour Road"',
    PURPOSE,
    "突發事件應對法 52",
    "P30D",
    ("water",),
    "",
    "query",
)
ACTS: dict[str, tuple[s.SharingAct, ...]] = {
    "r-review": ("grant", "refuse", "missing", "extend", "withdraw"),
    "r-incomplete": ("complete", "withdraw"),
    "r-refused": ("object",),
    "r-objection": ("uphold", "reject"),
    "r-granted": ("supply", "revoke"),
    "r-suspended": ("restore", "revoke", "end"),
    "r-ended": ("destroyed",),
}


class Sharing:
    """Everything is kept in ``done``: (request, act, what was typed)."""

    now: datetime
    quiet: bool

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[str, str, dict[str, str]]] = []
        self.asked: list[s.AskGiven] = []
        self.withdrawn = False
        self.code = ""
        self.matter: tuple[str, Text] | None = None
        self.looked_up = 0

    def clock(self, kind: s.ClockKind, left: int, days: int = 10, state: s.ClockState = "runs") -> s.ClockRow:
        return s.ClockRow(
            kind,
            CIVIL,
            PEOPLE,
            "/sharing/requests/r-review",
            days,
            left,
            state,
            left < 0,
            NOW + timedelta(days=left) if state == "runs" else None,
            extended=days == 20,
        )

    def row(self, request: str) -> s.RequestRow:
        state: s.SharingState = request.removeprefix("r-")  # type: ignore[assignment]
        clock = self.clock("answer", -2) if state == "review" else None
        turn = CIVIL if state in ("review", "granted") else Text()
        return s.RequestRow(
            request, PEOPLE, WATER, CIVIL, PURPOSE, state, NOW - timedelta(days=9), True, turn, clock
        )

    def sharing(self, person: m.Person, scope: s.DeskScope, before: str) -> s.DeskView:
        if self.quiet:
            return s.DeskView(scope, (), (), (), 0)
        clocks = (
            self.clock("answer", -2),
            self.clock("supply", 15, 20),
            self.clock("objection", 1),
            self.clock("catalogue", 4),
            replace(self.clock("answer", 6, state="stands"), address=""),
        )
        rows = tuple(self.row(name) for name in ACTS)
        older = "r-granted" if scope == "all" and not before else ""
        return s.DeskView(scope, rows, clocks, (WATER, CIVIL), 3, True, True, older)

    def grant_view(self, request: str, person: m.Person) -> s.GrantView:
        answers = request == "r-in_use" and person.id == "lin"
        why_not = Text() if answers else T("It is suspended.", "已暂停。", "已暫停。")
        return s.GrantView(
            "grant-1",
            request,
            PEOPLE,
            CIVIL,
            WATER,
            PURPOSE,
            self.row(request).state,
            "query",
            FIELDS,
            '(street = "Harbour Road")',
            1000,
            5000,
            "only on duty",
            "this hub",
            NOW - timedelta(days=3),
            NOW + timedelta(days=27),
            answers,
            why_not,
        )

    def use(self, seq: int, outcome: s.Outcome) -> s.UseRow:
        return s.UseRow(
            seq,
            NOW - timedelta(hours=9 - seq),
            "Lin Yue 林玥",
            WATER,
            PEOPLE,
            "r-suspended",
            PURPOSE,
            "query",
            ("name", "street"),
            'street = "Harbour Road"',
            12 if outcome == "answered" else 0,
            outcome,
            None if outcome == "answered" else OTHER,
        )

    def sharing_request(self, person: m.Person, request: str, as_of: datetime | None) -> s.RequestView:
        if request not in (*ACTS, "r-in_use", "grant-1"):
            raise Missing("request-missing", f"there is no request or grant {request!r}")
        if person.id == "crew":
            told = T("Only its parties see it.", "仅当事部门可见。", "僅當事部門可見。")
            raise Denied("sharing.view", told.en, text=told.as_dict())
        granted = request in ("r-suspended", "r-in_use", "r-granted", "r-ended")
        acts = () if as_of else ACTS.get(request, ())
        steps = (
            m.TimelineItem(NOW - timedelta(days=9), T("Handed in", "提交申请", "提交申請"), "Lin Yue"),
            m.TimelineItem(NOW - timedelta(days=2), T("Refused", "拒绝", "拒絕"), "Li Wei", reason=VOID),
        )
        return s.RequestView(
            self.row(request),
            GAUGES,
            GIVEN,
            (WATER,),
            "conditional",
            FIELDS,
            PLAINLY if request == "r-incomplete" else (),
            (("grant-1", "/sharing/grants/grant-1"),) if request == "r-review" else (),
            VOID if request in ("r-refused", "r-objection") else None,
            "條例 20" if request in ("r-refused", "r-objection") else "",
            "the plan is in force" if request == "r-objection" else "",
            self.grant_view(request, person) if granted else None,
            tuple(s.ActView(act, T(f"{act} follows", f"{act} 之后", f"{act} 之後")) for act in acts),
            (s.NextBy(BUREAU, ("suspend", "revoke")),) if granted else (),
            (self.clock("answer", 6, state="done"), self.clock("supply", 15, 20)),
            steps if as_of is None else steps[:1],
            (self.use(2, "blocked"), self.use(1, "answered")) if request == "r-suspended" else (),
            s.Destroyed(NOW, "wiped", "Zhou", "ab" * 32) if request == "r-granted" else None,
            (10_000, 100_000),
            FIRMS,
        )

    def ask_form(
        self, person: m.Person, resource: str, completes: str, given: s.AskGiven | None
    ) -> s.AskForm:
        if resource != GAUGES:
            raise Missing("resource-missing", f"the ledger has no entry {resource}")
        may = (
            m.ALLOWED
            if person.id == "lin"
            else m.Permission(False, T("Operators ask.", "由操作员申请。", "由操作員申請。"))
        )
        told = PLAINLY if completes else ()
        own = (("water", WATER), ("civil", CIVIL)) if person.id == "lin" else ()
        return s.AskForm(
            GAUGES,
            RAIN,
            CIVIL,
            "conditional",
            "for emergencies",
            () if self.quiet else FIELDS,
            own,
            (("water", WATER), ("civil", CIVIL)),
            given or (GIVEN if completes else s.AskGiven("water", recipients=("water",))),
            may,
            completes,
            told,
            FIRMS,
        )

    def ask_for_data(self, person: m.Person, resource: str, given: s.AskGiven, completes: str) -> str:
        if given.duration == "long":
            told = T("Write for how long as P30D.", "使用期限请写作 P30D。", "使用期限請寫作 P30D。")
            raise Invalid("duration", "'long' is no term", text=told.as_dict())
        if given.purpose == PURPOSE and not completes:
            told = T("You have this already.", "已有授权。", "已有授權。")
            raise Conflict("already-granted", "water has this already", grant="grant-1", text=told.as_dict())
        self.asked.append(given)
        return "r-incomplete" if not given.purpose else "r-review"

    def sharing_act(
        self, person: m.Person, request: str, act: s.SharingAct, given: Mapping[str, str]
    ) -> None:
        if act not in ACTS.get(request, ()):
            told = T("That is no longer possible.", "已不能这样办理。", "已不能這樣辦理。")
            raise Conflict("sharing-state", f"{act} is not possible", where=request, text=told.as_dict())
        if act == "refuse" and not given.get("law"):
            raise Invalid(
                "reason-missing", "it must be said why", where="law", remedy="write it in a sentence"
            )
        self.done.append((request, act, dict(given)))

    def grants(self, person: m.Person) -> tuple[s.GrantView, ...]:
        if self.quiet:
            return ()
        return (self.grant_view("r-in_use", person), self.grant_view("r-suspended", person))

    def grant(self, person: m.Person, grant: str) -> s.GrantView:
        if grant not in ("grant-1", "grant-file"):
            raise Missing("request-missing", f"there is no request or grant {grant!r}")
        found = self.grant_view("r-in_use", person)
        return replace(found, id=grant, manner="file") if grant == "grant-file" else found

    def use_grant(self, person: m.Person, grant: str, asked: s.UseAsk) -> s.UseResult:
        if asked.purpose != PURPOSE:
            return s.UseResult(8, denied=T("not the purpose", "用途不符", "用途不符"))
        if asked.filter == "none":
            return s.UseResult(9, ("name", "street"))
        columns = asked.fields or ("name", "street")
        rows = tuple(("王**", "Harbour Road")[: len(columns)] for _ in range(asked.limit or 2))
        notes = (T("at night", "非工作时间", "非工作時間"),)
        return s.UseResult(7, columns, rows, True, notes)

    def take_file(self, person: m.Person, grant: str, asked: s.UseAsk) -> s.SharedFile:
        if asked.purpose != PURPOSE:
            told = T("not the purpose", "用途不符", "用途不符")
            raise Denied("sharing.gate.purpose", told.en, use=8, text=told.as_dict())
        return s.SharedFile(f"{grant}-7.csv", "name,street\n王**,Harbour Road\n".encode(), "digits:allowance")

    def sharing_record(
        self, person: m.Person, since: datetime | None, until: datetime | None
    ) -> s.RecordView:
        if person.id == "crew":
            told = T("Auditors look at it.", "由审计员查看。", "由稽核員查看。")
            raise Denied("denied", told.en, text=told.as_dict())
        broken = "uses 1 to 2 were changed after they were sealed" if since and since.year < 2020 else ""
        first, last = since or NOW - timedelta(days=30), until or NOW
        if self.quiet:
            return s.RecordView(first, last, {}, 0, (), (), (), 0, (), "", (), 0)
        return s.RecordView(
            first,
            last,
            {"answered": 1, "denied": 1, "blocked": 1},
            12,
            (s.GrantSum("r-suspended", PEOPLE, WATER, 12),),
            (self.row("r-suspended"),),
            (self.clock("answer", -2),),
            1,
            (self.row("r-ended"),),
            broken,
            (self.use(3, "blocked"), self.use(2, "denied"), self.use(1, "answered")),
            4,
        )

    def counter(self, person: m.Person) -> None:
        if person.id == "crew":
            told = T("Answered at counters.", "在窗口答复。", "在窗口答覆。")
            raise Denied("sharing.counter", told.en, text=told.as_dict())

    def who_used(self, person: m.Person, number: str) -> s.SeenView:
        self.counter(person)
        self.looked_up += 1
        if self.looked_up > 5:
            told = T("Too many questions.", "查询过多。", "查詢過多。")
            raise TooMany("lookups", told.en, text=told.as_dict())
        if not number.isalnum() or len(number) != 18:
            told = T("18 digits.", "18 位。", "18 位。")
            raise Invalid("subject", told.en, text=told.as_dict())
        return self.seen() if number == NUMBER else s.SeenView()

    def seen(self) -> s.SeenView:
        rows = tuple(
            s.SeenRow(
                NOW - timedelta(days=days),
                WATER,
                PURPOSE,
                "突發事件應對法 52",
                GAUGES,
                PEOPLE,
                (("name", "mask"), ("street", "show")),
                consent,
                self.withdrawn and consent,
            )
            for days, consent in ((1, True), (3, False))
        )
        return s.SeenView(rows, ((GAUGES, PEOPLE, self.withdrawn),))

    def give_code(self, person: m.Person, number: str) -> s.CodeGiven:
        self.who_used(person, number)
        self.code = "ABCD-EFGH-JKLM-NPQR-STUV"
        return s.CodeGiven(self.code, NOW + timedelta(days=30))

    def take_code(self, person: m.Person, number: str) -> None:
        self.code = ""

    def my_data(self, code: str) -> s.SeenView:
        if not self.code or code != self.code:
            raise Unauthenticated("resident-code", "this code does not hold, or not any more", where="code")
        return self.seen()

    def my_consent(self, code: str, resource: str, *, given: bool) -> None:
        self.my_data(code)
        self.withdrawn = not given

    def set_consent(self, person: m.Person, number: str, resource: str, *, given: bool) -> None:
        self.counter(person)
        if resource != GAUGES:
            raise Missing("resource-missing", f"the ledger has no entry {resource}")
        self.withdrawn = not given


assert set(get_args(s.SharingAct)) >= {act for acts in ACTS.values() for act in acts}
