"""From warnings to a closed event, without a plan engine: join, grade, dispatch, verify, review."""

from __future__ import annotations

import pytest
from world import CREW, OFFICER, World, at, crew, truck

from chengshu.foundation import journal
from chengshu.kernel.errors import Conflict, Invalid
from chengshu.scenes.response.model import EventState, OrderState


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "hub.db")


def flood_node(world, name="n1", area="west-s", x=1.0, y=1.0, probability=0.9, depth=0.5):
    node = world.readings.declare("DrainageNode", name, area, x, y, swmmId=name.upper())
    world.readings.set(node, floodProbability=probability, forecastDepth=depth)
    return node


def sensor(world, name="s1", area="west-s", level=1.8):
    id_ = world.readings.declare("WaterLevelSensor", name, area, 1, 1, fullDepth=2.0)
    world.readings.set(id_, waterLevel=level)
    return id_


@pytest.mark.slow
def test_near_warnings_join_one_event_and_far_ones_open_another(world):
    world.warn("w1", "west-s", "yellow")
    world.warn("w2", "east-s", "yellow")
    world.warn("w3", "west-s", "blue")
    (event,) = world.queries.events()
    assert [w.id for w in event.warnings] == ["w1", "w2", "w3"]
    assert event.area == "south"
    assert event.areas == ("west-s", "east-s")
    assert event.lead == "water"
    world.wait(hours=3)
    world.warn("w4", "east-n", "yellow")
    assert len(world.queries.events()) == 2


def test_a_blue_warning_alone_opens_nothing_until_it_rises(world):
    world.warn("w1", "west-s", "blue")
    assert world.queries.events() == []
    world.warn("w1", "west-s", "yellow", "changed", previous="blue")
    assert len(world.queries.events()) == 1


def test_severity_follows_the_table_and_says_which_row(world):
    world.warn("w1", "west-s", "yellow")
    (event,) = world.queries.events()
    assert event.severity == "yellow"
    world.warn("w1", "west-s", "yellow", "changed", previous="yellow", probability=0.85)
    (event,) = world.queries.events()
    assert event.severity == "orange"
    assert event.severity_reason["rule"].endswith("sure-yellow")
    for name in ("west-s", "east-s", "south"):
        world.warn(f"o-{name}", name, "orange")
    (event,) = world.queries.events()
    assert (event.severity, event.severity_reason["rule"].split("#")[-1]) == ("red", "many-orange")
    assert event.highest == "red"


def test_the_duty_list_takes_the_most_specific_area(world):
    world.warn("w1", "west-n", "orange")
    (event,) = world.queries.events()
    assert (event.lead, event.assist, event.fallback) == ("water-north", ("traffic_police",), "water")
    assert event.duty_reason["inputs"]["line"] == {"matter": "waterlogging", "area": "north"}


def test_trucks_are_sent_where_water_is_expected_with_reasons(world):
    flood_node(world)
    sensor(world)
    world.warn("w1", "west-s", "orange")
    orders = world.orders("pump")
    assert [order.slot[-2:] for order in orders] == [":0", ":1"]
    first = orders[0]
    assert first.state is OrderState.ASSIGNED
    assert first.units == ("urn:ngsi-ld:PumpTruck:1",)
    inputs = first.reason["inputs"]
    assert inputs["travel_s"] == pytest.approx(200, abs=2)
    assert {other["unit"] for other in inputs["alternatives"]} == {
        "urn:ngsi-ld:PumpTruck:2",
        "urn:ngsi-ld:PumpTruck:3",
    }
    assert first.route.points[0].after_s == 0
    assert first.route.points[-1].after_s == first.route.travel_s
    assert first.department == "water"
    with world.database.read() as connection:
        assert journal.verify(connection).broken_at is None


def test_units_move_along_their_route_and_are_seen_as_of_any_moment(world):
    flood_node(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    world.do.accept(order.id, CREW)
    before = world.clock.now()
    world.wait(seconds=100)
    placed = {item.unit.id: item for item in world.queries.units()}
    moved = placed[order.units[0]]
    assert (moved.lon, moved.lat) != at(0, 0)
    assert abs(moved.lon - at(1, 0)[0]) + abs(moved.lat - at(0, 1)[1]) < 0.02
    then = {item.unit.id: item for item in world.queries.units(at=before)}[order.units[0]]
    assert (then.lon, then.lat) == pytest.approx(at(0, 0))
    world.wait(seconds=100)
    world.do.arrive(order.id, CREW)
    assert world.queries.actions("waterlogging") == {"mobile:N1": 0.2}
    assert world.queries.actions("waterlogging", at=before) == {}


def test_an_arrived_unit_stays_until_the_need_is_gone(world):
    node = flood_node(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    world.do.accept(order.id, CREW)
    world.wait(seconds=200)
    world.do.arrive(order.id, CREW)
    world.readings.set(node, floodProbability=0.3)  # below the threshold, above the end of the need
    world.wait(minutes=10)
    assert world.queries.order(order.id).state is OrderState.ARRIVED
    world.readings.set(node, floodProbability=0.1)
    world.wait(minutes=10)
    kept = world.queries.order(order.id)
    assert (kept.state, kept.report["recalled"]) == (OrderState.DONE, True)
    assert all(item.unit.order is None for item in world.queries.units())


def test_a_refused_order_goes_to_another_unit_with_the_same_order(world):
    flood_node(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    world.do.refuse(order.id, "flat tyre", CREW)
    world.pump.drain()
    again = world.queries.order(order.id)
    assert again.state is OrderState.ASSIGNED
    assert again.units != order.units
    assert again.refusals[0].why == "flat tyre"
    assert "work_order.reassigned" in world.kinds("work_order.")
    with pytest.raises(Invalid, match="reason"):
        world.do.refuse(order.id, "  ", CREW)


def test_a_broken_unit_is_out_of_service(world):
    flood_node(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    world.do.accept(order.id, CREW)
    world.do.fail(order.id, "engine", CREW)
    world.wait(minutes=6)
    unit = next(item.unit for item in world.queries.units() if item.unit.id == order.units[0])
    assert (unit.status, unit.order) == ("off", None)
    assert world.queries.order(order.id).units != order.units


def test_a_closed_road_makes_a_re_plan_and_only_changes_what_it_must(world):
    flood_node(world, "n1", "west-s", 1, 1)
    flood_node(world, "n2", "east-n", 5, 3)
    underpass = world.readings.declare("Underpass", "1", "east-n", 3.5, 3)
    world.warn("w1", "city", "orange")
    before = {order.slot: order.units for order in world.orders("pump", open_only=True)}
    world.readings.set(underpass, pondingDepth=0.4)
    world.observe()
    (closure,) = world.queries.closures()
    assert (closure.id, len(closure.edges)) == (underpass, 2)
    after = {order.slot: order.units for order in world.orders("pump", open_only=True)}
    assert before == after
    (guard,) = world.orders("guard")
    assert guard.units == ("urn:ngsi-ld:Crew:1",)  # the only one with the skill
    assert guard.department == "city_management"
    world.readings.set(underpass, pondingDepth=0.2)  # between the limits: nothing changes
    world.observe()
    assert len(world.queries.closures()) == 1
    world.readings.set(underpass, pondingDepth=0.05)
    world.observe()
    assert world.queries.closures() == []
    assert world.queries.order(guard.id).state is OrderState.CANCELLED
    assert {"road.closed", "road.opened"} <= set(world.kinds("road."))


def test_a_unit_cut_off_by_water_is_replaced_and_it_is_said_why(tmp_path):
    units = [truck(1, 3, 3), truck(2, 6, 6), crew(1, 0, 0)]
    world = World(tmp_path / "hub.db", units=units)
    flood_node(world, "n1", "east-n", 4, 3)
    world.warn("w1", "east-n", "orange")
    order = next(o for o in world.orders("pump") if o.units == ("urn:ngsi-ld:PumpTruck:1",))
    roads = world.response.means.roads
    closed = tuple(e.index for e in roads.edges if e.start == roads.snap(*at(3, 3)).node)
    from chengshu.scenes.response import store
    from chengshu.scenes.response.model import Closure

    closure = Closure(
        id="x", edges=closed, depth_m=1.0, closed_at=world.clock.now(), opened_at=None, reason={}
    )
    world.database.write(lambda c: store.save_closure(c, closure))
    world.wait(minutes=5)
    again = world.queries.order(order.id)
    assert again.refusals[0].unit == "urn:ngsi-ld:PumpTruck:1"
    assert "no open road" in again.refusals[0].why
    assert "urn:ngsi-ld:PumpTruck:1" not in again.units


def test_clocks_warn_at_eighty_percent_and_climb_the_organisation(world):
    flood_node(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    world.wait(minutes=4)
    alarms = world.queries.order(order.id).escalations
    assert [(a.clock, a.kind, a.to) for a in alarms] == [("accept", "near", "water")]
    world.wait(minutes=1)
    alarms = world.queries.order(order.id).escalations
    assert [(a.clock, a.kind, a.to) for a in alarms][1:] == [("accept", "late", "command")]
    assert order.id in {late.id for late in world.queries.overdue(world.clock.now().replace(second=1))}
    world.do.accept(order.id, CREW)
    world.wait(minutes=10)
    assert not [a for a in world.queries.order(order.id).escalations[2:] if a.clock == "accept"]


def test_data_close_the_event_not_the_report(world):
    flood_node(world)
    gauge = sensor(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    world.do.accept(order.id, CREW)
    world.wait(seconds=200)
    world.do.arrive(order.id, CREW)
    for _ in range(6):
        world.wait(minutes=10)
        world.readings.set(gauge, waterLevel=1.6)
    assert world.queries.events()[0].state is EventState.OPEN
    for _ in range(4):
        world.readings.set(gauge, waterLevel=0.4)
        world.wait(minutes=10)
    (event,) = world.queries.events()
    assert event.state is EventState.CLOSED
    assert event.closed_by["kind"] == "data"
    assert event.closed_by["values"] == {f"{gauge}.waterLevel": 0.4}
    assert event.closed_by["series"] == [f"{gauge}.waterLevel"]
    assert not world.orders(open_only=True)
    assert world.queries.order(order.id).state is OrderState.DONE
    review = world.queries.review(event.id)
    assert review.figures["closed_by"] == "data"
    assert review.figures["arrivals"] == 1
    assert {line["action"] for line in review.timeline} >= {"event.opened", "event.verified", "event.closed"}
    assert world.kinds("event.")[-1] == "event.reviewed"


def test_water_that_comes_back_starts_the_dwell_again(world):
    gauge = sensor(world, level=0.4)
    world.warn("w1", "west-s", "orange")
    world.wait(minutes=14)
    world.readings.set(gauge, waterLevel=0.4)
    world.wait(minutes=14)
    world.readings.set(gauge, waterLevel=1.5)
    world.wait(minutes=5)
    world.readings.set(gauge, waterLevel=0.4)
    world.wait(minutes=14)
    assert world.queries.events()[0].state is EventState.OPEN
    for minutes in (14, 5):
        world.readings.set(gauge, waterLevel=0.4)
        world.wait(minutes=minutes)
    assert world.queries.events()[0].state is EventState.CLOSED


def test_missing_data_ask_for_eyes_that_did_not_handle_it(world):
    flood_node(world)
    sensor(world)  # one reading, then silence
    underpass = world.readings.declare("Underpass", "1", "west-s", 1, 1)
    world.warn("w1", "west-s", "orange")
    world.readings.set(underpass, pondingDepth=0.5)
    world.observe()
    (guard,) = world.orders("guard")
    assert guard.units == ("urn:ngsi-ld:Crew:1",)
    world.wait(minutes=60)
    (look,) = world.orders("inspect")
    assert look.units == ("urn:ngsi-ld:Crew:2",)
    assert "urn:ngsi-ld:Crew:1" in look.independent_of
    assert world.queries.events()[0].state is EventState.OPEN
    world.do.accept(look.id, CREW)
    world.do.arrive(look.id, CREW)
    world.do.done(look.id, {"depth": 0.02}, CREW)
    world.wait(minutes=35)
    (event,) = world.queries.events()
    assert event.state is EventState.CLOSED
    assert event.closed_by["kind"] == "inspection"
    assert event.closed_by["inspection"]["order"] == look.id
    assert any(lesson.rule == "blind" for lesson in world.queries.review(event.id).lessons)


@pytest.mark.slow
def test_no_sensor_at_all_never_closes_by_silence(world):
    world.warn("w1", "west-s", "orange")
    world.wait(hours=5)
    assert world.queries.events()[0].state is EventState.OPEN


def test_people_override_and_the_hub_keeps_to_it(world):
    flood_node(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    others = {
        item.unit.id
        for item in world.queries.units()
        if item.unit.status == "free" and "Truck" in item.unit.id
    }
    far = sorted(others)[0]
    chosen = world.do.assign(order.id, OFFICER, why="knows the place", units=[far])
    assert (chosen.units, chosen.pinned) == ((far,), True)
    world.wait(minutes=20)
    assert world.queries.order(order.id).units == (far,)
    with pytest.raises(Conflict, match="busy"):
        world.do.assign(world.orders("pump")[1].id, OFFICER, why="no", units=[far])


def test_wrong_steps_are_refused(world):
    flood_node(world)
    world.warn("w1", "west-s", "orange")
    order = world.orders("pump")[0]
    with pytest.raises(Conflict, match="can be arrived at"):
        world.do.arrive(order.id, CREW)
    world.do.accept(order.id, CREW)
    with pytest.raises(Conflict, match="is accepted"):
        world.do.accept(order.id, CREW)
    world.do.cancel(order.id, "not needed", OFFICER)
    with pytest.raises(Conflict):
        world.do.done(order.id, {}, CREW)


def test_a_person_may_close_and_the_record_says_so(world):
    world.warn("w1", "west-s", "orange")
    (event,) = world.queries.events()
    with pytest.raises(Invalid):
        world.do.close(event.id, "", OFFICER)
    closed = world.do.close(event.id, "false alarm, a sensor was hit by a digger", OFFICER)
    assert closed.closed_by["kind"] == "person"
    world.pump.drain()
    assert world.queries.review(event.id) is not None


def test_the_past_can_be_seen(world):
    flood_node(world)
    world.warn("w1", "west-s", "yellow")
    then = world.clock.now()
    world.wait(minutes=1)
    world.warn("w1", "west-s", "red", "changed", previous="yellow")
    assert world.queries.events(at=then)[0].severity == "yellow"
    assert world.queries.events()[0].severity == "red"
    assert world.queries.event(world.queries.events()[0].id, at=then).severity == "yellow"


def test_an_order_nobody_can_take_is_not_forgotten(tmp_path):
    world = World(tmp_path / "hub.db", units=[])
    underpass = world.readings.declare("Underpass", "1", "west-s", 1, 1)
    world.readings.set(underpass, pondingDepth=0.5)
    world.warn("w1", "west-s", "orange")
    world.observe()
    (guard,) = world.orders("guard")
    assert guard.state is OrderState.CREATED
    assert world.queries.dispatch("waterlogging")["unserved"][guard.slot]["why"] == "no_skill"
    world.wait(minutes=5)
    told = [(a.clock, a.kind, a.to) for a in world.queries.order(guard.id).escalations]
    assert told == [("accept", "near", "traffic_police"), ("accept", "late", "command")]


def test_a_way_that_water_closes_is_changed_once_while_driving(tmp_path):
    world = World(tmp_path / "hub.db", units=[truck(1, 2, 3)])
    flood_node(world, "n1", "east-n", 5, 3)
    underpass = world.readings.declare("Underpass", "1", "east-n", 3.5, 3)
    world.warn("w1", "east-n", "orange")
    (order,) = world.orders("pump")
    through = set(world.response.means.roads.through(underpass))
    assert through & set(order.route.edges)
    world.do.accept(order.id, CREW)
    world.wait(seconds=50)
    world.readings.set(underpass, pondingDepth=0.5)
    world.observe()
    world.wait(minutes=12)
    assert world.kinds("work_order.rerouted") == ["work_order.rerouted"]
    again = world.queries.order(order.id)
    assert again.units == order.units
    assert not through & set(again.route.edges)
    assert again.eta > order.eta


def test_why_a_place_gets_nobody_is_said(tmp_path):
    world = World(tmp_path / "hub.db", units=[truck(1, 1, 1)])
    flood_node(world, "n1", "west-s", 1, 1)
    world.warn("w1", "west-s", "orange")
    (order,) = world.orders("pump")
    world.do.accept(order.id, CREW)
    world.wait(seconds=10)
    world.do.arrive(order.id, CREW)
    flood_node(world, "n2", "west-s", 2, 2)
    world.wait(minutes=5)
    unserved = world.queries.dispatch("waterlogging")["unserved"]
    assert {found["why"] for slot, found in unserved.items() if "n2" in slot} == {"busy"}
    assert world.queries.order(order.id).state is OrderState.ARRIVED


def test_a_unit_is_sent_from_where_it_says_it_is(tmp_path):
    world = World(tmp_path / "hub.db", units=[truck(1, 0, 0), truck(2, 6, 6)])
    flood_node(world, "n1", "west-s", 1, 1)
    moved = world.readings.declare("PumpTruck", "1", "west-s", 0, 0)  # its depot; it has driven away
    lon, lat = at(6, 5)
    world.readings.set(moved, status="free", lon=lon, lat=lat)
    world.warn("w1", "west-s", "orange")
    first = next(order for order in world.orders("pump") if order.units == (moved,))
    assert first.reason["inputs"]["travel_s"] == pytest.approx(900, abs=3)
    assert (first.route.points[0].lon, first.route.points[0].lat) == pytest.approx(at(6, 5))
