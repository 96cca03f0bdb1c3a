"""Patches of attribute instances: partial update and merge.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.5.8 (partial update patch: each member said takes the place of the
old) and 5.5.12 (merge patch, as RFC 7396: objects are merged into, NULL deletes, all else takes the place).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.edit.instances import Instances, find, put, stamped, without
from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.checks import geometry, uri
from chengshu.foundation.broker.ld.nulls import is_null, merged, without_nulls
from chengshu.foundation.broker.model import NULL, Attribute, AttributePatch, Kind

_MERGED: frozenset[Kind] = frozenset({"Property", "LanguageProperty", "JsonProperty"})


def complete(patch: AttributePatch, now: int, lang: str = "") -> Attribute:
    """A patch that meets no instance, as a new one. Raises :class:`BadRequestData` when it has no value."""
    if patch.value is None:
        raise BadRequestData(
            "a new attribute needs a value", remedy="say value, object, languageMap, vocab or json"
        )
    kind: Kind = patch.kind or "Property"
    inner = {
        name: tuple(complete(item, now, lang) for item in items if not is_null(item.value))
        for name, items in patch.attributes.items()
    }
    return Attribute(
        kind=kind,
        value=without_nulls(patch.value),
        created_at=now,
        modified_at=now,
        observed_at=_said(patch.observed_at, ""),
        unit_code=_said(patch.unit_code, ""),
        dataset=patch.dataset,
        object_types=patch.object_types,
        value_type=_said(patch.value_type, ""),
        expires_at=_said(patch.expires_at, ""),
        attributes={name: items for name, items in inner.items() if items},
    )


def patched(
    old: Attribute, patch: AttributePatch, now: int, *, merge: bool, lang: str = "", observed_at: str = ""
) -> Attribute | None:
    """``old`` after the patch, or None when the patch deletes it.

    With ``merge`` objects in values are merged into; without, values take the place of the old. Raises
    :class:`BadRequestData` when the patch is of another kind and has no value of its own.
    """
    if is_null(patch.value):
        return None
    if patch.kind is not None and patch.kind != old.kind:
        return stamped(complete(replace(patch, dataset=old.dataset), now), old, now)
    value = old.value if patch.value is None else _value(old, patch, merge=merge, lang=lang)
    if value is None:
        return None
    said_at = patch.observed_at or (observed_at if old.observed_at else "")
    return replace(
        old,
        value=value,
        modified_at=now,
        observed_at=_said(said_at, old.observed_at),
        unit_code=_said(patch.unit_code, old.unit_code),
        object_types=patch.object_types or old.object_types,
        value_type=_said(patch.value_type, old.value_type),
        expires_at=_said(patch.expires_at, old.expires_at),
        attributes=_inner(old, patch, now, merge=merge, lang=lang),
    )


def _said(new: str, old: str) -> str:
    """A text member after the patch: NULL deletes, nothing said keeps."""
    return "" if new == NULL else new or old


def _value(old: Attribute, patch: AttributePatch, *, merge: bool, lang: str) -> Any:
    """The value after the patch; None when nothing is left of it."""
    new = patch.value
    if patch.kind is None:
        new = _as(old.kind, patch, lang)
    if old.kind in _MERGED and isinstance(new, dict):
        before = old.value if merge and isinstance(old.value, dict) else {}
        new = merged(before, new)
        return new or None if old.kind == "LanguageProperty" else new
    return new


def _as(kind: Kind, patch: AttributePatch, lang: str) -> Any:
    """A bare value as the attribute it is written to would have it."""
    value = patch.value
    if kind == "VocabProperty" and patch.iri is not None:
        return patch.iri
    if kind == "LanguageProperty" and not isinstance(value, dict):
        return {lang or "@none": value}
    if kind == "GeoProperty":
        return geometry(value, "value")
    if kind == "Relationship":
        return [uri(item, "object") for item in value] if isinstance(value, list) else uri(value, "object")
    if kind in {"ListProperty", "ListRelationship"} and not isinstance(value, list):
        return [value]
    return value


def _inner(
    old: Attribute, patch: AttributePatch, now: int, *, merge: bool, lang: str
) -> dict[str, tuple[Attribute, ...]]:
    if not patch.attributes:
        return old.attributes
    inner: dict[str, Instances] = dict(old.attributes)
    for name, patches in patch.attributes.items():
        rest = inner.get(name, ())
        for item in patches:
            rest = _one(rest, item, now, merge=merge, lang=lang)
        if rest:
            inner[name] = rest
        else:
            inner.pop(name, None)
    return inner


def _one(instances: Instances, item: AttributePatch, now: int, *, merge: bool, lang: str) -> Instances:
    before = find(instances, item.dataset)
    if is_null(item.value):
        return without(instances, item.dataset)
    if before is None:
        return (*instances, complete(item, now, lang))
    if not merge:  # a member of the fragment takes the place of the old one whole
        return put(instances, stamped(complete(item, now, lang), before, now))
    after = patched(before, item, now, merge=True, lang=lang)
    return without(instances, item.dataset) if after is None else put(instances, after)
