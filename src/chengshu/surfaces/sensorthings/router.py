"""``/sensorthings/v1.1``: SensorThings 1.1, read only (OGC 18-088)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Header, Request, Response

from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.kernel.clock import Clock, iso
from chengshu.kernel.errors import Missing
from chengshu.surfaces.sensorthings.answering import Renderer, walk
from chengshu.surfaces.sensorthings.node import SETS, Node, is_single
from chengshu.surfaces.sensorthings.options import Options, read_options
from chengshu.surfaces.sensorthings.path import Address, Step, read_path
from chengshu.surfaces.sensorthings.things import Things

_SPEC = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CONFORMANCE = tuple(
    _SPEC + name
    for name in (
        "datamodel",
        "resource-path/resource-path-to-entities",
        "request-data/order",
        "request-data/expand",
        "request-data/select",
        "request-data/orderby",
        "request-data/skip",
        "request-data/top",
        "request-data/count",
        "request-data/filter",
        "request-data/built-in-filter-operations",
        "request-data/built-in-query-functions",
        "request-data/pagination",
    )
)
_SAFE = "/():~@$,'"
_encode = msgspec.json.Encoder().encode
Compact = Callable[[str], str]
Tenant = Header("", alias="NGSILD-Tenant")
_JSON: dict[str, Any] = {"content": {"application/json": {}}}
_READ: dict[str, Any] = {"content": {"application/json": {}, "text/plain": {}}}
_PROBLEM: dict[str, Any] = {"description": "What is wrong", "content": {"application/problem+json": {}}}
_OPTIONS = [
    {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}
    for name, text in (
        ("$filter", "an expression"),
        ("$orderby", "expressions, each with asc or desc"),
        ("$top", "how many at most (1000)"),
        ("$skip", "how many to pass over"),
        ("$select", "members"),
        ("$expand", "ways to other entities, with options in brackets"),
        ("$count", "true: say how many there are"),
    )
]


def router(
    queries: BrokerQueries,
    clock: Clock,
    *,
    compact: Compact = CORE.compact,
    prefix: str = "/sensorthings/v1.1",
) -> APIRouter:
    """The routes. ``compact`` gives the short names of types and attributes. Who may read is for the
    application to say. Nothing is written here: other methods are answered with 405."""
    surface = _Surface(queries, clock, compact, prefix)
    routes = APIRouter(prefix=prefix, tags=["sensorthings"], default_response_class=Response)
    routes.add_api_route("", surface.root, summary="The sets there are", responses={200: _JSON})
    routes.add_api_route("/", surface.root, include_in_schema=False)
    routes.add_api_route(
        "/{path:path}",
        surface.read,
        summary="A set, an entity, a member",
        responses={200: _READ, 204: {"description": "No value"}, 400: _PROBLEM, 404: _PROBLEM},
        openapi_extra={"parameters": _OPTIONS},
    )
    return routes


class _Surface:
    def __init__(self, queries: BrokerQueries, clock: Clock, compact: Compact, prefix: str) -> None:
        self._queries, self._clock, self._compact, self._prefix = queries, clock, compact, prefix

    def root(self, request: Request) -> Response:
        """The sets and what this service conforms to (clause 9.2.1)."""
        base = self._base(request)
        return _json(
            {
                "value": [{"name": name, "url": f"{base}/{name}"} for name in SETS],
                "serverSettings": {"conformance": list(CONFORMANCE)},
            }
        )

    def read(self, request: Request, path: str, tenant: str = Tenant) -> Response:
        """Whatever the address names (clause 9.2.2 to 9.2.8)."""
        address = read_path(path.strip("/"))
        end = address.steps[-1]
        options = read_options(request.query_params.multi_items(), end.set, iso(self._clock.now()))
        things, renderer = Things(self._queries, tenant, self._compact), Renderer(self._base(request))
        if end.many:
            nodes, options = _nodes(things, address, options, path)
            return _json(
                renderer.collection(
                    nodes, options, _further(request, self._base(request), path), links=address.links
                )
            )
        node = _one(things, address, path)
        if address.links:
            return _json({"@iot.selfLink": renderer.link(node)})
        if address.member:
            return _member(node, address, path)
        return _json(renderer.entity(node, options))

    def _base(self, request: Request) -> str:
        return str(request.base_url).rstrip("/") + self._prefix


def _nodes(things: Things, address: Address, options: Options, path: str) -> tuple[Iterator[Node], Options]:
    """The nodes of a collection, and what is still to be done with them."""
    *before, end = address.steps
    if not before:
        return things.all(end.set), options
    return walk(_one(things, address._replace(steps=tuple(before)), path), end.name, options)


def _one(things: Things, address: Address, path: str) -> Node:
    """The entity at the end of the steps. Raises :class:`Missing`."""
    node: Node | None = None
    for step in address.steps:
        if node is None:
            node = things.get(step.set, step.id or "")
        elif step.id is None and is_single(step.name):
            node = next(node.walk(step.name), None)
        else:
            node = _among(things, node, step)
        if node is None:
            raise Missing(
                "entity-missing",
                f"there is no {step.set} of this id here",
                where=path[:200],
                remedy=f"see {address.steps[0].set}",
            )
    if node is None:
        raise Missing("address-missing", "there is nothing here", where=path[:200], remedy="see the root")
    return node


def _among(things: Things, node: Node, step: Step) -> Node | None:
    """One of the entities that a way leads to, by id."""
    if node.set == "Datastreams" and step.set == "Observations":  # its id says of which datastream it is
        own = str(step.id).partition("~")[2] == node.id
        return things.get("Observations", str(step.id)) if own else None
    return next((item for item in node.walk(step.name) if item.id == step.id), None)


def _member(node: Node, address: Address, path: str) -> Response:
    name = address.member
    if name not in node.members and name not in ("id", "@iot.id"):
        raise Missing(
            "member-missing", f"{node.set} have no {name[:40]}", where=path[:200], remedy="see the entity"
        )
    value = node.members.get(name, node.id)
    if value is None:
        return Response(status_code=204)
    if not address.raw:
        return _json({name: value})
    text = value if isinstance(value, str) else _encode(value).decode()
    return Response(text, media_type="text/plain; charset=utf-8")


def _further(request: Request, base: str, path: str) -> Callable[[int], str]:
    said = [(name, text) for name, text in request.query_params.multi_items() if name != "$skip"]

    def address(skip: int) -> str:
        query = urlencode([*said, ("$skip", skip)], safe="$")
        return f"{base}/{quote(path, safe=_SAFE)}?{query}"

    return address


def _json(body: dict[str, Any]) -> Response:
    return Response(_encode(body), media_type="application/json")
