"""Entities as clients read them: normalized, concise or simplified, with names by the request's context.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.5.2-4.5.24 (representations), 4.15 (language filter), 4.21
(attribute projection), 5.2.4 (Entity). A renderer is made once per context and form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

from chengshu.foundation.broker.ld.attributes import is_attribute
from chengshu.foundation.broker.ld.checks import looks_like_geometry
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.languages import choose
from chengshu.foundation.broker.ld.members import VALUE_OF
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.model import NULL, Attribute, Entity

Style = Literal["normalized", "concise", "simplified"]
Previous = Mapping[tuple[str, str], Attribute]
NO_PREVIOUS: Previous = {}


class Form(msgspec.Struct, frozen=True):
    """How an entity is given. Names of attributes are IRIs; members of the entity are named as in JSON.

    ``lang`` is the language filter ('' none), ``attrs`` the attributes to give (None: all), ``pick`` and
    ``omit`` the members and attributes to give and to leave out, ``datasets`` the instances to give by
    datasetId (``@none`` is the default instance; None: all).
    """

    style: Style = "normalized"
    sys_attrs: bool = False
    lang: str = ""
    attrs: frozenset[str] | None = None
    pick: frozenset[str] | None = None
    omit: frozenset[str] = frozenset()
    datasets: frozenset[str] | None = None


NORMALIZED = Form()


def render(
    entity: Entity, context: LdContext, form: Form = NORMALIZED, previous: Previous = NO_PREVIOUS
) -> dict[str, Any]:
    """The JSON of one entity, without ``@context``; ``previous`` adds what instances held before."""
    return Renderer(context, form).entity(entity, previous)


class Renderer:
    """Renders entities in one form and context."""

    __slots__ = ("_compact", "_instance", "_plain", "_scoped", "context", "form")

    def __init__(self, context: LdContext, form: Form = NORMALIZED) -> None:
        self.context = context
        self.form = form
        self._compact = context.compact
        self._scoped = context.scoped
        self._plain = form.attrs is None and form.pick is None and not form.omit
        instance: dict[Style, Callable[[Attribute, Attribute | None, bool], Any]] = {
            "normalized": self.normalized,
            "concise": self.concise,
            "simplified": self.simplified,
        }
        self._instance = instance[form.style]

    def entity(self, entity: Entity, previous: Previous = NO_PREVIOUS) -> dict[str, Any]:
        """The JSON of one entity."""
        rendered = self.header(entity)
        scoped = self._scoped
        inner = self.of(entity.types) if scoped else self
        for name, instances in entity.attributes.items():
            if self._plain or self.gives(name):
                key = inner._compact(name)
                below = inner.under(key) if scoped else self
                value = below.attribute(name, instances, previous, gone=entity.deleted_at > 0)
                if value is not None:
                    rendered[key] = value
        return rendered

    def of(self, types: Iterable[str]) -> Renderer:
        """The renderer of the members of an entity of these types, whose terms may have contexts."""
        return self._with(self.context.of(types))

    def under(self, key: str) -> Renderer:
        """The renderer of what stands under the name ``key``, which may have a context of its own."""
        return self._with(self.context.inside(key))

    def _with(self, context: LdContext) -> Renderer:
        return self if context is self.context else Renderer(context, self.form)

    def header(self, entity: Entity) -> dict[str, Any]:
        """The members of the entity itself that the form gives."""
        types = entity.types
        rendered: dict[str, Any] = {
            "id": entity.id,
            "type": self._compact(types[0]) if len(types) == 1 else [self._compact(name) for name in types],
        }
        if entity.scopes:
            rendered["scope"] = entity.scopes[0] if len(entity.scopes) == 1 else list(entity.scopes)
        if entity.expires_at:
            rendered["expiresAt"] = entity.expires_at
        if self.form.sys_attrs:
            rendered["createdAt"] = stamp(entity.created_at)
            rendered["modifiedAt"] = stamp(entity.modified_at)
        if entity.deleted_at:
            rendered["deletedAt"] = stamp(entity.deleted_at)
        if self.form.pick is not None or self.form.omit:
            return {name: value for name, value in rendered.items() if self._member(name)}
        return rendered

    def _member(self, name: str) -> bool:
        form = self.form
        return (form.pick is None or name in form.pick) and name not in form.omit

    def gives(self, name: str) -> bool:
        """Whether the form gives the attribute."""
        form = self.form
        return (form.attrs is None or name in form.attrs) and self._member(name)

    def attribute(
        self,
        name: str,
        instances: tuple[Attribute, ...],
        previous: Previous = NO_PREVIOUS,
        *,
        gone: bool = False,
    ) -> Any:
        """All given instances of one attribute; None when the form gives none of them.

        ``gone`` is set when the whole entity is deleted.
        """
        datasets = self.form.datasets
        if datasets is not None:
            instances = tuple(item for item in instances if (item.dataset or "@none") in datasets)
        if len(instances) == 1:
            item = instances[0]
            rendered = self._instance(item, previous.get((name, item.dataset)), gone)
            if item.dataset and self.form.style == "simplified":
                return {"dataset": {item.dataset: rendered}}
            return rendered
        if not instances:
            return None
        several = [self._instance(item, previous.get((name, item.dataset)), gone) for item in instances]
        if self.form.style == "simplified":
            keys = (item.dataset or "@none" for item in instances)
            return {"dataset": dict(zip(keys, several, strict=True))}
        return several

    def normalized(
        self, item: Attribute, previous: Attribute | None = None, gone: bool = False
    ) -> dict[str, Any]:
        """One instance with its type and every member."""
        kind = item.kind
        if kind == "LanguageProperty" and self.form.lang and not item.deleted_at:
            tag, text = choose(item.value, self.form.lang)
            rendered = {"type": "Property", "value": text, "lang": tag}
        else:
            rendered = {"type": kind, VALUE_OF[kind]: self.value(item, gone)}
        if item.observed_at:
            rendered["observedAt"] = item.observed_at
        if item.unit_code:
            rendered["unitCode"] = item.unit_code
        if item.dataset:
            rendered["datasetId"] = item.dataset
        if self.form.sys_attrs:
            rendered["createdAt"] = stamp(item.created_at)
            rendered["modifiedAt"] = stamp(item.modified_at)
            if item.deleted_at:
                rendered["deletedAt"] = stamp(item.deleted_at)
        if item.object_types or item.value_type or item.expires_at or item.instance:
            self._rare(rendered, item)
        if previous is not None:
            member = VALUE_OF[previous.kind]
            rendered[f"previous{member[0].upper()}{member[1:]}"] = self.value(previous)
        for name, instances in item.attributes.items():
            key = self._compact(name)
            below = self.under(key) if self._scoped else self
            inner = [below._instance(each, None, False) for each in instances]
            rendered[key] = inner[0] if len(inner) == 1 else inner
        return rendered

    def _rare(self, rendered: dict[str, Any], item: Attribute) -> None:
        if item.object_types:
            names = [self._compact(name) for name in item.object_types]
            rendered["objectType"] = names[0] if len(names) == 1 else names
        if item.value_type:
            rendered["valueType"] = self._compact(item.value_type)
        if item.expires_at:
            rendered["expiresAt"] = item.expires_at
        if item.instance:
            rendered["instanceId"] = item.instance

    def concise(self, item: Attribute, previous: Attribute | None = None, gone: bool = False) -> Any:
        """One instance without what can be told from the rest (clause 4.5.1): the type, often the object."""
        rendered = self.normalized(item, previous, gone)
        kind = rendered["type"]
        if kind == "Property":
            value = rendered["value"]
            if looks_like_geometry(value):
                return rendered  # without its type it would be taken for a GeoProperty
            if len(rendered) == 2 and not _composed(value):
                return value
        elif kind == "GeoProperty" and len(rendered) == 2:
            return rendered["value"]
        elif kind == "GeoProperty" and rendered["value"] == NULL:
            return rendered
        del rendered["type"]
        return rendered

    def simplified(self, item: Attribute, _previous: Attribute | None = None, gone: bool = False) -> Any:
        """The value alone; of the kinds that would be taken for another, with the member of the value."""
        kind = item.kind
        if kind == "Property" and not item.deleted_at:
            return item.value
        if kind == "LanguageProperty" and self.form.lang and not item.deleted_at:
            return choose(item.value, self.form.lang)[1]
        value = self.value(item, gone)
        return value if kind in _BARE else {VALUE_OF[kind]: value}

    def value(self, item: Attribute, gone: bool = False) -> Any:
        """The value of an instance as it stands beside its type; of a deleted one the Null text."""
        if item.deleted_at:
            return {"@none": NULL} if item.kind == "LanguageProperty" and not gone else NULL
        value = item.value
        if item.kind == "VocabProperty":
            return self._compact(value) if isinstance(value, str) else [self._compact(iri) for iri in value]
        if item.kind == "ListRelationship" and self.form.style == "normalized":
            return [{"object": target} for target in value]
        return value


_BARE = frozenset({"Property", "Relationship", "GeoProperty"})


def _composed(value: Any) -> bool:
    """Whether a bare value would be read as something else than the value of a Property."""
    if type(value) is dict:
        return True
    return type(value) is list and any(type(item) is dict and is_attribute(item) for item in value)
