"""The words of vital signs and warnings in the three languages of the house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import LANGUAGES, Text
from chengshu.scenes.vitals.model import Indicator, Vital

LEVEL_WORDS: Mapping[Level, Text] = {
    Level.NORMAL: Text("normal", "正常", "正常"),
    Level.BLUE: Text("blue", "蓝色", "藍色"),
    Level.YELLOW: Text("yellow", "黄色", "黃色"),
    Level.ORANGE: Text("orange", "橙色", "橙色"),
    Level.RED: Text("red", "红色", "紅色"),
}
_SOON = Text("a short time", "短时间", "短時間")
_MINUTES = Text("{minutes} min", "{minutes}分钟", "{minutes}分鐘")
_HOURS = Text("{hours} h {minutes} min", "{hours}小时{minutes}分钟", "{hours}小時{minutes}分鐘")
_UNITS = {"1": "", "{count}": "", "Cel": "°C", "ug/m3": "µg/m³", "mg/m3": "mg/m³", "m3/s": "m³/s", "m3": "m³"}
_REACHED = Text(
    "{name} in {area} is {value}: {level} begins at {threshold}",
    "{area}{name}为{value}，达到{level}阈值{threshold}",
    "{area}{name}為{value}，達到{level}閾值{threshold}",
)
_FALLEN = Text(
    "{name} in {area} is {value}, on the quiet side of {threshold} for {keep}; the level is now {level}",
    "{area}{name}为{value}，低于解除阈值{threshold}已持续{keep}，等级降为{level}",
    "{area}{name}為{value}，低於解除閾值{threshold}已持續{keep}，等級降為{level}",
)
_NO_DATA = Text("no trouble is forecast or reported any more", "已无相关预报或报告", "已無相關預報或報告")
_LATE = Text(
    "values that came late change the past: the highest level was {was} and is now {now}",
    "迟到数据改变了历史：最高等级由{was}改为{now}",
    "遲到數據改變了歷史：最高等級由{was}改為{now}",
)
_UNANSWERED = Text(
    "nobody acknowledged the warning within {within}",
    "预警在{within}内无人确认",
    "預警在{within}內無人確認",
)


def say_unit(unit: str) -> str:
    """The unit as people write it."""
    return _UNITS.get(unit, unit)


def say_value(item: Indicator, value: float | None) -> str:
    """A value with the indicator's decimals, without the unit."""
    return "–" if value is None else f"{value:.{item.decimals}f}"


def say_duration(seconds: float | None) -> Text:
    """A lead time or dwell in whole minutes."""
    if seconds is None:
        return _SOON
    minutes = max(0, round(seconds / 60))
    if minutes < 60:
        return _MINUTES.fill(minutes=minutes)
    return _HOURS.fill(hours=minutes // 60, minutes=minutes % 60)


def fill(text: Text, **places: Text | str) -> Text:
    """``text`` with its places filled, each language with its own words."""
    made = [
        text.say(language).format(**{key: Text.of(value).say(language) for key, value in places.items()})
        for language in LANGUAGES
    ]
    return Text(*made)


def with_unit(item: Indicator, value: float | None) -> str:
    """A value with its unit."""
    return f"{say_value(item, value)} {say_unit(item.unit)}".strip()


def level_reason(
    item: Indicator, area_name: Text, vital: Vital, level: Level, previous: Level, inputs: Mapping[str, Any]
) -> Reason:
    """Why a level rose or fell: the rule is the indicator's threshold that decided."""
    levels = item.levels
    rising = level > previous
    decisive = levels.threshold(level if rising else previous) if levels else None
    bound = None if decisive is None else decisive.at if rising else decisive.clear
    facts = {
        "indicator": item.id,
        "value": vital.value,
        "unit": item.unit,
        "threshold": bound,
        "level": level.word,
        "previous": previous.word,
        "window_s": item.window.total_seconds(),
        "status": vital.status.value,
        "coverage": vital.coverage,
        **inputs,
    }
    rule = f"indicator:{item.scenario}/{item.id}#{(level if rising else previous).word}"
    if not rising and vital.value is None:
        return Reason(rule, _NO_DATA, facts)
    text = fill(
        _REACHED if rising else _FALLEN,
        name=item.name,
        area=area_name,
        value=with_unit(item, vital.value),
        level=LEVEL_WORDS[level],
        threshold=with_unit(item, bound),
        keep=say_duration(levels.keep.total_seconds() if levels else 0),
    )
    return Reason(rule, text, facts)


def late_reason(item: Indicator, was: Level, now: Level, inputs: Mapping[str, Any]) -> Reason:
    """Why a warning is corrected."""
    text = fill(_LATE, was=LEVEL_WORDS[was], now=LEVEL_WORDS[now])
    return Reason(
        f"indicator:{item.scenario}/{item.id}#late",
        text,
        {"indicator": item.id, "was": was.word, "now": now.word, **inputs},
    )


def unanswered_reason(item: Indicator, seconds: float) -> Reason:
    """Why a warning is escalated."""
    return Reason(
        f"indicator:{item.scenario}/{item.id}#acknowledge_within",
        fill(_UNANSWERED, within=say_duration(seconds)),
        {"indicator": item.id, "within_s": seconds},
    )
