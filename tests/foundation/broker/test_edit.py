"""What comes of each command of clause 5.6, as cases: before, command, after."""

from __future__ import annotations

from typing import Any

import pytest

from chengshu.foundation.broker import edit as do
from chengshu.foundation.broker.edit import Command, Edit, apply
from chengshu.foundation.broker.errors import AlreadyExists, BadRequestData, ResourceNotFound
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB, NGSI_LD
from chengshu.foundation.broker.ld.reading import (
    read_attribute,
    read_attribute_patch,
    read_entity,
    read_entity_patch,
    read_fragment,
)
from chengshu.foundation.broker.ld.rendering import Form, render
from chengshu.foundation.broker.model import NULL, Entity

ID = "urn:ngsi-ld:Vehicle:A"
GPS = "urn:ngsi-ld:Dataset:gps"
HEAD = {"id": ID, "type": "Vehicle"}
THEN, NOW = 1_000, 2_000


def iri(name: str) -> str:
    return CORE.expand(name)


def there(**members: Any) -> Entity:
    """The entity as it stands since THEN."""
    after = apply(do.CreateEntity(read_entity(HEAD | members, CORE)), None, THEN).after
    assert after is not None
    return after


def done(command: Command, before: Entity | None) -> Edit:
    return apply(command, before, NOW, "city")


def shown(edit: Edit) -> dict[str, Any]:
    """What is there afterwards, concise, without id and type."""
    assert edit.after is not None
    said = render(edit.after, CORE, Form(style="concise"))
    return {name: value for name, value in said.items() if name not in HEAD}


def happened(edit: Edit) -> set[tuple[str, str, str]]:
    assert edit.change is not None
    return {(CORE.compact(item.name), item.dataset, item.what) for item in edit.change.touched}


def append(before: Entity | None, said: Any, *, overwrite: bool = True) -> Edit:
    return done(do.AppendAttributes(ID, read_fragment(said, CORE), overwrite), before)


def update(before: Entity | None, said: Any) -> Edit:
    return done(do.UpdateAttributes(ID, read_fragment(said, CORE)), before)


def partial(before: Entity | None, name: str, said: Any, dataset: str = "") -> Edit:
    return done(do.PartialUpdate(ID, iri(name), read_attribute_patch(said, CORE), dataset), before)


def merge(
    before: Entity | None, said: Any, lang: str = "", observed_at: str = "", simplified: bool = False
) -> Edit:
    patch = read_entity_patch(said, CORE, simplified=simplified)
    return done(do.MergeEntity(ID, patch, lang, observed_at), before)


def test_create() -> None:
    edit = done(do.CreateEntity(read_entity(HEAD | {"speed": 5, "by": {"value": 1, "sub": 2}}, CORE)), None)
    assert edit.after is not None
    assert edit.change is not None
    assert (edit.after.created_at, edit.after.modified_at) == (NOW, NOW)
    inner = edit.after.attributes[iri("by")][0].attributes[iri("sub")][0]
    assert (inner.created_at, inner.modified_at) == (NOW, NOW)
    assert (edit.change.what, edit.change.tenant, edit.change.entity) == ("created", "city", edit.after)
    assert happened(edit) == {("speed", "", "created"), ("by", "", "created")}
    assert edit.outcome.created
    with pytest.raises(AlreadyExists):
        done(do.CreateEntity(read_entity(HEAD, CORE)), there())


@pytest.mark.parametrize(
    "command",
    [
        do.AppendAttributes(ID, Entity("", ())),
        do.UpdateAttributes(ID, Entity("", ())),
        do.PartialUpdate(ID, iri("a"), read_attribute_patch({"value": 1}, CORE)),
        do.MergeEntity(ID, read_entity_patch({}, CORE)),
        do.ReplaceEntity(read_entity(HEAD, CORE)),
        do.ReplaceAttribute(ID, iri("a"), read_attribute(1, CORE)),
        do.DeleteEntity(ID),
        do.DeleteAttribute(ID, iri("a")),
    ],
)
def test_what_needs_an_entity(command: Command) -> None:
    with pytest.raises(ResourceNotFound):
        done(command, None)
    assert do.target(command) == ID


def test_upsert() -> None:
    entity = read_entity(HEAD | {"a": 2, "c": 3}, CORE)
    assert done(do.Upsert(entity), None).outcome.created
    replaced = done(do.Upsert(entity), there(a=1, b=1))
    assert shown(replaced) == {"a": 2, "c": 3}
    assert happened(replaced) == {("a", "", "updated"), ("b", "", "deleted"), ("c", "", "created")}
    updated = done(do.Upsert(entity, "update"), there(a=1, b=1))
    assert shown(updated) == {"a": 2, "b": 1, "c": 3}
    assert not updated.outcome.created


def test_replace_keeps_only_the_birthday() -> None:
    edit = done(do.ReplaceEntity(read_entity(HEAD | {"type": "Bus", "b": 2}, CORE)), there(a=1, scope="/A"))
    assert edit.after is not None
    assert edit.change is not None
    assert (edit.after.created_at, edit.after.modified_at) == (THEN, NOW)
    assert edit.after.types == (DEFAULT_VOCAB + "Bus",)
    assert edit.after.scopes == ()
    assert edit.change.scopes
    assert shown(edit) == {"b": 2}


def test_append_writes_over() -> None:
    edit = append(there(a=1, b=1), {"b": 2, "c": 3, "type": "Bus", "scope": "/A"})
    assert shown(edit) == {"a": 1, "b": 2, "c": 3, "scope": "/A"}
    assert happened(edit) == {("b", "", "updated"), ("c", "", "created")}
    assert edit.after is not None
    assert edit.after.types == (DEFAULT_VOCAB + "Vehicle", DEFAULT_VOCAB + "Bus")
    assert edit.outcome.updated == (iri("b"), iri("c"), NGSI_LD + "scope")
    changed = edit.after.attributes[iri("b")][0]
    assert (changed.created_at, changed.modified_at) == (THEN, NOW)
    assert edit.after.attributes[iri("a")][0].modified_at == THEN


def test_append_beside_only() -> None:
    before = there(a=1, scope="/A")
    edit = append(
        before, {"a": [{"value": 2}, {"value": 3, "datasetId": GPS}], "scope": "/B"}, overwrite=False
    )
    assert shown(edit) == {"a": [1, {"value": 3, "datasetId": GPS}], "scope": ["/A", "/B"]}
    assert [(item.name, bool(item.reason)) for item in edit.outcome.not_updated] == [(iri("a"), True)]
    refused = append(before, {"a": 2}, overwrite=False)
    assert refused.change is None
    assert refused.after is before


def test_update_writes_over_and_beside() -> None:
    edit = update(there(a=1, b={"value": 1, "unitCode": "KMH"}), {"b": {"object": "urn:x:y"}, "c": 3})
    assert shown(edit) == {"a": 1, "b": {"object": "urn:x:y"}, "c": 3}
    assert edit.outcome.updated == (iri("b"), iri("c"))
    other = update(there(a=1), {"a": {"value": 2, "datasetId": GPS}, "d": NULL})
    assert shown(other) == {"a": [1, {"value": 2, "datasetId": GPS}]}
    assert [item.name for item in other.outcome.not_updated] == [iri("d")]


def test_update_of_scopes() -> None:
    assert shown(update(there(scope="/A"), {"scope": "/B"})) == {"scope": "/B"}
    refused = update(there(), {"scope": "/B"})
    assert [item.name for item in refused.outcome.not_updated] == [NGSI_LD + "scope"]
    assert shown(update(there(scope="/A", a=1), {"scope": NULL})) == {"a": 1}


def test_null_deletes_instances() -> None:
    before = there(a=[{"value": 1}, {"value": 2, "datasetId": GPS}], b=3)
    edit = update(before, {"a": {"value": NULL, "datasetId": GPS}, "b": NULL})
    assert shown(edit) == {"a": 1}
    assert happened(edit) == {("a", GPS, "deleted"), ("b", "", "deleted")}
    assert edit.change is not None
    touched = {(item.name, item.dataset): item.before for item in edit.change.touched}
    old = touched[iri("a"), GPS]
    assert old is not None
    assert old.value == 2
    assert shown(append(before, {"b": NULL})) == {"a": [1, {"value": 2, "datasetId": GPS}]}


def test_partial_update_changes_members() -> None:
    before = there(a={"value": 1, "unitCode": "KMH", "by": {"object": "urn:x:y"}})
    assert shown(partial(before, "a", {"value": 2})) == {
        "a": {"value": 2, "unitCode": "KMH", "by": {"object": "urn:x:y"}}
    }
    assert shown(partial(before, "a", {"unitCode": NULL, "by": NULL})) == {"a": 1}
    assert shown(partial(before, "a", {"by": {"value": 7}}))["a"]["by"] == 7
    edit = partial(before, "a", {"observedAt": "2026-01-01T00:00:00Z"})
    assert edit.after is not None
    assert edit.after.attributes[iri("a")][0].value == 1
    assert shown(partial(there(a=1, b=2), "a", {"value": NULL})) == {"b": 2}


def test_partial_update_replaces_values_whole() -> None:
    before = there(
        a={"type": "Property", "value": {"x": 1, "y": 2}}, s={"languageMap": {"en": "a", "fr": "b"}}
    )
    assert shown(partial(before, "a", {"value": {"x": 3}}))["a"] == {"value": {"x": 3}}
    edit = partial(before, "s", {"type": "LanguageProperty", "languageMap": {"es": "c"}})
    assert shown(edit)["s"] == {"languageMap": {"es": "c"}}


def test_partial_update_finds_its_instance() -> None:
    before = there(a=[{"value": 1, "datasetId": GPS}])
    assert shown(partial(before, "a", {"value": 2, "datasetId": GPS})) == {
        "a": {"value": 2, "datasetId": GPS}
    }
    assert shown(partial(before, "a", {"value": 2}, GPS)) == {"a": {"value": 2, "datasetId": GPS}}
    for name, said in (
        ("a", {"value": 2}),
        ("a", {"value": 2, "datasetId": "urn:x:no"}),
        ("b", {"value": 1}),
    ):
        with pytest.raises(ResourceNotFound):
            partial(before, name, said)
    with pytest.raises(BadRequestData):
        partial(there(a=1), "a", {"type": "Relationship", "object": "urn:x:y"})


def test_replace_attribute() -> None:
    before = there(a=[{"value": 1, "unitCode": "KMH"}, {"value": 2, "datasetId": GPS}], b=1)
    edit = done(do.ReplaceAttribute(ID, iri("a"), read_attribute({"object": "urn:x:y"}, CORE)), before)
    assert shown(edit) == {"a": [{"object": "urn:x:y"}, {"value": 2, "datasetId": GPS}], "b": 1}
    with pytest.raises(ResourceNotFound):
        done(do.ReplaceAttribute(ID, iri("c"), read_attribute(1, CORE)), before)
    with pytest.raises(ResourceNotFound):
        other = read_attribute({"value": 1, "datasetId": GPS}, CORE)
        done(do.ReplaceAttribute(ID, iri("b"), other), before)


def test_delete_attribute() -> None:
    before = there(
        a=[{"value": 1}, {"value": 2, "datasetId": GPS}], b=[{"value": 1, "datasetId": GPS}], scope="/A"
    )

    def deleted(name: str, dataset: str = "", everything: bool = False) -> dict[str, Any]:
        return shown(done(do.DeleteAttribute(ID, iri(name), dataset, everything), before))

    assert deleted("a")["a"] == {"value": 2, "datasetId": GPS}
    assert deleted("a", GPS)["a"] == 1
    assert "a" not in deleted("a", everything=True)
    assert "scope" not in deleted("scope")
    for name, dataset, everything in (("b", "", False), ("c", "", True), ("a", "urn:x:no", False)):
        with pytest.raises(ResourceNotFound):
            deleted(name, dataset, everything)
    with pytest.raises(ResourceNotFound):
        done(do.DeleteAttribute(ID, iri("scope")), there())


def test_delete_entity() -> None:
    edit = done(do.DeleteEntity(ID), there(a=1, scope="/A"))
    assert edit.after is None
    assert edit.change is not None
    assert (edit.change.what, edit.change.entity.deleted_at, edit.change.scopes) == ("deleted", NOW, True)
    assert happened(edit) == {("a", "", "deleted")}
    assert edit.outcome.deleted


def test_merge_goes_member_by_member() -> None:
    before = there(
        a={"value": 1, "unitCode": "KMH", "observedAt": "2026-01-01T00:00:00Z"},
        o={"type": "Property", "value": {"x": {"y": 1, "z": 2}, "l": [1]}},
        s={"languageMap": {"en": "a", "fr": "b"}},
        g=[{"value": 1}, {"value": 2, "datasetId": GPS}],
    )
    edit = merge(
        before,
        {
            "a": {"type": "Property", "value": 2},
            "o": {"value": {"x": {"y": NULL}, "l": [2], "n": {"m": NULL, "k": 1}}},
            "s": {"languageMap": {"fr": NULL, "es": "c"}},
            "g": {"value": 3, "datasetId": GPS},
            "new": {"object": "urn:x:y"},
            "gone": NULL,
            "type": "Bus",
        },
    )
    assert shown(edit) == {
        "a": {"value": 2, "unitCode": "KMH", "observedAt": "2026-01-01T00:00:00Z"},
        "o": {"value": {"x": {"z": 2}, "l": [2], "n": {"k": 1}}},
        "s": {"languageMap": {"en": "a", "es": "c"}},
        "g": [1, {"value": 3, "datasetId": GPS}],
        "new": {"object": "urn:x:y"},
    }
    updated = {("a", "", "updated"), ("o", "", "updated"), ("s", "", "updated"), ("g", GPS, "updated")}
    assert happened(edit) == updated | {("new", "", "created")}


def test_merge_of_bare_values_goes_by_what_is_there() -> None:
    before = there(
        p=1,
        r={"object": "urn:x:y"},
        s={"languageMap": {"en": "a", "fr": "b"}},
        v={"vocab": "old"},
        place={"type": "Point", "coordinates": [1, 2]},
    )
    said = {"p": 2, "r": "urn:x:z", "s": "c", "v": "new", "place": {"type": "Point", "coordinates": [3, 4]}}
    assert shown(merge(before, said, "fr", simplified=True)) == {
        "p": 2,
        "r": {"object": "urn:x:z"},
        "s": {"languageMap": {"en": "a", "fr": "c"}},
        "v": {"vocab": "new"},
        "place": {"type": "Point", "coordinates": [3, 4]},
    }
    with pytest.raises(BadRequestData):
        merge(before, {"r": "not a uri"})
    with pytest.raises(BadRequestData):
        merge(before, {"place": 7})


def test_merge_gives_the_time_to_what_had_one() -> None:
    before = there(a={"value": 1, "observedAt": "2026-01-01T00:00:00Z"}, b=1)
    time = "2026-02-02T00:00:00Z"
    assert shown(merge(before, {"a": {"value": 2}, "b": 2, "c": 3}, observed_at=time)) == {
        "a": {"value": 2, "observedAt": time},
        "b": 2,
        "c": 3,
    }
    said = {"a": {"value": 2, "observedAt": "2026-03-03T00:00:00Z"}}
    assert shown(merge(before, said, observed_at=time))["a"]["observedAt"] == "2026-03-03T00:00:00Z"


def test_merge_deletes() -> None:
    before = there(
        a={"value": 1, "by": {"object": "urn:x:y"}}, s={"languageMap": {"en": "a"}}, scope="/A", b=1
    )
    assert shown(merge(before, {"s": {"languageMap": {"en": NULL}}, "b": NULL, "scope": NULL})) == {
        "a": {"value": 1, "by": {"object": "urn:x:y"}}
    }
    assert shown(merge(before, {"a": {"by": {"object": NULL}}}))["a"] == 1
    assert "s" not in shown(
        merge(before, {"s": {"type": "LanguageProperty", "languageMap": {"@none": NULL}}})
    )


def test_merge_to_another_kind_needs_a_value() -> None:
    before = there(a={"value": 1, "unitCode": "KMH"})
    assert shown(merge(before, {"a": {"object": "urn:x:y"}})) == {"a": {"object": "urn:x:y"}}
    with pytest.raises(BadRequestData):
        merge(before, {"a": {"type": "Relationship", "observedAt": "2026-01-01T00:00:00Z"}})
    with pytest.raises(BadRequestData):
        merge(before, {"new": {"unitCode": "KMH"}})


def test_nothing_said_changes_nothing() -> None:
    before = there(a=1)
    for edit in (merge(before, {}), append(before, {}), update(before, {"type": "Vehicle"})):
        assert edit.after is before
        assert edit.change is None


def test_expiry() -> None:
    time = "2027-01-01T00:00:00Z"
    edit = merge(there(), {"expiresAt": time})
    assert edit.after is not None
    assert edit.after.expires_at == time
    again = merge(edit.after, {"expiresAt": NULL})
    assert again.after is not None
    assert again.after.expires_at == ""
