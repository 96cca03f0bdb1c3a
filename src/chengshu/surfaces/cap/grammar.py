"""The grammar of a CAP 1.2 message (OASIS CAP-v1.2, section 3.4), as tables the reader walks through."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SIGNATURES = "http://www.w3.org/2000/09/xmldsig#"
MANY = 1_000_000

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*:|[^:/?#]*(?=[/?#]|$))[^#]*(#[^#]*)?")  # RFC 3986, 4.1
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)

Check = Callable[[str], str]  # the problem in words, or nothing


@dataclass(frozen=True, slots=True)
class Element:
    """One element: how often it stands at its place, and its content (a check of the text, or children)."""

    name: str
    least: int = 1
    most: int = 1
    check: Check | None = None
    children: tuple[Element, ...] = ()


def parse_time(text: str) -> datetime:
    """A CAP time such as ``2026-07-01T14:20:00+08:00``. Raises ValueError.

    Hour 24 (the end of the day) is allowed by XML Schema; ``-00:00`` says UTC (CAP 1.2, 3.3.2).
    """
    text = text.strip()
    if not _TIME.fullmatch(text):
        raise ValueError("no time of the form 2026-07-01T14:20:00+08:00")
    if text[11:19] == "24:00:00":
        return parse_time(text[:11] + "00" + text[13:]) + timedelta(days=1)
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset()
    if offset is None or abs(offset) > timedelta(hours=14):
        raise ValueError("the offset is beyond 14 hours")
    return moment


def _time(text: str) -> str:
    try:
        parse_time(text)
    except ValueError as error:
        return f"«{text}»: {error}"
    return ""


def _any(_text: str) -> str:
    return ""


def _form(pattern: re.Pattern[str], what: str) -> Check:
    return lambda text: "" if pattern.fullmatch(text.strip()) else f"«{text}» is no {what}"


def _one_of(*words: str) -> Check:
    return lambda text: "" if text in words else f"«{text}» is not one of {', '.join(words)}"


def _optional(name: str, most: int = 1, check: Check = _any, children: tuple[Element, ...] = ()) -> Element:
    return Element(name, 0, most, None if children else check, children)


def _needed(name: str, check: Check = _any, most: int = 1) -> Element:
    return Element(name, 1, most, check)


_PAIR = (_needed("valueName"), _needed("value"))
_RESOURCE = (
    _needed("resourceDesc"),
    _needed("mimeType"),
    _optional("size", check=_form(_INTEGER, "whole number")),
    _optional("uri", check=_form(_URI, "URI")),
    _optional("derefUri"),
    _optional("digest"),
)
_AREA = (
    _needed("areaDesc"),
    _optional("polygon", MANY),
    _optional("circle", MANY),
    _optional("geocode", MANY, children=_PAIR),
    _optional("altitude", check=_form(_DECIMAL, "decimal number")),
    _optional("ceiling", check=_form(_DECIMAL, "decimal number")),
)
_INFO = (
    _optional("language", check=_form(_LANGUAGE, "language tag")),
    _needed(
        "category",
        _one_of(
            "Geo",
            "Met",
            "Safety",
            "Security",
            "Rescue",
            "Fire",
            "Health",
            "Env",
            "Transport",
            "Infra",
            "CBRNE",
            "Other",
        ),
        MANY,
    ),
    _needed("event"),
    _optional(
        "responseType",
        MANY,
        _one_of(
            "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"
        ),
    ),
    _needed("urgency", _one_of("Immediate", "Expected", "Future", "Past", "Unknown")),
    _needed("severity", _one_of("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    _needed("certainty", _one_of("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
    _optional("audience"),
    _optional("eventCode", MANY, children=_PAIR),
    _optional("effective", check=_time),
    _optional("onset", check=_time),
    _optional("expires", check=_time),
    _optional("senderName"),
    _optional("headline"),
    _optional("description"),
    _optional("instruction"),
    _optional("web", check=_form(_URI, "URI")),
    _optional("contact"),
    _optional("parameter", MANY, children=_PAIR),
    _optional("resource", MANY, children=_RESOURCE),
    _optional("area", MANY, children=_AREA),
)
ALERT = Element(
    "alert",
    children=(
        _needed("identifier"),
        _needed("sender"),
        _needed("sent", _time),
        _needed("status", _one_of("Actual", "Exercise", "System", "Test", "Draft")),
        _needed("msgType", _one_of("Alert", "Update", "Cancel", "Ack", "Error")),
        _optional("source"),
        _needed("scope", _one_of("Public", "Restricted", "Private")),
        _optional("restriction"),
        _optional("addresses"),
        _optional("code", MANY),
        _optional("note"),
        _optional("references"),
        _optional("incidents"),
        _optional("info", MANY, children=_INFO),
    ),
)
