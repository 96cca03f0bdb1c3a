"""JSON Schemas of what goes over the wire, for the OpenAPI document (clauses 5.2 and 4.5)."""

from __future__ import annotations

from typing import Any


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/NgsiLd{name}"}


_URI: dict[str, Any] = {"type": "string", "format": "uri", "description": "a URI"}
_TIME: dict[str, Any] = {"type": "string", "description": "ISO 8601, UTC, with Z"}
_NAMES: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_CONTEXT = {"description": "a JSON-LD context: a URL, an object, or an array of these"}
_ATTRIBUTE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {
            "type": "string",
            "enum": [
                "Property",
                "Relationship",
                "GeoProperty",
                "LanguageProperty",
                "VocabProperty",
                "ListProperty",
                "ListRelationship",
                "JsonProperty",
            ],
        },
        "value": {},
        "object": {},
        "languageMap": {},
        "vocab": {},
        "valueList": {},
        "objectList": {},
        "json": {},
        "observedAt": _TIME,
        "unitCode": {"type": "string"},
        "datasetId": {"type": "string"},
        "createdAt": _TIME,
        "modifiedAt": _TIME,
    },
    "additionalProperties": True,
}
_ENTITY: dict[str, Any] = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {"id": _URI, "type": _NAMES, "scope": _NAMES, "@context": _CONTEXT},
    "additionalProperties": {
        "description": "an attribute: an object, an array of instances, or a plain value"
    },
}

_SCHEMAS: dict[str, dict[str, Any]] = {
    "Any": {},
    "Attribute": _ATTRIBUTE,
    "Entity": _ENTITY,
    "EntityFragment": {
        "type": "object",
        "properties": {"id": _URI, "type": _NAMES, "scope": {}, "@context": _CONTEXT},
        "additionalProperties": True,
    },
    "EntityTemporal": {
        "type": "object",
        "required": ["id", "type"],
        "properties": {"id": _URI, "type": _NAMES, "@context": _CONTEXT},
        "additionalProperties": {"description": "an array of instances, or its aggregated values"},
    },
    "Found": {
        "anyOf": [
            {"type": "array", "items": {"type": "object"}},
            {"type": "object", "description": "a GeoJSON FeatureCollection"},
        ]
    },
    "Ids": {"type": "array", "items": {"type": "string"}},
    "ProblemDetails": {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "where": {"type": "string"},
            "remedy": {"type": "string"},
        },
    },
    "UpdateResult": {
        "type": "object",
        "required": ["updated", "notUpdated"],
        "properties": {
            "updated": {"type": "array", "items": {"type": "string"}},
            "notUpdated": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["attributeName", "reason"],
                    "properties": {"attributeName": {"type": "string"}, "reason": {"type": "string"}},
                },
            },
        },
    },
    "BatchOperationResult": {
        "type": "object",
        "required": ["success", "errors"],
        "properties": {
            "success": {"type": "array", "items": {"type": "string"}},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["entityId", "error"],
                    "properties": {"entityId": {"type": "string"}, "error": _ref("ProblemDetails")},
                },
            },
        },
    },
    "Query": {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"const": "Query"},
            "entities": {"type": "array", "items": {"type": "object"}},
            "attrs": {"type": "array", "items": {"type": "string"}},
            "q": {"type": "string"},
            "csf": {"type": "string"},
            "geoQ": {"type": "object"},
            "scopeQ": {"type": "string"},
            "temporalQ": {"type": "object"},
            "lang": {"type": "string"},
            "@context": _CONTEXT,
        },
    },
    "EntityTypeList": {
        "type": "object",
        "required": ["id", "type", "typeList"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": "EntityTypeList"},
            "typeList": {"type": "array", "items": {"type": "string"}},
        },
    },
    "EntityType": {
        "type": "object",
        "required": ["id", "type", "typeName", "attributeNames"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": "EntityType"},
            "typeName": {"type": "string"},
            "attributeNames": {"type": "array", "items": {"type": "string"}},
        },
    },
    "EntityTypeInfo": {
        "type": "object",
        "required": ["id", "type", "typeName", "entityCount", "attributeDetails"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": "EntityTypeInfo"},
            "typeName": {"type": "string"},
            "entityCount": {"type": "integer"},
            "attributeDetails": {"type": "array", "items": _ref("AttributeInfo")},
        },
    },
    "AttributeList": {
        "type": "object",
        "required": ["id", "type", "attributeList"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": "AttributeList"},
            "attributeList": {"type": "array", "items": {"type": "string"}},
        },
    },
    "AttributeInfo": {
        "type": "object",
        "required": ["id", "type", "attributeName"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": "Attribute"},
            "attributeName": {"type": "string"},
            "attributeCount": {"type": "integer"},
            "typeNames": {"type": "array", "items": {"type": "string"}},
            "attributeTypes": {"type": "array", "items": {"type": "string"}},
        },
    },
    "ContextDocument": {
        "type": "object",
        "required": ["@context"],
        "properties": {"@context": {"type": ["object", "array", "string"]}},
    },
    "ContextDetails": {
        "type": "object",
        "required": ["URL", "localId", "kind", "createdAt"],
        "properties": {
            "URL": {"type": "string"},
            "localId": {"type": "string"},
            "kind": {"type": "string", "enum": ["Cached", "Hosted", "ImplicitlyCreated"]},
            "createdAt": _TIME,
            "lastUsage": _TIME,
            "numberOfHits": {"type": "integer"},
        },
    },
}
SCHEMAS = {f"NgsiLd{name}": schema for name, schema in _SCHEMAS.items()}
