"""How the evolution of an entity is given: instances, pairs of value and time, or aggregates (4.5.7 ff)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from msgspec.structs import replace

from chengshu.foundation.broker.errors import BadRequestData, InvalidRequest
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.members import VALUE_OF
from chengshu.foundation.broker.ld.rendering import Form, Renderer, Style
from chengshu.foundation.broker.ld.temporal import (
    render_aggregated,
    render_temporal,
    render_temporal_values,
)
from chengshu.foundation.broker.model import Kind as AttributeKind
from chengshu.foundation.broker.query.selection import read_names
from chengshu.foundation.broker.temporal import Evolution, TimeProperty
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.projection import MEMBERS, read_projection

Kind = Literal["instances", "values", "aggregates"]
Kinds = Callable[[str, str], AttributeKind]  # the kind of an entity's attribute
_KINDS: dict[str, tuple[Kind, Style]] = {
    "normalized": ("instances", "normalized"),
    "concise": ("instances", "concise"),
    "simplified": ("values", "normalized"),
    "temporalValues": ("values", "normalized"),
    "keyValues": ("values", "normalized"),
    "aggregatedValues": ("aggregates", "normalized"),
}
_OTHERS = frozenset({"sysAttrs", "count"})


@dataclass(frozen=True, slots=True)
class TimeShown:
    """The way one request wants its evolutions; ``asked`` are the attributes that are given (none: all)."""

    context: LdContext
    form: Form
    kind: Kind
    timeproperty: TimeProperty
    asked: tuple[str, ...] = ()

    @property
    def aggregated(self) -> bool:
        """Whether aggregated values are asked for."""
        return self.kind == "aggregates"

    def one(self, found: Evolution, kinds: Kinds | None = None) -> dict[str, Any]:
        """One evolution. ``kinds`` is given when the answer is cut: attributes whose instances all lie beyond
        it are then given without any (clause 6.3.10), and it says of what kind they are.
        """
        entity = found.entity
        if self.kind == "aggregates":
            return render_aggregated(entity, found.aggregates, self.context, self.form)
        beyond = [name for name, instances in entity.attributes.items() if not instances]
        if beyond:
            held = {name: instances for name, instances in entity.attributes.items() if instances}
            entity = replace(entity, attributes=held)
        if self.kind == "values":
            rendered = render_temporal_values(entity, self.context, self.form, self.timeproperty)
        else:
            rendered = render_temporal(entity, self.context, self.form)
        if beyond and kinds is not None:
            gives = Renderer(self.context, self.form).gives
            for name in filter(gives, beyond):
                rendered[self.context.of(entity.types).compact(name)] = self._nothing(kinds(entity.id, name))
        return rendered

    def _nothing(self, kind: AttributeKind) -> Any:
        """An attribute without instances."""
        return {"type": kind, f"{VALUE_OF[kind]}s": []} if self.kind == "values" else []


def time_shown_of(call: Call, context: LdContext) -> TimeShown:
    """What the parameters say of how to give evolutions. Raises :class:`BadRequestData`."""
    params = call.params
    kinds, sys_attrs = _options(call)
    kind, style = _KINDS[kinds[0]]
    names = context.asked(params.get("type", ""))
    attrs = read_names(params["attrs"], names.expand) if params.get("attrs") else ()
    shown = read_projection(params.get("pick"), params.get("omit"), names, attrs=bool(attrs))
    pick = shown.pick.names if shown.pick is not None else None
    datasets = call.names("datasetId")
    form = Form(
        style,
        sys_attrs,
        params.get("lang", ""),
        frozenset(attrs) if attrs else None,
        pick,
        shown.omit.names,
        frozenset(datasets) if datasets else None,
    )
    asked = attrs or (tuple(sorted(pick - MEMBERS)) if pick is not None else ())
    return TimeShown(context, form, kind, _property(params.get("timeproperty", "")), asked)


def _options(call: Call) -> tuple[list[str], bool]:
    kinds, sys_attrs = [], False
    for option in call.names("options"):
        if option in _KINDS:
            kinds.append(option)
        elif option == "sysAttrs":
            sys_attrs = True
        elif option not in _OTHERS:
            raise InvalidRequest(
                f"{option[:80]!r} is no option here",
                where="options",
                remedy=f"use {', '.join([*_KINDS, *sorted(_OTHERS)])}",
            )
    if len({_KINDS[name][0] for name in kinds}) > 1:
        raise BadRequestData(
            f"{' and '.join(kinds)} exclude each other", where="options", remedy="choose one representation"
        )
    format_ = call.params.get("format")
    if format_ is not None:
        if format_ not in _KINDS:
            raise InvalidRequest(
                f"{format_[:80]!r} is no format", where="format", remedy=f"use one of {', '.join(_KINDS)}"
            )
        kinds = [format_]
    return kinds or ["normalized"], sys_attrs


def _property(said: str) -> TimeProperty:
    if said == "createdAt":
        return "createdAt"
    if said == "modifiedAt":
        return "modifiedAt"
    return "deletedAt" if said == "deletedAt" else "observedAt"
