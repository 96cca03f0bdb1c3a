"""What a notification says: formats, changes, deletions, contexts, linked entities, headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.foundation.broker.subscriptions.bench import START, VOCAB, WHO, Bench, Outgoing, entity

from chengshu.foundation.broker.edit import AppendAttributes, CreateEntity, DeleteAttribute
from chengshu.foundation.broker.model import Attribute
from chengshu.foundation.broker.subscriptions.matching import compile_triggers
from chengshu.foundation.broker.subscriptions.sending import publication
from chengshu.kernel.clock import iso

NULL = "urn:ngsi-ld:null"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def told(bench: Bench) -> dict[str, Any]:
    """The only entity of the only notification since the last time."""
    bench.settle()
    (body,) = bench.post.bodies()
    bench.post.got.clear()
    (found,) = body["data"]
    return dict(found)


def test_the_frame_of_a_notification(bench: Bench) -> None:
    bench.subscribe()
    bench.create("g1", level=1)
    bench.settle()
    (body,) = bench.post.bodies()
    assert body.pop("id").startswith("urn:ngsi-ld:Notification:")
    assert body.pop("notifiedAt") == iso(START).replace("Z", ".000Z")
    assert body == {
        "type": "Notification",
        "subscriptionId": "urn:ngsi-ld:Subscription:one",
        "data": [{"id": "urn:ngsi-ld:g1", "type": "Gauge", "level": {"type": "Property", "value": 1}}],
    }


@pytest.mark.parametrize(
    ("format_", "level"),
    [
        ("normalized", {"type": "Property", "value": 1, "unitCode": "MTR"}),
        ("concise", {"value": 1, "unitCode": "MTR"}),
        ("keyValues", 1),
        ("simplified", 1),
    ],
)
def test_formats(bench: Bench, format_: str, level: Any) -> None:
    bench.subscribe(notification={"format": format_})
    bench.create("g1", level=Attribute("Property", 1, unit_code="MTR"))
    assert told(bench)["level"] == level


KINDS = {
    "Relationship": ("urn:e:2", {"object": "urn:e:2"}, "urn:e:2"),
    "LanguageProperty": ({"en": "ok"}, {"languageMap": {"en": "ok"}}, {"languageMap": {"en": "ok"}}),
    "VocabProperty": ("http://x/old", {"vocab": "http://x/old"}, {"vocab": "http://x/old"}),
    "ListProperty": ([1, 2], {"valueList": [1, 2]}, {"valueList": [1, 2]}),
    "JsonProperty": ({"a": 1}, {"json": {"a": 1}}, {"json": {"a": 1}}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_attributes_in_every_format_and_version(bench: Bench, kind: Any) -> None:
    value, said, simple = KINDS[kind]
    for format_ in ("normalized", "concise", "keyValues"):
        bench.subscribe(format_, notification={"format": format_})
    bench.subscribe("older", ngsildConformance="1.3")
    bench.create("g1", level=Attribute(kind, value))
    bench.settle()
    full, concise, key_values, older = (body["data"][0]["level"] for body in bench.post.bodies())
    assert (full, concise, key_values) == ({"type": kind} | said, said, simple)
    plain = {"type": "Property", "value": next(iter(said.values()))}
    assert older == (full if kind == "Relationship" else plain)


def test_attributes_pick_and_omit(bench: Bench) -> None:
    bench.subscribe("attributes", notification={"attributes": ["level"]})
    bench.subscribe("pick", notification={"pick": ["id", "name"]})
    bench.subscribe("omit", notification={"omit": ["type", "name"]})
    bench.create("g1", level=1, name="a")
    bench.settle()
    found = [set(body["data"][0]) for body in bench.post.bodies()]
    assert found == [{"id", "type", "level"}, {"id", "name"}, {"id", "level"}]


def test_system_attributes(bench: Bench) -> None:
    bench.subscribe(notification={"sysAttrs": True})
    bench.create("g1", level=1)
    found = told(bench)
    assert {"createdAt", "modifiedAt"} <= set(found) & set(found["level"])


def test_json_names_its_context_in_a_header(bench: Bench) -> None:
    bench.subscribe()
    bench.create("g1", level=1)
    bench.settle()
    headers = bench.post.got[0].headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Link"].endswith(
        '; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    )


def test_json_ld_carries_its_context(bench: Bench) -> None:
    bench.subscribe(endpoint={"accept": "application/ld+json"})
    bench.create("g1", level=1)
    assert "@context" in told(bench)
    bench.create("g2", level=1)
    bench.settle()
    assert "Link" not in bench.post.got[0].headers
    assert "@context" in bench.post.bodies()[0]


def test_the_context_of_the_subscription_names_things(bench: Bench) -> None:
    bench.subscribe(jsonldContext="https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld")
    bench.create("g1", level=1)
    assert told(bench)["type"] == VOCAB + "Gauge"


def test_geojson(bench: Bench) -> None:
    place = {"type": "Point", "coordinates": [8.5, 47.3]}
    bench.subscribe(endpoint={"accept": "application/geo+json"})
    gauge = entity("g1", level=1)
    gauge.attributes["https://uri.etsi.org/ngsi-ld/location"] = (Attribute("GeoProperty", place),)
    bench.write(CreateEntity(gauge))
    bench.settle()
    (body,) = bench.post.bodies()
    assert body["data"]["type"] == "FeatureCollection"
    (feature,) = body["data"]["features"]
    assert (feature["id"], feature["geometry"]) == ("urn:ngsi-ld:g1", place)
    assert feature["properties"]["level"]["value"] == 1


def test_receiver_info_becomes_headers_and_cannot_replace_ours(bench: Bench) -> None:
    pairs = [{"key": "Authorization", "value": "Bearer x"}, {"key": "content-type", "value": "text/html"}]
    bench.subscribe(endpoint={"receiverInfo": pairs})
    bench.create("g1", level=1)
    bench.settle()
    headers = bench.post.got[0].headers
    assert headers["Authorization"] == "Bearer x"
    assert [value for name, value in headers.items() if name.lower() == "content-type"] == [
        "application/json"
    ]


def test_a_deleted_entity(bench: Bench) -> None:
    bench.subscribe(notificationTrigger=["entityDeleted"])
    bench.create("g1", level=1)
    bench.delete("g1")
    found = told(bench)
    assert set(found) == {"id", "type", "deletedAt"}


def test_a_deleted_entity_with_what_it_was(bench: Bench) -> None:
    bench.subscribe(notificationTrigger=["entityDeleted"], notification={"showChanges": True})
    bench.create("g1", level=1)
    bench.delete("g1")
    assert told(bench)["level"] == {"type": "Property", "value": NULL, "previousValue": 1}


def test_a_deleted_attribute(bench: Bench) -> None:
    bench.subscribe(notificationTrigger=["attributeDeleted"], watchedAttributes=["level"])
    bench.create("g1", level=1, name="a")
    bench.delete_attribute("g1", "name")
    bench.settle()
    assert bench.post.got == []
    bench.delete_attribute("g1", "level")
    assert told(bench)["level"] == {"type": "Property", "value": NULL}


def test_a_deleted_instance_and_all_of_them(bench: Bench) -> None:
    names = (Attribute("Property", "a"), Attribute("Property", "b", dataset="urn:d:b"))
    for number, whole in ((1, False), (2, True)):
        gauge = entity(f"g{number}")
        gauge.attributes[VOCAB + "name"] = names
        bench.write(CreateEntity(gauge))
        if number == 1:
            bench.subscribe(notificationTrigger=["attributeDeleted"])
        bench.write(
            DeleteAttribute(gauge.id, VOCAB + "name", "" if whole else "urn:d:b", all_instances=whole)
        )
        found = told(bench)["name"]
        gone = {"type": "Property", "value": NULL}
        assert found == (
            gone if whole else [{"type": "Property", "value": "a"}, gone | {"datasetId": "urn:d:b"}]
        )


def test_what_changed(bench: Bench) -> None:
    bench.subscribe(notification={"showChanges": True})
    bench.create("g1", level=1, name="a")
    assert "previousValue" not in told(bench)["level"]
    bench.update("g1", level=2)
    found = told(bench)
    assert found["level"] == {"type": "Property", "value": 2, "previousValue": 1}
    assert found["name"] == {"type": "Property", "value": "a"}


def test_instances_by_dataset(bench: Bench) -> None:
    bench.subscribe(datasetId="urn:d:b")
    gauge = entity("g1", level=1)
    gauge.attributes[VOCAB + "name"] = (
        Attribute("Property", "a"),
        Attribute("Property", "b", dataset="urn:d:b"),
    )
    bench.write(CreateEntity(gauge))
    found = told(bench)
    assert "level" not in found
    assert found["name"]["value"] == "b"


def linked(bench: Bench) -> None:
    bench.create("p2", "Pump", name="second")
    bench.create("p1", "Pump", at=Attribute("Relationship", "urn:ngsi-ld:p2"), name="first")
    bench.create("g1", at=Attribute("Relationship", "urn:ngsi-ld:p1"))


def test_linked_entities_beside(bench: Bench) -> None:
    bench.subscribe(notification={"join": "flat", "joinLevel": 2, "format": "simplified"})
    linked(bench)
    bench.settle()
    (body,) = bench.post.bodies()
    assert body["data"] == [
        {"id": "urn:ngsi-ld:g1", "type": "Gauge", "at": "urn:ngsi-ld:p1"},
        {"id": "urn:ngsi-ld:p1", "type": "Pump", "at": "urn:ngsi-ld:p2", "name": "first"},
        {"id": "urn:ngsi-ld:p2", "type": "Pump", "name": "second"},
    ]


def test_linked_entities_inside(bench: Bench) -> None:
    bench.subscribe(notification={"join": "inline", "joinLevel": 2, "attributes": ["at"]})
    linked(bench)
    found = told(bench)["at"]
    assert found["object"] == "urn:ngsi-ld:p1"
    assert found["entity"]["name"]["value"] == "first"
    assert found["entity"]["at"]["entity"]["name"]["value"] == "second"


def test_links_in_a_circle_end(bench: Bench) -> None:
    bench.create("g1", at=Attribute("Relationship", "urn:ngsi-ld:g1"))
    bench.subscribe(notification={"join": "inline", "joinLevel": 5, "format": "simplified"})
    bench.update("g1", at=Attribute("Relationship", "urn:ngsi-ld:g1"))
    assert told(bench)["at"] == "urn:ngsi-ld:g1"


def test_an_entity_that_is_gone_on_replay_is_told_as_it_was(bench: Bench) -> None:
    bench.subscribe()
    bench.create("g1", level=1)
    bench.settle()
    bench.delete("g1")
    bench.settle()
    bench.post.got.clear()
    bench.subscriptions.replay("", "urn:ngsi-ld:Subscription:one", 1, WHO).result()
    bench.settle()
    assert bench.post.bodies()[0]["data"][0]["level"]["value"] == 1


def test_equal_forms_are_written_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        bench.subscribe(f"s{number}", uri=f"http://receiver.test/{number}")
    composer = bench.notifier._composer
    written: list[Any] = []
    entity_of = composer._entity
    monkeypatch.setattr(composer, "_entity", lambda *args: written.append(args) or entity_of(*args))
    bench.create("g1", level=1)
    bench.settle()
    assert len(bench.post.got) == 20
    assert len(written) == 1


def test_the_message_over_mqtt() -> None:
    outgoing = Outgoing(
        "mqtts://me:p%40ss@broker.test/city/notices",
        {"Content-Type": "application/json", "Link": '<a>; rel="b"'},
        b'{"id":"x"}',
        (("MQTT-QoS", "2"), ("MQTT-Version", "mqtt3.1.1")),
        500,
    )
    made = publication(outgoing)
    assert (made.host, made.port, made.topic, made.tls) == ("broker.test", 8883, "city/notices", True)
    assert (made.qos, made.version, made.username, made.password) == (2, "mqtt3.1.1", "me", "p@ss")
    assert made.timeout_s == 0.5
    assert json.loads(made.payload) == {"metadata": outgoing.headers, "body": {"id": "x"}}


CHANGES = ("created", "updated", "appended", "attribute deleted", "scoped", "deleted")
EXPECTED = {
    "entityCreated": {"created"},
    "entityUpdated": {"updated", "appended", "attribute deleted"},
    "entityDeleted": {"deleted"},
    "attributeCreated": {"created", "appended"},
    "attributeUpdated": {"updated"},
    "attributeDeleted": {"attribute deleted", "deleted"},
}


@pytest.mark.parametrize("trigger", EXPECTED)
def test_triggers(bench: Bench, trigger: str) -> None:
    bench.subscribe(notificationTrigger=[trigger])
    seen: set[str] = set()
    for what in ("created", "updated", "appended", "attribute deleted", "deleted"):
        if what == "created":
            bench.create("g1", level=1)
        elif what == "updated":
            bench.update("g1", level=2)
        elif what == "appended":
            bench.write(AppendAttributes("urn:ngsi-ld:g1", entity("g1", name="a")))
        elif what == "attribute deleted":
            bench.delete_attribute("g1", "name")
        else:
            bench.delete("g1")
        bench.settle()
        if bench.post.got:
            seen.add(what)
        bench.post.got.clear()
    assert seen == EXPECTED[trigger]


def test_triggers_are_compiled_once() -> None:
    one = compile_triggers(frozenset({"entityCreated"}), frozenset())
    assert one is compile_triggers(frozenset({"entityCreated"}), frozenset())
