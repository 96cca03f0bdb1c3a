"""``sharing.yaml`` of a city: periods, limits and thresholds. A city without one has those of the law."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from chengshu.foundation.declared import Declaration, checked, read_document

FILE = "sharing.yaml"
Days = Annotated[int, Field(ge=1, le=250)]
Count = Annotated[int, Field(ge=1)]


class Periods(Declaration):
    """Working days. The defaults are those of 政務數據共享條例; objection and destruction are our own."""

    answer_unconditional: Days = 1
    answer_conditional: Days = 10
    extension: Annotated[int, Field(ge=0, le=250)] = 10
    supply: Days = 20
    catalogue: Days = 10
    correction: Days = 10
    objection: Days = 10
    destroy: Days = 10


class Limits(Declaration):
    """How much one grant gives, unless the provider decides less; how often a clerk asks for residents, and
    for how many days a resident's code holds."""

    rows_per_use: Count = 10_000
    rows_per_day: Count = 100_000
    lookups_per_hour: Count = 30
    code_days: Count = 30


Action = Literal["block", "flag", "off"]


class Thresholds(Declaration):
    """When a use is unlike the grant's own past.

    ``bulk``: rows of a use or a day above ``bulk_rows``, or of a use above ``bulk_factor`` times the median
    of the past, if more than ``bulk_least``.
    ``off_hours``: outside the city's working time, more than ``off_hours_rows`` rows.
    ``fields``: a granted field never used in at least ``past_uses`` uses. ``joins``: within ``join_minutes``
    of another grant's use by the same person, both with the same identifying field, for the first time.
    ``probing``: denied attempts of a day. Only uses of the last ``past_days`` count as past.
    """

    past_uses: Count = 10
    past_days: Count = 90
    bulk_rows: Count = 50_000
    bulk_factor: Annotated[float, Field(gt=1)] = 20.0
    bulk_least: Count = 500
    off_hours_rows: Annotated[int, Field(ge=0)] = 100
    join_minutes: Count = 30
    denied_per_day: Count = 20
    bulk: Action = "block"
    off_hours: Action = "flag"
    off_hours_bulk: Action = "block"
    fields: Action = "flag"
    joins: Action = "flag"
    probing: Action = "block"


class Terms(Declaration):
    """All of sharing.yaml. ``bureau`` decides objections and takes what is overdue.

    ``counters`` are the departments whose counters tell residents who had data about them; the bureau does.
    In its last ``renewal_days`` a grant may be asked for again.
    ``ungraded`` is the grade a field has that nobody graded; ``decoys`` how many made-up rows an export gets
    that no other watermark can mark (0: none, and such exports say so).
    """

    bureau: str = "data-bureau"
    counters: tuple[str, ...] = ()
    periods: Periods = Periods()
    limits: Limits = Limits()
    anomalies: Thresholds = Thresholds()
    renewal_days: Annotated[int, Field(ge=0, le=366)] = 10
    keep_years: Annotated[int, Field(ge=3)] = 3
    seal_uses: Count = 200
    seal_minutes: Count = 10
    ungraded: Literal["general-1", "general-2", "general-3", "general-4", "important", "core"] = "general-3"
    decoys: Annotated[int, Field(ge=0, le=20)] = 0


def read_terms(folder: Path) -> Terms:
    """The terms of the city in ``folder``. Raises :class:`Invalid` with every mistake and its line."""
    path = folder / FILE
    return checked(Terms, read_document(path)) if path.is_file() else Terms()
