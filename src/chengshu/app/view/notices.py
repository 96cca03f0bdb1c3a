"""The view's desk of notices: a person's inbox, and the ways out of the hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.app.view.base import Base
from chengshu.console import model as shown
from chengshu.console.model import notices as page
from chengshu.foundation.journal import Attempt, Delivery
from chengshu.foundation.journal.outbox import retry
from chengshu.foundation.notices import KINDS, ChannelState, Line, letter_of
from chengshu.kernel.clock import millis
from chengshu.kernel.texts import Text

_PAGE = 50
_LEDGER = 100
_TOGETHER = Text("{n} notices together", "合并的 {n} 条通知", "合併的 {n} 則通知")


class NoticeReading(Base):
    """What people were told, and what became of what left."""

    def notices(self, person: shown.Person, scope: page.Scope, before: int) -> page.InboxView:
        """The person's own inbox."""
        queries = self.hub.notices.queries
        account = self.account(person).id
        found = queries.inbox(account, unread=scope == "unread", before=before, limit=_PAGE + 1)
        lines, more = found[:_PAGE], len(found) > _PAGE
        return page.InboxView(
            scope,
            tuple(map(_row, lines)),
            queries.unread(account),
            millis(lines[0].at) if lines else 0,
            millis(lines[-1].at) if more else None,
            self.may(person, "view", "account").allowed,
        )

    def open_notice(self, person: shown.Person, notice: str) -> str:
        """Mark it read; the page of the thing."""
        return self.hub.notices.notices.read(self.account(person).id, notice).link or "/notices"

    def read_notices(self, person: shown.Person, until: int) -> None:
        """Mark as read all that was there then."""
        self.hub.notices.notices.read_all(self.account(person).id, until)

    def keep_notice(self, person: shown.Person, notice: str) -> None:
        """Put it back among the unread."""
        self.hub.notices.notices.unread_again(self.account(person).id, notice)

    def notice_ways(self, person: shown.Person) -> page.WaysView:
        """Channels, what was given up, the newest attempts."""
        self.require(person, "view", "account")
        room = self.hub.notices
        declared = room.notices.declared.channels
        return page.WaysView(
            room.notices.outside,
            tuple(self._way(one, declared) for one in room.queries.channels(declared)),
            tuple(self._lost(one) for one in room.queries.deliveries("gave_up", _LEDGER)),
            tuple(map(_attempt, room.queries.attempts(_LEDGER))),
            self.may(person, "administer", "account"),
        )

    def retry_notice(self, person: shown.Person, key: str) -> None:
        """Send again what was given up."""
        policy = self.require(person, "administer", "account")
        actor, now = self.account(person).actor, self.means.clock.now()
        self.hub.database.write(lambda connection: retry(connection, key, actor, now, policy))

    def _way(self, state: ChannelState, declared: Mapping[str, Any]) -> page.WayRow:
        known = declared.get(state.name)
        return page.WayRow(
            state.name,
            known.kind if known else "",
            known is not None,
            state.waiting,
            state.held,
            state.done,
            state.gave_up,
            state.strain.failures,
            state.strain.rests_until if state.resting(self.means.clock.now()) else None,
            state.last.at if state.last else None,
            state.last.error if state.last else "",
        )

    def _lost(self, one: Delivery) -> page.LostRow:
        letter = letter_of(one.payload)
        title = (
            Text.of(letter.items[0].title) if len(letter.items) == 1 else _TOGETHER.fill(n=len(letter.items))
        )
        return page.LostRow(
            one.key,
            one.channel,
            letter.to,
            title,
            one.gave_up_at or one.next_at,
            one.attempts,
            one.error or "",
        )


def _row(line: Line) -> page.NoticeRow:
    notice = line.notice
    return page.NoticeRow(
        notice.id,
        KINDS[notice.kind].name if notice.kind in KINDS else Text.of(notice.kind),
        Text.of(notice.title),
        Text.of(notice.text),
        line.at,
        line.urgent,
        line.instead,
        line.read_at is not None,
    )


def _attempt(one: Attempt) -> page.AttemptRow:
    return page.AttemptRow(one.at, one.channel, one.key, one.outcome, one.took_ms, one.error)  # type: ignore[arg-type]
