"""What the pages of datasets show: the list, one dataset, and one unit that somebody labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chengshu.console.model.common import Permission, ShownText


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset in the list, by its newest version. ``disputed``: units that wait for a third person."""

    id: str
    title: ShownText
    provider: ShownText
    version: int
    at: datetime
    rows: int
    size: int
    licence: str
    labels: int
    disputed: int
    wanting: int
    destroyed: bool


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a dataset."""

    number: int
    at: datetime
    by: str
    rows: int
    note: str
    destroyed: bool


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a version; ``rows`` None where it is no table, ``columns`` by name."""

    name: str
    size: int
    sha256: str
    rows: int | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A split: parts with the share wanted, that there is, rows and groups; ``twins``: rows in two parts."""

    name: str
    by: str
    parts: tuple[tuple[str, float, float, int, int], ...]
    twins: int


@dataclass(frozen=True, slots=True)
class LabelsRow:
    """A set of labels and how far people agree. Figures are None where nobody can say; ``reading`` says what
    they mean. ``differing``: places of units with what is said of them, the farthest apart first.
    """

    name: str
    number: int
    at: datetime | None
    units: int
    annotators: int
    scale: str
    share: float | None
    kappa: float | None
    alpha: float | None
    interval: tuple[float, float] | None
    word: str
    reading: ShownText
    undecided: int
    differing: tuple[tuple[int, tuple[str, ...]], ...]
    more: int


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Labelling by hand that goes on. ``mine``: units that wait for the person; ``part``: what they were so
    far (labeller, third, or nothing); ``pending``: judgements that are in no version yet.
    """

    name: str
    note: str
    by: str
    at: datetime
    version: int
    units: int
    begun: int
    whole: int
    per_unit: int
    disputed: int
    pending: int
    mine: int
    part: str
    people: tuple[tuple[str, int], ...]
    agreement: LabelsRow
    closed: bool


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A question of the datasheet with its answer, empty where there is none."""

    part: ShownText
    question: ShownText
    answer: ShownText
    wanting: bool


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export: to whom, as which reader."""

    at: datetime
    version: int
    recipient: str
    reader: str
    rows: int


@dataclass(frozen=True, slots=True)
class DatasetView:
    """One dataset at one of its versions."""

    id: str
    title: ShownText
    provider: ShownText
    grade: ShownText
    version: VersionRow
    newest: bool
    licence: str
    digest: str
    rows: int
    size: int
    files: tuple[FileRow, ...]
    versions: tuple[VersionRow, ...]
    splits: tuple[SplitRow, ...]
    labels: tuple[LabelsRow, ...]
    tasks: tuple[TaskRow, ...]
    sheet: tuple[SheetRow, ...]
    quality: tuple[tuple[ShownText, float], ...]
    exports: tuple[ExportRow, ...]
    label: Permission


@dataclass(frozen=True, slots=True)
class LabellingView:
    """A unit before somebody, or none (``place`` 0): then nothing waits. Places are counted from 1.

    ``said``: what labellers say, each with how many, for who settles.
    """

    entry: str
    title: ShownText
    name: str
    note: str
    settle: bool
    values: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    place: int
    units: int
    rows: tuple[tuple[str, ...], ...]
    more: int
    mine: str
    said: tuple[tuple[str, int], ...]
    following: int
    before: int
    waiting: int
    label: Permission
    closed: bool


@dataclass(frozen=True, slots=True)
class BeginGiven:
    """What is to be labelled by hand, as it was typed."""

    name: str
    unit: str
    file: str = ""
    scale: str = "nominal"
    values: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    note: str = ""
