"""How entities are given: representation, projection, language, links and format (clause 6.3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.errors import InvalidRequest, ResourceNotFound
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.rendering import Form, Renderer, Style
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.query.model import LOCATION, Query
from chengshu.foundation.broker.query.selection import read_names
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.geojson import collection, feature, geometry_of
from chengshu.surfaces.ngsi_ld.linked import Fetch, Join, Joined, join_of
from chengshu.surfaces.ngsi_ld.media import GEO_JSON
from chengshu.surfaces.ngsi_ld.projection import MEMBERS, WHOLE, Names, Projection, read_projection

STYLES: Mapping[str, Style] = {
    "normalized": "normalized",
    "concise": "concise",
    "simplified": "simplified",
    "keyValues": "simplified",
}
_OTHERS = frozenset({"sysAttrs", "count"})  # options that say something else than a representation


@dataclass(frozen=True, slots=True)
class Shown:
    """The way one request wants its entities."""

    context: LdContext
    form: Form
    projection: Projection = WHOLE
    attrs: tuple[str, ...] = ()
    join: Join | None = None
    fetch: Fetch | None = None
    most_linked: int = 0
    geo: bool = False
    geometry: str = LOCATION

    def one(self, entity: Entity) -> Any:
        """One entity: an object, with ``join=flat`` an array when it links to something.

        Raises :class:`ResourceNotFound` when nothing of it is left to be given (clause 5.7.1.4).
        """
        if self.attrs and not any(name in entity.attributes for name in self.attrs):
            raise nothing_left(entity.id, "attrs")
        value = self._render(entity, self.projection)
        if not value:
            raise nothing_left(entity.id, "pick" if self.projection.pick is not None else "omit")
        if self.join is None:
            return self._as_said(entity, value)
        given = self._linked([entity])
        return given[0] if len(given) == 1 else given

    def narrowed(self, query: Query) -> Query:
        """``query`` without the entities of which ``pick`` would leave nothing (clause 4.21)."""
        wanted = picked_only(self.projection)
        return replace(query, attrs=wanted) if wanted and not query.attrs else query

    def many(self, entities: Sequence[Entity]) -> Any:
        """Entities as an array, in GeoJSON as a collection."""
        if self.join is not None:
            given = self._linked(entities)
        elif not self.geo and self.projection is WHOLE:
            renderer = Renderer(self.context, self.form)
            return [renderer.entity(entity) for entity in entities]
        else:
            rendered = ((entity, self._render(entity, self.projection)) for entity in entities)
            given = [self._as_said(entity, value) for entity, value in rendered if value]
        return collection(given) if self.geo else given

    def _linked(self, entities: Sequence[Entity]) -> list[dict[str, Any]]:
        join, fetch = self.join, self.fetch
        if join is None or fetch is None:
            return []
        joined = Joined(join, fetch, self.most_linked)
        shown = self.projection
        if join.how == "flat":
            return [
                self._as_said(item, self._render(item, below)) for item, below in joined.flat(entities, shown)
            ]
        simple = self.form.style == "simplified"
        rendered = joined.inline(entities, shown, self._render, self.context, simplified=simple)
        return [self._as_said(item, value) for item, value in zip(entities, rendered, strict=True)]

    def _render(self, entity: Entity, projection: Projection) -> dict[str, Any]:
        form = self.form
        if projection is not WHOLE:
            pick = projection.pick.names if projection.pick is not None else None
            form = Form(
                form.style, form.sys_attrs, form.lang, form.attrs, pick, projection.omit.names, form.datasets
            )
        return Renderer(self.context, form).entity(entity)

    def _as_said(self, entity: Entity, value: dict[str, Any]) -> dict[str, Any]:
        if not self.geo:
            return value
        datasets = sorted(self.form.datasets) if self.form.datasets is not None else None
        return feature(entity.id, value, geometry_of(entity, self.geometry, datasets))


def picked_only(projection: Projection) -> tuple[str, ...]:
    """The attributes of which an entity must have one, when ``pick`` names no member that all have."""
    if projection.pick is None or projection.pick.names & MEMBERS:
        return ()
    return tuple(sorted(projection.pick.names))


def nothing_left(entity: str, where: str) -> ResourceNotFound:
    """The error of an entity that has nothing of what is asked for."""
    return ResourceNotFound(
        f"the entity {entity} has nothing of what is asked for", where=where, remedy="ask for other members"
    )


def shown_of(call: Call, context: LdContext) -> Shown:
    """What the parameters say of how to give entities. Raises :class:`BadRequestData`."""
    params = call.params
    geo = call.media == GEO_JSON
    if not params and not geo:
        return Shown(context, _NORMAL)
    style, sys_attrs = style_of(call)
    names = context.asked(params.get("type", ""))
    attrs = read_names(params["attrs"], names.expand) if params.get("attrs") else ()
    projection = read_projection(params.get("pick"), params.get("omit"), names, attrs=bool(attrs))
    datasets, join = call.names("datasetId"), join_of(call)
    kept = frozenset(attrs) if attrs else None
    if kept is not None and join is not None and projection.pick is None:
        projection = Projection(Names(MEMBERS | kept), projection.omit)  # of the entities asked for alone
        kept = None
    tenant, queries = call.tenant, call.rooms.queries
    return Shown(
        context=context,
        form=Form(
            style,
            sys_attrs,
            params.get("lang", ""),
            kept,
            datasets=frozenset(datasets) if datasets else None,
        ),
        projection=projection,
        attrs=attrs,
        join=join,
        fetch=lambda ids: queries.many(tenant, ids),
        most_linked=call.rooms.limits.joins,
        geo=geo,
        geometry=names.expand(params["geometryProperty"]) if params.get("geometryProperty") else LOCATION,
    )


_NORMAL = Form()


def style_of(call: Call, styles: Mapping[str, Style] = STYLES) -> tuple[Style, bool]:
    """The representation, and whether system attributes are given; ``format`` goes before ``options``.

    Raises :class:`InvalidRequest` for a format or an option that is none.
    """
    said, sys_attrs = "normalized", False
    for option in call.names("options"):
        if option in styles:
            said = option
        elif option == "sysAttrs":
            sys_attrs = True
        elif option not in _OTHERS:
            raise InvalidRequest(
                f"{option[:80]!r} is no option here",
                where="options",
                remedy=f"use {', '.join([*styles, *sorted(_OTHERS)])}",
            )
    format_ = call.params.get("format")
    if format_ is not None:
        if format_ not in styles:
            raise InvalidRequest(
                f"{format_[:80]!r} is no format", where="format", remedy=f"use one of {', '.join(styles)}"
            )
        said = format_
    return styles[said], sys_attrs
