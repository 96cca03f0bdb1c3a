"""Filters, orders, pages and renders what an address leads to (OGC 18-088, clause 9.3)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from chengshu.foundation.broker.query.moments import moment_of
from chengshu.surfaces.sensorthings.errors import BadRequest
from chengshu.surfaces.sensorthings.expressions import Expression, holds
from chengshu.surfaces.sensorthings.node import WAYS, Node, is_single
from chengshu.surfaces.sensorthings.options import Options
from chengshu.surfaces.sensorthings.spans import order_of, span_of

_MOST_SORTED = 20_000


def chosen(nodes: Iterable[Node], options: Options) -> tuple[list[Node], int | None, bool]:
    """The page of the nodes, how many there are in all (when that was asked for), and whether more follow.

    Raises :class:`BadRequest` when there are too many to put in order.
    """
    found = (node for node in nodes if options.filter is None or holds(options.filter, node))
    end = options.skip + options.top
    if options.orderby:
        ordered = sort(found, options.orderby)
        total = len(ordered) if options.counted else None
        return ordered[options.skip : end], total, options.top > 0 and end < len(ordered)
    passed = sum(1 for _ in itertools.islice(found, options.skip))
    page = list(itertools.islice(found, options.top))
    if not options.counted:
        return page, None, options.top > 0 and next(found, None) is not None
    total = passed + len(page) + sum(1 for _ in found)
    return page, total, options.top > 0 and end < total


def walk(node: Node, way: str, options: Options) -> tuple[Iterator[Node], Options]:
    """The nodes of a way, and what is still to be done with them: observations of a datastream are read in
    the order and span of time that is asked for."""
    if node.timed is None or way != "Observations":
        return node.walk(way), options
    span = span_of(options.filter_text)
    order = order_of(options.order_text)
    if order is None:
        return node.timed(span, False), options
    return node.timed(span, order == "desc"), options._replace(orderby=())


def sort(nodes: Iterable[Node], orders: Iterable[tuple[Expression, bool]]) -> list[Node]:
    """Nodes in order; what is not there comes first, as null does. Raises :class:`BadRequest`."""
    found = list(itertools.islice(nodes, _MOST_SORTED + 1))
    if len(found) > _MOST_SORTED:
        raise BadRequest(
            "too-many-to-order",
            f"there are more than {_MOST_SORTED} entities to put in order",
            where="$orderby",
            remedy="narrow them with $filter",
        )
    for expression, descending in reversed(list(orders)):
        found.sort(key=lambda node: _rank(next(iter(expression(node)), None)), reverse=descending)
    return found


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, int | float):
        return 2, value
    if isinstance(value, str):
        moment = moment_of(value)
        return (3, moment[1]) if moment else (4, value)
    return 0, 0


class Renderer:
    """Nodes as JSON with links below ``base``."""

    def __init__(self, base: str) -> None:
        self._base = base

    def link(self, node: Node) -> str:
        """The address of an entity."""
        key = quote(node.id.replace("'", "''"), safe=":~@")
        return f"{self._base}/{node.set}('{key}')"

    def entity(self, node: Node, options: Options) -> dict[str, Any]:
        """One entity with what is selected and expanded of it."""
        link = self.link(node)
        wanted = options.select
        body: dict[str, Any] = {}
        if not wanted or "id" in wanted or "@iot.id" in wanted:
            body["@iot.id"] = node.id
        if not wanted:
            body["@iot.selfLink"] = link
        body |= {name: value for name, value in node.members.items() if not wanted or name in wanted}
        expanded = dict(options.expand)
        for way in WAYS[node.set]:
            if way in expanded:
                body |= self._expanded(node, way, expanded[way], link)
            elif not wanted or way in wanted:
                body[f"{way}@iot.navigationLink"] = f"{link}/{way}"
        return body

    def _expanded(self, node: Node, way: str, options: Options, link: str) -> dict[str, Any]:
        if is_single(way):
            one = next(node.walk(way), None)
            return {way: self.entity(one, options) if one is not None else None}
        page, total, more = chosen(*walk(node, way, options))
        body: dict[str, Any] = {way: [self.entity(item, options) for item in page]}
        if total is not None:
            body[f"{way}@iot.count"] = total
        if more:
            body[f"{way}@iot.nextLink"] = _more(f"{link}/{way}", options)
        return body

    def collection(
        self, nodes: Iterator[Node], options: Options, more_at: Callable[[int], str], *, links: bool
    ) -> dict[str, Any]:
        """A page of entities, or of their addresses; ``more_at`` gives the address of the page after it."""
        page, total, more = chosen(nodes, options)
        body: dict[str, Any] = {}
        if total is not None:
            body["@iot.count"] = total
        if more:
            body["@iot.nextLink"] = more_at(options.skip + options.top)
        body["value"] = [
            {"@iot.selfLink": self.link(node)} if links else self.entity(node, options) for node in page
        ]
        return body


def _more(address: str, options: Options) -> str:
    """The page after an expanded one, with the same filter and order."""
    said = {"$filter": options.filter_text, "$orderby": options.order_text}
    said = {name: text for name, text in said.items() if text}
    said |= {"$top": str(options.top), "$skip": str(options.skip + options.top)}
    return f"{address}?{urlencode(said, safe='$')}"
