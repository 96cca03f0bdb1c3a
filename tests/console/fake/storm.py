"""The demo city and its storm: what rain, water and levels are at any moment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from math import exp
from pathlib import Path
from typing import Any

from chengshu.console import model as m
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

ROOT = Path(__file__).resolve().parents[3]
CITY = ROOT / "cities" / "demo"
NOW = datetime(2026, 7, 21, 10, 40, tzinfo=UTC)  # 18:40 in the city
START = NOW - timedelta(hours=3)
FRESH = m.Freshness("fresh", 40, 600)
PASSWORD = "a long enough secret"
SCENARIO = Text("Waterlogging", "城市内涝", "城市內澇")
WATER = Text("Water bureau", "水务局", "水務局")


def T(en: str, hans: str, hant: str) -> Text:  # noqa: N802  a word for words
    return Text(en, hans, hant)


def reason(rule: str, text: Text, **inputs: Any) -> Reason:
    return Reason(rule, text, inputs)


@cache
def geo(name: str) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads((CITY / f"{name}.geojson").read_text(encoding="utf-8"))[
        "features"
    ]
    return features


def named(feature: Mapping[str, Any]) -> Text:
    return Text.of(feature["properties"].get("name") or feature["properties"].get("id") or "")


@cache
def areas() -> tuple[m.AreaRef, ...]:
    return tuple(
        m.AreaRef(f["properties"]["id"], named(f), f["properties"]["kind"], f["properties"]["parent"])
        for f in geo("areas")
    )


def rain(at: datetime) -> float:
    """mm/h: a storm that peaks one hour before NOW."""
    hours = (at - (NOW - timedelta(minutes=38))).total_seconds() / 3600
    return round(78 * exp(-((hours / 0.55) ** 2)) + 6 * exp(-((hours / 2.0) ** 2)), 1)


def depth(at: datetime, site: int = 0) -> float:
    """m at an underpass: follows the rain by half an hour, sinks when pumps have arrived."""
    hours = (at - (NOW - timedelta(minutes=3 + 4 * site))).total_seconds() / 3600
    return round(max(0.0, (0.46 - 0.07 * site) * exp(-((hours / (0.7 if hours < 0 else 0.5)) ** 2))), 3)


def grade(value: float, marks: Sequence[float]) -> Level:
    return Level(sum(value >= mark for mark in marks))


RAIN_MARKS = (15.0, 30.0, 50.0, 70.0)
DEPTH_MARKS = (0.05, 0.15, 0.27, 0.4)
FILL_MARKS = (0.6, 0.75, 0.9, 1.0)


@cache
def bounds() -> tuple[float, float, float, float]:
    ring = next(f for f in geo("areas") if f["properties"]["kind"] == "city")["geometry"]["coordinates"][0]
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return min(xs), min(ys), max(xs), max(ys)
