"""What the pages about the whole of the data show: value density, base libraries, the five crossings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import NO_TEXT, ShownText
from chengshu.console.model.ledger import EntryState

ValuePart = Literal["size", "quality"]
CrossingName = Literal["level", "region", "system", "department", "business"]
CrossingState = Literal["fresh", "stale", "never"]
PathHow = Literal["harvest", "use"]
LibraryName = Literal["population", "legal_persons", "geography", "certificates", "credit"]


@dataclass(frozen=True, slots=True)
class ValueRow:
    """An entry with its density and the numbers it was made of; ``share`` of the highest, 0 to 1.

    ``size`` is in bytes, 0: nobody said it; ``quality`` None: never measured; ``lacks`` what is not known.
    """

    id: str
    title: ShownText
    provider: ShownText
    uses: int
    rows: int
    size: int
    quality: float | None
    measured_at: datetime | None
    density: float | None = None
    share: float = 0.0
    lacks: tuple[ValuePart, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueView:
    """The ranking of a period in ``days``. ``idle`` were measured and not used on record; of ``unknown``
    something lacks; ``silent`` counts entries neither used nor measured; ``smallest`` and ``unit`` in bytes.
    """

    since: datetime
    until: datetime
    days: int
    ranked: tuple[ValueRow, ...]
    idle: tuple[ValueRow, ...]
    unknown: tuple[ValueRow, ...]
    silent: int
    smallest: int
    unit: int
    sees_record: bool = False


@dataclass(frozen=True, slots=True)
class PathRow:
    """The newest exchange on one path. ``about`` has an address where the ledger has it; ``journal`` is 0 for
    a use that is not sealed yet.
    """

    how: PathHow
    at: datetime
    giver: ShownText
    taker: ShownText
    about: ShownText
    address: str
    subject: str
    record: int
    journal: int
    count: int
    state: CrossingState


@dataclass(frozen=True, slots=True)
class CrossingRow:
    """One of the five crossings. ``declared``: whether the city names partners for it, where it must."""

    crossing: CrossingName
    state: CrossingState
    days: int
    paths: tuple[PathRow, ...]
    broken: tuple[str, ...] = ()
    declared: bool = True


@dataclass(frozen=True, slots=True)
class CrossingsView:
    """All five. ``sees_journal``: whether the person may read the journal."""

    lines: tuple[CrossingRow, ...]
    sees_journal: bool = False


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One of the five base libraries. ``named``: the city declares an authority; ``id`` empty: the ledger
    does not have it. ``covered``: share of rows that a right key leads to; ``unread`` why not known.
    """

    library: LibraryName
    named: bool
    entry: str = ""
    id: str = ""
    title: ShownText = NO_TEXT
    name: ShownText = NO_TEXT
    key: str = ""
    field: str = ""
    responsible: tuple[ShownText, ...] = ()  # provider, owner, steward: those that are said
    rows: int = 0
    filled: int = 0
    different: int = 0
    valid: int = 0
    checked: int = 0
    covered: float | None = None
    unread: str = ""
    state: EntryState = "active"
    updated: datetime | None = None
    quality: float | None = None
    measured_at: datetime | None = None
    lookups: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class LibrariesView:
    """The base libraries, and the thematic ones: what entries of a theme there are."""

    base: tuple[LibraryRow, ...]
    themes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class LookupGrant:
    """A grant by which a key of a base library can be looked up. ``fields``: what the answer shows."""

    id: str
    request: str
    title: ShownText
    library: LibraryName
    key: str
    field: str
    purpose: str
    fields: tuple[str, ...]
    answers: bool
    why_not: ShownText
