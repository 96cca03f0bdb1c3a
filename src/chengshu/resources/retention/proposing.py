"""Deletion by two persons: one proposes what was shown, another confirms the same, or it is withdrawn."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Conflict, Denied
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.resources.retention import store
from chengshu.resources.retention.commands import Retention
from chengshu.resources.retention.model import Destruction, Due, Proposal


class Proposals:
    """The only writer of proposals. One object per hub."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, retention: Retention) -> None:
        self._database, self._clock, self._ids, self._retention = database, clock, ids, retention

    def propose(self, due: Due, root: str, actor: Actor, why: str = "") -> Proposal:
        """Propose to destroy what was shown under ``root``; nothing is touched.

        Raises :class:`Conflict` when it is no longer what was shown, while a hold stands, and where a
        proposal waits already.
        """
        _must_be_same(due, root)

        def work(connection: Connection) -> Proposal:
            if due.holds:
                raise Conflict(
                    "retention-held", "a legal hold keeps it", where=due.entry, remedy="end it first"
                )
            if store.open_proposals(connection, due.entry):
                raise Conflict("proposal-open", "it is proposed already", where=due.entry)
            now = self._clock.now()
            found = Proposal(
                *(self._ids.new("proposal"), due.entry, due.root, len(due.items), actor.id, millis(now), why)
            )
            store.put_proposal(connection, found, new=True)
            body = {"entry": due.entry, "root": due.root, "count": found.count, "why": why}
            record(connection, Act(actor, "retention.proposed", found.id, now, body))
            return found

        return self._database.write(work)

    def confirm(self, id_: str, due: Due | None, actor: Actor) -> Destruction:
        """The second person's word: it is put on record, and destroyed by who finishes what is marked.

        ``due``: what is due of the entry now. Raises :class:`Denied` for who proposed it, :class:`Conflict`
        when anything came or went since, or while a hold stands.
        """
        with self._database.read() as connection:
            found = _open(store.find_proposal(connection, id_))
        if found.by == actor.id:
            raise Denied(
                "retention.two",
                "who proposed a deletion does not confirm it",
                where=id_,
                remedy="ask another",
            )
        if due is None:
            raise Conflict("retention-gone", "nothing of it is due any more", where=found.entry)
        _must_be_same(due, found.root)

        def end(connection: Connection, marked: Destruction) -> None:
            self._end_in(connection, id_, "confirmed", actor, marked.id)

        return self._retention.mark(due, found.root, actor, also=end)

    def withdraw(self, id_: str, actor: Actor) -> Proposal:
        """Nobody goes on with it. Raises :class:`Conflict` for one that ended."""
        return self._database.write(lambda connection: self._end_in(connection, id_, "withdrawn", actor, ""))

    def _end_in(
        self, connection: Connection, id_: str, state: str, actor: Actor, destruction: str
    ) -> Proposal:
        now, found = self._clock.now(), _open(store.find_proposal(connection, id_))
        ended = replace(found, state=state, ended_by=actor.id, ended_at=millis(now), destruction=destruction)
        store.put_proposal(connection, ended, new=False)
        body = {"entry": found.entry, "root": found.root, "proposed_by": found.by, "deletion": destruction}
        record(connection, Act(actor, f"retention.{state}", id_, now, body))
        return ended


def _open(found: Proposal) -> Proposal:
    if found.state != "open":
        raise Conflict("proposal-ended", f"the proposal is {found.state}", where=found.entry)
    return found


def _must_be_same(due: Due, root: str) -> None:
    if due.root != root:
        raise Conflict(
            "retention-changed",
            "this is not what was shown",
            where=due.entry,
            remedy="look at it again, then propose what is there now",
        )
