"""Parts of attributes, as partial update and merge take them: what is not said stays as it is.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.5.8 and 5.5.12.
"""

from __future__ import annotations

from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.attributes import (
    DEEPEST,
    AttributeReader,
    attribute_name,
    is_attribute,
    types_of,
    unique,
    within,
)
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.members import GENERATED, READ_VALUE, VALUE_MEMBERS
from chengshu.foundation.broker.model import NULL, AttributePatch, Kind

_MOST_WORDS = 1000


class PatchReader:
    """Reads patches of the attributes of one payload."""

    __slots__ = ("context", "whole")

    def __init__(self, context: LdContext, *, simplified: bool = False) -> None:
        self.context = context
        self.whole = AttributeReader(context, nulls=True, simplified=simplified)

    def typed(self, types: Any) -> PatchReader:
        """The reader of the attributes of an entity of these types, as they are written."""
        return self._with(self.context.typed(types))

    def under(self, name: str) -> PatchReader:
        """The reader of what stands under ``name``, which may have a context of its own."""
        return self._with(self.context.inside(name))

    def _with(self, context: LdContext) -> PatchReader:
        return self if context is self.context else PatchReader(context, simplified=self.whole.simplified)

    def instances(self, said: Any, depth: int = DEEPEST) -> tuple[AttributePatch, ...]:
        """Everything said under one name. Raises :class:`BadRequestData` with the place within it."""
        several = type(said) is list and any(type(item) is dict and is_attribute(item) for item in said)
        if not several:
            return (self.instance(said, depth),)
        found = []
        for number, item in enumerate(said):
            try:
                found.append(self.instance(item, depth))
            except BadRequestData as error:
                raise within(error, f"[{number}]") from error
        return unique(tuple(found))

    def instance(self, said: Any, depth: int = DEEPEST) -> AttributePatch:
        """One patch: a bare value, or the members that change."""
        if type(said) is not dict:
            return self._bare(said)
        if not self.whole.simplified:
            said = self.context.lifted(said)
        kind, member = self.whole.kind(said)
        if kind == "GeoProperty" and member == "":
            return AttributePatch(kind, checks.geometry(said, ""))
        if kind is None and self.whole.simplified:
            return self._bare(said)
        if kind == "Property" and "type" not in said:
            kind = None  # {"value": …} goes to whatever kind there is
        return self._members(kind, member, said, depth)

    def _bare(self, said: Any) -> AttributePatch:
        value = READ_VALUE["Property"](said, self.context, True)
        return AttributePatch(value=value, iri=self._words(value))

    def _words(self, value: Any) -> Any:
        """A text, or a list of texts, as a VocabProperty would have it."""
        try:
            if isinstance(value, str) and value:
                return self.context.expand(value)
            if isinstance(value, list) and 0 < len(value) <= _MOST_WORDS:
                return [self.context.expand(item) for item in value if isinstance(item, str) and item] or None
        except BadRequestData:
            return None
        return None

    def _members(self, kind: Kind | None, member: str, said: dict[str, Any], depth: int) -> AttributePatch:
        members: dict[str, Any] = {"kind": kind}
        inner: dict[str, tuple[AttributePatch, ...]] = {}
        for key, item in said.items():
            if key in {"type", "@type", "@context"} or key in GENERATED:
                continue
            if key == member:
                members["value"] = READ_VALUE[kind or "Property"](item, self.context, True)
            elif key in VALUE_MEMBERS:
                raise BadRequestData(f"a {kind} has no '{key}'", where=key, remedy=f"its value is '{member}'")
            elif not self._metadata(members, key, item, kind):
                if depth == 0:
                    raise BadRequestData(
                        f"attributes nest deeper than {DEEPEST} levels", where=key[:80], remedy="flatten them"
                    )
                name = attribute_name(key, self.context)
                try:
                    inner[name] = self.under(key).instances(item, depth - 1)
                except BadRequestData as error:
                    raise within(error, key) from error
        if kind is None and "value" in members:
            members["iri"] = self._words(members["value"])
        return AttributePatch(**members, attributes=inner)

    def _metadata(self, members: dict[str, Any], key: str, item: Any, kind: Kind | None) -> bool:
        """Read one of the members every attribute may have; False when ``key`` is none of them."""
        if key in {"observedAt", "expiresAt"}:
            name = "observed_at" if key == "observedAt" else "expires_at"
            members[name] = NULL if item == NULL else checks.time(item, key)
        elif key == "unitCode":
            members["unit_code"] = NULL if item == NULL else checks.text(item, key)
        elif key == "datasetId":
            members["dataset"] = "" if item == "@none" else checks.uri(item, key)
        elif key == "objectType":
            members["object_types"] = types_of(item, key, self.context)
        elif key == "valueType":
            members["value_type"] = NULL if item == NULL else self.context.expand(checks.text(item, key))
        else:
            return False
        return True
