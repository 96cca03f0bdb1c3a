"""Time series of a model that do not carry rain: kept, and tied to the calendar.

A series without dates counts from the start of the simulation. A twin is started again at every step, so such
series are given the dates they mean when counted from the twin's reset.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chengshu.engines.swmm.inp import Inp, Row
from chengshu.kernel.errors import Invalid

_ELSEWHERE = (
    "INFLOW",
    "OUTFALL",
    "CONTROL",
    "EVAP",
    "TEMPERATURE",
    "OUTLET",
    "ORIFICE",
    "RDII",
    "GROUNDWATER",
)


def kept_series(inp: Inp, anchor: datetime) -> list[Row]:
    """Rows of the time series something other than rain refers to, dated."""
    wanted = {token for _, tokens in inp.rows(*_ELSEWHERE) for token in tokens}
    dated: set[str] = set()
    rows: list[Row] = []
    for row, tokens in inp.rows("TIMESERIES"):
        if tokens[0] not in wanted or len(tokens) < 3:
            continue
        if tokens[1].upper() == "FILE" or "/" in tokens[1] or tokens[1].count("-") == 2:
            dated.add(tokens[0])
        if tokens[0] in dated:
            rows.append(row)
        else:
            rows += _dated(tokens, row, inp.name, anchor)
    return rows


def _dated(tokens: list[str], row: Row, name: str, anchor: datetime) -> list[Row]:
    pairs = zip(tokens[1::2], tokens[2::2], strict=False)
    rows = []
    for time, value in pairs:
        moment = anchor + _since_start(time, row, name)
        rows.append(Row(row.line, f"{tokens[0]} {moment:%m/%d/%Y %H:%M:%S} {value}"))
    return rows


def _since_start(text: str, row: Row, name: str) -> timedelta:
    """Decimal hours, or hours:minutes[:seconds]."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3:
        raise Invalid(
            "model-number",
            f"{text!r} is no time of a time series",
            where=f"{name}:{row.line}",
            remedy="write decimal hours or hours:minutes",
        )
    hours, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    return timedelta(seconds=round(hours * 3600 + minutes * 60 + seconds))
