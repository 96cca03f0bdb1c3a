"""How common mistakes in attributes are mended: what other platforms write, and slips of the pen.

Each rule takes an attribute that NGSI-LD refuses and gives what was wrong with what to write instead, or None
when it has nothing to say. Sources: NGSI v2 (types of values, metadata), the examples of Smart Data Models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.members import KIND_BY_MEMBER, VALUE_MEMBERS, VALUE_OF
from chengshu.foundation.broker.model import NULL

Object = dict[str, Any]
MEMBERS = VALUE_MEMBERS | {
    "type",
    "observedAt",
    "unitCode",
    "datasetId",
    "objectType",
    "expiresAt",
    "metadata",
}
_BY_LOWER = {name.lower(): name for name in MEMBERS}
_GEO_TYPES = frozenset({"geo:json", "geo:point", "geojson", "location"})
_TIME_NAMES = frozenset({"timeinstant", "timestamp", "dateobserved", "observedat", "dateModified".lower()})
_UNIT_NAMES = frozenset({"unit", "unitcode", "uom"})


class Mend(NamedTuple):
    """What was wrong, how it was mended, and the attribute after that; ``said`` None leaves it out."""

    code: str
    detail: str
    remedy: str
    said: Any
    where: str = ""


def is_geometry_kind(named: Any) -> bool:
    """Whether a type is that of a GeoJSON geometry."""
    return isinstance(named, str) and (named in checks.GEOMETRIES or named == "GeometryCollection")


Rule = Callable[[Object], Mend | None]


def spelling(said: Object) -> Mend | None:
    """Members in the wrong case, such as ``Object``."""
    for name in said:
        right = _BY_LOWER.get(name.strip().lower())
        if right and right != name and right not in said:
            renamed = {right if key == name else key: value for key, value in said.items()}
            return Mend(
                "spelling", f"'{name}' is not a member of attributes", f"write '{right}'", renamed, name
            )
    return None


def value_type(said: Object) -> Mend | None:
    """The type of the value in the place of the type of the attribute (NGSI v2)."""
    named = said.get("type")
    if named is None or is_geometry_kind(named) or (isinstance(named, str) and named in VALUE_OF):
        return None
    rest = {name: value for name, value in said.items() if name != "type"}
    kind = next((KIND_BY_MEMBER[member] for member in KIND_BY_MEMBER if member in said), "Property")
    if isinstance(named, str) and named.lower() in _GEO_TYPES:
        kind = "GeoProperty"
        rest["value"] = _point(rest.get("value"))
    elif VALUE_MEMBERS.isdisjoint(said):
        whole = {"type": "Property", "value": said}
        return Mend(
            "attribute-type", "the object is a value, not an attribute", "wrap it in a Property", whole
        )
    return Mend(
        "attribute-type",
        f"{checks.shown(named)} is not a type of attribute",
        f"write {kind}; the type of the value shows in the value",
        {"type": kind} | rest,
        "type",
    )


def _point(value: Any) -> Any:
    """``"lat, lon"`` of NGSI v2 as a point; anything else as it is."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", value)
        if found:
            return {"type": "Point", "coordinates": [float(found[2]), float(found[1])]}
    return value


def metadata(said: Object) -> Mend | None:
    """The metadata object of NGSI v2, as unit, time and attributes of the attribute."""
    inner = said.get("metadata")
    if not isinstance(inner, dict) or ("type" in inner and "value" in inner):
        return None
    rest = {name: value for name, value in said.items() if name != "metadata"}
    for name, item in inner.items():
        value = item.get("value") if isinstance(item, dict) else item
        if name.lower() in _TIME_NAMES and isinstance(value, str):
            rest.setdefault("observedAt", value)
        elif name.lower() in _UNIT_NAMES and isinstance(value, str):
            rest.setdefault("unitCode", value)
        else:
            rest.setdefault(name, {"type": "Property", "value": value})
    return Mend(
        "metadata", "metadata is of NGSI v2", "write it as members of the attribute", rest, "metadata"
    )


def untyped(said: Object) -> Mend | None:
    """An object that does not say it is an attribute."""
    if "type" in said or not VALUE_MEMBERS.isdisjoint(said):
        return None
    return Mend(
        "attribute-type", "the object is a value, not an attribute", "wrap it in a Property",
        {"type": "Property", "value": said},
    )  # fmt: skip


def relationship(said: Object) -> Mend | None:
    """A Relationship that leads nowhere, or a value in the place of its object."""
    if said.get("type") != "Relationship":
        return None
    if "object" not in said:
        if "value" not in said:
            return None
        rest = {name: value for name, value in said.items() if name != "value"} | {"object": said["value"]}
        return Mend(
            "relationship", "a Relationship has an object, not a value", "write object", rest, "value"
        )
    targets = said["object"] if isinstance(said["object"], list) else [said["object"]]
    if targets and all(_is_uri(item) for item in targets):
        return None
    rest = {name: value for name, value in said.items() if name not in {"object", "objectType"}}
    rest |= {"type": "Property", "value": said["object"]}
    detail = f"{checks.shown(said['object'])} is not the URI of an entity"
    return Mend("relationship", detail, "write a Property, or the URI of an entity", rest, "object")


def _is_uri(value: Any) -> bool:
    try:
        checks.uri(value, "")
    except BadRequestData:
        return False
    return bool(value != NULL)


def misplaced_object(said: Object) -> Mend | None:
    """A Property with an object, or another value member than its type has."""
    kind = said.get("type")
    member = VALUE_OF.get(kind) if isinstance(kind, str) else None  # type: ignore[call-overload]
    others = [name for name in VALUE_MEMBERS if name in said and name != member]
    if member is None or not others:
        return None
    if member in said:
        rest = {name: value for name, value in said.items() if name not in others}
        return Mend("member", f"a {kind} has no '{others[0]}'", "leave it out", rest, others[0])
    right = KIND_BY_MEMBER.get(others[0], "Property")
    detail = f"a {kind} needs '{member}', and has '{others[0]}'"
    return Mend("attribute-type", detail, f"write {right}", said | {"type": right}, "type")


def times(said: Object) -> Mend | None:
    """Times that are not UTC with ``Z``, or wrapped as typed values."""
    for name in ("observedAt", "expiresAt"):
        if name not in said:
            continue
        value = said[name]
        mended = mended_time(value)
        if mended == value:
            continue
        rest = {key: item for key, item in said.items() if key != name}
        if mended is None:
            return Mend("time", f"{checks.shown(value)} is not a time", "write UTC with Z", rest, name)
        detail = f"{checks.shown(value)} is not a time in UTC"
        return Mend("time", detail, f"write {mended}", rest | {name: mended}, name)
    return None


def mended_time(said: Any) -> str | None:
    """A time as NGSI-LD wants it, if one can be read from ``said``; without a zone it is taken as UTC."""
    value = said.get("@value", said.get("value")) if isinstance(said, dict) else said
    if not isinstance(value, str):
        return None
    try:
        return checks.time(value, "")
    except BadRequestData:
        pass
    plain = re.sub(r"T+", "T", value.strip().replace(" ", "T", 1))
    try:
        moment = datetime.fromisoformat(plain)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return checks.time(moment.isoformat().replace("+00:00", "Z"), "")


def unit(said: Object) -> Mend | None:
    """A unit that is no text, or of what has no unit."""
    if "unitCode" not in said:
        return None
    value, rest = said["unitCode"], {name: item for name, item in said.items() if name != "unitCode"}
    others = KIND_BY_MEMBER.keys() - {"valueList"}
    if said.get("type", "Property") not in ("Property", "ListProperty") or others & said.keys():
        return Mend("unit", "only a Property has a unit", "leave it out", rest, "unitCode")
    if isinstance(value, str) and value:
        return None
    detail = f"{checks.shown(value)} is not a unit code"
    if isinstance(value, dict) and isinstance(value.get("value"), str) and value["value"]:
        return Mend("unit", detail, "write the code itself", rest | {"unitCode": value["value"]}, "unitCode")
    return Mend("unit", detail, "write a UN/CEFACT common code such as CEL", rest, "unitCode")


def dataset(said: Object) -> Mend | None:
    """A datasetId that is no URI."""
    value = said.get("datasetId")
    if value is None or value == "@none" or _is_uri(value):
        return None
    rest = {name: item for name, item in said.items() if name != "datasetId"}
    if isinstance(value, str | int) and (word := re.sub(r"[^\w.\-]+", "-", str(value)).strip("-")):
        rest["datasetId"] = f"urn:ngsi-ld:Dataset:{word}"
    return Mend("dataset", f"{checks.shown(value)} is not a URI", "write a URI", rest, "datasetId")


def nulls(said: Object) -> Mend | None:
    """Null in values: what is not known is left out."""
    for name in ("value", "valueList"):
        if name in said:
            cleaned = _without_nulls(said[name], checks.DEEPEST)
            if cleaned != said[name]:
                rest = {key: item for key, item in said.items() if key != name}
                mended = rest if cleaned is None else rest | {name: cleaned}
                return Mend("null", "null is not a value", "leave out what is not known", mended, name)
    return None


def _without_nulls(value: Any, depth: int) -> Any:
    if depth == 0 or value == NULL:
        return None
    if isinstance(value, dict):
        found = {name: _without_nulls(item, depth - 1) for name, item in value.items()}
        return {name: item for name, item in found.items() if item is not None}
    if isinstance(value, list):
        return [item for item in (_without_nulls(part, depth - 1) for part in value) if item is not None]
    return value


def geometry(said: Object) -> Mend | None:
    """Geometries with latitude first, or rings left open."""
    bare = is_geometry_kind(said.get("type"))
    value = said if bare else said.get("value")
    if not isinstance(value, dict) or (not bare and said.get("type") != "GeoProperty"):
        return None
    for detail, remedy, change in _CHANGES:
        mended = value | {"coordinates": change(value.get("coordinates"))}
        if mended != value and _is_geometry(mended):
            return Mend(
                "geometry", detail, remedy, mended if bare else said | {"value": mended}, "coordinates"
            )
    return None


def _is_geometry(value: Any) -> bool:
    try:
        checks.geometry(value, "")
    except (BadRequestData, RecursionError):
        return False
    return True


def _swapped(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if len(value) >= 2 and all(type(item) in {int, float} for item in value):
        return [value[1], value[0], *value[2:]]
    return [_swapped(item) for item in value]


def _closed(value: Any) -> Any:
    """Rings, wherever they are in the nesting, ended with their first position."""
    if not isinstance(value, list) or not value or not isinstance(value[0], list) or not value[0]:
        return value
    if not isinstance(value[0][0], list):
        return value if value[0] == value[-1] else [*value, value[0]]
    return [_closed(item) for item in value]


_CHANGES: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("a position is not on the Earth", "write the longitude first", _swapped),
    ("a ring is not closed", "end it with its first position", _closed),
)
RULES: tuple[Rule, ...] = (
    spelling,
    metadata,
    value_type,
    untyped,
    relationship,
    misplaced_object,
    times,
    unit,
    dataset,
    nulls,
    geometry,
)
