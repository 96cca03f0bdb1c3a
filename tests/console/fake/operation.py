"""Drills, sources, quarantine, the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chengshu.console import model as m
from chengshu.kernel.errors import Denied, Missing
from chengshu.kernel.texts import Text

from .storm import (
    FRESH,
    NOW,
    SCENARIO,
    T,
)


class Operation:
    """Drills, sources, quarantine, the journal."""

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
            return m.SourcesView(at, (), (), 0, 0)
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
                        at - timedelta(minutes=40),
                        at - timedelta(minutes=4),
                        T("Rain gauges", "雨量计", "雨量計"),
                        T("RG6", "RG6", "RG6"),
                        "unit-dimension",
                        "m is a length, mm/h is a intensity",
                        "city/gauges",
                        12,
                        36,
                        '{"id": "RG6", "rain": {"value": 3, "unit": "m"}}',
                        m.ALLOWED,
                    ),
                )
                if q.id not in self.fates
            ),
            0 if "q-1" in self.fates else 12,
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
