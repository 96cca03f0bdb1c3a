"""The core vocabulary of NGSI-LD as a table of our own: what every context ends with.

Source: ETSI GS CIM 009 V1.8.1, clause 4.4 and annex B (the terms), with the terms that V1.9.1 adds. One table
serves every version of the core context: versions only ever add terms.
"""

from __future__ import annotations

import re
from typing import Any

NGSI_LD = "https://uri.etsi.org/ngsi-ld/"
DEFAULT_VOCAB = "https://uri.etsi.org/ngsi-ld/default-context/"
CORE_PREFIX = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
CORE_URL = CORE_PREFIX + "-v1.8.jsonld"

_DATES = """contextSourceTimeAt createdAt deletedAt endAt endTimeAt expiresAt lastFailure lastNotification
lastSuccess lastUsedAt modifiedAt notifiedAt observedAt startAt timeAt"""
_IDS = "datasetId entityId instanceId subscriptionId success tenant"
_VOCABS = """attributeList attributeName attributeNames attributeTypes attributes propertyNames
relationshipNames typeList typeName typeNames watchedAttributes"""
_LISTS = "avg distinctCount entityList jsons max min orderBy stddev sum sumsq totalCount"
_LISTS_SNAPSHOT = """snapshotQueries snapshotQueriesDetails snapshotTemporalQueries
snapshotTemporalQueriesDetails"""
_PLAIN = """Attribute AttributeList ContextSourceIdentity ContextSourceNotification ContextSourceRegistration
Date DateTime EntityMap EntityType EntityTypeInfo EntityTypeList ExecutionResultDetails GeoProperty
JsonProperty LanguageProperty ListProperty ListRelationship Notification Property Relationship Snapshot
SnapshotNotification Subscription TemporalProperty Time VocabProperty VocabularyProperty accept
aggrMethods aggrParams aggrPeriodDuration attrs attributeCount attributeDetails cacheDuration collation
contextSourceAlias contextSourceInfo contextSourceUptime cooldown csf data detail endpoint entities
entity entityCount error errors expandValues format geoQ geoproperty georel idPattern information
isActive join jsonKeys jsonldContext lang lastN linkedMaps localOnly location management
managementInterval mode ngsildConformance ngsildproof notUpdated notification notificationTrigger
notifierInfo observationInterval observationSpace omit operationSpace operations ordering pick q reason
receiverInfo refreshRate registrationId registrationName resultStatus scope scopeQ showChanges
snapshotId snapshotLifetime snapshotPriority snapshotStatus status subscriptionName sysAttrs temporalQ
throttling timeInterval timeout timeproperty timerel timesFailed timesSent triggerReason unchanged
unitCode updated uri"""
_RENAMED = {  # a term whose name and IRI differ
    "containedBy": "isContainedBy",
    "entityMapLifetime": "hasEntityMapLifetime",
    "joinLevel": "hasJoinLevel",
    "key": "hasKey",
    "previousValue": "hasPreviousValue",
    "splitEntities": "hasSplitEntities",
    "value": "hasValue",
}
_GEOJSON = """Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon
Point Polygon geometry properties"""
_COERCED = {  # term: (local name, @type, @container)
    "contextSourceExtras": ("contextSourceExtras", "@json", ""),
    "dataset": ("hasDataset", "", "@index"),
    "entityMap": ("hasEntityMap", "", "@index"),
    "json": ("hasJSON", "@json", ""),
    "languageMap": ("hasLanguageMap", "", "@language"),
    "languageMaps": ("hasLanguageMaps", "", "@list"),
    "object": ("hasObject", "@id", ""),
    "objectList": ("hasObjectList", "", "@list"),
    "objectLists": ("hasObjectLists", "", "@list"),
    "objects": ("hasObjects", "", "@list"),
    "objectsLists": ("hasObjectsLists", "", "@list"),
    "objectType": ("hasObjectType", "@vocab", ""),
    "previousJson": ("hasPreviousJson", "@json", ""),
    "previousLanguageMap": ("hasPreviousLanguageMap", "", "@language"),
    "previousObject": ("hasPreviousObject", "@id", ""),
    "previousObjectList": ("hasPreviousObjectList", "", "@list"),
    "previousValueList": ("hasPreviousValueList", "", "@list"),
    "previousVocab": ("hasPreviousVocab", "@vocab", ""),
    "problemDetails": ("problemDetails", "@json", ""),
    "valueList": ("hasValueList", "", "@list"),
    "valueLists": ("hasValueLists", "", "@list"),
    "valueType": ("hasValueType", "@vocab", ""),
    "values": ("hasValues", "", "@list"),
    "vocab": ("hasVocab", "@vocab", ""),
    "vocabs": ("hasVocabs", "", "@list"),
}
_FOREIGN: dict[str, Any] = {
    "ngsi-ld": NGSI_LD,
    "geojson": "https://purl.org/geojson/vocab#",
    "id": "@id",
    "type": "@type",
    "bbox": {"@id": "geojson:bbox", "@container": "@list"},
    "coordinates": {"@id": "geojson:coordinates", "@container": "@list"},
    "features": {"@id": "geojson:features", "@container": "@set"},
    "description": "http://purl.org/dc/terms/description",
    "title": "http://purl.org/dc/terms/title",
    "langString": "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
}


LONGEST = 2048  # bytes of an IRI; the indexes of databases take no more than about 2,700
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CORE_VERSION = re.compile(re.escape(CORE_PREFIX) + r"(?:-v\d+\.\d+(?:\.\d+)?)?\.jsonld")


def is_iri(text: str) -> bool:
    """Whether a text may stand for a name everywhere: no control signs, at most :data:`LONGEST` bytes."""
    short = len(text) <= LONGEST if text.isascii() else len(text.encode()) <= LONGEST
    return short and not _CONTROL.search(text)


def is_core(url: str) -> bool:
    """Whether ``url`` names a core context, of whatever version (clause 4.4)."""
    return _CORE_VERSION.fullmatch(url) is not None


def core_document() -> dict[str, Any]:
    """The core context as a JSON-LD document, as it is served to whoever asks for it."""
    terms: dict[str, Any] = {"@version": 1.1, "@protected": True} | _FOREIGN
    terms |= {name: f"ngsi-ld:{name}" for name in _PLAIN.split()}
    terms |= {name: f"ngsi-ld:{local}" for name, local in _RENAMED.items()}
    terms |= {name: f"geojson:{name}" for name in _GEOJSON.split()}
    for names, kind, value in (
        (_DATES, "@type", "DateTime"),
        (_IDS, "@type", "@id"),
        (_VOCABS, "@type", "@vocab"),
        (_LISTS + " " + _LISTS_SNAPSHOT, "@container", "@list"),
    ):
        terms |= {name: {"@id": f"ngsi-ld:{name}", kind: value} for name in names.split()}
    for name, (local, coercion, container) in _COERCED.items():
        definition = {"@id": f"ngsi-ld:{local}"}
        if coercion:
            definition["@type"] = coercion
        if container:
            definition["@container"] = container
        terms[name] = definition
    return {"@context": terms | {"@vocab": DEFAULT_VOCAB}}
