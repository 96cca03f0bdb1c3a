"""What a chart island draws, as plain data: series, forecast, thresholds on one axis. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chengshu.console.model import VerificationView, VitalView
from chengshu.console.visit import Visit
from chengshu.kernel.clock import millis

SPARK_WIDTH, SPARK_HEIGHT = 120.0, 24.0


def spark_path(values: Sequence[float | None]) -> str:
    """An SVG path over a 120 × 24 box; gaps stay gaps. Empty when nothing was measured."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    reach = (high - low) or 1.0
    step = SPARK_WIDTH / max(len(values) - 1, 1)
    parts: list[str] = []
    pen_down = False
    for index, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        y = SPARK_HEIGHT - 2 - (value - low) / reach * (SPARK_HEIGHT - 4)
        parts.append(f"{'L' if pen_down else 'M'}{index * step:.1f} {y:.1f}")
        pen_down = True
    return "".join(parts)


def vital_chart(visit: Visit, vital: VitalView) -> dict[str, Any]:
    """History, forecast band and thresholds of an indicator, times in milliseconds."""
    t = visit.t
    return {
        "unit": visit.fmt.unit(vital.node.unit),
        "zone": visit.status.zone,
        "now": millis(vital.as_of),
        "words": {
            "now": t("chart.now"),
            "measured": t("chart.measured"),
            "forecast": t("chart.forecast"),
            "range": t("chart.range", share=round(vital.forecast_share * 100)),
        },
        "history": [[millis(sample.at), sample.value] for sample in vital.history],
        "forecast": [[millis(b.at), b.low, b.middle, b.high] for b in vital.forecast],
        "thresholds": [
            {"level": mark.level.word, "word": t(f"level.{mark.level.word}"), "value": mark.value}
            for mark in vital.thresholds
        ],
    }


def verification_chart(visit: Visit, verification: VerificationView) -> dict[str, Any]:
    """The independent data that must stay below its limit."""
    t = visit.t
    return {
        "unit": visit.fmt.unit(verification.unit),
        "zone": visit.status.zone,
        "now": millis(visit.moment),
        "words": {
            "now": t("chart.now"),
            "measured": visit.t.say(verification.name),
            "forecast": t("chart.forecast"),
            "range": "",
        },
        "history": [[millis(at), value] for at, value in verification.samples],
        "forecast": [],
        "thresholds": [{"level": "limit", "word": t("event.limit"), "value": verification.threshold}],
    }
