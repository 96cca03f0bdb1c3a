"""What the pages about the whole of the data need of the hub: a part of the view's Protocol."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.holdings import ValueView


class HoldingsDesk(Protocol):
    """The data of the city as a whole."""

    def ledger_value(self, person: Person, days: int, as_of: datetime | None) -> ValueView:
        """Entries ranked by value density over the last ``days``."""
        ...
