"""Contracts and CSV on the Web: the metadata of a table as a contract, and a contract's table as metadata.

Source: W3C Metadata Vocabulary for Tabular Data (2015). What CSVW cannot say (thresholds, service levels)
stays behind on export and is absent on import.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chengshu.kernel.errors import Invalid
from chengshu.resources.contracts.model import Element, Promised

CONTEXT = "http://www.w3.org/ns/csvw"
_BASES = {
    "string": "string",
    "date": "date",
    "timestamp": "datetime",
    "time": "time",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
}
_LOGICAL = {
    **dict.fromkeys(("integer", "int", "long", "short", "byte", "nonNegativeInteger"), "integer"),
    **dict.fromkeys(("positiveInteger", "negativeInteger", "nonPositiveInteger"), "integer"),
    **dict.fromkeys(("unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"), "integer"),
    **dict.fromkeys(("number", "decimal", "double", "float"), "number"),
    **dict.fromkeys(("datetime", "dateTime", "dateTimeStamp"), "timestamp"),
    **{name: name for name in ("date", "time", "boolean")},
}
_BOUNDS = {
    "minimum": "minimum",
    "minInclusive": "minimum",
    "maximum": "maximum",
    "maxInclusive": "maximum",
    "minExclusive": "exclusiveMinimum",
    "maxExclusive": "exclusiveMaximum",
    "minLength": "minLength",
    "maxLength": "maxLength",
}


def is_csvw(data: Any) -> bool:
    """Whether a document says it is metadata of CSV on the Web."""
    told = data.get("@context") if isinstance(data, dict) else None
    return CONTEXT in (told if isinstance(told, list) else [told])


def as_odcs(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The metadata of a table or table group as an ODCS document. Raises :class:`Invalid`."""
    tables = data.get("tables") or [data]
    if not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
        raise Invalid(
            "csvw-tables", "tables is no list of tables", where=name, remedy="see the W3C vocabulary"
        )
    return {
        "apiVersion": "v3.0.2",
        "kind": "DataContract",
        "id": str(data.get("@id") or data.get("url") or name),
        "version": "1.0.0",
        "status": "draft",
        "name": _words(data.get("dc:title")) or name,
        "schema": [_object(item, name) for item in tables],
    }


def _object(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    url, schema = str(table.get("url") or name), table.get("tableSchema") or {}
    if not isinstance(schema, dict) or not isinstance(schema.get("columns", []), list):
        raise Invalid(
            "csvw-schema",
            "tableSchema is not in the file",
            where=name,
            remedy="write the schema into the file",
        )
    keys = schema.get("primaryKey") or []
    keys = [keys] if isinstance(keys, str) else list(keys)
    stem = url.rpartition("/")[2].rpartition(".")[0] or url
    columns = [item for item in schema.get("columns", []) if not item.get("virtual")]
    return {
        "name": stem,
        "physicalName": url,
        "properties": [_property(item, keys, at) for at, item in enumerate(columns, 1)],
    }


def _property(column: Mapping[str, Any], keys: list[str], at: int) -> dict[str, Any]:
    titles = column.get("titles")
    name = str(column.get("name") or _words(titles) or f"column {at}")
    found: dict[str, Any] = {"name": name}
    if header := _words(titles):
        found["physicalName"] = header
    if column.get("required"):
        found["required"] = True
    if name in keys:
        found |= {"primaryKey": True, "primaryKeyPosition": keys.index(name) + 1}
    if text := _words(column.get("dc:description")):
        found["description"] = text
    kind = column.get("datatype") or "string"
    kind = {"base": kind} if isinstance(kind, str) else dict(kind)
    logical = _LOGICAL.get(str(kind.get("base", "string")), "string")
    options = {_BOUNDS[key]: value for key, value in kind.items() if key in _BOUNDS}
    if logical == "string" and isinstance(kind.get("format"), str):
        options["pattern"] = kind["format"]
    found["logicalType"] = logical
    return found | ({"logicalTypeOptions": options} if options else {})


def _words(value: Any) -> str:
    """The first text of a natural-language property."""
    while isinstance(value, dict | list):
        value = next(iter(value.values() if isinstance(value, dict) else value), "")
    return str(value) if value else ""


def as_csvw(table: Promised, url: str) -> dict[str, Any]:
    """A table of a contract as metadata of the CSV file at ``url``."""
    names = {item.column: _name(item) for item in table.elements}
    schema: dict[str, Any] = {"columns": [_column(item, names[item.column]) for item in table.elements]}
    if key := table.key():
        schema["primaryKey"] = [names[column] for column in key]
    return {"@context": CONTEXT, "url": url, "dc:title": table.name, "tableSchema": schema}


def _name(element: Element) -> str:
    """A column name as URI templates allow it."""
    return quote(element.name, safe="").replace("-", "%2D").replace(".", "%2E").replace("~", "%7E")


def _column(element: Element, name: str) -> dict[str, Any]:
    kind: dict[str, Any] = {"base": _BASES.get(element.logical_type, "string")}
    for key in ("minimum", "maximum", "minLength", "maxLength"):
        if key in element.options:
            kind[key] = element.options[key]
    for ours, theirs in (("exclusiveMinimum", "minExclusive"), ("exclusiveMaximum", "maxExclusive")):
        if ours in element.options:
            kind[theirs] = element.options[ours]
    if kind["base"] == "string" and "pattern" in element.options:
        kind["format"] = element.options["pattern"]
    found: dict[str, Any] = {
        "name": name,
        "titles": element.column,
        "datatype": kind if len(kind) > 1 else kind["base"],
    }
    if element.required or element.key:
        found["required"] = True
    if element.description:
        found["dc:description"] = element.description
    return found
