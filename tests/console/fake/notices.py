"""An inbox with an urgent line, one told instead of others, one read; channels, one of them in trouble."""

from __future__ import annotations

from datetime import timedelta

from chengshu.console import model as m
from chengshu.console.model import notices as page
from chengshu.kernel.clock import millis
from chengshu.kernel.errors import Conflict, Denied, Missing
from chengshu.kernel.texts import Text

from .storm import NOW, T

KEY = "notice-7:sms:+8613800000000"
NOT_YOU = T("administrators may", "仅管理员可以", "僅管理員可以")


class Notices:
    """What is opened is read; what is sent again is no longer given up."""

    quiet: bool

    def __init__(self) -> None:
        super().__init__()
        self.read = {"notice-3"}
        self.sent_again: list[str] = []

    def _rows(self) -> list[page.NoticeRow]:
        order, asked = (
            T("Work order", "工单派发", "工單派發"),
            T("Request for data", "数据共享申请", "資料共享申請"),
        )
        titles = (
            (
                order,
                T("Gulou: pump out the underpass", "古楼：下穿通道排水", "古樓：下穿通道排水"),
                True,
                False,
            ),
            (
                asked,
                T("Water asks for “Residents”", "水务局申请“常住人口”", "水務局申請「常住人口」"),
                False,
                True,
            ),
            (asked, T("Your request is refused", "您的申请被拒绝", "您的申請被拒絕"), False, False),
        )
        why = T("the plan is void; 條例 20", "预案无效；条例 20", "預案無效；條例 20")
        return [
            page.NoticeRow(
                f"notice-{n}",
                kind,
                title,
                why if n == 3 else Text(),
                NOW - timedelta(minutes=n),
                urgent,
                instead,
                f"notice-{n}" in self.read,
            )
            for n, (kind, title, urgent, instead) in enumerate(titles, 1)
        ]

    def notices(self, person: m.Person, scope: page.Scope, before: int) -> page.InboxView:
        every = [] if self.quiet else self._rows()
        rows = tuple(row for row in every if scope == "all" or not row.read)
        unread = sum(not row.read for row in every)
        until = millis(rows[0].at) if rows else 0
        return page.InboxView(
            scope, rows, unread, until, millis(NOW) - 1 if rows else None, person.id != "crew"
        )

    def open_notice(self, person: m.Person, notice: str) -> str:
        if notice not in {row.id for row in self._rows()}:
            raise Missing("notice-missing", "this notice is not in your inbox", where=notice)
        self.read.add(notice)
        return "/orders/o-0"

    def read_notices(self, person: m.Person, until: int) -> None:
        self.read |= {row.id for row in self._rows() if millis(row.at) <= until}

    def keep_notice(self, person: m.Person, notice: str) -> None:
        self.read.discard(notice)

    def notice_ways(self, person: m.Person) -> page.WaysView:
        if self.quiet:
            return page.WaysView(False, (), (), (), m.Permission(True))
        error = "Rejected: https://gateway.example/in answered 404: no such number"
        ways = (
            page.WayRow("mail", "smtp", True, 0, 2, 41, 0, 0, None, NOW - timedelta(minutes=2), ""),
            page.WayRow("sms", "webhook", True, 3, 0, 9, 1, 4, NOW + timedelta(minutes=1), NOW, error),
            page.WayRow("fax", "", False, 1, 0, 0, 0, 0, None, None, ""),
        )
        lost = page.LostRow(KEY, "sms", "+8613800000000", T("An order", "工单", "工單"), NOW, 1, error)
        attempts = (
            page.AttemptRow(NOW, "sms", KEY, "rejected", 210, error),
            page.AttemptRow(NOW - timedelta(minutes=2), "mail", "notice-6:mail:a@b.example", "done", 88, ""),
            page.AttemptRow(
                NOW - timedelta(minutes=3), "mail", "notice-6:mail:a@b.example", "failed", 30, "busy"
            ),
        )
        found = () if self.sent_again else (lost,)
        return page.WaysView(True, ways, found, attempts, m.Permission(person.id != "crew", NOT_YOU))

    def retry_notice(self, person: m.Person, key: str) -> None:
        if person.id == "crew":
            raise Denied("administrator", "only administrators may")
        if key != KEY:
            raise Conflict("delivery-not-given-up", f"the delivery {key} has not given up")
        self.sent_again.append(key)
