"""The lie of the land: outline, rivers, railway, terrain. Metres east and north of the city's middle."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, Point, Polygon

LON0, LAT0 = 120.9, 31.6
_M_PER_LAT = 110_574.0
_M_PER_LON = 111_320.0 * cos(radians(LAT0))
RIVER_WIDTH, CREEK_WIDTH = 150.0, 50.0


def to_lonlat(x: float, y: float) -> list[float]:
    """WGS-84 longitude and latitude of a point in metres, to about 0.1 m."""
    return [round(LON0 + x / _M_PER_LON, 6), round(LAT0 + y / _M_PER_LAT, 6)]


def in_lonlat(shape: shapely.Geometry) -> shapely.Geometry:
    """``shape`` moved from metres to WGS-84."""

    def move(points: np.ndarray) -> np.ndarray:
        return np.array([to_lonlat(float(x), float(y)) for x, y in points])

    return shapely.transform(shape, move)


@dataclass(frozen=True)
class Ground:
    """What the city stands on; lines in metres, heights in metres above datum."""

    outline: Polygon
    river: LineString
    creek: LineString
    railway: MultiLineString

    @property
    def water(self) -> shapely.Geometry:
        """The surface of the river and the creek."""
        return self.river.buffer(RIVER_WIDTH / 2).union(self.creek.buffer(CREEK_WIDTH / 2))

    def height(self, x: float, y: float) -> float:
        """Ground level (m): rises from the river banks, with soft hollows."""
        away = min(self.river.distance(Point(x, y)), 1.4 * self.creek.distance(Point(x, y)) + 250.0)
        rise = 4.3 + 0.0021 * min(away, 2600.0)
        hollow = 0.28 * sin(x / 610.0 + 1.3) * cos(y / 530.0 - 0.4) + 0.16 * sin((x + 2 * y) / 370.0)
        return float(rise + hollow)


def make_ground() -> Ground:
    """The ground of Tingpu; no chance in it."""
    angles = np.linspace(0, 2 * pi, 97)[:-1]
    ring = [
        (
            3700 * _squared(cos(a)) * (1 + 0.045 * sin(3 * a + 0.5) + 0.025 * cos(5 * a)),
            2620 * _squared(sin(a)) * (1 + 0.045 * sin(3 * a + 0.5) + 0.025 * cos(5 * a)),
        )
        for a in angles
    ]
    xs = np.linspace(-4600, 4600, 70)
    river = LineString([(x, 330 * sin(x / 1350.0) - 0.09 * x - 60) for x in xs])
    ys = np.linspace(-500, 3400, 40)
    creek = LineString([(1350 + 210 * sin(y / 620.0) + 0.12 * y, y) for y in ys])
    meeting = creek.intersection(river)
    creek = LineString([(meeting.x, meeting.y), *[p for p in creek.coords if p[1] > meeting.y]])
    railway = MultiLineString(
        [
            [(-4600, -2350), (-1500, -1250), (900, -900), (2500, 700), (4600, 1150)],
            [(-4600, 700), (-2400, 1080), (600, 1290), (2200, 1720), (4600, 2300)],
        ]
    )
    return Ground(Polygon(ring), river, creek, railway)


def _squared(value: float) -> float:
    """Pushes a circle towards a rounded square."""
    return float(np.sign(value) * abs(value) ** 0.72)
