"""The only writers of retention: holds, and deletions in two phases: marked on record, done and proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Conflict, Invalid
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.retention import store
from chengshu.resources.retention.model import Destruction, Due, Hold, Holding, Item, root_of

Also = Callable[[Connection, Destruction], None]
_TOLD = 100  # items told in the journal; the root covers all of them


class Retention:
    """Destroys what is due and nothing else. One object per hub."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        entries: LedgerQueries,
        holdings: Sequence[Holding],
    ) -> None:
        self._database, self._clock, self._ids, self._entries = database, clock, ids, entries
        self._holdings = {holding.name: holding for holding in holdings}

    def hold(self, entry: str, reason: str, actor: Actor, *, law: str = "") -> Hold:
        """Keep an entry's data whatever its rule says, from now on; also what a deletion had not reached.

        Raises :class:`Missing` for an entry that does not exist, :class:`Invalid` without a reason.
        """
        self._entries.get(entry)
        _said(reason, entry)

        def work(connection: Connection) -> Hold:
            now = self._clock.now()
            found = Hold(self._ids.new("hold"), entry, reason, law, actor.id, millis(now))
            store.put_hold(connection, found, new=True)
            body = {"hold": found.id, "reason": reason, "law": law}
            record(connection, Act(actor, "retention.held", entry, now, body))
            return found

        return self._database.write(work)

    def release(self, id_: str, reason: str, actor: Actor) -> Hold:
        """End a hold. Raises :class:`Missing`, :class:`Conflict` for one that ended, :class:`Invalid`."""
        _said(reason, id_)

        def work(connection: Connection) -> Hold:
            found = store.find_hold(connection, id_)
            if found.released_at:
                raise Conflict("hold-released", f"the hold {id_} was released already", where=found.entry)
            now = self._clock.now()
            found = replace(found, released_at=millis(now), released_by=actor.id, released_why=reason)
            store.put_hold(connection, found, new=False)
            body = {"hold": id_, "reason": reason}
            record(connection, Act(actor, "retention.released", found.entry, now, body))
            return found

        return self._database.write(work)

    def delete(self, due: Due, confirmed: str, actor: Actor) -> Destruction:
        """Destroy what was shown, to the end, and prove it.

        ``confirmed`` is the root of what was shown, or its beginning (8 signs or more): should anything have
        come or gone since, nothing is touched. Raises :class:`Conflict` for that, and while a hold stands.
        """
        marked = self.mark(due, confirmed, actor)
        return self.carry_out(marked.id, actor)

    def mark(self, due: Due, confirmed: str, actor: Actor, also: Also = lambda c, d: None) -> Destruction:
        """First phase: say on record what is to be destroyed; ``also`` commits with it.

        Raises as :meth:`delete`.
        """
        if len(confirmed) < 8 or not due.root.startswith(confirmed):
            raise Conflict(
                "retention-changed",
                "this is not what was shown",
                where=due.entry,
                remedy="look at it again without confirming, then confirm its root",
            )
        present = {(item.holding, item.name, item.digest) for item in self._items(due)}
        if gone := [item.name for item in due.items if (item.holding, item.name, item.digest) not in present]:
            raise Conflict("retention-gone", f"{gone[0]} is no longer as it was", where=due.entry)

        def work(connection: Connection) -> Destruction:
            self._must_be_free(connection, due.entry)
            now = self._clock.now()
            found = Destruction(
                *(self._ids.new("destruction"), due.entry, due.ground, actor.id, millis(now), "marked"),
                *(due.root, len(due.items)),
            )
            store.add_destruction(connection, found, due.items)
            body = {
                "entry": found.entry,
                "rule": due.ground.rule,
                "law": due.ground.law,
                "keep": due.ground.keep,
                "root": found.marked,
                "count": found.count,
                "items": [[item.holding, item.name, item.digest] for item in due.items[:_TOLD]],
            }
            record(connection, Act(actor, "retention.marked", found.id, now, body))
            also(connection, found)
            return found

        return self._database.write(work)

    def carry_out(self, id_: str, actor: Actor) -> Destruction:
        """Second phase: destroy item by item, each noted; then the proof. Killed anywhere, it goes on here.

        A hold that came meanwhile stops it: what is destroyed is proven, the rest stays. Raises
        :class:`Missing`; a deletion that is finished stays as it is.
        """
        with self._database.read() as connection:
            found = store.find_destruction(connection, id_)
            items = store.items_of(connection, id_)
        if found.state != "marked":
            return found
        for number, item in enumerate(items):
            if item.outcome and not self._there(found.entry, item):
                continue
            with self._database.read() as connection:
                if store.standing_holds(connection, found.entry):
                    return self._finish(found, items, actor, "a legal hold came between")
            outcome = self._holdings[item.holding].destroy(found.entry, item)
            items[number] = replace(item, outcome=outcome)
            done = items[number]
            self._database.write(lambda c, n=number, d=done: store.save_item(c, id_, n, d))  # type: ignore[misc]
        return self._finish(found, items, actor, "")

    def resume(self, actor: Actor) -> tuple[Destruction, ...]:
        """Carry out what was marked before the hub was stopped or killed."""
        with self._database.read() as connection:
            waiting = store.select_destructions(connection, state="marked")
        return tuple(self.carry_out(item.id, actor) for item in waiting)

    def _finish(self, found: Destruction, items: Sequence[Item], actor: Actor, why: str) -> Destruction:
        """The proof: one root over every item and what became of it, in the journal."""
        for item in items:
            if self._there(found.entry, item):
                raise Conflict(
                    "retention-still-there",
                    f"{item.name} is still there after it was destroyed",
                    where=found.entry,
                    remedy="look at the disk, then run it again: nothing is proven yet",
                )

        def work(connection: Connection) -> Destruction:
            now = self._clock.now()
            counts: dict[str, int] = {}
            for item in items:
                counts[item.outcome or "kept"] = counts.get(item.outcome or "kept", 0) + 1
            done = replace(
                found,
                state="stopped" if why else "proven",
                proven=root_of(items),
                finished_at=millis(now),
                why=why,
            )
            store.save_destruction(connection, done)
            body = {
                "entry": found.entry,
                "root": done.proven,
                "marked": found.marked,
                "counts": counts,
                "law": found.ground.law,
                "why": why,
            }
            record(connection, Act(actor, "retention.destroyed", found.id, now, body))
            return done

        return self._database.write(work)

    def _there(self, entry: str, item: Item) -> bool:
        """Whether something that was said to be gone is there."""
        gone = item.outcome in ("destroyed", "released")
        return gone and self._holdings[item.holding].holds(entry, item)

    def _items(self, due: Due) -> list[Item]:
        before = max((item.at for item in due.items), default=0) + 1
        return [item for holding in self._holdings.values() for item in holding.items(due.entry, before)]

    def _must_be_free(self, connection: Connection, entry: str) -> None:
        if standing := store.standing_holds(connection, entry):
            raise Conflict(
                "retention-held",
                f"{standing[0].id} holds it: {standing[0].reason}",
                where=entry,
                remedy="release the hold first, with a reason",
            )
        if store.select_destructions(connection, entry, "marked"):
            raise Conflict(
                "retention-marked",
                "a deletion of this entry is not finished",
                where=entry,
                remedy="let it go on: chengshu retention delete … --resume",
            )


def _said(reason: str, where: str) -> None:
    if not reason.strip():
        raise Invalid("retention-reason", "a hold and its end need a reason", where=where, remedy="say why")
