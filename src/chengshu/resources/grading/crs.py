"""In which coordinate system? WGS-84, GCJ-02 (the state's offset) and BD-09 (Baidu's) told apart, or not.

The two offsets are the published reconstructions of the transforms; they are good to some metres. One set of
points alone looks alike in all three systems, so then only a name can tell; two sets of the same places, or
places that are known otherwise, tell by their distance. What cannot be told is said to be undetermined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from chengshu.kernel.geometry import EARTH_RADIUS_M
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

Coordinates = NDArray[np.float64]
SYSTEMS = ("WGS-84", "GCJ-02", "BD-09")
UNDETERMINED = "undetermined"
_NAMES = {
    "WGS-84": re.compile(
        r"wgs_?-?84|(?<![a-z])wgs|gps|4326|cgcs_?2000|天地图|天地圖|国家2000|4490", re.IGNORECASE
    ),
    "GCJ-02": re.compile(r"gcj_?-?0?2?|mars|火星|高德|amap|gaode|腾讯|騰訊|tencent|qqmap", re.IGNORECASE),
    "BD-09": re.compile(r"(?<![a-z])bd_?-?0?9?(?![a-z])|baidu|百度|bmap", re.IGNORECASE),
}
_A, _EE = 6378245.0, 0.00669342162296594323  # Krasovsky 1940, as the transform uses it
_TOLERANCE_M = 60.0  # half of the least distance between two systems in China is some 150 m


@dataclass(frozen=True, slots=True)
class Points:
    """Coordinates of one pair of columns: their places in the table, their names, longitude and latitude."""

    columns: tuple[int, ...]
    names: str
    at: Coordinates


def to_gcj02(points: Coordinates) -> Coordinates:
    """WGS-84 to GCJ-02, degrees, for points in China (n × 2: longitude, latitude)."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    waves = (20.0 * np.sin(6 * x * np.pi) + 20.0 * np.sin(2 * x * np.pi)) * 2 / 3
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300.0 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    radians = points[:, 1] / 180 * np.pi
    magic = 1 - _EE * np.sin(radians) ** 2
    dlat = north * 180 / ((_A * (1 - _EE)) / (magic * np.sqrt(magic)) * np.pi)
    dlon = east * 180 / (_A / np.sqrt(magic) * np.cos(radians) * np.pi)
    return np.column_stack([points[:, 0] + dlon, points[:, 1] + dlat])


def gcj02_to_bd09(points: Coordinates) -> Coordinates:
    """GCJ-02 to BD-09, degrees."""
    x, y = points[:, 0], points[:, 1]
    z = np.hypot(x, y) + 0.00002 * np.sin(y * np.pi * 3000 / 180)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * np.pi * 3000 / 180)
    return np.column_stack([z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006])


def from_wgs84(points: Coordinates, system: str) -> Coordinates:
    """WGS-84 into one of SYSTEMS."""
    if system == "WGS-84":
        return points
    gcj = to_gcj02(points)
    return gcj if system == "GCJ-02" else gcj02_to_bd09(gcj)


def distances_m(one: Coordinates, other: Coordinates) -> Coordinates:
    """Metres between points of two sets, one by one (small distances)."""
    east = np.radians(other[:, 0] - one[:, 0]) * np.cos(np.radians(one[:, 1]))
    metres: Coordinates = np.hypot(east, np.radians(other[:, 1] - one[:, 1])) * EARTH_RADIUS_M
    return metres


def to_wgs84(points: Coordinates, system: str) -> Coordinates:
    """One of SYSTEMS back into WGS-84, to better than a centimetre (the offsets change slowly)."""
    guess = points.copy()
    for _ in range(6):
        guess = guess + (points - from_wgs84(guess, system))
    return guess


def by_reference(points: Coordinates, known: Coordinates) -> tuple[str, float]:
    """The system in which ``points`` lie nearest to the same places in WGS-84, and the median distance, m.

    UNDETERMINED when none comes within 60 m.
    """
    found = {name: float(np.median(distances_m(from_wgs84(known, name), points))) for name in SYSTEMS}
    best = min(SYSTEMS, key=lambda name: found[name])
    return (best, found[best]) if found[best] <= _TOLERANCE_M else (UNDETERMINED, found[best])


def named_system(names: str) -> str:
    """The system that the names of columns tell; "" for none or two."""
    told = [system for system, pattern in _NAMES.items() if pattern.search(names)]
    return told[0] if len(told) == 1 else ""


def crs_of(sets: Sequence[Points]) -> Iterator[tuple[tuple[int, ...], Reason]]:
    """The system of each set of points in a table, with the reason: by name, by another set, or
    undetermined.
    """
    told = {points.columns: named_system(points.names) for points in sets}
    for points in sets:
        system = told[points.columns]
        if system:
            yield points.columns, Reason("crs.name", _BY_NAME.fill(crs=system), {"crs": system})
            continue
        found = _by_offset(points, [other for other in sets if other is not points], told)
        if found:
            yield points.columns, Reason("crs.offset", _BY_OFFSET.fill(crs=found), {"crs": found})
        else:
            yield points.columns, Reason("crs.undetermined", _UNKNOWN, {"crs": UNDETERMINED})


def _by_offset(points: Points, others: Sequence[Points], told: dict[tuple[int, ...], str]) -> str:
    """The system in which another set of the same table gives the same places; "" when none or several do."""
    found = set()
    for other in others:
        if len(points.at) != len(other.at) or not len(points.at):
            continue
        for mine, theirs in permutations(SYSTEMS, 2):
            if told[other.columns] not in ("", theirs):
                continue
            expected = from_wgs84(to_wgs84(other.at, theirs), mine)
            if float(np.median(distances_m(expected, points.at))) <= _TOLERANCE_M / 4:
                found.add(mine)
    return found.pop() if len(found) == 1 else ""


_BY_NAME = Text("{crs} by the names of the columns", "由列名判断为 {crs}", "由欄名判斷為 {crs}")
_BY_OFFSET = Text(
    "{crs} by the distance from the other coordinates of the table",
    "由与表内另一组坐标的偏移判断为 {crs}",
    "由與表內另一組坐標的偏移判斷為 {crs}",
)
_UNKNOWN = Text(
    "the coordinate system is undetermined: nothing in the table tells it",
    "坐标系未定：表内没有可据以判断的信息",
    "坐標系未定：表內沒有可據以判斷的信息",
)
