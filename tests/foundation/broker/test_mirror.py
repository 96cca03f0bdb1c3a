"""The hub's entities seen as NGSI-LD, and NGSI-LD writes seen by the hub; neither answers the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.foundation.broker.conftest import START, Hub, V, opened, prop, thing

from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.broker.edit import AppendAttributes, CreateEntity, UpdateAttributes
from chengshu.foundation.broker.hub_past import HubPast
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB
from chengshu.foundation.broker.mirror import LOCATION, Echo, Mirror, shortened
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.query.model import Compare, Number, Query, Selector
from chengshu.foundation.broker.query.model import Path as QueryPath
from chengshu.foundation.broker.query.model import Text as Words
from chengshu.foundation.broker.stream import KIND
from chengshu.foundation.broker.temporal import Ask
from chengshu.foundation.broker.units import to_cefact, to_ucum
from chengshu.foundation.context import Context, ContextQueries, HistoryFeed, Observation
from chengshu.foundation.context import store as context_store
from chengshu.foundation.context.model import Entity as Declared
from chengshu.foundation.journal import Pump, changes_after
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.clock import iso, millis
from chengshu.kernel.texts import Text

GAUGE = "urn:ngsi-ld:RainGauge:7"
RAIN = DEFAULT_VOCAB + "rainIntensity"
AREAS = AreaTree(
    [Area("city", Text.of("City"), "city", None), Area("east", Text.of("East"), "district", "city")]
)


@dataclass
class City:
    """A hub with a broker beside its context, and the pump that keeps them together."""

    hub: Hub
    context: Context
    states: ContextQueries
    queries: BrokerQueries
    pump: Pump

    def settle(self) -> None:
        """Let everything follow, also what waits a moment."""
        self.pump.drain()
        self.hub.later(3)
        self.pump.drain()

    def observe(self, value: float | bool | str, at: datetime, attribute: str = "rainIntensity") -> None:
        """One measured value."""
        unit = "mm/h" if attribute == "rainIntensity" else ""
        self.context.record([Observation(GAUGE, "RainGauge", attribute, value, unit, at, "gauges")])


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with opened("sqlite", tmp_path) as hub:
        hub.database.create(context_store.metadata)
        history = DuckHistory(None)
        context = Context(hub.database, hub.clock)
        feed = HistoryFeed(history, hub.clock)
        mirror, echo = Mirror(hub.database, context, hub.clock, hub.evolutions), Echo(context)
        pump = Pump(
            hub.database, hub.clock, [feed, hub.evolutions, mirror, echo], [feed, mirror], strict=True
        )
        past = HubPast(context.series, history, hub.database)
        queries = BrokerQueries(hub.database, hub.clock, hub.evolutions, past)
        states = ContextQueries(hub.database, hub.clock, context.series, history, AREAS)
        yield City(hub, context, states, queries, pump)
        history.close()


def test_a_declared_entity_with_its_readings_is_seen(city: City) -> None:
    name = Text("Gate", "闸", "閘")
    declared = Declared(GAUGE, "RainGauge", name, "east", 113.5, 22.2, {"height": 3, "refDevice": "urn:d:1"})
    city.context.upsert(declared)
    city.observe(12.0, START)
    city.observe(12.5, START - timedelta(minutes=1))
    city.observe(True, START, "wet")
    city.observe("drizzle", START, "said")
    city.settle()
    found = city.queries.get("", GAUGE)
    assert found.types == (DEFAULT_VOCAB + "RainGauge",)
    plain = {shortened(name): (items[0].kind, items[0].value) for name, items in found.attributes.items()}
    assert plain == {
        "name": ("LanguageProperty", name.as_dict()),
        "area": ("Property", "east"),
        "location": ("GeoProperty", {"type": "Point", "coordinates": [113.5, 22.2]}),
        "height": ("Property", 3),
        "refDevice": ("Relationship", "urn:d:1"),
        "rainIntensity": ("Property", 12),
        "wet": ("Property", True),
        "said": ("Property", "drizzle"),
    }
    (rain,) = found.attributes[RAIN]
    assert (rain.observed_at, rain.unit_code) == (iso(START), "H67")
    assert LOCATION in found.attributes


def test_only_the_newest_value_of_a_bite_is_written(city: City) -> None:
    for minute in range(50):
        city.observe(float(minute), START + timedelta(minutes=minute))
    city.settle()
    with city.hub.database.read() as connection:
        changes = [change for change in changes_after(connection, 0) if change.kind == KIND]
    assert len(changes) == 1
    assert city.queries.get("", GAUGE).attributes[RAIN][0].value == 49


def test_the_past_of_a_mirrored_attribute_is_the_hubs_history(city: City) -> None:
    for minute in range(10):
        city.observe(float(minute), START + timedelta(minutes=minute))
    city.settle()
    found = city.queries.evolution("", GAUGE, Ask()).entity.attributes[RAIN]
    assert [item.value for item in found] == list(range(10))
    assert len({item.instance for item in found}) == 10
    again = city.queries.evolution("", GAUGE, Ask()).entity.attributes[RAIN]
    assert [item.instance for item in again] == [item.instance for item in found]
    start = millis(START)
    between = Ask("between", start + 60_000, start + 5 * 60_000)
    assert [i.value for i in city.queries.evolution("", GAUGE, between).entity.attributes[RAIN]] == [2, 3, 4]
    newest = city.queries.evolution("", GAUGE, Ask(last=2)).entity.attributes[RAIN]
    assert [item.value for item in newest] == [8, 9]
    page = city.queries.evolution("", GAUGE, Ask(most=4))
    assert page.cut and [item.value for item in page.entity.attributes[RAIN]] == [0, 1, 2, 3]
    (sums,) = city.queries.evolution("", GAUGE, Ask(methods=("sum", "max"), period="PT5M")).aggregates
    assert [item.value for item in sums.methods["sum"]] == [10, 35]
    assert [item.value for item in sums.methods["max"]] == [4, 9]
    fast = Compare(QueryPath((RAIN,)), ">", (Number(8.0),))
    query = Query(selectors=(Selector(types=((DEFAULT_VOCAB + "RainGauge",),)),), q=fast)
    assert [item.entity.id for item in city.queries.evolutions("", query, Ask()).items] == [GAUGE]


def test_texts_have_a_past_as_numbers_have(city: City) -> None:
    state = DEFAULT_VOCAB + "state"
    for minute, word in enumerate(["dry", "wet", "wet", "dry"]):
        city.observe(word, START + timedelta(minutes=minute), "state")
    city.observe(1.0, START)
    city.settle()

    def told(ask: Ask) -> list[object]:
        return [item.value for item in city.queries.evolution("", GAUGE, ask).entity.attributes[state]]

    assert told(Ask()) == ["dry", "wet", "wet", "dry"]
    assert told(Ask(last=2)) == ["wet", "dry"]
    start = millis(START)
    assert told(Ask("between", start, start + 120_000)) == ["wet"]
    assert told(Ask("after", start + 60_000, attributes=(state,))) == ["wet", "dry"]
    page = city.queries.evolution("", GAUGE, Ask(most=3))
    assert page.cut and [item.value for item in page.entity.attributes[state]] == ["dry", "wet", "wet"]
    ask = Ask(methods=("distinctCount", "totalCount"), period="PT2M", attributes=(state,))
    (counts,) = city.queries.evolution("", GAUGE, ask).aggregates
    assert [item.value for item in counts.methods["totalCount"]] == [2, 2]
    assert [item.value for item in counts.methods["distinctCount"]] == [2, 2]
    dry = Compare(QueryPath((state,)), "==", (Words("dry"),))
    query = Query(selectors=(Selector(types=((DEFAULT_VOCAB + "RainGauge",),)),), q=dry)
    assert [item.entity.id for item in city.queries.evolutions("", query, Ask()).items] == [GAUGE]


def test_a_text_that_a_client_writes_is_told_once(city: City) -> None:
    city.hub.ok(CreateEntity(thing(1, colour=prop("red", observed_at=iso(START)))))
    city.settle()
    later = prop("green", observed_at=iso(START + timedelta(minutes=1)))
    city.hub.ok(UpdateAttributes("urn:ngsi-ld:Thing:1", thing(1, colour=later)))
    city.settle()
    found = city.queries.evolution("", "urn:ngsi-ld:Thing:1", Ask()).entity.attributes[V + "colour"]
    assert [item.value for item in found] == ["red", "green"]
    ask = Ask(methods=("totalCount",))
    (count,) = city.queries.evolution("", "urn:ngsi-ld:Thing:1", ask).aggregates
    assert [item.value for item in count.methods["totalCount"]] == [2]


def test_what_a_client_writes_the_hub_observes(city: City) -> None:
    speed = prop(40, unit_code="KMH", observed_at=iso(START))
    city.hub.ok(CreateEntity(thing(1, speed=speed, colour="red", broken=True, odd=prop(1, unit_code="ZZZ"))))
    city.settle()
    readings = {item.series.attribute: item for item in city.states.latest(type_="Thing")}
    assert {name: item.value for name, item in readings.items()} == {
        "speed": 40,
        "colour": "red",
        "broken": True,
    }
    assert readings["speed"].series.unit == "km/h" and readings["speed"].source == "ngsi-ld"
    assert readings["speed"].observed_at == START
    city.hub.ok(UpdateAttributes("urn:ngsi-ld:Thing:1", thing(1, speed=prop(10, unit_code="MTS"))))
    city.hub.ok(UpdateAttributes("urn:ngsi-ld:Thing:1", thing(1, colour=5)))
    city.settle()
    readings = {item.series.attribute: item for item in city.states.latest(type_="Thing")}
    assert readings["speed"].value == pytest.approx(36) and readings["colour"].value == "red"


def test_neither_answers_the_other(city: City) -> None:
    city.hub.ok(CreateEntity(thing(1, speed=1)))
    city.observe(3.0, START)
    city.settle()
    with city.hub.database.read() as connection:
        before = [(change.kind, change.subject) for change in changes_after(connection, 0)]
    city.settle()
    city.settle()
    with city.hub.database.read() as connection:
        assert [(change.kind, change.subject) for change in changes_after(connection, 0)] == before
    found = city.queries.get("", "urn:ngsi-ld:Thing:1")
    assert found.types == (V + "Thing",) and set(found.attributes) == {V + "speed"}
    told = city.queries.evolution("", "urn:ngsi-ld:Thing:1", Ask()).entity
    assert {name: len(items) for name, items in told.attributes.items()} == {V + "speed": 1}


def test_a_client_may_add_to_a_mirrored_entity_and_it_stays(city: City) -> None:
    city.observe(3.0, START)
    city.settle()
    city.hub.ok(AppendAttributes(GAUGE, thing(1, note="checked")))
    city.observe(4.0, START + timedelta(minutes=1))
    city.settle()
    found = city.queries.get("", GAUGE)
    assert found.attributes[V + "note"][0].value == "checked" and found.attributes[RAIN][0].value == 4


def test_a_deleted_entity_goes_and_its_past_stays(city: City) -> None:
    city.context.upsert(Declared(GAUGE, "RainGauge", Text.of("a"), "east"))
    city.observe(3.0, START)
    city.settle()
    city.context.delete(GAUGE)
    city.settle()
    assert city.queries.peek("", GAUGE) is None
    past = city.queries.evolution("", GAUGE, Ask()).entity
    assert past.deleted_at and [item.value for item in past.attributes[RAIN]] == [3]
    city.context.upsert(Declared(GAUGE, "RainGauge", Text.of("b"), "east"))
    city.settle()
    assert city.queries.get("", GAUGE).attributes[DEFAULT_VOCAB + "name"][0].value["en"] == "b"


def test_a_mirror_that_was_killed_goes_on_where_it_had_written(city: City) -> None:
    city.observe(1.0, START)
    city.settle()
    city.observe(2.0, START + timedelta(minutes=1))
    city.pump.drain()  # gathered, not written
    mirror = Mirror(city.hub.database, city.context, city.hub.clock, city.hub.evolutions)
    pump = Pump(city.hub.database, city.hub.clock, [mirror], [mirror], strict=True)
    pump.drain()
    city.hub.later(3)
    pump.drain()
    assert city.queries.get("", GAUGE).attributes[RAIN][0].value == 2


def test_units_are_translated_both_ways() -> None:
    assert to_ucum("CEL") == "Cel" and to_cefact("Cel") == "CEL"
    assert to_ucum("mm/h") == "mm/h" and to_ucum("") == "" and to_ucum("ZZZ") is None
    assert to_cefact("furlong") == "furlong"
