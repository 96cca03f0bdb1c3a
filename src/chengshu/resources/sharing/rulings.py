"""The tables of sharing by the day from which they hold: ``2025-08-01.dmn``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.rules.dated import Period, Timeline
from chengshu.rules.dmn import Match, Model, read_model


@cache
def timeline() -> Timeline[Model]:
    """Every version that is shipped."""
    found = [file for file in (files(__package__) / "tables").iterdir() if file.name.endswith(".dmn")]
    return Timeline(
        "sharing tables",
        [
            (Period(date.fromisoformat(file.name.removesuffix(".dmn"))), read_model(file.read_bytes()))
            for file in found
        ],
    )


def missing(day: date, given: Mapping[str, Any]) -> list[tuple[str, Reason]]:
    """All that a request lacks: the item, and what to do. Raises Missing for a day without tables."""
    return [(str(match.outputs["item"]), _reason(match)) for match in _matched(day, "missing", given)]


def route(day: date, sharing: str, rank: int, hidden_rows: bool = False) -> tuple[str, Reason]:
    """``grant``, ``review`` or ``refuse``, and why. ``rank`` is the highest grade's, 1 to 6.

    ``hidden_rows``: whether rows are chosen by a field whose values the applicant would not see as they are.
    """
    match = _matched(day, "route", {"sharing": sharing, "rank": rank, "hidden rows": hidden_rows})[0]
    return str(match.outputs["route"]), _reason(match)


def severity(day: date, anomaly: str, rank: int) -> tuple[str, Reason]:
    """The level word of a blocked use, and why. ``rank`` is the highest grade's, 1 to 6."""
    match = _matched(day, "misuse", {"anomaly": anomaly, "rank": rank})[0]
    return str(match.outputs["level"]), _reason(match)


def _matched(day: date, decision: str, given: Mapping[str, Any]) -> tuple[Match, ...]:
    return timeline().on(day).decide(decision, given).matched


def _reason(match: Match) -> Reason:
    outputs = match.outputs
    said = Text(str(outputs["en"]), str(outputs["hans"]), str(outputs["hant"]))
    inputs = {name: _plain(value) for name, value in match.inputs.items()}
    return Reason(match.rule_id, said, {**inputs, "source": ", ".join(match.annotations)})


def _plain(value: Any) -> Any:
    """Numbers as the journal can keep them."""
    return value if isinstance(value, bool | str | int) or value is None else int(value)
