"""A hub's view for tests: the demo city on the evening of a storm, computed from the moment asked for.

Nothing here is random: every method derives what it shows from ``as_of``, so looking back, live changes and
commands behave as in a real hub.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from math import exp, pi, sin
from pathlib import Path
from typing import Any, Literal

from chengshu.console import model as m
from chengshu.console.view import Layer
from chengshu.kernel.clock import iso
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing, Unauthenticated
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

ROOT = Path(__file__).resolve().parents[2]
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


class FakeView:
    """Implements the console's HubView over the functions above."""

    def __init__(self, *, now: datetime = NOW, set_up: bool = True) -> None:
        self.now = now
        self.ready = set_up
        self.changes: list[m.LiveChange] = [m.LiveChange(1, "hub.started", "hub")]
        self.sessions: dict[str, m.Person] = {}
        self.acknowledged: dict[str, str] = {}
        self.order_states: dict[str, str] = {}
        self.answers: list[tuple[str, dict[str, str]]] = []
        self.fates: dict[str, str] = {}
        self.problems: tuple[Text, ...] = ()
        self.broken = False
        self.quiet = False
        self._count = itertools.count(1)

    # -- entrance

    def push(self, kind: str, subject: str) -> None:
        self.changes.append(m.LiveChange(self.changes[-1].seq + 1, kind, subject))

    def sign_in(self, login: str, password: str) -> m.SignedIn:
        if login not in ("lin", "crew") or password != PASSWORD:
            raise Unauthenticated("sign-in-wrong", "user name or password is wrong")
        return self._session(login)

    def _session(self, login: str) -> m.SignedIn:
        person = m.Person(
            login,
            {"lin": "Lin Yue 林玥", "crew": "Zhou Ping 周平"}.get(login, login),
            "water",
            WATER,
            ("duty-officer",) if login != "crew" else ("crew",),
            may_operate=login != "crew",
        )
        token = f"token-{next(self._count)}"
        self.sessions[token] = person
        return m.SignedIn(token, person, datetime(2099, 1, 1, tzinfo=UTC))

    def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)

    def person(self, token: str) -> m.Person | None:
        return self.sessions.get(token)

    def set_up(self, code: str, login: str, name: str, password: str) -> m.SignedIn:
        if self.ready:
            raise Conflict("set-up-done", "the hub is set up already")
        if code != "first-code":
            raise Denied(
                "set-up-code", "the set-up code is wrong", remedy="read it where the server was started"
            )
        if len(password) < 12:
            raise Invalid(
                "password-weak", "the password is too short", where="password", remedy="12 characters"
            )
        self.ready = True
        return self._session(login)

    def change_password(self, person: m.Person, old: str, new: str) -> None:
        if old != PASSWORD:
            raise Denied("password-wrong", "the present password is wrong")
        if len(new) < 12:
            raise Invalid("password-weak", "the password is too short", where="new", remedy="12 characters")

    # -- reading

    def status(self) -> m.HubStatus:
        if self.broken:
            raise RuntimeError("the hub has stopped")
        return m.HubStatus(
            "demo",
            T("Tingpu", "汀浦市", "汀浦市"),
            "Asia/Shanghai",
            self.now,
            self.changes[-1].seq,
            bounds(),
            self.ready,
            earliest=START - timedelta(days=2),
            problems=self.problems,
        )

    def _at(self, as_of: datetime | None) -> datetime:
        return as_of or self.now

    def levels(self, at: datetime, *, below: bool) -> dict[str, Level]:
        """By area: the level of its own warnings, and with ``below`` of those of the areas below it too."""
        found = {area.id: Level.NORMAL for area in areas()}
        parents = {area.id: area.parent for area in areas()}
        for row in self._warnings(at):
            place: str | None = row.area.id
            while place is not None and row.state != "cleared":
                found[place] = max(found[place], row.level)
                place = parents[place] if below else None
        return found

    def _warnings(self, at: datetime) -> list[m.WarningRow]:
        if self.quiet:
            return []
        found: list[m.WarningRow] = []
        hot = [a for a in areas() if a.kind == "community"]
        places = [hot[3], hot[8], hot[17], hot[26]]
        for index, area in enumerate(places):
            peak = (
                max(
                    depth(START + timedelta(minutes=k), index)
                    for k in range(0, 360, 5)
                    if START + timedelta(minutes=k) <= at
                )
                if at >= START
                else 0.0
            )
            level, now_level = grade(peak, DEPTH_MARKS), grade(depth(at, index), DEPTH_MARKS)
            if level > Level.NORMAL:
                raised = START + timedelta(minutes=75 + 12 * index)
                found.append(
                    self._warning(
                        f"w-depth-{index}",
                        "ponding",
                        T("Water on roads", "道路积水", "道路積水"),
                        area,
                        now_level or level,
                        depth(at, index),
                        "m",
                        raised,
                        at,
                        cleared=now_level == Level.NORMAL,
                    )
                )
        district = next(a for a in areas() if a.kind == "district")
        level = grade(rain(at), RAIN_MARKS)
        if level > Level.NORMAL or at > NOW - timedelta(minutes=30):
            found.append(
                self._warning(
                    "w-rain",
                    "rain_1h",
                    T("Rain in one hour", "1小时雨量", "1小時雨量"),
                    district,
                    level or Level.BLUE,
                    rain(at),
                    "mm/h",
                    START + timedelta(minutes=60),
                    at,
                    cleared=level == Level.NORMAL,
                )
            )
        outlook = hot[21]
        if at >= START + timedelta(minutes=50):
            row = self._warning(
                "w-outlook",
                "flood_probability",
                T("Flood probability", "积水概率", "積水機率"),
                outlook,
                Level.YELLOW,
                0.62,
                "1",
                START + timedelta(minutes=50),
                at,
            )
            found.append(replace(row, forecast=True, probability=0.62, lead_time_s=2700))
        return sorted(found, key=lambda row: (row.state == "cleared", -row.level, row.id))

    def _warning(
        self,
        id_: str,
        indicator: str,
        name: Text,
        area: m.AreaRef,
        level: Level,
        value: float,
        unit: str,
        raised: datetime,
        at: datetime,
        *,
        cleared: bool = False,
    ) -> m.WarningRow:
        who = self.acknowledged.get(id_)
        state = (
            "cleared" if cleared else "acknowledged" if who or id_ in ("w-rain", "w-depth-1") else "raised"
        )
        return m.WarningRow(
            id_,
            "waterlogging",
            SCENARIO,
            indicator,
            name,
            area,
            level,
            Level.NORMAL,
            state,
            value,
            unit,
            raised,  # type: ignore[arg-type]
            max(raised, at - timedelta(minutes=7)),
            at - timedelta(seconds=40),
            acknowledged_by=who or ("Song Yan 宋岩" if state == "acknowledged" else None),
            acknowledge_due=raised + timedelta(minutes=10) if state == "raised" else None,
            event="e-1",
        )

    def _events(self, at: datetime) -> list[m.EventRow]:
        if self.quiet or at < START + timedelta(minutes=80):
            return []
        orders = self._orders(at)
        hot = [a for a in areas() if a.kind == "community"]
        done = sum(o.state == "done" for o in orders)
        first = m.EventRow(
            "e-1",
            T("Waterlogging at Tongji Avenue Underpass", "通济大道下穿立交积水", "通濟大道下穿立交積水"),
            "waterlogging",
            SCENARIO,
            hot[3],
            grade(depth(at), DEPTH_MARKS) or Level.BLUE,
            "responding",
            START + timedelta(minutes=80),
            WATER,
            done,
            len(orders),
            sum(o.overdue for o in orders),
            expected_end=NOW + timedelta(minutes=50),
            warnings=3,
        )
        second = replace(
            first,
            id="e-0",
            title=T("Waterlogging at Matou Road", "码头路积水", "碼頭路積水"),
            area=hot[8],
            level=Level.YELLOW,
            state="verifying",
            orders_done=3,
            orders_total=3,
            orders_overdue=0,
            expected_end=NOW + timedelta(minutes=15),
        )
        return [first, second]

    def overview(self, person: m.Person, as_of: datetime | None) -> m.Overview:
        at = self._at(as_of)
        warnings = tuple(row for row in self._warnings(at) if row.state != "cleared")
        worst = self.levels(at, below=True)
        levels = tuple(
            m.AreaLevel(
                area,
                worst[area.id],
                m.Coverage(12, 11, 1)
                if area.kind == "city"
                else m.Coverage(
                    4, 3 if area.id.startswith("south") else 4, 1 if area.id.startswith("south") else 0
                ),
                next((w.indicator_name for w in warnings if w.area.id == area.id), None),
            )
            for area in areas()
        )
        orders = self._orders(at)
        active = [o for o in orders if o.state not in ("done", "refused", "cancelled")]
        return m.Overview(
            at,
            max((row.level for row in levels), default=Level.NORMAL),
            levels,
            warnings,
            tuple(self._events(at)),
            0 if self.quiet else len(active),
            0 if self.quiet else sum(o.overdue for o in active),
            0 if self.quiet else 5,
            33,
            m.Coverage(38, 38) if self.quiet else m.Coverage(38, 36, 1, 1),
            () if self.quiet else self._stale(),
        )

    def _stale(self) -> tuple[m.EntityRef, ...]:
        names = geo("entities/level_sensors")
        return (
            m.EntityRef(
                "urn:ngsi-ld:WaterLevelSensor:L07",
                "WaterLevelSensor",
                named(names[6]),
                freshness=m.Freshness("stale", 1500, 600),
            ),
            m.EntityRef(
                "urn:ngsi-ld:RainGauge:RG6",
                "RainGauge",
                named(geo("entities/rain_gauges")[5]),
                freshness=m.Freshness("silent", 9000, 600),
            ),
        )

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

    def vitals(self, person: m.Person, area: str | None, as_of: datetime | None) -> m.VitalsTree:
        at = self._at(as_of)
        place = next((a for a in areas() if a.id == (area or areas()[0].id)), None)
        if place is None:
            raise Missing("area-missing", f"there is no area {area!r}", where="area")
        shown = tuple(a for a in areas() if a.kind != "community")
        if self.quiet:
            return m.VitalsTree(at, place, shown, 6, ())
        steps = [at - timedelta(minutes=10 * k) for k in range(36, -1, -1)]
        full = m.Coverage(8, 7, 1)

        def leaf(
            id_: str,
            name: Text,
            value: float,
            unit: str,
            level: Level,
            spark: list[float | None],
            fresh: m.Freshness = FRESH,
        ) -> m.VitalNode:
            return m.VitalNode(id_, name, "indicator", level, fresh, full, value, unit, at, tuple(spark))

        rains = leaf(
            "rain_1h",
            T("Rain in one hour", "1小时雨量", "1小時雨量"),
            rain(at),
            "mm/h",
            grade(rain(at), RAIN_MARKS),
            [rain(s) for s in steps],
        )
        long = leaf(
            "rain_3h",
            T("Rain in three hours", "3小时雨量", "3小時雨量"),
            round(rain(at) * 1.7, 1),
            "mm",
            Level.YELLOW,
            [rain(s) * 1.7 for s in steps],
        )
        fill = leaf(
            "pipe_fill",
            T("Fill of the sewers", "管网充满度", "管網充滿度"),
            0.81,
            "1",
            Level.YELLOW,
            [min(1.0, 0.3 + rain(s) / 140) if k % 17 else None for k, s in enumerate(steps)],
        )
        pond = leaf(
            "ponding",
            T("Water on roads", "道路积水深度", "道路積水深度"),
            depth(at),
            "m",
            grade(depth(at), DEPTH_MARKS),
            [depth(s) for s in steps],
        )
        pumps = leaf(
            "pump_ready",
            T("Pumps ready", "泵站可用率", "泵站可用率"),
            92.0,
            "%",
            Level.NORMAL,
            [],
            m.Freshness("stale", 1500, 600),
        )
        chance = leaf(
            "flood_probability",
            T("Flood probability", "积水概率", "積水機率"),
            0.62,
            "1",
            Level.YELLOW,
            [0.1 + 0.5 * abs(sin(k / 12 * pi)) for k in range(37)],
        )

        def group(id_: str, name: Text, *nodes: m.VitalNode) -> m.VitalNode:
            return m.VitalNode(id_, name, "group", max(n.level for n in nodes), FRESH, full, children=nodes)

        return m.VitalsTree(
            at,
            place,
            shown,
            6,
            (
                group(
                    "waterlogging",
                    SCENARIO,
                    group("rain", T("Rain", "雨情", "雨情"), rains, long),
                    group("drainage", T("Drainage", "排水", "排水"), fill, pumps),
                    group("road_water", T("Water on roads", "道路积水", "道路積水"), pond),
                    group("outlook", T("Outlook", "预测", "預測"), chance),
                ),
            ),
        )

    def vital(
        self, person: m.Person, indicator: str, area: str | None, hours: float, as_of: datetime | None
    ) -> m.VitalView:
        at = self._at(as_of)
        tree = self.vitals(person, area, as_of)
        stack = list(tree.nodes)
        while stack and not (stack[0].id == indicator and stack[0].kind == "indicator"):
            stack = [*stack[0].children, *stack[1:]]
        if not stack:
            raise Missing("indicator-missing", f"there is no indicator {indicator!r} here", where="indicator")
        marks, course = (RAIN_MARKS, rain) if indicator.startswith("rain") else (DEPTH_MARKS, depth)
        steps = [at - timedelta(minutes=5 * k) for k in range(int(hours * 12), -1, -1)]
        ahead = [at + timedelta(minutes=5 * k) for k in range(1, 25)]
        return m.VitalView(
            stack[0],
            tree.area,
            at,
            T(
                "Rain of the last hour at the wettest gauge of the area.",
                "区域内最大站点近1小时雨量。",
                "區域內最大站點近1小時雨量。",
            ),
            "mean * window_s / 3600",
            T("One hour, every 5 minutes", "1小时，每5分钟", "1小時，每5分鐘"),
            tuple(
                m.Threshold(level, value, "above", value * 0.8)
                for level, value in zip(
                    (Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED), marks, strict=True
                )
            ),
            tuple(m.Sample(s, course(s)) for s in steps),
            (
                m.VitalInput(
                    T("Rain gauge 1", "雨量站1号", "雨量站1號"),
                    "entity",
                    "urn:ngsi-ld:RainGauge:RG1",
                    rain(at),
                    "mm/h",
                    FRESH,
                    at,
                    "gauges",
                ),
                m.VitalInput(
                    T("Rain gauge 6", "雨量站6号", "雨量站6號"),
                    "entity",
                    "urn:ngsi-ld:RainGauge:RG6",
                    None,
                    "mm/h",
                    m.Freshness("silent", 9000, 600),
                    at - timedelta(minutes=150),
                    "gauges",
                ),
                m.VitalInput(
                    T("Threshold, red", "红色阈值", "紅色閾值"),
                    "setting",
                    "level.rain_1h.red",
                    70.0,
                    "mm/h",
                    FRESH,
                ),
            ),
            tuple(m.Band(s, course(s) * 0.7, course(s), course(s) * 1.3 + 0.02 * marks[0]) for s in ahead),
            at - timedelta(minutes=4),
            T("Drainage twin, 12 members", "排水孪生，12 个成员", "排水孿生，12 個成員"),
            reason=reason(
                "waterlogging/levels#rain_1h",
                T("The rain stands above the threshold.", "雨量超过阈值。", "雨量超過閾值。"),
                value=rain(at),
            ),
        )

    def warnings(
        self, person: m.Person, state: Literal["current", "past", "all"], as_of: datetime | None
    ) -> Sequence[m.WarningRow]:
        rows = self._warnings(self._at(as_of))
        return [r for r in rows if state == "all" or (r.state == "cleared") == (state == "past")]

    def warning(self, person: m.Person, warning: str, as_of: datetime | None) -> m.WarningView:
        at = self._at(as_of)
        row = next((r for r in self._warnings(at) if r.id == warning), None)
        if row is None:
            raise Missing("warning-missing", f"there is no warning {warning!r} at this moment", where=warning)
        allowed = (
            m.ALLOWED
            if person.id == "lin"
            else m.Permission(
                False,
                T(
                    "Only the duty officer acknowledges warnings.",
                    "仅值班长可确认预警。",
                    "僅值班長可確認預警。",
                ),
            )
        )
        return m.WarningView(
            row,
            reason(
                "waterlogging/levels#ponding",
                T(
                    "The water level at the underpass rose above 0.27 m and stayed there for 3 minutes.",
                    "下穿立交水深超过0.27米并持续3分钟。",
                    "下穿立交水深超過0.27公尺並持續3分鐘。",
                ),
                depth=row.value,
                keep="PT3M",
            ),
            (
                m.EntityRef(
                    "urn:ngsi-ld:Underpass:U01",
                    "Underpass",
                    T("Tongji Avenue Underpass", "通济大道下穿立交", "通濟大道下穿立交"),
                    value=row.value,
                    unit=row.unit,
                    observed_at=at,
                    freshness=FRESH,
                ),
            ),
            (
                m.TimelineItem(
                    row.raised_at,
                    T("Raised: blue", "发布：蓝色", "發布：藍色"),
                    "hub:vitals",
                    level=Level.BLUE,
                ),
                m.TimelineItem(
                    row.changed_at, T("Now orange", "升为橙色", "升為橙色"), "hub:vitals", level=row.level
                ),
            ),
            allowed,
            cap_url=f"/cap/{row.id}.xml",
        )

    def events(
        self, person: m.Person, state: Literal["current", "past", "all"], as_of: datetime | None
    ) -> Sequence[m.EventRow]:
        at = self._at(as_of)
        past = [] if self.quiet else [self._closed(at)]
        current = self._events(at)
        return {"current": current, "past": past, "all": current + past}[state]

    def _closed(self, at: datetime) -> m.EventRow:
        area = areas()[20]
        return m.EventRow(
            "e-past",
            T("Waterlogging at Fenglin Park", "枫林公园积水", "楓林公園積水"),
            "waterlogging",
            SCENARIO,
            area,
            Level.YELLOW,
            "reviewed",
            START - timedelta(days=9),
            WATER,
            4,
            4,
            0,
            closed_at=START - timedelta(days=9, hours=-2),
        )

    def event(self, person: m.Person, event: str, as_of: datetime | None) -> m.EventView:
        at = self._at(as_of)
        row = next((e for e in [*self._events(at), self._closed(at)] if e.id == event), None)
        if row is None:
            raise Missing("event-missing", f"there is no event {event!r} at this moment", where=event)
        closed = row.state == "reviewed"
        spot = geo("entities/underpasses")[0]["geometry"]["coordinates"]
        steps = [at - timedelta(minutes=4 * k) for k in range(45, -1, -1)]
        low = depth(at) < 0.05
        return m.EventView(
            row,
            at,
            T(
                "0.41 m of water under Tongji Avenue. Road closed, two pump trucks sent.",
                "通济大道下穿水深0.41米，道路已封闭，已派两台泵车并启用备用泵。",
                "通濟大道下穿水深0.41公尺，道路已封閉，已派兩台泵車並啟用備用泵。",
            ),
            tuple(item for item in self._timeline() if item.at <= at),
            tuple(self._orders(at)),
            self._assignments(at),
            tuple((w.id, w.indicator_name, w.level) for w in self._warnings(at)[:3]),
            self._plan(at),
            (
                m.VerificationView(
                    T("Water level, independent sensor L03", "独立液位计L03", "獨立液位計L03"),
                    T("Below 0.05 m for 15 minutes", "低于0.05米并持续15分钟", "低於0.05公尺並持續15分鐘"),
                    "m",
                    0.05,
                    900,
                    900 if low else 0,
                    low,
                    tuple((s, depth(s)) for s in steps),
                    T("another source than the one that warned", "非触发预警的来源", "非觸發預警的來源"),
                ),
            ),
            self._review() if closed else None,
            (spot[0] - 0.004, spot[1] - 0.018, spot[0] + 0.03, spot[1] + 0.006),
        )

    def _timeline(self) -> list[m.TimelineItem]:
        def at(minute: int) -> datetime:
            return START + timedelta(minutes=minute)

        return [
            m.TimelineItem(
                at(75),
                T("Warning: water on roads, blue", "预警：道路积水，蓝色", "預警：道路積水，藍色"),
                "hub:vitals",
                level=Level.BLUE,
            ),
            m.TimelineItem(
                at(80),
                T("Event opened; plan 1.0.0 started", "事件立案，启动预案1.0.0", "事件立案，啟動預案1.0.0"),
                "hub:response",
                reason=reason(
                    "plan/measures#2",
                    T("Orange or above opens an event.", "橙色及以上立案。", "橙色及以上立案。"),
                    level="orange",
                ),
            ),
            m.TimelineItem(
                at(96),
                T("Tongji Avenue Underpass closed", "通济大道下穿已封闭", "通濟大道下穿已封閉"),
                "Song Yan 宋岩",
            ),
            m.TimelineItem(at(101), T("Pump truck 1 sent", "泵车1号出动", "泵車1號出動"), "hub:dispatch"),
            m.TimelineItem(
                at(118),
                T("Warning rises to orange", "预警升为橙色", "預警升為橙色"),
                "hub:vitals",
                level=Level.ORANGE,
            ),
            m.TimelineItem(
                at(131), T("Pump truck 1 on site", "泵车1号到场", "泵車1號到場"), "Zhou Ping 周平"
            ),
        ]

    def _plan(self, at: datetime) -> m.PlanView:
        xml = (ROOT / "scenarios/waterlogging/plan.bpmn").read_text(encoding="utf-8")
        open_task = m.TaskRow(
            "t-1",
            "guard_roads",
            T("Guard underpasses, lead traffic around", "值守下穿立交、疏导交通", "值守下穿立交、疏導交通"),
            T("Traffic police", "交警支队", "交警支隊"),
            "open",
            START + timedelta(minutes=96),
            NOW + timedelta(minutes=5),
            False,
            m.ALLOWED,
            T(
                "The plan goes on; the water bureau sees your answer.",
                "预案继续执行，水务局可见答复。",
                "預案繼續執行，水務局可見答覆。",
            ),
            (
                m.FormField(
                    "closed",
                    T("Is the underpass closed?", "下穿立交是否已封闭？", "下穿立交是否已封閉？"),
                    "boolean",
                    required=True,
                ),
                m.FormField("note", T("Remark", "说明", "說明"), "longtext"),
            ),
        )
        done = replace(
            open_task,
            id="t-0",
            element="watch_rain",
            name=T("Watch the rain and brief", "监视雨情并会商", "監視雨情並會商"),
            state="completed",
            completed_at=START + timedelta(minutes=100),
            form=(),
        )
        late = replace(
            open_task,
            id="t-2",
            element="ready_works",
            overdue=True,
            claimed_by="Tao Ran 陶然",
            state="claimed",
            name=T("Make pumps and gates ready", "泵闸备勤", "泵閘備勤"),
            complete=m.Permission(
                False, T("Only the water bureau may.", "仅限水务局办理。", "僅限水務局辦理。")
            ),
        )
        return m.PlanView(
            "waterlogging",
            "1.0.0",
            T("Waterlogging response", "内涝处置预案", "內澇處置預案"),
            xml,
            ("ready_works", "guard_roads", "dispatch"),
            ("start", "measures", "fork", "watch_rain"),
            tasks=(late, open_task, done),
        )

    def _assignments(self, at: datetime) -> tuple[m.Assignment, ...]:
        if at < START + timedelta(minutes=101):
            return ()
        return (
            m.Assignment(
                "o-0",
                "urn:ngsi-ld:PumpTruck:T1",
                T("Pump truck 1", "排水泵车1号", "排水泵車1號"),
                T("Tongji Avenue Underpass", "通济大道下穿立交", "通濟大道下穿立交"),
                reason(
                    "dispatch#value",
                    T(
                        "It saves most water per minute of driving: 0.8 m³/s for 11 minutes.",
                        "单位行程减灾最大：11分钟到达，排水0.8 m³/s。",
                        "單位行程減災最大：11分鐘到達，排水0.8 m³/s。",
                    ),
                    benefit_m3=2100,
                    drive_min=11,
                ),
                START + timedelta(minutes=101),
                START + timedelta(minutes=112),
                5300.0,
                (
                    m.Alternative(
                        T("Pump truck 3", "排水泵车3号", "排水泵車3號"),
                        START + timedelta(minutes=119),
                        T("7 minutes later", "晚到7分钟", "晚到7分鐘"),
                    ),
                ),
            ),
        )

    def _review(self) -> m.ReviewView:
        return m.ReviewView(
            START - timedelta(days=8),
            (
                m.Figure("accept", T("Time to accept", "接单用时", "接單用時"), 240, "s", "lower"),
                m.Figure("close", T("Time to close", "办结用时", "辦結用時"), 7200, "s", "lower", 11400),
                m.Figure("lead", T("Lead time", "提前量", "提前量"), 1980, "s", "higher"),
            ),
            (
                (
                    T("What happened", "经过", "經過"),
                    T(
                        "Heavy rain met full sewers.\n\nThe event was closed after two hours.",
                        "强降雨叠加管网高水位。\n\n两小时后办结。",
                        "強降雨疊加管網高水位。\n\n兩小時後辦結。",
                    ),
                ),
                (
                    T("What to change", "改进", "改進"),
                    T(
                        "Place one pump truck on the south bank before the rain.",
                        "雨前在南岸预置一台泵车。",
                        "雨前在南岸預置一台泵車。",
                    ),
                ),
            ),
        )

    def _orders(self, at: datetime) -> list[m.OrderRow]:
        if self.quiet or at < START + timedelta(minutes=95):
            return []
        place = T("Tongji Avenue Underpass", "通济大道下穿立交", "通濟大道下穿立交")
        base = m.OrderRow(
            "o-0",
            "e-1",
            T("Waterlogging at Tongji Avenue Underpass", "通济大道下穿立交积水", "通濟大道下穿立交積水"),
            T("Pump out the underpass", "抽排下穿立交积水", "抽排下穿立交積水"),
            "water",
            WATER,
            "assigned",
            Level.ORANGE,
            START + timedelta(minutes=101),
            place,
            False,
            NOW + timedelta(minutes=25),
            (T("Pump truck 1", "排水泵车1号", "排水泵車1號"),),
            120.8644,
            31.6089,
            NOW + timedelta(minutes=8),
            5300.0,
            T(
                "Set up on the north ramp and pump into manhole J0112.",
                "在北侧匝道布设，排入检查井J0112。",
                "在北側匝道布設，排入檢查井J0112。",
            ),
            reason(
                "dispatch#value",
                T("Nearest truck with enough capacity.", "能力足够且最近的泵车。", "能力足夠且最近的泵車。"),
                drive_min=11,
            ),
        )
        rows = [
            base,
            replace(
                base,
                id="o-1",
                title=T("Close the underpass", "封闭下穿立交", "封閉下穿立交"),
                state="done",
                units=(),
                department="traffic",
                department_name=T("Traffic police", "交警支队", "交警支隊"),
                eta=None,
                instruction=Text(),
            ),
            replace(
                base,
                id="o-2",
                title=T("Clear inlets on Matou Road", "清理码头路雨水口", "清理碼頭路雨水口"),
                state="accepted",
                overdue=True,
                due=NOW - timedelta(minutes=6),
                level=Level.YELLOW,
                place=T("Matou Road", "码头路", "碼頭路"),
                units=(T("Drainage crew 2", "排水抢险队2", "排水搶險隊2"),),
            ),
        ]
        return [self._act(row) for row in rows]

    def _act(self, row: m.OrderRow) -> m.OrderRow:
        state = self.order_states.get(row.id, row.state)
        verbs: dict[str, tuple[m.OrderVerb, ...]] = {
            "assigned": ("accept", "refuse"),
            "accepted": ("arrive", "refuse"),
            "arrived": ("done",),
        }
        effects = {
            "accept": T(
                "The command centre sees that you are on the way.",
                "指挥中心将看到您已出发。",
                "指揮中心將看到您已出發。",
            ),
            "arrive": T(
                "The clock of arrival stops; the event page shows you on site.",
                "到场计时结束，事件页显示已到场。",
                "到場計時結束，事件頁顯示已到場。",
            ),
            "done": T(
                "Independent sensors then check whether the water is gone.",
                "随后由独立传感器核实积水是否消退。",
                "隨後由獨立感測器核實積水是否消退。",
            ),
            "refuse": T(
                "The order goes back and another unit is sent at once.",
                "工单退回，立即改派其他力量。",
                "工單退回，立即改派其他力量。",
            ),
        }
        actions = tuple(m.OrderAction(verb, m.ALLOWED, effects[verb]) for verb in verbs.get(state, ()))
        history = (m.TimelineItem(row.created_at, T("Order given", "工单派发", "工單派發"), "hub:response"),)
        return replace(row, state=state, actions=actions, history=history)  # type: ignore[arg-type]

    def work_orders(
        self, person: m.Person, scope: Literal["mine", "department", "all"], as_of: datetime | None
    ) -> Sequence[m.OrderRow]:
        rows = self._orders(self._at(as_of))
        return [r for r in rows if scope == "all" or r.department == person.department]

    def work_order(self, person: m.Person, order: str, as_of: datetime | None) -> m.OrderRow:
        row = next((o for o in self._orders(self._at(as_of)) if o.id == order), None)
        if row is None:
            raise Missing("order-missing", f"there is no work order {order!r}", where=order)
        return row

    def drills(self, person: m.Person) -> Sequence[m.DrillRow]:
        if self.quiet:
            return []

        def row(id_: str, name: Text, lead: float, harm: float) -> m.DrillRow:
            return m.DrillRow(
                id_,
                name,
                SCENARIO,
                NOW - timedelta(days=1),
                datetime(2025, 7, 26, 4, tzinfo=UTC),
                datetime(2025, 7, 26, 20, tzinfo=UTC),
                (
                    m.Figure("lead_time", T("Lead time", "提前量", "提前量"), lead, "s", "higher"),
                    m.Figure(
                        "harm", T("Road flooded", "道路积水量", "道路積水量"), harm, "m3", "lower", 8200.0
                    ),
                    m.Figure("pod", T("Hit rate", "命中率", "命中率"), 94.0, "%", "higher"),
                ),
                seed=7,
            )

        return [
            row("d-2", T("Storm of July, plan 1.1", "七月暴雨，预案1.1", "七月暴雨，預案1.1"), 2340, 3100),
            row("d-1", T("Storm of July, plan 1.0", "七月暴雨，预案1.0", "七月暴雨，預案1.0"), 1980, 3900),
        ]

    def drill(self, person: m.Person, drill: str) -> m.DrillView:
        row = next((d for d in self.drills(person) if d.id == drill), None)
        if row is None:
            raise Missing("drill-missing", f"there is no drill {drill!r}", where=drill)
        return m.DrillView(
            row,
            (
                *row.figures,
                m.Figure(
                    "far",
                    T("False alarms", "误报率", "誤報率"),
                    12.0,
                    "%",
                    "lower",
                    note=T("false warnings / all warnings", "误报预警数/预警总数", "誤報預警數/預警總數"),
                ),
            ),
            tuple(replace(item, at=item.at - timedelta(days=360)) for item in self._timeline()),
            (
                T("Crews drive at 25 km/h in rain.", "雨天车速25公里/时。", "雨天車速25公里/時。"),
                T("Sensors fail as in the record.", "传感器故障按记录重放。", "感測器故障按記錄重放。"),
            ),
            (
                (
                    T("Summary", "摘要", "摘要"),
                    T(
                        "Warnings came 39 minutes before water stood on roads.",
                        "预警比道路积水提前39分钟。",
                        "預警比道路積水提前39分鐘。",
                    ),
                ),
            ),
            "ab" * 32,
            "cd" * 32,
        )

    def sources(self, person: m.Person, as_of: datetime | None) -> m.SourcesView:
        if not person.may_operate:
            raise Denied(
                "policy",
                "only operators see the sources",
                where="sources",
                remedy="ask the hub's administrator",
            )
        at = self._at(as_of)
        if self.quiet:
            return m.SourcesView(at, (), (), 0)
        return m.SourcesView(
            at,
            (
                m.SourceRow(
                    "gauges",
                    T("Rain gauges", "雨量站", "雨量站"),
                    "MQTT",
                    FRESH,
                    m.Coverage(8, 7, 0, 1),
                    at,
                    148230,
                    3,
                    8.0,
                ),
                m.SourceRow(
                    "levels",
                    T("Level sensors", "液位计", "液位計"),
                    "HTTP",
                    m.Freshness("stale", 1500, 600),
                    m.Coverage(30, 29, 1),
                    at - timedelta(minutes=25),
                    90212,
                    1,
                    30.0,
                    T("reports late since noon", "中午起延迟上报", "中午起延遲上報"),
                ),
            ),
            tuple(
                q
                for q in (
                    m.QuarantineRow(
                        "q-1",
                        at - timedelta(minutes=4),
                        "gauges",
                        "unit-dimension",
                        "m is a length, mm/h is a intensity",
                        "$.rain.unit",
                        "declare the unit the source really sends",
                        '{"id": "RG6", "rain": {"value": 3, "unit": "m"}}',
                        m.ALLOWED,
                    ),
                )
                if q.id not in self.fates
            ),
            0 if "q-1" in self.fates else 1,
        )

    def journal(self, person: m.Person, subject: str | None, before: int | None, limit: int) -> m.JournalView:
        if not person.may_operate:
            raise Denied("policy", "only operators read the journal", where="journal")
        total = 120
        top = (before or total + 1) - 1
        rows = (
            tuple(
                m.JournalRow(
                    seq,
                    NOW - timedelta(minutes=total - seq),
                    "Song Yan 宋岩",
                    "warning.acknowledged",
                    "w-rain",
                    T("acknowledged a warning", "确认预警", "確認預警"),
                    "duty-officer",
                    f"{seq:064x}",
                    {"note": ""},
                    link="/warnings/w-rain",
                )
                for seq in range(top, max(0, top - limit), -1)
            )
            if subject in (None, "w-rain")
            else ()
        )
        return m.JournalView(
            rows,
            total,
            f"{total:064x}",
            True,
            T("120 entries fit.", "120条均相符。", "120條均相符。"),
            rows[-1].seq if rows and rows[-1].seq > 1 else None,
        )

    def changes_since(self, seq: int, limit: int) -> Sequence[m.LiveChange]:
        return [change for change in self.changes if change.seq > seq][:limit]

    # -- acting

    def acknowledge(self, person: m.Person, warning: str, note: str) -> None:
        view = self.warning(person, warning, None)
        if not view.acknowledge.allowed:
            raise Denied("policy", "only the duty officer acknowledges warnings", where=warning)
        if view.row.state != "raised":
            raise Conflict("warning-state", "the warning is acknowledged already", where=warning)
        self.acknowledged[warning] = person.name
        self.push("warning.acknowledged", warning)

    def work_order_step(self, person: m.Person, order: str, verb: m.OrderVerb, note: str) -> None:
        row = self.work_order(person, order, None)
        if verb not in [action.verb for action in row.actions]:
            raise Conflict("order-state", f"a work order that is {row.state} cannot be: {verb}", where=order)
        if verb == "refuse" and not note:
            raise Invalid("note-empty", "say why the order cannot be done", where="note")
        self.order_states[order] = {
            "accept": "accepted",
            "arrive": "arrived",
            "done": "done",
            "refuse": "refused",
        }[verb]
        self.push(f"work_order.{self.order_states[order]}", order)

    def complete_task(self, person: m.Person, task: str, data: Mapping[str, str]) -> None:
        if task != "t-1":
            raise Missing("task-missing", f"there is no task {task!r}", where=task)
        self.answers.append((task, dict(data)))
        self.push("task.completed", task)

    def quarantine(self, person: m.Person, item: str, verb: Literal["retry", "discard"], note: str) -> None:
        if item != "q-1":
            raise Missing("quarantine-missing", f"there is no message {item!r} in quarantine", where=item)
        self.fates[item] = verb
        self.push("quarantine.changed", item)


@cache
def bounds() -> tuple[float, float, float, float]:
    ring = next(f for f in geo("areas") if f["properties"]["kind"] == "city")["geometry"]["coordinates"][0]
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    return min(xs), min(ys), max(xs), max(ys)
