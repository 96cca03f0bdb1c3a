"""The operations as paths of an OpenAPI 3.1 document, to be merged into that of the application."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chengshu.surfaces.ngsi_ld.media import JSON, PROBLEM
from chengshu.surfaces.ngsi_ld.operation import PREFIX, Operation, Param
from chengshu.surfaces.ngsi_ld.preference import rewrites
from chengshu.surfaces.ngsi_ld.schemas import SCHEMAS

_VALUE = re.compile(r"\{(\w+)\}")
_PROBLEMS = {
    400: "the request breaks a rule: BadRequestData, or cannot be read: InvalidRequest",
    401: "nobody is signed in",
    403: "not allowed, or more than one request may ask for",
    404: "the element or the tenant does not exist",
    413: "the request is larger than what is accepted at once",
    503: "a JSON-LD context or a part of the hub is not available",
}
_HEADERS = (
    (
        "NGSILD-Tenant",
        "the tenant; the default one when it is not given",
        {"type": "string", "maxLength": 128},
    ),
    (
        "Link",
        "the JSON-LD context of names in the query and of bodies in application/json",
        {"type": "string"},
    ),
)
_NAMES = {
    "entityId": "the URI of the entity",
    "attrId": "the name of the attribute: a term, a compact IRI or an IRI",
    "instanceId": "the URI of the attribute's instance",
    "type": "the name of the entity type: a term, a compact IRI or an IRI",
    "contextId": "the local id or the URL of the context",
}


def openapi(operations: Iterable[Operation]) -> dict[str, Any]:
    """``paths`` and ``components`` of the operations."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = f"{PREFIX}/{operation.path}"
        paths.setdefault(path, {})[operation.method.lower()] = _describe(operation)
    return {"paths": paths, "components": {"schemas": dict(SCHEMAS)}}


def _describe(operation: Operation) -> dict[str, Any]:
    values = _VALUE.findall(operation.path)
    described: dict[str, Any] = {
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.summary} (ETSI GS CIM 009 V1.8.1, clause {operation.clause}).",
        "operationId": _id(operation),
        "parameters": [
            *(_in_path(name) for name in values),
            *(_in_query(param) for param in operation.params),
            *({"name": n, "in": "header", "description": w, "schema": s} for n, w, s in _HEADERS),
        ],
        "responses": _responses(operation),
    }
    if operation.reads:
        schema = _schema(operation.body)
        described["requestBody"] = {
            "required": not operation.empty_body,
            "content": {media: {"schema": schema} for media in operation.reads},
        }
    return described


def _id(operation: Operation) -> str:
    words = re.sub(r"\W+", " ", operation.path).split()
    return "-".join([operation.method.lower(), *words])


def _in_path(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _NAMES.get(name, "its id"),
        "schema": {"type": "string", "minLength": 1},
    }


def _in_query(param: Param) -> dict[str, Any]:
    return {
        "name": param.name,
        "in": "query",
        "required": param.required,
        "description": param.what,
        "schema": dict(param.schema),
    }


def _responses(operation: Operation) -> dict[str, Any]:
    problems = dict(_PROBLEMS)
    if operation.gives:
        problems[406] = "none of the formats asked for is given"
    if operation.reads:
        problems[415] = "the body's format is not read"
    problems |= {code: text for code, text in operation.answers.items() if code >= 400}
    found: dict[str, Any] = {}
    for code, text in operation.answers.items():
        if code < 400:
            found[str(code)] = {"description": text} | _content(operation, code)
    if "200" in found and rewrites(operation):
        found["203"] = found["200"] | {"description": "found, in the earlier version that Prefer names"}
    for code in sorted(problems):
        found[str(code)] = {
            "description": problems[code],
            "content": {media: {"schema": _schema("ProblemDetails")} for media in (PROBLEM, JSON)},
        }
    return found


def _content(operation: Operation, code: int) -> dict[str, Any]:
    result = operation.results.get(code, operation.result)
    if code == 204 or not result:
        return {}
    return {"content": {media: {"schema": _schema(result)} for media in operation.gives or (JSON,)}}


def _schema(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, str):
        return dict(schema)
    reference = {"$ref": f"#/components/schemas/NgsiLd{schema.removesuffix('[]')}"}
    return {"type": "array", "items": reference} if schema.endswith("[]") else reference
