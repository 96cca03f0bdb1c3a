"""Levels, warnings, vital signs at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import pi, sin
from typing import Literal

from chengshu.console import model as m
from chengshu.kernel.errors import Missing
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text

from .storm import (
    DEPTH_MARKS,
    FRESH,
    NOW,
    RAIN_MARKS,
    SCENARIO,
    START,
    T,
    areas,
    depth,
    geo,
    grade,
    named,
    rain,
    reason,
)


class Situation:
    """Levels, warnings, vital signs at any moment."""

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
            for_you=state == "raised",
        )

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
