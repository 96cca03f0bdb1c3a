"""Write a drill's report as JSON (the figures) and HTML (the same, to read), and compare two of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from chengshu.app.drill.chart import Line, line_chart
from chengshu.foundation.declared import read_document
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import LANGUAGES, Text

HOME = Path(__file__).parent
NAMES = (("en", "English"), ("zh-Hans", "简体中文"), ("zh-Hant", "繁體中文"))
FIGURES = (
    "hits",
    "misses",
    "false_alarms",
    "pod",
    "far",
    "csi",
    "median_lead_time_s",
    "signal_to_accepted_s",
    "time_to_close_s",
    "flood_volume_m3.with",
    "flood_volume_m3.without",
    "avoided_share",
    "flooded_nodes.with",
    "flooded_nodes.without",
    "travel.length_m",
    "travel.travel_s",
    "work_orders.total",
    "work_orders.escalations",
)


def seal(report: dict[str, Any]) -> dict[str, Any]:
    """The report with ``result_hash``: SHA-256 over everything else in it."""
    bare = {key: value for key, value in report.items() if key != "result_hash"}
    text = json.dumps(bare, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return bare | {"result_hash": hashlib.sha256(text.encode()).hexdigest()}


def write_report(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write report.json and report.html (with its two translations) into ``folder``; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / "report.json"]
    made[0].write_text(json.dumps(report, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
    for language in LANGUAGES:
        path = folder / _file(language)
        path.write_text(render_report(report, language), "utf-8")
        made.append(path)
    return made


def render_report(report: Mapping[str, Any], language: str) -> str:
    """The HTML of a report in one language."""
    course = report["course"]
    hours = _say(language, "hours")
    rain = line_chart([Line("rain", course["rain"], "a")], "mm/h", hours, _say(language, "rain"))
    volume = line_chart(
        [Line("with", course["with"], "a"), Line("without", course["without"], "b", "6 4")],
        "m³",
        hours,
        _say(language, "volume"),
    )
    template = _environment(report["zone"], language).get_template("report.html")
    return template.render(report=report, rain_chart=rain, volume_chart=volume, course=_joined(course))


def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures of two reports side by side, with the change from ``a`` to ``b``."""
    rows = []
    for figure in FIGURES:
        left, right = _at(a, figure), _at(b, figure)
        change = right - left if left is not None and right is not None else None
        rows.append({"figure": figure, "a": left, "b": right, "change": change})
    return rows


def render_comparison(a: Mapping[str, Any], b: Mapping[str, Any], language: str = "en") -> str:
    """The HTML of two reports side by side."""
    template = _environment(a["zone"], language).get_template("compare.html")
    return template.render(a=a, b=b, rows=compare(a, b))


def read_report(path: Path) -> dict[str, Any]:
    """A report.json, or the one in a report's folder. Raises :class:`Invalid` when it is none."""
    document = read_document(path / "report.json" if path.is_dir() else path)
    if not isinstance(document.data, dict) or "flood_volume_m3" not in document.data:
        raise Invalid(
            "report-kind",
            "this is not the report of a drill",
            where=str(path),
            remedy="give a report.json or the folder that holds it",
        )
    return document.data


def _at(report: Mapping[str, Any], dotted: str) -> float | None:
    value: Any = report
    for step in dotted.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return None if value is None else float(value)


def _joined(course: Mapping[str, Any]) -> list[list[float]]:
    """Rows of seconds, rain, with, without, at the moments of the volume with actions."""
    rain = dict(map(tuple, course["rain"]))
    without = dict(map(tuple, course["without"]))
    return [
        [moment, rain.get(moment, 0.0), volume, without.get(moment, 0.0)] for moment, volume in course["with"]
    ]


def _file(language: str) -> str:
    return "report.html" if language == "en" else f"report.{language}.html"


@cache
def _strings() -> Mapping[str, Text]:
    return {key: Text.of(value) for key, value in read_document(HOME / "strings.yaml").data.items()}


def words(key: str) -> Text:
    """A text of the report's own strings."""
    return _strings().get(key, Text.of(key))


def _say(language: str, key: str) -> str:
    return words(key).say(language)


def _environment(zone: str, language: str) -> Environment:
    environment = Environment(loader=FileSystemLoader(HOME / "templates"), autoescape=True)
    environment.globals |= {
        "lang": language,
        "languages": NAMES,
        "t": partial(_say, language),
        "file": _file,
        "words": partial(_words, language),
        "clock": partial(_clock, ZoneInfo(zone)),
        "span": partial(_span, language),
        "number": _number,
        "share": _share,
        "level": partial(_level, language),
    }
    return environment


def _words(language: str, value: Any) -> str:
    return Text.of(value).say(language) if value else ""


def _clock(zone: ZoneInfo, value: str | None) -> str:
    return datetime.fromisoformat(value).astimezone(zone).strftime("%m-%d %H:%M") if value else "–"


def _span(language: str, seconds: float | None) -> str:
    """Seconds as h:mm:ss, the form every language reads; a negative one is called late."""
    if seconds is None:
        return "–"
    whole = round(abs(seconds))
    text = f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{text} {_say(language, 'late')}" if seconds < 0 else text


def _number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _level(language: str, word: str) -> Markup:
    return Markup('<span class="level {}">{}</span>').format(word, _say(language, word))
