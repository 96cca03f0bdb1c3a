"""What is kept too long, what may not be destroyed, and what was: records of retention. Frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from chengshu.foundation.journal.model import canonical
from chengshu.resources.retention.merkle import leaf, root

Outcome = Literal["", "destroyed", "released", "absent", "changed"]
"""destroyed: its bytes are gone; released: this reference is gone, another still needs the bytes; absent: it
was gone already; changed: something else lies in its place, which was left alone."""
State = Literal["marked", "stopped", "proven"]


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing the hub holds of an entry: ``digest`` is the SHA-256 of its bytes, ``at`` from when it counts
    (ms UTC), ``size`` in bytes or rows.
    """

    holding: str
    name: str
    digest: str
    size: int
    at: int
    outcome: Outcome = ""

    def leaf(self) -> bytes:
        """Its leaf in the tree of digests."""
        told = [self.holding, self.name, self.digest, self.size, self.at, self.outcome]
        return leaf(canonical(told).encode())


def root_of(items: Sequence[Item]) -> str:
    """One digest for all of them, in their order (RFC 6962)."""
    return root([item.leaf() for item in items]).hex()


class Holding(Protocol):
    """A part of the hub that holds data of entries. It destroys what it is told, and says what is there."""

    @property
    def name(self) -> str:
        """Its name in items."""
        ...

    def entries(self) -> Sequence[str]:
        """Entries it holds anything of."""
        ...

    def items(self, entry: str, before: int) -> Sequence[Item]:
        """What it holds of an entry from before a moment (ms), in a stable order."""
        ...

    def destroy(self, entry: str, item: Item) -> Outcome:
        """Destroy an item for good; after a kill in between, doing it again is right. Never called for
        anything that :meth:`items` did not name.
        """
        ...

    def holds(self, entry: str, item: Item) -> bool:
        """Whether the item is still there."""
        ...


class Ground(msgspec.Struct, frozen=True):
    """Why an entry's data go after a time: the rule, its law, and in words by language."""

    rule: str
    keep: str
    law: str
    basis: dict[str, str]


class Due(msgspec.Struct, frozen=True):
    """What of an entry is kept longer than its rule says. ``since`` (ms): when the first of it was due."""

    entry: str
    ground: Ground
    items: tuple[Item, ...]
    since: int
    holds: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The digest that a deletion is confirmed with."""
        return root_of(self.items)


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """A legal hold: nothing of the entry is destroyed while it stands. ``released_at`` 0 while it does."""

    id: str
    entry: str
    reason: str
    law: str
    by: str
    at: int
    released_at: int = 0
    released_by: str = ""
    released_why: str = ""


class Destruction(msgspec.Struct, frozen=True, omit_defaults=True):
    """One deletion. ``marked`` is the root over the items as they were shown, ``proven`` that over them with
    what became of each.
    """

    id: str
    entry: str
    ground: Ground
    by: str
    at: int
    state: State
    marked: str
    count: int
    proven: str = ""
    finished_at: int = 0
    why: str = ""


ProposalState = Literal["open", "confirmed", "withdrawn"]


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deletion that one person proposes and another must confirm. ``root`` is over what was shown."""

    id: str
    entry: str
    root: str
    count: int
    by: str
    at: int
    why: str = ""
    state: ProposalState = "open"
    ended_by: str = ""
    ended_at: int = 0
    destruction: str = ""


def chained(previous: str, bodies: Iterable[bytes]) -> str:
    """SHA-256 over the digest before and each body's own: a chain that nothing can be taken out of."""
    total = hashlib.sha256(previous.encode())
    for body in bodies:
        total.update(hashlib.sha256(body).digest())
    return total.hexdigest()
