"""``/ogc``: entities as OGC API Features, parts 1 (core), 2 (reference systems) and 3 (filters). Read only.

Source: OGC 17-069r4, 18-058r1, 19-079r2, 21-065r2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Header, Request, Response

from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.ld.core import NGSI_LD
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.query.planning import plan_query
from chengshu.kernel.clock import Clock, iso
from chengshu.kernel.errors import Missing
from chengshu.surfaces.ogc_features import crs as systems
from chengshu.surfaces.ogc_features.asking import Asked, once, read_items
from chengshu.surfaces.ogc_features.collections import Catalogue, Collection
from chengshu.surfaces.ogc_features.errors import BadRequest
from chengshu.surfaces.ogc_features.features import feature
from chengshu.surfaces.ogc_features.filters import LANGUAGES

_PART1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_PART2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
_PART3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
CONFORMANCE = (
    *(_PART1 + name for name in ("core", "oas30", "geojson")),
    _PART2 + "crs",
    *(_PART3 + name for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(
        _CQL2 + name
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "property-property",
            "arithmetic",
            "array-functions",
        )
    ),
)
GEOJSON, SCHEMA = "application/geo+json", "application/schema+json"
_encode = msgspec.json.Encoder().encode
Compact = Callable[[str], str]


def router(
    queries: BrokerQueries,
    clock: Clock,
    *,
    compact: Compact = CORE.compact,
    prefix: str = "/ogc",
    title: str = "Chengshu",
    openapi: str = "/openapi.json",
) -> APIRouter:
    """The routes. ``compact`` gives the short names of types and attributes; ``openapi`` is the document of
    the application that the routes are part of. Who may read is for the application to say."""
    surface = _Surface(queries, clock, compact, prefix, title, openapi)
    routes = APIRouter(prefix=prefix, tags=["ogc-features"], default_response_class=Response)
    one = "/collections/{collection_id}"
    for path, handler, summary, kind, parameters in (
        ("", surface.landing, "Landing page", _JSON, []),
        ("/conformance", surface.conformance, "What this API conforms to", _JSON, []),
        ("/collections", surface.collections, "The collections: one for each entity type", _JSON, []),
        (one, surface.collection, "One collection", _JSON, []),
        (f"{one}/queryables", surface.queryables, "What can be filtered by", SCHEMA, []),
        (f"{one}/items", surface.items, "Features", GEOJSON, _ITEMS),
        (f"{one}/items/{{feature_id:path}}", surface.item, "One feature", GEOJSON, _ITEMS[4:5]),
    ):
        routes.add_api_route(
            path,
            handler,
            summary=summary,
            responses={200: {"content": {kind: {}}}, 400: _PROBLEM, 404: _PROBLEM},
            openapi_extra={"parameters": parameters},
        )
    routes.add_api_route("/", surface.landing, include_in_schema=False)
    return routes


def _parameter(name: str, text: str, **schema: Any) -> dict[str, Any]:
    said = {"type": "string"} | schema
    return {"name": name, "in": "query", "required": False, "description": text, "schema": said}


_JSON = "application/json"
_PROBLEM: dict[str, Any] = {"description": "What is wrong", "content": {"application/problem+json": {}}}
_ITEMS = [
    _parameter("limit", "how many at most", type="integer", minimum=1, default=10),
    _parameter("offset", "how many to pass over", type="integer", minimum=0, default=0),
    _parameter("bbox", "four or six numbers"),
    _parameter("bbox-crs", "reference system of bbox", enum=list(systems.SUPPORTED)),
    _parameter("crs", "reference system of the answer", enum=list(systems.SUPPORTED)),
    _parameter("datetime", "an instant or an interval, with .. for an open end"),
    _parameter("filter", "a CQL2 expression"),
    _parameter("filter-lang", "its language", enum=list(LANGUAGES)),
    _parameter("filter-crs", "reference system of the filter", enum=list(systems.SUPPORTED)),
]
Tenant = Header("", alias="NGSILD-Tenant")


class _Surface:
    def __init__(
        self, queries: BrokerQueries, clock: Clock, compact: Compact, prefix: str, title: str, openapi: str
    ) -> None:
        self._queries, self._clock, self._compact = queries, clock, compact
        self._prefix, self._title, self._openapi = prefix, title, openapi

    def landing(self, request: Request) -> Response:
        """The landing page (17-069r4, clause 7.2)."""
        _only(request)
        base = self._base(request)
        service = str(request.base_url).rstrip("/") + self._openapi
        return _json(
            {
                "title": self._title,
                "description": "The entities of the hub as features",
                "links": [
                    _link(base, "self", "application/json", "this page"),
                    _link(service, "service-desc", "application/vnd.oai.openapi+json;version=3.0", "the API"),
                    _link(f"{base}/conformance", "conformance", "application/json", "conformance classes"),
                    _link(f"{base}/collections", "data", "application/json", "collections"),
                ],
            }
        )

    def conformance(self, request: Request) -> Response:
        """The conformance classes (clause 7.4)."""
        _only(request)
        return _json({"conformsTo": list(CONFORMANCE)})

    def collections(self, request: Request, tenant: str = Tenant) -> Response:
        """All collections (clause 7.13)."""
        _only(request)
        base = self._base(request)
        found = [self._described(item, base) for item in self._catalogue(tenant).all()]
        links = [_link(f"{base}/collections", "self", "application/json", "this page")]
        return _json({"links": links, "collections": found, "crs": list(systems.SUPPORTED)})

    def collection(self, request: Request, collection_id: str, tenant: str = Tenant) -> Response:
        """One collection (clause 7.14)."""
        _only(request)
        return _json(self._described(self._catalogue(tenant).get(collection_id), self._base(request)))

    def queryables(self, request: Request, collection_id: str, tenant: str = Tenant) -> Response:
        """What can be filtered by, as JSON Schema (19-079r2, clause 6)."""
        _only(request)
        collection = self._catalogue(tenant).get(collection_id)
        address = f"{self._base(request)}/collections/{quote(collection.name)}/queryables"
        body = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": address,
            "type": "object",
            "title": collection.name,
            "properties": collection.queryables(),
            "additionalProperties": False,
        }
        return _json(body, SCHEMA)

    def items(self, request: Request, collection_id: str, tenant: str = Tenant) -> Response:
        """Features of a collection (clause 7.15). ``numberMatched`` is given where the indexes know it."""
        catalogue = self._catalogue(tenant)
        collection = catalogue.get(collection_id)
        said = request.query_params.multi_items()
        asked = read_items(said, collection)
        counted = plan_query(asked.query).exact
        found = self._queries.find(
            tenant, asked.query, limit=asked.limit + 1, offset=asked.offset, count=counted
        )
        entities = found.entities[: asked.limit]
        address = f"{self._base(request)}/collections/{quote(collection.name)}/items"
        body: dict[str, Any] = {
            "type": "FeatureCollection",
            "features": [self._feature(entity, collection, catalogue, asked.crs) for entity in entities],
            "links": self._pages(address, said, asked, len(found.entities) > asked.limit),
            "timeStamp": iso(self._clock.now()),
            "numberReturned": len(entities),
        }
        if found.total is not None:
            body["numberMatched"] = found.total
        return _json(body, GEOJSON, {"Content-Crs": f"<{asked.crs}>"})

    def item(self, request: Request, collection_id: str, feature_id: str, tenant: str = Tenant) -> Response:
        """One feature (clause 7.16)."""
        given = once(request.query_params.multi_items())
        _no_more(given.keys() - {"crs", "f"})
        crs = systems.check(given.get("crs"), "crs")
        catalogue = self._catalogue(tenant)
        collection = catalogue.get(collection_id)
        entity = self._queries.peek(tenant, feature_id)
        if entity is None or collection.iri not in entity.types:
            raise Missing(
                "feature-missing",
                f"{collection.name} has no feature {feature_id[:200]}",
                where="featureId",
                remedy="see /items",
            )
        base = f"{self._base(request)}/collections/{quote(collection.name)}"
        links = [
            _link(f"{base}/items/{quote(entity.id, safe=':')}", "self", GEOJSON, "this feature"),
            _link(base, "collection", "application/json", collection.name),
        ]
        body = self._feature(entity, collection, catalogue, crs) | {"links": links}
        return _json(body, GEOJSON, {"Content-Crs": f"<{crs}>"})

    def _feature(self, entity: Entity, collection: Collection, all_: Catalogue, crs: str) -> dict[str, Any]:
        return feature(entity, collection.naming, all_.naming, collection.geometry, crs)

    def _catalogue(self, tenant: str) -> Catalogue:
        return Catalogue(self._queries.type_details(tenant), self._compact)

    def _base(self, request: Request) -> str:
        return str(request.base_url).rstrip("/") + self._prefix

    def _described(self, collection: Collection, base: str) -> dict[str, Any]:
        own = f"{base}/collections/{quote(collection.name)}"
        return {
            "id": collection.name,
            "title": collection.name,
            "description": f"{collection.count} entities of type {collection.iri}",
            "itemType": "feature",
            "crs": list(systems.SUPPORTED),
            "storageCrs": systems.CRS84,
            "links": [
                _link(own, "self", "application/json", "this collection"),
                _link(f"{own}/items", "items", GEOJSON, "features"),
                _link(f"{own}/queryables", _QUERYABLES, SCHEMA, "what can be filtered by"),
                *(
                    [_link(collection.iri, "describedby", "text/html", "the type")]
                    if _is_web(collection)
                    else []
                ),
            ],
        }

    def _pages(
        self, address: str, said: list[tuple[str, str]], asked: Asked, more: bool
    ) -> list[dict[str, str]]:
        def page(rel: str, offset: int) -> dict[str, str]:
            rest = [(name, text) for name, text in said if name not in ("limit", "offset")]
            query = urlencode([*rest, ("limit", asked.limit), ("offset", offset)])
            return _link(f"{address}?{query}", rel, GEOJSON, f"{rel} page")

        links = [page("self", asked.offset)]
        if more:
            links.append(page("next", asked.offset + asked.limit))
        if asked.offset:
            links.append(page("prev", max(asked.offset - asked.limit, 0)))
        return [*links, _link(address.removesuffix("/items"), "collection", "application/json", "collection")]


_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def _is_web(collection: Collection) -> bool:
    return collection.iri.startswith("http") and not collection.iri.startswith(NGSI_LD)


def _only(request: Request) -> None:
    _no_more(once(request.query_params.multi_items()).keys() - {"f"})


def _no_more(unknown: set[str]) -> None:
    """A parameter that is not known here is a mistake (17-069r4, clause 7.8)."""
    for name in sorted(unknown):
        raise BadRequest(
            "parameter-unknown",
            f"'{name[:80]}' is no parameter of this page",
            where=name[:80],
            remedy="leave it out",
        )


def _link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}


def _json(
    body: dict[str, Any], kind: str = "application/json", headers: dict[str, str] | None = None
) -> Response:
    return Response(_encode(body), media_type=kind, headers=headers)
