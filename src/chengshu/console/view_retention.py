"""What the page of retention needs of the hub: a part of the view's Protocol."""

from __future__ import annotations

from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.retention import ProofView, RetentionView


class RetentionDesk(Protocol):
    """What is due, held and destroyed. The page shows the present."""

    def retention(self, person: Person) -> RetentionView:
        """What is due, the holds, the deletions."""
        ...

    def deletion(self, person: Person, id_: str, digest: str) -> ProofView:
        """A deletion with its proof, checked now, and whether bytes with a SHA-256 were among it. Raises
        Missing.
        """
        ...

    def propose_deletion(self, person: Person, entry: str, root: str, why: str) -> None:
        """Propose what was shown under a root. Raises Denied, Conflict when it is not the same any more."""
        ...

    def confirm_deletion(self, person: Person, proposal: str) -> str:
        """The second person's word; the deletion's id. Raises Denied for who proposed it, Conflict."""
        ...

    def withdraw_deletion(self, person: Person, proposal: str) -> None:
        """Nobody goes on with a proposal. Raises Denied, Conflict."""
        ...

    def hold_data(self, person: Person, entry: str, reason: str, law: str) -> None:
        """Keep an entry's data whatever its rule says. Raises Denied, Missing, Invalid without a reason."""
        ...

    def release_hold(self, person: Person, hold: str, reason: str) -> None:
        """End a hold. Raises Denied, Conflict, Invalid without a reason."""
        ...
