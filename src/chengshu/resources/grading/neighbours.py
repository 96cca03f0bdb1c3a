"""What the columns of a table say about each other: coordinates come in pairs, names beside numbers of
people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading.checks import latitude, longitude
from chengshu.resources.grading.crs import Coordinates, Points, crs_of
from chengshu.resources.grading.hints import Hint
from chengshu.resources.grading.model import Classification
from chengshu.resources.grading.places import point_of, read_degrees
from chengshu.resources.grading.values import Values

_PEOPLE = frozenset(["identity_number", "mobile", "birth_date", "passport"])
_CITY_DEGREES = 4.0  # a table of a city or a province does not reach further


def with_neighbours(
    alone: Sequence[Classification], values: Sequence[Values], hints: Sequence[Hint]
) -> list[Classification]:
    """The classifications after the columns have looked at each other."""
    found = _pairs(list(alone), values, hints)
    found = _names(found)
    return _with_crs(found, values)


def _pairs(
    found: list[Classification], values: Sequence[Values], hints: Sequence[Hint]
) -> list[Classification]:
    for at in range(len(found) - 1):
        one, other = found[at], found[at + 1]
        for lon, lat in ((at, at + 1), (at + 1, at)):
            pair = (found[lon].category in ("longitude", ""), found[lat].category in ("latitude", ""))
            settled = (one.category, other.category) != ("", "") and one.category != other.category
            if not all(pair) or (one.category and other.category):
                continue
            if _is_pair(values[lon], values[lat]) and (settled or not (hints[lon].other or hints[lat].other)):
                found[lon] = _paired(found[lon], "longitude", settled)
                found[lat] = _paired(found[lat], "latitude", settled)
                break
    return found


def _is_pair(lon: Values, lat: Values) -> bool:
    if len(lon) < 3 or len(lat) < 3 or longitude(lon).mean() < 0.85 or latitude(lat).mean() < 0.85:
        return False
    read = (_axis(lon, "lon"), _axis(lat, "lat"))
    spans = [np.nanquantile(one, 0.95) - np.nanquantile(one, 0.05) for one in read]
    return bool(max(spans) < _CITY_DEGREES)


def _axis(values: Values, axis: str) -> NDArray[np.float64]:
    """The plain values as degrees along an axis; NaN for what is none."""
    read = (read_degrees(value, axis) for value in values.plain)
    return np.array([np.nan if one is None else one for one in read], np.float64)


def _paired(found: Classification, category: str, settled: bool) -> Classification:
    if found.category == category:
        return found
    reason = Reason(f"classify.{category}.pair", _PAIR, {"was": found.category})
    return replace(found, category=category, confidence=0.85 if settled else 0.65, reason=reason)


def _names(found: list[Classification]) -> list[Classification]:
    """A name beside the numbers of people is surer than one alone."""
    if not any(one.category in _PEOPLE and one.confidence > 0.8 for one in found):
        return found
    return [
        replace(one, confidence=min(1.0, one.confidence * 1.1)) if one.category == "person_name" else one
        for one in found
    ]


def _with_crs(found: list[Classification], values: Sequence[Values]) -> list[Classification]:
    points: list[Points] = []
    for at, one in enumerate(found):
        if one.category == "coordinates":
            pairs = [point for value in values[at].plain if (point := point_of(value)) is not None]
            points.append(Points((at,), one.column, np.array(pairs)))
        if one.category == "longitude":
            beside = [n for n in (at + 1, at - 1) if 0 <= n < len(found) and found[n].category == "latitude"]
            other = beside[0] if beside else None
            names = one.column if other is None else f"{one.column} {found[other].column}"
            places: tuple[int, ...] = (at,) if other is None else (at, other)
            points.append(Points(places, names, _range(values[at], None if other is None else values[other])))
    for places, told in crs_of(points):
        for at in places:
            text = Text(
                *(f"{a}; {b}" for a, b in zip(_said(found[at].reason.text), _said(told.text), strict=True))
            )
            reason = replace(found[at].reason, text=text, inputs={**found[at].reason.inputs, **told.inputs})
            found[at] = replace(found[at], crs=str(told.inputs["crs"]), reason=reason)
    return found


def _range(lon: Values, lat: Values | None) -> Coordinates:
    """The middle of the columns, as one point: distinct values have lost which belong together."""
    if lat is None:
        return np.zeros((0, 2))
    x, y = _axis(lon, "lon"), _axis(lat, "lat")
    if np.isnan(x).all() or np.isnan(y).all():
        return np.zeros((0, 2))
    return np.array([[np.nanmedian(x), np.nanmedian(y)]])


def _said(text: Text) -> tuple[str, str, str]:
    return text.en, text.zh_hans, text.zh_hant


_PAIR = Text(
    "the column beside it holds the other half of coordinates in China",
    "与相邻列组成中国境内的坐标",
    "與相鄰欄組成中國境內的坐標",
)
