"""Laws of the commands: pure, complete in what they report, and merge as RFC 7396 has it."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.foundation.broker.ld.strategies import entities, json_values, texts
from tests.foundation.broker.ld.test_bounds import anything

from chengshu.foundation.broker import edit as do
from chengshu.foundation.broker.edit import Command, apply
from chengshu.foundation.broker.errors import BrokerError
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.ld.nulls import merged
from chengshu.foundation.broker.ld.reading import (
    read_attribute_patch,
    read_entity,
    read_entity_patch,
    read_fragment,
)
from chengshu.foundation.broker.model import NULL, Entity

ID = "urn:ngsi-ld:Thing:a"
POINT = {"type": "Point", "coordinates": [0, 0]}
names = st.sampled_from(["a_", "b_", "type", "scope", "location"])
objects = st.dictionaries(texts.filter(lambda text: text != ""), json_values, max_size=4)
patches = st.recursive(
    st.one_of(json_values, st.just(NULL)),
    lambda inner: st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def without_id(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != "id"}


@st.composite
def commands(draw: st.DrawFn) -> Command:
    said = draw(entities())
    fragment = read_fragment(without_id(said), CORE)
    names = sorted(fragment.attributes) or ["https://x.org/none"]
    return draw(
        st.sampled_from(
            [
                do.Upsert(msgspec.structs.replace(fragment, id=ID)),
                do.Upsert(msgspec.structs.replace(fragment, id=ID), "update"),
                do.AppendAttributes(ID, fragment),
                do.AppendAttributes(ID, fragment, overwrite=False),
                do.UpdateAttributes(ID, fragment),
                do.MergeEntity(ID, read_entity_patch(without_id(said), CORE)),
                do.DeleteAttribute(ID, names[0], all_instances=True),
                do.DeleteEntity(ID),
            ]
        )
    )


def entity_of(payload: dict[str, Any]) -> Entity:
    return read_entity(payload | {"id": ID}, CORE)


def flat(entity: Entity | None) -> dict[tuple[str, str], Any]:
    if entity is None:
        return {}
    return {(name, item.dataset): item for name, items in entity.attributes.items() for item in items}


@settings(max_examples=examples(60))
@given(entities(), st.lists(commands(), max_size=4))
def test_what_is_touched_is_exactly_what_changed(payload: dict[str, Any], many: list[Command]) -> None:
    entity: Entity | None = apply(do.CreateEntity(entity_of(payload)), None, 1).after
    for now, command in enumerate(many, start=2):
        before = entity
        kept = copy.deepcopy((before, command))
        try:
            edit = apply(command, before, now)
        except BrokerError:
            continue
        assert (before, command) == kept  # what was handed in is as it was
        assert edit == apply(command, before, now)
        entity = edit.after
        old, new = flat(before), flat(entity)
        differing = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        touched = {(item.name, item.dataset): item for item in edit.change.touched} if edit.change else {}
        assert differing == touched.keys()
        for key, item in touched.items():
            assert item.before == old.get(key)
            expected = "created" if key not in old else "deleted" if key not in new else "updated"
            assert item.what == expected
        if edit.change is None:
            assert entity is before
        elif entity is not None:
            assert entity.modified_at == now
            assert all(new[key].modified_at == now for key in touched if key in new)


@settings(max_examples=examples(100))
@given(entities())
def test_merging_an_entity_into_itself_keeps_what_it_says(payload: dict[str, Any]) -> None:
    before = apply(do.CreateEntity(entity_of(payload)), None, 1).after
    after = apply(do.MergeEntity(ID, read_entity_patch(without_id(payload), CORE)), before, 1).after
    assert after == before


@settings(max_examples=examples(120))
@given(
    entities(),
    st.lists(st.dictionaries(names, anything), max_size=3),
)
def test_null_is_never_kept(payload: dict[str, Any], many: list[dict[str, Any]]) -> None:
    old = {"a_": {"value": {"a": 1}}, "b_": {"languageMap": {"en": "a"}}, "location": POINT}
    entity = apply(do.CreateEntity(entity_of(payload | old)), None, 1).after
    for said in many:
        found: list[Command] = []
        for make in (
            lambda said=said: do.AppendAttributes(ID, read_fragment(said, CORE)),
            lambda said=said: do.UpdateAttributes(ID, read_fragment(said, CORE)),
            lambda said=said: do.MergeEntity(ID, read_entity_patch(said, CORE)),
            lambda said=said: do.PartialUpdate(ID, CORE.expand("a_"), read_attribute_patch(said, CORE)),
        ):
            with contextlib.suppress(BrokerError):
                found.append(make())
        for command in found:
            with contextlib.suppress(BrokerError):
                entity = apply(command, entity, 2).after
            assert NULL.encode() not in msgspec.msgpack.encode(entity)


@given(objects, patches)
def test_merge_patch(old: dict[str, Any], patch: Any) -> None:
    if isinstance(patch, dict):
        after = merged(old, patch)
        assert after == reference(old, patch)
        assert merged(after, patch) == after  # a second time changes nothing
    assert merged(old, {}) == old


def reference(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, with the NGSI-LD Null for null."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value == NULL:
            result.pop(name, None)
        else:
            result[name] = reference(result.get(name), value)
    return result
