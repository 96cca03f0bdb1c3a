"""The map layers, with units that move along their routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chengshu.console import model as m
from chengshu.console.view import Layer
from chengshu.kernel.clock import iso
from chengshu.kernel.levels import Level

from .storm import (
    DEPTH_MARKS,
    NOW,
    START,
    areas,
    depth,
    geo,
    grade,
    named,
    rain,
)


class Layers:
    """The map layers, with units that move along their routes."""

    def layer(self, person: m.Person, name: Layer, as_of: datetime | None) -> m.GeoJson:
        at = self._at(as_of)
        return {"type": "FeatureCollection", "features": self._features(name, at)}

    def _features(self, name: Layer, at: datetime) -> list[dict[str, Any]]:
        def feature(source: Mapping[str, Any], **more: Any) -> dict[str, Any]:
            own = source["properties"]
            properties = {
                "id": source.get("id") or own.get("id") or "",
                "name": named(source).as_dict(),
                "kind": own.get("kind"),
                **more,
            }
            return {"type": "Feature", "properties": properties, "geometry": source["geometry"]}

        if name == "areas":
            own = self.levels(at, below=False)
            return [
                feature(f, level=own[area.id].word) for f, area in zip(geo("areas"), areas(), strict=True)
            ]
        if name == "ground":
            return [feature(f) for f in geo("base") if f["geometry"]["type"] == "Polygon"]
        if name == "roads":
            return [feature(f) for f in geo("roads")]
        if name == "drainage":
            return [feature(f) for f in geo("sewers")]
        if name == "sensors":
            rows = geo("entities/rain_gauges") + geo("entities/level_sensors")
            return [
                feature(
                    f,
                    type=f["properties"]["type"],
                    freshness="stale" if i % 19 == 6 else "fresh",
                    value=rain(at) if i < 8 else 1.2,
                    unit="mm/h" if i < 8 else "m",
                )
                for i, f in enumerate(rows)
            ]
        if name == "nodes":
            storm = rain(at) / 84
            return [
                feature(
                    f,
                    probability=round(max(0.0, min(0.97, storm * (1.3 - (i % 11) / 9))), 2),
                    level=grade(storm * (1.3 - (i % 11) / 9), (0.3, 0.5, 0.75, 0.9)).word,
                    lead_time_s=1800,
                )
                for i, f in enumerate(geo("entities/drainage_nodes"))
                if i % 7 == 0
            ]
        if name == "underpasses":
            return [
                feature(
                    f,
                    level=(Level.NORMAL if i > 3 or self.quiet else grade(depth(at, i), DEPTH_MARKS)).word,
                    depth_m=depth(at, i) if i < 4 else 0,
                    closed=i == 0 and depth(at) > 0.27,
                )
                for i, f in enumerate(geo("entities/underpasses"))
            ]
        if name == "units":
            return self._units(at, feature)
        if name == "routes":
            return (
                []
                if self.quiet
                else [
                    feature(
                        {
                            "properties": {"id": f"r{i}"},
                            "geometry": {"type": "LineString", "coordinates": self._path(i)},
                        },
                        unit=f"truck {i}",
                    )
                    for i in range(3)
                ]
            )
        if name == "closures" and depth(at) > 0.27 and not self.quiet:
            spot = geo("entities/underpasses")[0]["geometry"]["coordinates"]
            line = [[spot[0], spot[1] - 0.0016], spot, [spot[0], spot[1] + 0.0016]]
            return [
                feature(
                    {"properties": {"id": "c0"}, "geometry": {"type": "LineString", "coordinates": line}},
                    closed=True,
                )
            ]
        return []

    def _path(self, index: int) -> list[list[float]]:
        depots = [f for f in geo("entities/forces") if f["properties"]["type"] == "Depot"]
        a = depots[index % len(depots)]["geometry"]["coordinates"]
        b = geo("entities/underpasses")[index]["geometry"]["coordinates"]
        return [a, [b[0], a[1]], b]

    def _units(self, at: datetime, feature: Any) -> list[dict[str, Any]]:
        rows = []
        trucks = [f for f in geo("entities/forces") if f["properties"]["type"] in ("PumpTruck", "Crew")]
        for index, row in enumerate(trucks[:9]):
            spot = row["geometry"]["coordinates"]
            if index < 3 and not self.quiet:
                a, corner, b = self._path(index)
                share = min(1.0, max(0.0, (at - START).total_seconds() / 60 / 220 - 0.1 * index))
                legs = (a, corner) if share < 0.5 else (corner, b)
                part = share * 2 % 1 if share < 1 else 1.0
                spot = [legs[0][k] + (legs[1][k] - legs[0][k]) * part for k in (0, 1)]
            moved = {**row, "geometry": {"type": "Point", "coordinates": spot}}
            rows.append(
                feature(
                    moved,
                    type=row["properties"]["type"],
                    status="on the way" if index < 3 else "free",
                    order=f"o-{index}" if index < 3 else None,
                    eta=iso(NOW + timedelta(minutes=8)) if index < 3 else None,
                )
            )
        return rows
