"""``sharing.yaml`` of a city: periods, limits and thresholds. A city without one has those of the law."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from chengshu.foundation.declared import Declaration, checked, read_document

FILE = "sharing.yaml"


class Periods(Declaration):
    """Working days. The defaults are those of 政務數據共享條例; objection and destruction are our own."""

    answer_unconditional: int = Field(1, ge=1, le=250)
    answer_conditional: int = Field(10, ge=1, le=250)
    extension: int = Field(10, ge=0, le=250)
    supply: int = Field(20, ge=1, le=250)
    catalogue: int = Field(10, ge=1, le=250)
    correction: int = Field(10, ge=1, le=250)
    objection: int = Field(10, ge=1, le=250)
    destroy: int = Field(10, ge=1, le=250)


class Limits(Declaration):
    """How much one grant gives, unless the provider decides less."""

    rows_per_use: int = Field(10_000, ge=1)
    rows_per_day: int = Field(100_000, ge=1)


Action = Literal["block", "flag", "off"]


class Thresholds(Declaration):
    """When a use is unlike the grant's own past.

    ``bulk``: rows above ``bulk_rows``, or above ``bulk_factor`` times the median of the past, if more than
    ``bulk_least``. ``off_hours``: outside the city's working time, more than ``off_hours_rows`` rows.
    ``fields``: a granted field never used in at least ``past_uses`` uses. ``joins``: within ``join_minutes``
    of another grant's use by the same person, both with the same identifying field, for the first time.
    ``probing``: denied attempts of a day. Only uses of the last ``past_days`` count as past.
    """

    past_uses: int = Field(10, ge=1)
    past_days: int = Field(90, ge=1)
    bulk_rows: int = Field(50_000, ge=1)
    bulk_factor: float = Field(20.0, gt=1)
    bulk_least: int = Field(500, ge=1)
    off_hours_rows: int = Field(100, ge=0)
    join_minutes: int = Field(30, ge=1)
    denied_per_day: int = Field(20, ge=1)
    bulk: Action = "block"
    off_hours: Action = "flag"
    off_hours_bulk: Action = "block"
    fields: Action = "flag"
    joins: Action = "flag"
    probing: Action = "block"


class Terms(Declaration):
    """All of sharing.yaml. ``bureau`` decides objections and takes what is overdue.

    ``ungraded`` is the grade a field has that nobody graded; ``decoys`` how many made-up rows an export gets
    that no other watermark can mark (0: none, and such exports say so).
    """

    bureau: str = "data-bureau"
    periods: Periods = Periods()
    limits: Limits = Limits()
    anomalies: Thresholds = Thresholds()
    keep_years: int = Field(3, ge=3)
    seal_uses: int = Field(200, ge=1)
    seal_minutes: int = Field(10, ge=1)
    ungraded: Literal["general-1", "general-2", "general-3", "general-4", "important", "core"] = "general-3"
    decoys: int = Field(0, ge=0, le=20)


def read_terms(folder: Path) -> Terms:
    """The terms of the city in ``folder``. Raises :class:`Invalid` with every mistake and its line."""
    path = folder / FILE
    return checked(Terms, read_document(path)) if path.is_file() else Terms()
