"""What a request asks of time: the temporal query and its aggregates (clauses 4.11 and 4.5.19)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.temporal import METHODS, Ask, Method, Relation, TimeProperty, read_period
from chengshu.kernel.errors import Invalid
from chengshu.surfaces.ngsi_ld.limits import Limits

_RELATIONS = ("before", "after", "between")
_PROPERTIES = ("observedAt", "createdAt", "modifiedAt", "deletedAt")
_MOST_LAST = 1_000_000


def read_ask(
    said: Mapping[str, str],
    attributes: tuple[str, ...],
    datasets: tuple[str, ...],
    limits: Limits,
    *,
    aggregated: bool,
) -> Ask:
    """The temporal query of parameters. Raises :class:`BadRequestData` naming the one that is wrong.

    ``aggregated``: aggregated values are asked for, so ``aggrMethods`` must be said.
    """
    relation = said.get("timerel", "")
    if relation not in ("", *_RELATIONS):
        raise _wrong("timerel", relation, f"use one of {', '.join(_RELATIONS)}")
    at, end = _moment(said, "timeAt"), _moment(said, "endTimeAt")
    if relation and at is None:
        raise BadRequestData(
            f"{relation} needs a time", where="timeAt", remedy="say timeAt=2026-01-01T00:00:00Z"
        )
    if at is not None and not relation:
        raise BadRequestData("timeAt means nothing by itself", where="timerel", remedy="say timerel too")
    if relation == "between" and end is None:
        raise BadRequestData("between needs its end", where="endTimeAt", remedy="say endTimeAt")
    which = said.get("timeproperty", "observedAt")
    if which not in _PROPERTIES:
        raise _wrong("timeproperty", which, f"use one of {', '.join(_PROPERTIES)}")
    last = said.get("lastN", "")
    if "lastN" in said and not (last.isascii() and last.isdigit() and 0 < int(last[:9]) <= _MOST_LAST):
        raise _wrong("lastN", last, f"say a number from 1 to {_MOST_LAST}")
    return Ask(
        relation=cast(Relation, relation),
        at=at or 0,
        end=end or 0,
        property=cast(TimeProperty, which),
        last=int(last) if last else 0,
        attributes=attributes,
        datasets=tuple("" if name == "@none" else name for name in datasets),
        most=limits.instances,
        methods=_methods(said) if aggregated else (),
        period=_period(said) if aggregated else "PT0S",
    )


def read_ask_body(temporal: Any) -> dict[str, str]:
    """The ``temporalQ`` of a query body as parameters (clause 5.2.21). Raises :class:`BadRequestData`."""
    if not isinstance(temporal, dict):
        raise BadRequestData("temporalQ is not an object", where="temporalQ", remedy='say {"timerel": …}')
    found: dict[str, str] = {}
    for name in (
        "timerel",
        "timeAt",
        "endTimeAt",
        "timeproperty",
        "lastN",
        "aggrMethods",
        "aggrPeriodDuration",
    ):
        value = temporal.get(name)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = ",".join(value)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None:
            if not isinstance(value, str):
                raise BadRequestData(
                    f"{name} has a wrong type", where=f"temporalQ.{name}", remedy="say a string"
                )
            found[name] = value
    return found


def _moment(said: Mapping[str, str], name: str) -> int | None:
    if name not in said:
        return None
    try:
        return millis_of(said[name].replace(" ", "+"))
    except (ValueError, OverflowError, Invalid) as error:
        raise _wrong(name, said[name], "write it as 2026-01-01T00:00:00Z") from error


def _methods(said: Mapping[str, str]) -> tuple[Method, ...]:
    names = [name.strip() for name in said.get("aggrMethods", "").split(",") if name.strip()]
    if not names:
        raise BadRequestData(
            "aggregated values need methods", where="aggrMethods", remedy=f"say some of {', '.join(METHODS)}"
        )
    for name in names:
        if name not in METHODS:
            raise _wrong("aggrMethods", name, f"use {', '.join(METHODS)}")
    return tuple(cast(Method, name) for name in dict.fromkeys(names))


def _period(said: Mapping[str, str]) -> str:
    period = said.get("aggrPeriodDuration", "PT0S")
    try:
        read_period(period)
    except (ValueError, OverflowError, Invalid) as error:
        raise _wrong("aggrPeriodDuration", period, "write an ISO 8601 duration such as PT1H") from error
    return period


def _wrong(name: str, value: str, remedy: str) -> BadRequestData:
    return BadRequestData(f"{value[:80]!r} is no {name}", where=name, remedy=remedy)
