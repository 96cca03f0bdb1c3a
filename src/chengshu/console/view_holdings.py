"""What the pages about the whole of the data need of the hub: a part of the view's Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.holdings import CrossingsView, LibrariesView, LookupGrant, ValueView
from chengshu.console.model.sharing import UseResult


class HoldingsDesk(Protocol):
    """The data of the city as a whole."""

    def ledger_value(self, person: Person, days: int, as_of: datetime | None) -> ValueView:
        """Entries ranked by value density over the last ``days``."""
        ...

    def ledger_crossings(self, person: Person, as_of: datetime | None) -> CrossingsView:
        """The five crossings, each with the newest exchange on every path."""
        ...

    def ledger_libraries(self, person: Person) -> LibrariesView:
        """The five base libraries as they stand now, and the thematic ones."""
        ...

    def lookups(self, person: Person) -> Sequence[LookupGrant]:
        """The person's grants by which a key can be looked up."""
        ...

    def look_up(self, person: Person, grant: str, purpose: str, key: str) -> UseResult:
        """The rows of one key, on record. Raises Invalid for a key that nobody can have, Denied, Missing."""
        ...
