"""Readers of retention: what is due, what is held back, and whether a proof holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chengshu.foundation.journal import Entry, entries_about, verify
from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.retention import store
from chengshu.resources.retention.declared import Rule, rule_for
from chengshu.resources.retention.merkle import leads, path
from chengshu.resources.retention.model import Destruction, Due, Hold, Holding, Item, Proposal, root_of
from chengshu.resources.retention.periods import earliest_kept, keeping, kept_until


@dataclass(frozen=True, slots=True)
class Proof:
    """A deletion and whether its proof holds: ``broken`` says what does not fit, empty when all does."""

    destruction: Destruction
    items: tuple[Item, ...]
    entry: int  # of the journal, 0 while there is none
    hash: str
    broken: str

    def counts(self) -> dict[str, int]:
        """How many items became what."""
        found: dict[str, int] = {}
        for item in self.items:
            found[item.outcome or "kept"] = found.get(item.outcome or "kept", 0) + 1
        return found


class RetentionQueries:
    """What the hub keeps too long, and what it has destroyed."""

    def __init__(
        self,
        database: Database,
        entries: LedgerQueries,
        rules: Sequence[Rule],
        holdings: Sequence[Holding],
    ) -> None:
        self._database, self._entries = database, entries
        self._rules, self._holdings = tuple(rules), {item.name: item for item in holdings}

    def due(self, now: datetime, entry: str = "") -> tuple[Due, ...]:
        """What is kept longer than its rule says, by entry; also what a hold keeps back.

        Raises :class:`Missing` for an entry that does not exist.
        """
        resources = [self._entries.get(entry)] if entry else self._held()
        found = [self._due(resource, now) for resource in resources]
        return tuple(item for item in found if item is not None)

    def _held(self) -> list[Resource]:
        """The entries that anything is held of, by id."""
        named = {entry for holding in self._holdings.values() for entry in holding.entries()}
        known = self._entries.many(sorted(named)) if self._rules else {}
        return [known[id_] for id_ in sorted(known)]

    def _due(self, resource: Resource, now: datetime) -> Due | None:
        rule = rule_for(self._rules, resource)
        if rule is None:
            return None
        keep = keeping(rule.keep)
        late = []
        for holding in self._holdings.values():
            for item in holding.items(resource.id, millis(earliest_kept(now, keep))):
                until = kept_until(from_millis(item.at), keep)
                if until <= now:
                    late.append((millis(until), item))
        if not late:
            return None
        with self._database.read() as connection:
            holds = tuple(item.id for item in store.standing_holds(connection, resource.id))
        items = tuple(item for _, item in late)
        return Due(resource.id, rule.ground, items, min(at for at, _ in late), holds)

    @property
    def rule_count(self) -> int:
        """How many rules the city has: without any, nothing is ever due."""
        return len(self._rules)

    def hold(self, id_: str) -> Hold:
        """One of any state. Raises :class:`Missing`."""
        with self._database.read() as connection:
            return store.find_hold(connection, id_)

    def holds(self, entry: str = "") -> list[Hold]:
        """Holds that stand."""
        with self._database.read() as connection:
            return store.standing_holds(connection, entry)

    def proposals(self) -> list[Proposal]:
        """Deletions that wait for a second person."""
        with self._database.read() as connection:
            return store.open_proposals(connection)

    def proposal(self, id_: str) -> Proposal:
        """One of any state. Raises :class:`Missing`."""
        with self._database.read() as connection:
            return store.find_proposal(connection, id_)

    def destructions(self, entry: str = "") -> list[Destruction]:
        """Deletions, by id."""
        with self._database.read() as connection:
            return store.select_destructions(connection, entry)

    def proof(self, id_: str) -> Proof:
        """A deletion held against the journal, the chain, and what is there. Raises :class:`Missing`."""
        with self._database.read() as connection:
            found = store.find_destruction(connection, id_)
            items = tuple(store.items_of(connection, id_))
            entry = _journalled(connection, found, "retention.destroyed")
            broken = self._broken(connection, found, items, entry)
        return Proof(found, items, entry.seq if entry else 0, entry.hash if entry else "", broken)

    def destroyed_with(self, digest: str) -> list[str]:
        """The deletions in which bytes with this SHA-256 were destroyed."""
        with self._database.read() as connection:
            return store.destructions_of(connection, digest)

    def _broken(
        self, connection: Connection, found: Destruction, items: Sequence[Item], entry: Entry | None
    ) -> str:
        marked = _journalled(connection, found, "retention.marked")
        shown = [Item(item.holding, item.name, item.digest, item.size, item.at) for item in items]
        if marked is None or not marked.body["root"] == found.marked == root_of(shown):
            return "what was marked is not what the journal says"
        if found.state == "marked":
            return "it is not finished"
        if entry is None or not entry.body["root"] == found.proven == root_of(items):
            return "what was destroyed is not what the journal says"
        if not verify(connection).ok:
            return "the journal itself was changed"
        for item in items:
            holding = self._holdings.get(item.holding)
            if item.outcome in ("destroyed", "released") and holding and holding.holds(found.entry, item):
                return f"{item.name} is there again"
        return ""


def _journalled(connection: Connection, found: Destruction, action: str) -> Entry | None:
    return next((item for item in entries_about(connection, found.id) if item.action == action), None)


def among(proof: Proof, digest: str) -> tuple[Item, int, tuple[str, ...]] | None:
    """The item with a digest, its place, and the hashes that lead from it to the proven root; None.

    With these alone anybody can see that it was among what was destroyed, and learns nothing of the rest.
    """
    leaves = [item.leaf() for item in proof.items]
    for at, item in enumerate(proof.items):
        if item.digest == digest and item.outcome == "destroyed":
            steps = path(leaves, at)
            wanted = bytes.fromhex(proof.destruction.proven)
            if leads(leaves[at], at, len(leaves), steps, wanted):
                return item, at, tuple(step.hex() for step in steps)
    return None
