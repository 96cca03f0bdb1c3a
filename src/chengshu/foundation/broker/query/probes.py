"""By which small facts about an entity a query can be found again, read off its plan.

A *probe* is such a fact: "its name is X", "its level is above 5", "it lies in this box". Of the conditions
that must all hold one is enough, and the narrowest is taken; of alternatives each is needed.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import msgspec

from chengshu.foundation.broker import plan as p
from chengshu.foundation.broker.query.geo import Box


class Equal(msgspec.Struct, frozen=True):
    """A value of the attribute is this text, number or boolean (``sort`` keeps 1 and true apart)."""

    name: str
    sort: str
    value: str | float | bool


class Between(msgspec.Struct, frozen=True):
    """A number of the attribute lies between the bounds, which are included; infinite where there is none."""

    name: str
    low: float
    high: float


class Inside(msgspec.Struct, frozen=True):
    """The box of a geometry of the attribute meets this box."""

    name: str
    box: Box


class There(msgspec.Struct, frozen=True):
    """The entity has the attribute."""

    name: str


class Scope(msgspec.Struct, frozen=True):
    """The entity has the scope."""

    scope: str


class Touches(msgspec.Struct, frozen=True):
    """The write touches the attribute."""

    name: str


Probe: TypeAlias = Equal | Between | Inside | There | Scope | Touches
_COST = {Equal: 1, Scope: 1, Inside: 2, Between: 3, Touches: 4, There: 5}
_MOST = 64  # probes of one query: beyond, looking at it every time is cheaper


def probes_of(plan: p.Plan, watched: frozenset[str] = frozenset()) -> tuple[Probe, ...] | None:
    """Facts of which one holds of every write that the query can match; None when nothing narrows it.

    ``watched``: the write must touch one of these attributes, unless empty.
    """
    best = _of(plan)
    if watched and (best is None or _prefers_watched(best, watched)):
        best = tuple(Touches(name) for name in sorted(watched))
    return best if best is not None and len(best) <= _MOST else None


def _prefers_watched(best: tuple[Probe, ...], watched: frozenset[str]) -> bool:
    """Bounds of a watched attribute say more than that it was touched; bounds of another one say less."""
    if any(isinstance(probe, Between) and probe.name not in watched for probe in best):
        return True
    return _cost(best) > _COST[Touches]


def _of(plan: p.Plan) -> tuple[Probe, ...] | None:
    match plan:
        case p.Every(parts):
            found = [probes for part in parts if (probes := _of(part)) is not None]
            return min(found, key=_cost) if found else None
        case p.Some(parts):
            alternatives = [_of(part) for part in parts]
            if any(probes is None for probes in alternatives):
                return None
            return tuple(dict.fromkeys(probe for probes in alternatives for probe in probes or ()))
        case p.Texts(name, low, high) if low is not None and low == high:
            return (Equal(name, "text", low),)
        case p.Truths(name, value):
            return (Equal(name, "truth", value),)
        case p.Numbers(name, low, high):
            if low is not None and low == high:
                return (Equal(name, "number", low),)
            return (Between(name, -math.inf if low is None else low, math.inf if high is None else high),)
        case p.Places(name, west, south, east, north):
            return (Inside(name, (west, south, east, north)),)
        case p.Scoped(scope, False):
            return (Scope(scope),)
        case p.Texts(name) | p.Has(name):
            return (There(name),)
    return None  # types and ids have their own place in the index


def _cost(probes: tuple[Probe, ...]) -> int:
    return max((_COST[type(probe)] for probe in probes), default=0)
