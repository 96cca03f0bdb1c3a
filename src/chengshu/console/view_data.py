"""What the pages about the insides of the ledger's entries need of the hub: a part of the view's Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from chengshu.console.model import Person
from chengshu.console.model.grading import (
    DifferenceView,
    LineageView,
    PeriodView,
    QualityView,
    StewardView,
)
from chengshu.console.model.life import LifeView


class DataDesk(Protocol):
    """Quality, lineage and grades of entries, and the steward's queue."""

    def ledger_period(self, person: Person, since: datetime, until: datetime) -> PeriodView:
        """The ledger's balance over a period, and what moved in it."""
        ...

    def entry_quality(self, person: Person, id_: str, as_of: datetime | None) -> QualityView:
        """The newest measure of an entry with its trend. Raises Missing."""
        ...

    def entry_lineage(self, person: Person, id_: str, column: str, as_of: datetime | None) -> LineageView:
        """Where an entry, or a column of it, comes from and goes. Lineage is that of now. Raises Missing."""
        ...

    def entry_life(self, person: Person, id_: str, column: str) -> LifeView:
        """An entry, or a column of it, from collection to deletion, as it stands now. Raises Missing."""
        ...

    def entry_changes(self, person: Person, id_: str, since: datetime, until: datetime) -> DifferenceView:
        """What changed of an entry after ``since`` until ``until``. Raises Missing."""
        ...

    def describe_entry(self, person: Person, id_: str, version: int, parts: Mapping[str, Any]) -> None:
        """Write parts of an entry by hand: texts, ``title`` and ``summary`` in the languages, ``keywords``.

        Raises Missing, Denied, Invalid, Conflict when it has changed since ``version``.
        """
        ...

    def steward(self, person: Person, item: str, entry: str, column: str) -> StewardView:
        """The queue at an item, or at a column of an entry; with neither at its first. Raises Missing."""
        ...

    def say_column(
        self, person: Person, item: str, entry: str, column: str, category: str, note: str
    ) -> None:
        """What a column holds, by a steward's word; ``item`` when it waited in the queue. A word against the
        machine needs a note. Raises Denied, Invalid, Conflict when it was settled meanwhile.
        """
        ...

    def unsay_column(self, person: Person, entry: str, column: str) -> None:
        """Take back what was said of a column. Raises Denied, Missing."""
        ...
