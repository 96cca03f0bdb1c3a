"""What labelling by hand is made of: the task, the columns a labeller sees, one mark. Frozen."""

from __future__ import annotations

import msgspec

from chengshu.resources.datasets.model import Scale


class Seen(msgspec.Struct, frozen=True):
    """A column as labellers see it: shown, masked or generalised."""

    name: str
    category: str
    treatment: str


class LabelTask(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table that is labelled by hand. ``sha256`` is the table's; ``per_unit`` people judge each unit."""

    entry: str
    name: str
    version: int
    file: str
    sha256: str
    unit: str
    scale: Scale
    values: tuple[str, ...]
    columns: tuple[Seen, ...]
    units: int
    per_unit: int
    at: int
    actor: str
    note: str = ""
    closed_at: int = 0


class Mark(msgspec.Struct, frozen=True):
    """What somebody said of a unit, not yet kept in a version of the labels. ``final``: to settle it."""

    unit: str
    annotator: str
    value: str
    at: int
    final: bool = False
