"""Strict reading of foreign CAP messages: hostile XML is refused, every mistake is told with its line.

A signature is noticed but not verified: no maintained XML signature library is among the dependencies.
Whoever trusts a message must trust the way it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from chengshu.kernel.errors import Findings, Invalid, TooLarge
from chengshu.surfaces.cap.grammar import ALERT, NAMESPACE, SIGNATURES, Element, parse_time

MAX_BYTES = 1_000_000
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_HINTS = (f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation")
_POINT = re.compile(r"-?\d+(\.\d+)?,-?\d+(\.\d+)?", re.ASCII)
_UNSAFE = re.compile(r"[\s,<&]")


@dataclass(frozen=True, slots=True)
class CapArea:
    """Where: words, rings of (lat, lon), circles as (lat, lon, km), geocodes."""

    description: str
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CapInfo:
    """What, how bad and where, in one language."""

    language: str
    categories: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    responses: tuple[str, ...]
    effective: datetime | None
    onset: datetime | None
    expires: datetime | None
    sender_name: str
    headline: str
    description: str
    instruction: str
    parameters: tuple[tuple[str, str], ...]
    areas: tuple[CapArea, ...]


@dataclass(frozen=True, slots=True)
class CapAlert:
    """A message that fits the grammar and rules of CAP 1.2. ``signed``: a signature is there."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    kind: str
    scope: str
    references: tuple[str, ...]
    signed: bool
    infos: tuple[CapInfo, ...] = field(default_factory=tuple)


def parse(data: bytes) -> Any:
    """The root element. Raises :class:`TooLarge`, or :class:`Invalid` for broken XML and for any DOCTYPE."""
    if len(data) > MAX_BYTES:
        raise TooLarge(
            "cap-too-large", f"the message has {len(data):,} bytes; at most {MAX_BYTES:,} are read"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise Invalid(
            "xml-broken",
            f"this is not XML: {error}",
            where=f"line {line}",
            remedy="send one well-formed CAP 1.2 message",
        ) from None
    document: Any = root.getroottree()
    if document.docinfo.doctype:
        raise Invalid(
            "xml-doctype",
            "the message has a DOCTYPE, which CAP does not use",
            where="line 1",
            remedy="send it without DOCTYPE and entities",
        )
    return root


def schema_faults(data: bytes) -> Findings:
    """Where the message leaves the grammar of CAP 1.2. Raises what :func:`parse` raises."""
    findings = Findings()
    _walk(parse(data), ALERT, findings)
    return findings


def read_cap(data: bytes) -> CapAlert:
    """The message as plain types. Raises :class:`Invalid` with every mistake, or :class:`TooLarge`."""
    root = parse(data)
    findings = Findings()
    _walk(root, ALERT, findings)
    findings.raise_any()
    _rules(root, findings)
    findings.raise_any()
    return _alert(root)


# -- the grammar ---------------------------------------------------------------------------------------


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _local(node: Any) -> str:
    return str(etree.QName(node).localname)


def _where(node: Any) -> str:
    path = [_local(node), *(_local(item) for item in node.iterancestors())]
    return f"line {node.sourceline}: {'/'.join(reversed(path))}"


def _walk(node: Any, rule: Element, findings: Findings) -> None:
    if node.tag != _tag(rule.name):
        findings.add(
            "cap-element",
            f"here must stand <{rule.name}> of {NAMESPACE}, not <{node.tag}>",
            where=_where(node),
            remedy="send a CAP 1.2 message",
        )
        return
    for name in node.attrib:
        if name not in _HINTS:
            findings.add(
                "cap-attribute",
                f"<{rule.name}> has no attribute {name!r}",
                where=_where(node),
                remedy="remove it",
            )
    if rule.check is not None:
        _simple(node, rule, findings)
    else:
        _sequence(node, rule, findings)


def _simple(node: Any, rule: Element, findings: Findings) -> None:
    if len(node):
        findings.add(
            "cap-element", f"<{rule.name}> holds text only", where=_where(node[0]), remedy="remove it"
        )
    elif rule.check and (problem := rule.check(node.text or "")):
        findings.add("cap-value", f"{rule.name}: {problem}", where=_where(node), remedy="correct this value")


def _sequence(node: Any, rule: Element, findings: Findings) -> None:
    if any(text.strip() for text in (node.text or "", *(child.tail or "" for child in node))):
        findings.add(
            "cap-text",
            f"<{rule.name}> holds elements only, but there is text in it",
            where=_where(node),
            remedy="remove the text",
        )
    children = list(node)
    at = 0
    for part in rule.children:
        count = 0
        while at < len(children) and children[at].tag == _tag(part.name) and count < part.most:
            _walk(children[at], part, findings)
            at, count = at + 1, count + 1
        if count < part.least:
            findings.add(
                "cap-missing-element",
                f"<{rule.name}> has no <{part.name}> at its place",
                where=_where(node),
                remedy=f"add {part.name} in the order of the standard",
            )
            return
    if rule is ALERT:
        while at < len(children) and etree.QName(children[at]).namespace == SIGNATURES:
            at += 1
    if at < len(children):
        known = [part.name for part in rule.children]
        name = _local(children[at])
        why = "stands at the wrong place or too often" if name in known else "is not known here"
        findings.add(
            "cap-element",
            f"<{name}> in <{rule.name}> {why}",
            where=_where(children[at]),
            remedy="put the elements into the order of the standard",
        )


# -- the rules the schema cannot say (CAP 1.2, 3.2) ----------------------------------------------------


def _text(node: Any, name: str) -> str:
    return str(node.findtext(_tag(name)) or "")


def _rules(root: Any, findings: Findings) -> None:
    for name in ("identifier", "sender"):
        if not _text(root, name) or _UNSAFE.search(_text(root, name)):
            findings.add(
                "cap-rule",
                f"{name} is empty or has spaces, commas, < or &",
                where=_where(root),
                remedy="use an identifier without these characters",
            )
    kind, scope = _text(root, "msgType"), _text(root, "scope")
    if kind in ("Update", "Cancel", "Ack", "Error") and not _text(root, "references").strip():
        findings.add(
            "cap-rule",
            f"{kind} does not say which message it is about",
            where=_where(root),
            remedy="give references: sender,identifier,sent",
        )
    for reference in _text(root, "references").split():
        if len(reference.split(",")) != 3:
            findings.add(
                "cap-rule",
                f"reference «{reference}» is not sender,identifier,sent",
                where=_where(root),
                remedy="correct it",
            )
    if scope == "Restricted" and not _text(root, "restriction"):
        findings.add(
            "cap-rule", "scope Restricted needs restriction", where=_where(root), remedy="say the rule"
        )
    if scope == "Private" and not _text(root, "addresses"):
        findings.add(
            "cap-rule", "scope Private needs addresses", where=_where(root), remedy="name the recipients"
        )
    for node in root.iter(_tag("polygon")):
        _check_polygon(node, findings)
    for node in root.iter(_tag("circle")):
        _check_circle(node, findings)


def _check_polygon(node: Any, findings: Findings) -> None:
    points = (node.text or "").split()
    if len(points) < 4 or points[0] != points[-1]:
        findings.add(
            "cap-rule",
            "a polygon has at least four points, the last equal to the first",
            where=_where(node),
            remedy="close the ring",
        )
    for point in points:
        if not _POINT.fullmatch(point) or not _on_earth(*map(float, point.split(","))):
            findings.add(
                "cap-rule",
                f"«{point}» is no point: latitude,longitude (WGS-84)",
                where=_where(node),
                remedy="latitude comes first",
            )
            return


def _check_circle(node: Any, findings: Findings) -> None:
    centre, _, radius = (node.text or "").strip().partition(" ")
    good = _POINT.fullmatch(centre) and re.fullmatch(r"\d+(\.\d+)?", radius.strip(), re.ASCII)
    if not good or not _on_earth(*map(float, centre.split(","))):
        findings.add(
            "cap-rule",
            f"«{node.text}» is no circle: latitude,longitude radius in km",
            where=_where(node),
            remedy="correct it",
        )


def _on_earth(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180


# -- plain types ---------------------------------------------------------------------------------------


def _alert(root: Any) -> CapAlert:
    signed = any(etree.QName(node).namespace == SIGNATURES for node in root)
    return CapAlert(
        _text(root, "identifier"),
        _text(root, "sender"),
        parse_time(_text(root, "sent")),
        _text(root, "status"),
        _text(root, "msgType"),
        _text(root, "scope"),
        tuple(_text(root, "references").split()),
        signed,
        tuple(_info(node) for node in root.iterfind(_tag("info"))),
    )


def _info(node: Any) -> CapInfo:
    def times(name: str) -> datetime | None:
        text = _text(node, name)
        return parse_time(text) if text else None

    return CapInfo(
        _text(node, "language").strip() or "en-US",
        tuple(_all(node, "category")),
        _text(node, "event"),
        _text(node, "urgency"),
        _text(node, "severity"),
        _text(node, "certainty"),
        tuple(_all(node, "responseType")),
        times("effective"),
        times("onset"),
        times("expires"),
        _text(node, "senderName"),
        _text(node, "headline"),
        _text(node, "description"),
        _text(node, "instruction"),
        tuple(_pairs(node, "parameter")),
        tuple(_area(item) for item in node.iterfind(_tag("area"))),
    )


def _area(node: Any) -> CapArea:
    rings = tuple(
        tuple((float(lat), float(lon)) for lat, lon in (point.split(",") for point in ring.split()))
        for ring in _all(node, "polygon")
    )
    circles = []
    for text in _all(node, "circle"):
        centre, _, radius = text.strip().partition(" ")
        lat, lon = centre.split(",")
        circles.append((float(lat), float(lon), float(radius)))
    return CapArea(_text(node, "areaDesc"), rings, tuple(circles), tuple(_pairs(node, "geocode")))


def _all(node: Any, name: str) -> Iterator[str]:
    return (str(item.text or "") for item in node.iterfind(_tag(name)))


def _pairs(node: Any, name: str) -> Iterator[tuple[str, str]]:
    return ((_text(item, "valueName"), _text(item, "value")) for item in node.iterfind(_tag(name)))
