"""What the pages of datasets need of the hub: a part of the view's Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.datasets import BeginGiven, DatasetRow, DatasetView, LabellingView


class DatasetDesk(Protocol):
    """Datasets for training and testing, and labelling by hand. These pages show the present."""

    def datasets(self, person: Person) -> Sequence[DatasetRow]:
        """Every dataset, by its newest version."""
        ...

    def dataset(self, person: Person, entry: str, version: int) -> DatasetView:
        """One of them at a version (0: the newest). Raises Missing."""
        ...

    def croissant(self, person: Person, entry: str, version: int) -> bytes:
        """The version's description as Croissant (JSON). Raises Missing."""
        ...

    def labelling(
        self, person: Person, entry: str, name: str, place: int, after: int, *, settle: bool
    ) -> LabellingView:
        """The unit at a place (from 1), else the next for the person after one (0: the first). Raises
        Missing.
        """
        ...

    def say_label(
        self, person: Person, entry: str, name: str, place: int, value: str, *, settle: bool
    ) -> None:
        """What the person says of a unit. Raises Denied, Invalid, Conflict when others were faster."""
        ...

    def begin_labelling(self, person: Person, entry: str, given: BeginGiven) -> None:
        """Let a dataset be labelled by hand. Raises Denied, Invalid, Conflict."""
        ...

    def keep_labels(self, person: Person, entry: str, name: str, note: str, *, end: bool) -> None:
        """Make a version of what was said; ``end``: nobody goes on. Raises Denied, Conflict."""
        ...
