"""The temporal evolution of entities as clients read it: instances, pairs of value and time, or aggregates.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.5.7 (temporal representation), 4.5.9 (simplified: temporalValues),
4.5.19 (aggregated), 5.2.20 (EntityTemporal).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.members import VALUE_OF
from chengshu.foundation.broker.ld.rendering import NORMALIZED, Form, Renderer
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.model import NULL, Attribute, Entity, Kind
from chengshu.foundation.broker.temporal import SCOPE, SeriesAggregates, TimeProperty
from chengshu.kernel.clock import from_millis, iso

_PAIRS: dict[Kind, str] = {kind: member + "s" for kind, member in VALUE_OF.items()}
_WRAPPED = frozenset({"LanguageProperty", "VocabProperty", "JsonProperty"})


def render_temporal(entity: Entity, context: LdContext, form: Form = NORMALIZED) -> dict[str, Any]:
    """Every attribute as the list of its instances, each with ``instanceId`` and ``deletedAt`` if it has."""
    renderer = Renderer(context, form)
    rendered = _header(renderer, entity)
    inner = renderer.of(entity.types)
    for name, instances in _given(renderer, entity):
        key = inner.context.compact(name)
        below = inner.under(key)
        rendered[key] = [_instance(below, name, item) for item in instances]
    return rendered


def render_temporal_values(
    entity: Entity,
    context: LdContext,
    form: Form = NORMALIZED,
    timeproperty: TimeProperty = "observedAt",
) -> dict[str, Any]:
    """Every attribute as pairs of value and time (temporalValues), one object per dataset."""
    renderer = Renderer(context, form)
    rendered = _header(renderer, entity)
    inner = renderer.of(entity.types)
    for name, instances in _given(renderer, entity):
        key = inner.context.compact(name)
        below = inner.under(key)
        groups: dict[tuple[str, Kind], list[Attribute]] = {}
        for item in instances:
            groups.setdefault((item.dataset, item.kind), []).append(item)
        found = [_pairs(below, name, group, timeproperty) for group in groups.values()]
        rendered[key] = found[0] if len(found) == 1 else found
    return rendered


def render_aggregated(
    entity: Entity, aggregates: Iterable[SeriesAggregates], context: LdContext, form: Form = NORMALIZED
) -> dict[str, Any]:
    """Aggregates by attribute; of ``entity`` only the members of the entity itself are given."""
    renderer = Renderer(context, form)
    found: dict[str, list[dict[str, Any]]] = {}
    names = context.of(entity.types)
    for series in aggregates:
        if renderer.gives(series.name):
            one: dict[str, Any] = {"type": series.kind}
            if series.dataset:
                one["datasetId"] = series.dataset
            for method, rows in series.methods.items():
                one[method] = [[row.value, _moment(row.start), _moment(row.end)] for row in rows]
            found.setdefault(names.compact(series.name), []).append(one)
    rendered = _header(renderer, entity)
    rendered.update((name, items[0] if len(items) == 1 else items) for name, items in found.items())
    return rendered


def _moment(at: int) -> str:
    return iso(from_millis(at))


def _header(renderer: Renderer, entity: Entity) -> dict[str, Any]:
    """The members of the entity, but its scopes where their own history is among the attributes."""
    rendered = renderer.header(entity)
    if SCOPE in entity.attributes:
        rendered.pop("scope", None)
    return rendered


def _given(renderer: Renderer, entity: Entity) -> Iterable[tuple[str, tuple[Attribute, ...]]]:
    datasets = renderer.form.datasets
    for name, instances in entity.attributes.items():
        given = instances
        if datasets is not None:
            given = tuple(item for item in instances if (item.dataset or "@none") in datasets)
        if given and renderer.gives(name):
            yield name, given


def _instance(renderer: Renderer, name: str, item: Attribute) -> dict[str, Any]:
    rendered = renderer.concise(item) if renderer.form.style == "concise" else renderer.normalized(item)
    if not isinstance(rendered, dict) or (item.kind == "GeoProperty" and "value" not in rendered):
        rendered = {"value": rendered}  # an instance in a list is an object in every form
    if item.deleted_at:
        rendered["deletedAt"] = stamp(item.deleted_at)
        if name == SCOPE:
            rendered["value"] = []  # scopes that were deleted are no scopes, not the Null text
    return rendered


def _pairs(
    renderer: Renderer, name: str, group: list[Attribute], timeproperty: TimeProperty
) -> dict[str, Any]:
    first = group[0]
    spoken = first.kind == "LanguageProperty" and renderer.form.lang != ""
    rendered: dict[str, Any] = {"type": "Property" if spoken else first.kind}
    if first.dataset:
        rendered["datasetId"] = first.dataset
    values = []
    for item in group:
        value = renderer.normalized(item).get("value", NULL) if spoken else renderer.value(item)
        if name == SCOPE and item.deleted_at:
            value = []
        if first.kind in _WRAPPED and not spoken:
            value = {VALUE_OF[first.kind]: value}
        values.append([value, time_of(item, timeproperty)])
    rendered["values" if spoken else _PAIRS[first.kind]] = values
    return rendered


def time_of(item: Attribute, timeproperty: TimeProperty) -> str:
    """The time of an instance as ``timeproperty`` has it; of a deleted one, when it was deleted."""
    if item.deleted_at:
        return stamp(item.deleted_at)
    if timeproperty == "observedAt" and item.observed_at:
        return item.observed_at
    if timeproperty == "createdAt":
        return stamp(item.created_at)
    return stamp(item.modified_at or item.created_at)
