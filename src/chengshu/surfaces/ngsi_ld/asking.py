"""What a request asks for, in its query string or in the body of a query by POST (clause 5.7.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.query.geo import read_geo, read_geo_body
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.model import Condition, GeoQuery, Query, Selector
from chengshu.foundation.broker.query.selection import (
    read_id_pattern,
    read_ids,
    read_names,
    read_scopes,
    read_selectors,
    read_types,
    types_said,
)
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.ordering import by_distance

_SAID = ("q", "csf", "scopeQ", "attrs", "expandValues", "jsonKeys")
_GEO = ("georel", "geometry", "coordinates")
Expand = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of what is found: ``limit`` 0 gives none of it, only its number."""

    limit: int
    offset: int
    count: bool


def page_of(call: Call) -> Page:
    """``limit``, ``offset`` and ``count`` (clause 6.3.10). Raises :class:`BadRequestData`."""
    limits = call.rooms.limits
    count = call.flag("count") or "count" in call.names("options")
    limit = call.number("limit", limits.default_page, least=0, most=limits.page)
    if limit == 0 and not count:
        raise BadRequestData(
            "a limit of 0 gives nothing",
            where="limit",
            remedy="add count=true to count, or ask for 1 or more",
        )
    return Page(limit, call.number("offset", 0, most=2**53), count)


def query_of(call: Call, context: LdContext) -> Query:
    """The query of a query string. Raises :class:`BadRequestData` naming the parameter that is wrong."""
    if call.params.get("type") == "*" and call.params.get("local", "").lower() == "false":
        raise BadRequestData(
            "every type there is can only be asked for here",
            where="local",
            remedy="leave local out, or name the types",
        )
    return Asked(call.params, context).query()


class Asked:
    """Parameters by name, read into the parts of a query."""

    def __init__(self, said: Mapping[str, str], context: LdContext) -> None:
        self._said, self._types = said, context
        self._context = context.asked(said.get("type", ""))

    def query(self) -> Query:
        """All of it."""
        said = self._said
        expand = self._context.expand
        return Query(
            selectors=self.selectors(),
            attrs=read_names(said["attrs"], expand) if said.get("attrs") else (),
            q=self.condition("q"),
            geo=self.geo(),
            scopes=read_scopes(said["scopeQ"]) if "scopeQ" in said else (),
            csf=self.condition("csf"),
            expand_values=self._names("expandValues"),
            json_keys=self._names("jsonKeys"),
        )

    def selectors(self) -> tuple[Selector, ...]:
        """``id``, ``idPattern`` and ``type``."""
        said = self._said
        if not any(name in said for name in ("id", "idPattern", "type")):
            return ()
        selector = Selector(
            read_ids(said["id"]) if "id" in said else (),
            read_id_pattern(said["idPattern"]) if "idPattern" in said else "",
            read_types(said["type"], self._types.expand) if "type" in said else (),
        )
        return (selector,)

    def condition(self, name: str) -> Condition | None:
        """``q`` or ``csf``."""
        if name not in self._said:
            return None
        return read_q(
            self._said[name],
            self._context.expand,
            inside=self._context,
            expand_values=self._names("expandValues"),
            name=name,
        )

    def geo(self) -> GeoQuery | None:
        """The geoquery; its three parameters come together or not at all."""
        said = self._said
        given = [name for name in _GEO if name in said]
        if not given or ("georel" not in said and by_distance(said)):
            return None
        if len(given) < len(_GEO):
            missing = next(name for name in _GEO if name not in said)
            raise BadRequestData(
                f"a geoquery needs {missing} too", where=missing, remedy=f"say {', '.join(_GEO)} together"
            )
        return read_geo(
            said["georel"],
            said["geometry"],
            said["coordinates"],
            said.get("geoproperty", ""),
            expand=self._context.expand,
        )

    def _names(self, name: str) -> tuple[str, ...]:
        return read_names(self._said[name], self._context.expand, name=name) if self._said.get(name) else ()


def is_wide(query: Query) -> bool:
    """Whether the query asks for everything there is (which clause 5.7.2.4 forbids without ``local``)."""
    selected = any(item.ids or item.id_pattern for item in query.selectors)
    return not selected and is_unbounded(query)


def is_unbounded(query: Query) -> bool:
    """Whether the query lacks all of what clause 5.7.2.4 asks for: types, attributes, q, geoQ or scopeQ."""
    typed = any(item.types for item in query.selectors)
    return not (typed or query.attrs or query.q or query.geo or query.scopes)


def refuse_wide(query: Query, *, local: bool, everything: bool = False) -> None:
    """Raise :class:`BadRequestData` for a query that says too little (clause 5.7.2.4), unless ``local``.

    ``everything``: the type ``*`` was asked for by name.
    """
    if is_unbounded(query) and not local and not everything:
        raise BadRequestData(
            "the query says too little of what it asks for",
            where="query",
            remedy="say one of type, attrs, q, georel or scopeQ, or local=true",
        )


def query_of_body(body: dict[str, Any], context: LdContext) -> Query:
    """The query of a body of type Query (clause 5.2.23). Raises :class:`BadRequestData`."""
    if body.get("type") != "Query":
        raise BadRequestData("the body is not a Query", where="type", remedy='say "type": "Query"')
    types, context = context, context.asked(" ".join(types_said(body.get("entities"))))
    expand = context.expand
    said = {name: text(body, name) for name in _SAID if name in body}
    values, keys = (
        read_names(said[name], expand, name=name) if said.get(name) else ()
        for name in ("expandValues", "jsonKeys")
    )
    return Query(
        selectors=read_selectors(body["entities"], types.expand) if "entities" in body else (),
        attrs=read_names(said["attrs"], expand) if said.get("attrs") else (),
        q=read_q(said["q"], expand, inside=context, expand_values=values) if "q" in said else None,
        geo=read_geo_body(body["geoQ"], expand=expand) if "geoQ" in body else None,
        scopes=read_scopes(said["scopeQ"]) if "scopeQ" in said else (),
        csf=read_q(said["csf"], expand, inside=context, name="csf") if "csf" in said else None,
        expand_values=values,
        json_keys=keys,
    )


def text(body: Mapping[str, Any], name: str) -> str:
    """A member that is a string, or strings in a list (joined with commas)."""
    value = body[name]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    if not isinstance(value, str):
        raise BadRequestData(f"{name} is neither a string nor strings", where=name, remedy="mend it")
    return value
