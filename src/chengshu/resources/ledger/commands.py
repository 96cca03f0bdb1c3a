"""The only writers of the ledger: entries come, change, retire and come back, each with its version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, append_change, enter
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Conflict, Missing
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.resources.ledger import store
from chengshu.resources.ledger.checks import check
from chengshu.resources.ledger.describing import described
from chengshu.resources.ledger.model import Kind, Resource, Version, fingerprint

_NAMED = 100  # ids told in the journal entry of a batch; the hash covers all of them


@dataclass(frozen=True, slots=True)
class Booked:
    """What a batch did, by id."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.restored or self.retired)


class Ledger:
    """The city's one ledger. One object per hub."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database, self._clock, self._ids = database, clock, ids

    def new_id(self, kind: Kind) -> str:
        """An id for an entry made by hand."""
        return f"urn:chengshu:resource:{self._ids.new(kind)}"

    def put(self, resources: Resource | Iterable[Resource], actor: Actor, *, why: str = "") -> Booked:
        """Add or change entries, in one transaction; an entry that says the same as before stays as it is.

        A retired entry that is put again is restored. Raises :class:`Invalid` with every mistake of every
        entry, and keeps none of them then.
        """
        wanted = [resources] if isinstance(resources, Resource) else list(resources)
        check(wanted)
        return self._database.write(lambda connection: self.put_in(connection, wanted, actor, why=why))

    def put_in(
        self, connection: Connection, wanted: Sequence[Resource], actor: Actor, *, why: str = ""
    ) -> Booked:
        """As :meth:`put` for checked entries, in the caller's transaction."""
        newest = {item.id: item for item in wanted}  # of two with one id the later counts
        known = store.find_entries(connection, list(newest))
        moved: list[tuple[Resource, str, str]] = []
        for item in newest.values():
            before, old_print = known.get(item.id, (None, ""))
            print_ = fingerprint(item)
            if print_ == old_print:
                continue
            version = before.version + 1 if before else 1
            moved.append((replace(item, version=version), print_, _what(before, item)))
        return self._book(connection, moved, actor, why, unchanged=len(newest) - len(moved))

    def describe(self, id_: str, parts: Mapping[str, Any], actor: Actor, *, version: int) -> Booked:
        """Write parts of an entry by hand, as it stood at ``version``; no harvest changes them then.

        Raises :class:`Missing`, :class:`Invalid` and :class:`Conflict` (see
        :func:`~chengshu.resources.ledger.describing.described`; also when it has changed meanwhile).
        """

        def work(connection: Connection) -> Booked:
            known = store.find_entries(connection, [id_])
            if id_ not in known:
                raise Missing("resource-missing", f"the ledger has no entry {id_}")
            before = known[id_][0]
            if before.version != version:
                raise Conflict(
                    "entry-moved",
                    f"{id_} has changed meanwhile: version {before.version}",
                    where=id_,
                    remedy="reload the page, and write it again",
                )
            after = described(before, parts)
            check([after])
            return self.put_in(connection, [after], actor, why="written by hand")

        return self._database.write(work)

    def retire(self, ids: Iterable[str], actor: Actor, *, why: str) -> Booked:
        """Take entries out of the standing ledger; they and their past stay readable.

        Raises :class:`Missing` for an id that does not exist, :class:`Conflict` for one retired already.
        """
        wanted = list(dict.fromkeys(ids))

        def work(connection: Connection) -> Booked:
            known = store.find_entries(connection, wanted)
            moved: list[tuple[Resource, str, str]] = []
            for id_ in wanted:
                if id_ not in known:
                    raise Missing("resource-missing", f"the ledger has no entry {id_}")
                before = known[id_][0]
                if before.state == "retired":
                    raise Conflict("resource-retired", f"{id_} is retired already")
                after = replace(before, state="retired", version=before.version + 1)
                moved.append((after, fingerprint(after), "retired"))
            return self._book(connection, moved, actor, why)

        return self._database.write(work)

    def _book(
        self,
        connection: Connection,
        moved: Sequence[tuple[Resource, str, str]],
        actor: Actor,
        why: str,
        unchanged: int = 0,
    ) -> Booked:
        if not moved:
            return Booked(unchanged=unchanged)
        now = self._clock.now()
        at = millis(now)
        store.put_entries(connection, [(item, print_) for item, print_, _ in moved], at)
        store.put_relations(connection, [item for item, _, _ in moved])
        store.add_versions(
            connection,
            [Version(item.id, item.version, at, actor.id, what, item) for item, _, what in moved],  # type: ignore[arg-type]
        )
        by_what: dict[str, list[str]] = {"added": [], "changed": [], "restored": [], "retired": []}
        for item, _, what in moved:
            by_what[what].append(item.id)
        chain = hashlib.sha256("\n".join(print_ for _, print_, _ in moved).encode()).hexdigest()
        body = {
            "counts": {what: len(ids) for what, ids in by_what.items()},
            "entries": [
                {"id": item.id, "version": item.version, "what": what} for item, _, what in moved[:_NAMED]
            ],
            "sha256": chain,
            "why": why,
        }
        subject = moved[0][0].id if len(moved) == 1 else f"{len(moved)} entries"
        enter(connection, Act(actor, "ledger.booked", subject, now, body))
        payload = {"ids": [item.id for item, _, _ in moved], "actor": actor.id, "counts": body["counts"]}
        append_change(connection, "ledger.booked", subject, now, msgspec.msgpack.encode(payload))
        return Booked(
            tuple(by_what["added"]),
            tuple(by_what["changed"]),
            tuple(by_what["restored"]),
            tuple(by_what["retired"]),
            unchanged,
        )


def _what(before: Resource | None, after: Resource) -> str:
    if before is None:
        return "added"
    if after.state == "retired":
        return "retired"
    return "restored" if before.state == "retired" else "changed"
