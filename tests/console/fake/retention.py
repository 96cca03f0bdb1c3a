"""Retention: one entry due, one held, one deletion proven; what is done is remembered."""

from __future__ import annotations

from datetime import datetime

from chengshu.console import model as m
from chengshu.console.model import retention as page
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing
from chengshu.kernel.texts import Text

from .datasets import REPORTS, TITLE
from .ledger import GAUGES, RAIN
from .storm import T

ROOT = "4e3bbb1f" * 8
FILE = "ab" * 32
NOT_YOU = T("a second person must", "须由另一人确认", "須由另一人確認")
BASIS = T("no longer than needed", "最短时间", "最短時間")


class Retention:
    """What is due can be proposed, and confirmed by somebody else."""

    now: datetime
    quiet: bool

    def __init__(self) -> None:
        super().__init__()
        self.proposed_by = ""
        self.deeds: list[tuple[str, ...]] = []

    def retention(self, person: m.Person) -> page.RetentionView:
        if self.quiet:
            return page.RetentionView(0, (), (), (), False)
        may = person.id != "crew"
        proposal = None
        if self.proposed_by:
            own = person.id == self.proposed_by
            proposal = page.ProposalRow(
                "proposal-1",
                "Lin Yue 林玥",
                self.now,
                "the year is over",
                True,
                own,
                not own and may,
                NOT_YOU,
            )
        item = page.ItemRow("datasets", "version/1/reports.csv", FILE, 90_000)
        due = page.DueRow(
            *(REPORTS, TITLE, "reports", "P1Y", "個人信息保護法 19", BASIS, self.now, (item,), 3, ROOT, ()),
            *(proposal, may, NOT_YOU),
        )
        held = page.DueRow(
            *(GAUGES, RAIN, "rest", "P10Y", "檔案法 14", Text(), self.now, (item,), 0, ROOT, ("hold-1",)),
            *(None, may, NOT_YOU),
        )
        hold = page.HoldRow(
            "hold-1", GAUGES, RAIN, "a case before the court", "民事訴訟法", "Lin", self.now, may
        )
        return page.RetentionView(2, (due, held), (hold,), (self._done(),), may)

    def _done(self) -> page.DeletionRow:
        return page.DeletionRow(
            "destruction-1", REPORTS, TITLE, "proven", "Lin Yue 林玥", self.now, "檔案法 14", 2, ROOT, ""
        )

    def deletion(self, person: m.Person, id_: str, digest: str) -> page.ProofView:
        if id_ != "destruction-1":
            raise Missing("destruction-missing", f"there is no deletion {id_!r}")
        items = (
            page.ItemRow("datasets", "version/1/a.csv", FILE, 10, "destroyed"),
            page.ItemRow("datasets", "version/1/b.csv", "cd" * 32, 10),
        )
        among = ("version/1/a.csv", 0, ("ef" * 32,)) if digest == FILE else None
        counts = (("destroyed", 1), ("kept", 1))
        broken = T("the journal was changed", "日志被改动", "日誌被改動") if digest == "broken" else Text()
        return page.ProofView(self._done(), 17, "0a" * 32, broken, counts, items, 0, digest, among)

    def propose_deletion(self, person: m.Person, entry: str, root: str, why: str) -> None:
        if person.id == "crew":
            raise Denied("data.deletion", "operators propose")
        if root != ROOT:
            raise Conflict("retention-changed", "this is not what was shown")
        self.proposed_by = person.id

    def confirm_deletion(self, person: m.Person, proposal: str) -> str:
        if person.id == self.proposed_by:
            raise Denied("retention.two", "who proposed a deletion does not confirm it")
        self.deeds.append(("confirm", person.id, proposal))
        return "destruction-1"

    def withdraw_deletion(self, person: m.Person, proposal: str) -> None:
        self.proposed_by = ""

    def hold_data(self, person: m.Person, entry: str, reason: str, law: str) -> None:
        if not reason:
            raise Invalid("retention-reason", "a hold and its end need a reason", where=entry)
        self.deeds.append(("hold", entry, reason, law))

    def release_hold(self, person: m.Person, hold: str, reason: str) -> None:
        self.deeds.append(("release", hold, reason))
