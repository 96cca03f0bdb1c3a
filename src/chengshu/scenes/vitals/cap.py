"""Warnings as CAP 1.2 messages (OASIS CAP-v1.2): Alert, Update and Cancel in Chinese and English.

Severity by colour (GB practice): blue Minor, yellow Moderate, orange Severe, red Extreme. Urgency comes
from the lead time, certainty from the probability (CAP 1.2, 3.2.2). Messages are not signed: no maintained
XML signature library is among the project's dependencies, so whoever relays them must sign them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from lxml import etree

from chengshu.kernel.areas import Area
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text
from chengshu.scenes.vitals.model import Bulletin, Indicator, Warning, WarningStep
from chengshu.scenes.vitals.words import LEVEL_WORDS, fill, with_unit

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SEVERITY = {Level.BLUE: "Minor", Level.YELLOW: "Moderate", Level.ORANGE: "Severe", Level.RED: "Extreme"}
LANGUAGES = {"zh-CN": "zh-Hans", "zh-Hant": "zh-Hant", "en": "en"}  # of CAP → of the hub
_NSMAP: Any = {None: NAMESPACE}
_KINDS = {
    "warning.raised": "Alert",
    "warning.changed": "Update",
    "warning.corrected": "Update",
    "warning.cleared": "Cancel",
}
_CLEAR = Text("All clear: {event} in {area}", "解除：{area}{event}", "解除：{area}{event}")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues: ``sender`` as CAP wants it (no spaces, commas, < or &), its name, and the city's zone."""

    sender: str
    name: Text
    zone: tzinfo
    exercise: bool = False


def sent_time(moment: datetime, zone: tzinfo) -> str:
    """A time as CAP writes it: local, whole seconds, numeric offset, ``-00:00`` for UTC (CAP 1.2, 3.3.2)."""
    text = moment.astimezone(zone).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


def message_for(
    step: WarningStep, indicator: Indicator, area: Area, issuer: Issuer, earlier: Sequence[str]
) -> Bulletin | None:
    """The message that tells ``step``, or None for steps the public is not told (acknowledged, escalated).

    ``earlier``: the references of all messages of this warning so far.
    """
    kind = _KINDS.get(step.kind)
    if kind is None:
        return None
    if kind == "Alert" and earlier:
        kind = "Update"
    warning = step.state
    identifier, sent = f"{warning.id}.{step.number}", sent_time(step.at, issuer.zone)
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap=_NSMAP)
    _add(alert, "identifier", identifier)
    _add(alert, "sender", issuer.sender)
    _add(alert, "sent", sent)
    _add(alert, "status", "Exercise" if issuer.exercise else "Actual")
    _add(alert, "msgType", kind)
    _add(alert, "scope", "Public")
    if step.note:
        _add(alert, "note", step.note)
    if earlier:
        _add(alert, "references", " ".join(earlier))
    _add(alert, "incidents", warning.id)
    for tag, language in LANGUAGES.items():
        _info(alert, tag, language, step, indicator, area, issuer)
    xml = etree.tostring(alert, xml_declaration=True, encoding="UTF-8", pretty_print=True).decode()
    title = headline(warning, indicator, area)
    return Bulletin(identifier, warning.id, issuer.sender, sent, step.at, kind, title, xml)


def urgency(warning: Warning) -> str:
    """Immediate without lead time or below a quarter of an hour, Expected within the hour, Future later."""
    if not warning.open:
        return "Past"
    if warning.lead_time_s is None or warning.lead_time_s < 900:
        return "Immediate"
    return "Expected" if warning.lead_time_s <= 3600 else "Future"


def certainty(warning: Warning) -> str:
    """Observed when measured; Likely from 50 %, Possible above 10 %, else Unlikely when forecast."""
    if warning.probability is None:
        return "Observed"
    if warning.probability >= 0.5:
        return "Likely"
    return "Possible" if warning.probability > 0.1 else "Unlikely"


def _info(
    alert: Any, tag: str, language: str, step: WarningStep, indicator: Indicator, area: Area, issuer: Issuer
) -> None:
    warning, rule = step.state, indicator.warning
    if rule is None:
        return
    level = Level.parse(warning.level if warning.open else warning.previous)
    info = _add(alert, "info")
    _add(info, "language", tag)
    _add(info, "category", rule.category)
    _add(info, "event", rule.event.say(language))
    _add(info, "responseType", "Monitor" if warning.open else "AllClear")
    _add(info, "urgency", urgency(warning))
    _add(info, "severity", SEVERITY.get(level, "Unknown"))
    _add(info, "certainty", certainty(warning))
    if warning.open and warning.lead_time_s is not None:
        begins = warning.observed_at + timedelta(seconds=warning.lead_time_s)
        _add(info, "onset", sent_time(begins, issuer.zone))
    _add(info, "senderName", issuer.name.say(language))
    _add(info, "headline", headline(warning, indicator, area).say(language))
    _add(info, "description", Text.of(warning.reason["text"]).say(language))
    if rule.instruction.say(language) and warning.open:
        _add(info, "instruction", rule.instruction.say(language))
    for name, value in (
        ("level", warning.level),
        ("levelName", LEVEL_WORDS[level].say(language)),
        ("indicator", indicator.id),
        ("value", with_unit(indicator, warning.value)),
    ):
        parameter = _add(info, "parameter")
        _add(parameter, "valueName", f"chengshu:{name}")
        _add(parameter, "value", value)
    _area(info, area, language)


def headline(warning: Warning, indicator: Indicator, area: Area) -> Text:
    """What the message says in one line."""
    if warning.open or indicator.warning is None:
        return Text.of(warning.headline)
    return fill(_CLEAR, event=indicator.warning.event, area=area.name)


def _area(info: Any, area: Area, language: str) -> None:
    place = _add(info, "area")
    _add(place, "areaDesc", area.name.say(language) or area.id)
    for ring in polygons(area.shape):
        _add(place, "polygon", ring)
    geocode = _add(place, "geocode")
    _add(geocode, "valueName", "chengshu:area")
    _add(geocode, "value", area.id)


def polygons(shape: Any) -> Iterator[str]:
    """The outer rings of a (multi)polygon as CAP writes them: ``lat,lon lat,lon …``, closed (WGS-84)."""
    if shape is None or shape.is_empty:
        return
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Polygon":
            yield " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat, *_ in part.exterior.coords)


def _add(parent: Any, name: str, text: str | None = None) -> Any:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        child.text = text
    return child
