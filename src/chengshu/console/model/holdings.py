"""What the pages about the whole of the data show: value density, base libraries, the five crossings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import ShownText

ValuePart = Literal["size", "quality"]


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
