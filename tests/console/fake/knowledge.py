"""Documents: one set of rules in two editions; whatever asks about parking is answered."""

from __future__ import annotations

from datetime import date, datetime

from chengshu.console import model as m
from chengshu.console.model import knowledge as page
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.texts import Text

from .storm import WATER, T

RULES = "urn:chengshu:resource:parking"
TITLE = T("Parking rules", "停车规定", "停車規定")
OLD = page.EditionRow(1, "2024", date(2024, 1, 1), date(2026, 1, 1), 2)
NEW = page.EditionRow(2, "2026", date(2026, 1, 1), None, 2)
TEXTS = {
    1: ("第一条 停车前三十分钟免费。", "第二条 违停罚款一百元。"),
    2: ("第一条 停车免费。", "第二条 违停罚款二百元。"),
}


class Knowledge:
    """Answers what has the word for parking in it."""

    now: datetime
    quiet: bool

    def documents(self, person: m.Person, question: str, as_of: datetime | None) -> page.DocumentsView:
        if question == "what":
            raise Invalid("ask-nothing", "the question says not what about")
        rows = (page.DocumentRow(RULES, TITLE, WATER, "2026", date(2026, 1, 1), 2),)
        pieces = (("第二条 ", False), ("违停罚款", True), ("二百元。", False))
        hit = page.AnswerHit(
            RULES, TITLE, 2, "2026", date(2026, 1, 1), None, 1, "第二条", pieces, ("违停", "罚款"), False, 3
        )
        near = page.AnswerHit(
            RULES, TITLE, 2, "2026", date(2026, 1, 1), None, 0, "第一条", (("第一条", False),), (), True
        )
        hits = (hit, near) if "违停" in question or "parking" in question else ()
        unknown = () if hits or not question else (question,)
        shown = (as_of or self.now).date()
        return page.DocumentsView(question, shown, hits, unknown, () if self.quiet else rows)

    def document(
        self, person: m.Person, id_: str, edition: int | None, passage: int, as_of: datetime | None
    ) -> page.DocumentView:
        if id_ != RULES or edition not in (None, 1, 2):
            raise Missing("document-missing", f"there is no document {id_}")
        here = OLD if edition == 1 else NEW
        parts = tuple(
            (number, f"第{'一二'[number]}条", text, 3 * number)
            for number, text in enumerate(TEXTS[here.number])
        )
        grade = Text("general data, level 1", "一般数据1级", "一般數據1級")
        return page.DocumentView(RULES, TITLE, WATER, grade, here, (NEW, OLD), here is NEW, parts, 0, 1, 1)
