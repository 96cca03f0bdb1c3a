"""The parameters of the query string, each described once (clauses 6.3 and 6.4 to 6.31)."""

from __future__ import annotations

from typing import Any

from chengshu.surfaces.ngsi_ld.operation import Param

_LIST: dict[str, Any] = {"type": "string", "description": "names with commas between"}
_FLAG: dict[str, Any] = {"type": "string", "enum": ["true", "false"]}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}

OPTIONS = Param(
    "options", "what to do or how to write it: keyValues, concise, simplified, normalized, sysAttrs …", _LIST
)
FORMAT = Param(
    "format",
    "how attributes are written",
    {"type": "string", "enum": ["normalized", "concise", "simplified", "keyValues"]},
)
TEMPORAL_FORMAT = Param(
    "format",
    "how attributes are written",
    {"type": "string", "enum": ["normalized", "temporalValues", "aggregatedValues", "simplified", "concise"]},
)
LOCAL = Param("local", "ask or change this broker alone, no context source", _FLAG)
ID = Param("id", "URIs of entities, with commas between", _LIST)
ID_PATTERN = Param("idPattern", "a regular expression that the id must match")
TYPE = Param("type", "types of entities: A,B for any, (A;B) for all, | for any")
ATTRS = Param("attrs", "entities must have one of these attributes, and only these are given", _LIST)
PICK = Param("pick", "members and attributes to give, nothing else", _LIST)
OMIT = Param("omit", "members and attributes to leave out", _LIST)
Q = Param("q", "a condition on attributes, NGSI-LD query language (clause 4.9)")
CSF = Param("csf", "a condition on context sources (clause 4.9)")
GEOREL = Param("georel", "near;maxDistance==m, within, contains, overlaps, intersects, equals or disjoint")
GEOMETRY = Param(
    "geometry",
    "the type of the reference geometry",
    {
        "type": "string",
        "enum": ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"],
    },
)
COORDINATES = Param("coordinates", "the coordinates of the reference geometry, as GeoJSON writes them")
GEOPROPERTY = Param("geoproperty", "the GeoProperty that is compared; location when not given")
GEOMETRY_PROPERTY = Param("geometryProperty", "the GeoProperty that becomes the geometry of GeoJSON features")
SCOPE_Q = Param("scopeQ", "a condition on scopes (clause 4.19)")
LANG = Param("lang", "the language in which to give LanguageProperties")
DATASET = Param("datasetId", "ids of attribute instances, @none for the default one", _LIST)
DELETE_ALL = Param("deleteAll", "take away all instances of the attribute", _FLAG)
OBSERVED_AT = Param("observedAt", "the time given to what is merged without one")
LIMIT = Param("limit", "how many at most in a page", _COUNT)
OFFSET = Param("offset", "how many to pass over", _COUNT)
COUNT = Param("count", "count all of them in NGSILD-Results-Count", _FLAG)
DETAILS = Param("details", "tell more than the names", _FLAG)
JOIN = Param(
    "join",
    "give linked entities too: inside (inline) or beside (flat)",
    {"type": "string", "enum": ["inline", "flat", "@none"]},
)
JOIN_LEVEL = Param("joinLevel", "over how many links", {"type": "integer", "minimum": 1})
CONTAINED_BY = Param("containedBy", "entities already known, not to be given again", _LIST)
ORDER_BY = Param(
    "orderBy",
    "by what to order: attributes, each with ;asc or ;desc, places with ;dist-asc or ;dist-desc",
    _LIST,
)
COLLATION = Param(
    "collation", "the order of texts, as in und-u-ks-level2; -ks-level1 and -ks-level2 make case equal"
)
EXPAND_VALUES = Param("expandValues", "attributes whose values in q are terms to be expanded", _LIST)
JSON_KEYS = Param("jsonKeys", "attributes whose JSON members in q are not expanded", _LIST)
TIMEREL = Param("timerel", "how time relates", {"type": "string", "enum": ["before", "after", "between"]})
TIME_AT = Param("timeAt", "a time, ISO 8601 in UTC")
END_TIME_AT = Param("endTimeAt", "the end of between")
TIME_PROPERTY = Param(
    "timeproperty",
    "which time is meant",
    {"type": "string", "enum": ["observedAt", "createdAt", "modifiedAt", "deletedAt"]},
)
LAST_N = Param("lastN", "only the newest n instances of each attribute", {"type": "integer", "minimum": 1})
AGGR_METHODS = Param(
    "aggrMethods", "totalCount, distinctCount, sum, avg, min, max, stddev, sumsq; commas between", _LIST
)
AGGR_PERIOD = Param("aggrPeriodDuration", "the length of a period, ISO 8601; PT0S for all of it at once")
KEEP = Param("keep", "take all attributes away but these", _LIST)
DROP = Param("drop", "take only these attributes away", _LIST)
KIND = Param("kind", "of which kind", {"type": "string", "enum": ["Cached", "Hosted", "ImplicitlyCreated"]})
RELOAD = Param("reload", "fetch it again instead of only forgetting it", _FLAG)

ENTITY_MAP = Param("entityMap", "keep what is found as an entity map, for the pages that follow", _FLAG)
ENTITY_MAP_LIFETIME = Param("entityMapLifetime", "how long it is kept, ISO 8601; PT1H when not given")

SPLIT = Param("splitEntities", "whether an entity may lie at several sources, a part at each", _FLAG)
ORDER_FROM = Param("orderFrom", "from where distances are measured: coordinates, as GeoJSON writes them")
ORDER_GEOMETRY = Param(
    "orderGeometry",
    "what orderFrom is; a Point when not given",
    {
        "type": "string",
        "enum": ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"],
    },
)

SELECTION = (ID, TYPE, ID_PATTERN, ATTRS, Q, CSF, GEOREL, GEOMETRY, COORDINATES, GEOPROPERTY, SCOPE_Q)
SELECTION_MORE = (EXPAND_VALUES, JSON_KEYS)
FORM = (OPTIONS, FORMAT, PICK, OMIT, LANG, GEOMETRY_PROPERTY, DATASET)
LINKED = (JOIN, JOIN_LEVEL, CONTAINED_BY)
PAGE = (LIMIT, OFFSET, COUNT)
TEMPORAL = (TIMEREL, TIME_AT, END_TIME_AT, TIME_PROPERTY, LAST_N)
AGGREGATION = (AGGR_METHODS, AGGR_PERIOD)
ORDER = (ORDER_BY, COLLATION, ORDER_FROM, ORDER_GEOMETRY)
