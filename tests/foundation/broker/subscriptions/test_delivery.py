"""Delivery: what matches arrives, in order, however endpoints behave and whenever the hub is killed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.foundation.broker.subscriptions.bench import (
    WHO,
    Bench,
    Outgoing,
    Verdict,
    choosy,
    entity,
    ill,
    silent,
    taken,
)

from chengshu.foundation.broker.edit import CreateEntity
from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.model import Attribute
from chengshu.foundation.broker.subscriptions.desk import HOT, Parcel
from chengshu.foundation.broker.subscriptions.dispatching import Limits
from chengshu.foundation.broker.subscriptions.store import RING

ONE, TWO = "urn:ngsi-ld:Subscription:one", "urn:ngsi-ld:Subscription:two"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def levels(bench: Bench, uri: str = "") -> list[int]:
    return [item["level"]["value"] for body in bench.post.bodies(uri) for item in body["data"]]


def test_a_matching_write_is_notified(bench: Bench) -> None:
    bench.subscribe()
    bench.create("g1", level=3)
    bench.create("p1", "Pump", power=1)
    bench.settle()
    (body,) = bench.post.bodies()
    assert body["type"] == "Notification"
    assert body["subscriptionId"] == ONE
    assert [item["id"] for item in body["data"]] == ["urn:ngsi-ld:g1"]


def test_writes_before_the_subscription_are_not_notified(bench: Bench) -> None:
    bench.create("g1", level=3)
    bench.subscribe()
    bench.settle()
    assert bench.post.got == []


@pytest.mark.parametrize(
    ("types", "wanted"),
    [("(Gauge|Tower)", {"g1", "t1"}), ("Gauge,Pump", {"g1", "p1"}), ("*", {"g1", "p1", "t1"})],
)
def test_types_are_selected_by_expressions(bench: Bench, types: str, wanted: set[str]) -> None:
    bench.subscribe(entities=[{"type": types}])
    for name, type_ in (("g1", "Gauge"), ("p1", "Pump"), ("t1", "Tower")):
        bench.create(name, type_, level=1)
    bench.settle()
    found = {item["id"] for body in bench.post.bodies() for item in body["data"]}
    assert found == {f"urn:ngsi-ld:{name}" for name in wanted}


def test_ids_and_patterns_select(bench: Bench) -> None:
    bench.subscribe(entities=[{"id": "urn:ngsi-ld:g1", "type": "Gauge"}, {"idPattern": "[ab]$", "type": "*"}])
    for name in ("g1", "g2", "xa", "xc"):
        bench.create(name, level=1)
    bench.settle()
    found = {item["id"] for body in bench.post.bodies() for item in body["data"]}
    assert found == {"urn:ngsi-ld:g1", "urn:ngsi-ld:xa"}


def test_conditions_look_into_linked_entities(bench: Bench) -> None:
    bench.subscribe(q="at{Pump:power}>5")
    for name, power in (("p1", 3), ("p2", 7)):
        bench.create(name, "Pump", power=power)
        bench.create(f"at-{name}", at=Attribute("Relationship", f"urn:ngsi-ld:{name}"))
    bench.settle()
    assert [item["id"] for body in bench.post.bodies() for item in body["data"]] == ["urn:ngsi-ld:at-p2"]


def test_tenants_are_apart(bench: Bench) -> None:
    bench.subscribe(tenant="north")
    bench.create("g1", level=3)
    bench.settle()
    assert bench.post.got == []
    bench.create("g1", tenant="north", level=3)
    bench.settle()
    assert bench.post.got[0].headers["NGSILD-Tenant"] == "north"


@pytest.mark.slow
def test_an_endpoint_down_for_days_gets_everything_in_order(bench: Bench) -> None:
    bench.subscribe()
    bench.create("g1", level=0)
    bench.post.behaviours[""] = silent
    count = 5 * HOT
    for level in range(1, count):
        bench.update("g1", level=level)
        if level % 40 == 0:
            bench.pass_time(6 * 3600)
    desk = bench.notifier.opened()._desks[1]
    assert len(desk.pending) <= HOT
    assert bench.queries.health("", ONE).breaker in ("open", "half-open")
    bench.post.behaviours.clear()
    bench.pass_time(600)
    assert levels(bench) == list(range(count))
    assert len(bench.post.got) <= -(-count // HOT) + 1
    assert bench.queries.health("", ONE).breaker == "closed"


def test_a_dead_endpoint_does_not_delay_the_others(bench: Bench) -> None:
    for number in range(50):
        bench.subscribe(f"dead{number}", uri=f"http://dead.test/{number}")
    bench.subscribe("alive", uri="http://alive.test/")
    bench.post.behaviours["http://dead.test"] = silent
    for level in range(10):
        bench.create(f"g{level}", level=level)
        bench.settle()
        assert levels(bench, "http://alive.test") == list(range(level + 1))


def test_endpoints_in_doubt_leave_connections_to_the_others(tmp_path: Path) -> None:
    """Ten lanes of a dead machine that hangs may take two connections, never all four."""
    bench = Bench(tmp_path, limits=Limits(at_once=4, per_origin=3, suspects=2))
    for number in range(10):
        bench.subscribe(f"dead{number}", uri=f"http://dead.test/{number}")
    bench.subscribe("alive", uri="http://alive.test/")
    bench.create("g1", level=1)
    bench.notifier.follow()
    desks, now = bench.notifier.opened(), bench.notifier.now()
    first = [desks.take(now) for _ in range(4)]
    assert [item.desk.lane.uri for item in first if item][:3] == [f"http://dead.test/{n}" for n in range(3)]
    assert first[3] is not None and first[3].desk.lane.uri == "http://alive.test/"
    assert desks.take(now) is None
    for item in first[:3]:
        assert item is not None
        desks.settle(item, Verdict("silent", 0, "timed out"), now, 0)
    doubted = [desks.take(now) for _ in range(3)]
    assert sum(item is not None for item in doubted) == 2
    bench.close()


def test_endpoints_of_one_machine_take_turns(tmp_path: Path) -> None:
    """None is served twice while another waits, however few connections there are."""
    bench = Bench(tmp_path, limits=Limits(at_once=4, per_origin=2, suspects=2))
    for number in range(7):
        bench.subscribe(f"s{number}", uri=f"http://one.test/{number}")
    desks, served, now = bench.notifier.opened(), [], bench.notifier.now()
    under_way: deque[Parcel] = deque()
    for level in range(40):
        bench.create(f"g{level}", level=level)
        bench.notifier.follow()
        while (parcel := desks.take(now)) is not None:
            served.append(parcel.desk.lane.uri)
            under_way.append(parcel)
        desks.settle(under_way.popleft(), Verdict("ok", 200), now, 0)
    assert len(served) == 41
    for at in range(0, len(served) - 7, 7):
        assert len(set(served[at : at + 7])) == 7
    bench.close()


def test_pauses_grow_and_the_breaker_opens(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = ill
    bench.create("g1", level=1)
    tries: list[float] = []
    for _ in range(6):
        bench.settle()
        tries.append(len(bench.post.tried))
        due = bench.notifier.next_due()
        assert due is not None
        tries.append((due - bench.clock.now()).total_seconds())
        bench.clock.advance_to(due)
    assert tries[::2] == [1, 2, 3, 4, 5, 6]
    pauses = tries[1::2]
    assert all(0.5 * 2**at <= pause <= 2**at for at, pause in enumerate(pauses))
    assert bench.queries.health("", ONE).breaker == "half-open"
    shown = bench.queries.get("", ONE).progress
    assert (shown.times_sent, shown.times_failed, shown.failures) == (6, 6, 6)


def test_a_refused_notification_holds_up_its_own_subscription_only(bench: Bench) -> None:
    def refuses_one(outgoing: Outgoing) -> Verdict:
        return choosy(outgoing) if ONE.encode() in outgoing.body else taken(outgoing)

    bench.post.behaviours[""] = refuses_one
    bench.subscribe("one")
    bench.subscribe("two")
    for level in range(5):
        bench.create(f"g{level}", level=level)
        bench.settle()
    assert levels(bench) == [0, 1, 2, 3, 4]
    assert {body["subscriptionId"] for body in bench.post.bodies()} == {TWO}
    assert bench.queries.health("", TWO).failures == 0
    bench.post.behaviours.clear()
    bench.pass_time(60)
    first = [body for body in bench.post.bodies() if body["subscriptionId"] == ONE]
    assert [item["id"] for body in first for item in body["data"]] == [f"urn:ngsi-ld:g{n}" for n in range(5)]


def test_a_kill_between_sending_and_noting_sends_the_same_again(bench: Bench) -> None:
    bench.subscribe()
    bench.settle()
    bench.create("g1", level=1)
    bench.create("g2", level=2)
    bench.notifier.follow()
    parcel = bench.notifier.opened().take(bench.notifier.now())
    assert parcel is not None
    asyncio.run(bench.notifier.deliver(parcel))
    (sent,) = bench.post.got
    after = bench.reopened()
    after.settle()
    (again,) = after.post.got
    assert (again.body, again.headers) == (sent.body, sent.headers)
    after.close()


def test_a_restart_forgets_nothing(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = silent
    for level in range(HOT + 20):
        bench.create(f"g{level}", level=level)
    bench.settle()
    after = bench.reopened()
    assert after.queries.health("", ONE).failures == 1
    after.create("late", level=1000)
    after.post.behaviours.clear()
    after.pass_time(5)
    assert levels(after) == [*range(HOT + 20), 1000]
    assert after.queries.get("", ONE).progress.times_failed == 1
    after.close()


def test_a_failing_notification_is_the_same_after_a_restart(bench: Bench) -> None:
    bench.subscribe()
    bench.create("g1", level=1)
    bench.post.behaviours[""] = silent
    bench.settle()
    after = bench.reopened()
    after.create("g2", level=2)
    after.post.behaviours.clear()
    after.pass_time(5)
    assert after.post.bodies()[0]["id"] == bench_id(bench.post.tried[0])
    assert levels(after) == [1, 2]
    after.close()


def bench_id(outgoing: Outgoing) -> str:
    return str(outgoing.body.split(b'"id":"')[1].split(b'"')[0].decode())


def test_what_piles_up_comes_in_one_notification(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = silent
    for level in range(10):
        bench.create(f"g{level}", level=level)
        bench.settle()
    bench.post.behaviours.clear()
    bench.pass_time(60)
    assert [len(body["data"]) for body in bench.post.bodies()] == [1, 9]
    assert bench.post.sequences() == sorted(bench.post.sequences())


def test_pausing_hides_what_happens_and_keeps_what_happened(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = silent
    bench.create("g1", level=1)
    bench.settle()
    bench.change(ONE, isActive=False)
    bench.post.behaviours.clear()
    bench.create("g2", level=2)
    bench.pass_time(3600)
    assert bench.post.got == []
    bench.change(ONE, isActive=True)
    bench.create("g3", level=3)
    bench.pass_time(5)
    assert levels(bench) == [1, 3]


def test_a_pause_is_remembered_by_one_who_reads_on(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = silent
    for level in range(HOT + 5):
        bench.create(f"g{level}", level=level)
    bench.settle()
    bench.change(ONE, isActive=False)
    bench.create("hidden", level=-1)
    bench.change(ONE, isActive=True)
    bench.create("last", level=1000)
    after = bench.reopened()
    after.post.behaviours.clear()
    after.pass_time(10)
    assert levels(after) == [*range(HOT + 5), 1000]
    after.close()


def test_an_expired_subscription_is_silent_until_it_is_renewed(bench: Bench) -> None:
    bench.subscribe(expiresAt="2026-07-20T06:01:00Z")
    bench.create("g1", level=1)
    bench.settle()
    bench.pass_time(60)
    bench.create("g2", level=2)
    bench.settle()
    assert bench.queries.get("", ONE).subscription.status(bench.notifier.now()) == "expired"
    bench.change(ONE, expiresAt="2027-01-01T00:00:00Z")
    bench.create("g3", level=3)
    bench.settle()
    assert levels(bench) == [1, 3]


def test_throttling_waits_and_tells_the_last_state_of_each(bench: Bench) -> None:
    bench.subscribe(throttling=60)
    bench.create("g1", level=1)
    bench.settle()
    for level in range(2, 200):
        bench.update("g1", level=level)
        bench.settle()
    bench.create("g2", level=1000)
    bench.pass_time(59)
    assert levels(bench) == [1]
    bench.pass_time(2)
    assert levels(bench) == [1, 199, 1000]


def test_periodic_notifications_tell_what_is_there(bench: Bench) -> None:
    bench.create("g1", level=1)
    bench.subscribe(timeInterval=10)
    bench.pass_time(25)
    bench.update("g1", level=2)
    bench.pass_time(10)
    assert levels(bench) == [1, 1, 2]
    after = bench.reopened()
    after.pass_time(10)
    assert levels(after) == [2]
    after.close()


def test_replay_delivers_again_from_a_record_on(bench: Bench) -> None:
    bench.create("g0", level=0)
    bench.subscribe()
    for level in range(1, 6):
        bench.create(f"g{level}", level=level)
    bench.settle()
    assert levels(bench) == [1, 2, 3, 4, 5]
    third = bench.post.sequences()[2]
    bench.subscriptions.replay("", ONE, third, WHO).result()
    bench.settle()
    assert levels(bench) == [1, 2, 3, 4, 5, 3, 4, 5]
    bench.subscriptions.replay("", ONE, 1, WHO).result()
    bench.settle()
    assert levels(bench)[8:] == [0, 1, 2, 3, 4, 5]


def test_replay_from_later_skips_what_a_subscription_is_stuck_at(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = choosy
    bench.create("g1", level=1)
    bench.settle()
    newest = bench.notifier.opened().head
    bench.subscriptions.replay("", ONE, newest + 1, WHO).result()
    bench.post.behaviours.clear()
    bench.create("g2", level=2)
    bench.pass_time(5)
    assert levels(bench) == [2]


def test_replay_from_the_future_is_refused(bench: Bench) -> None:
    bench.subscribe()
    with pytest.raises(BadRequestData):
        bench.subscriptions.replay("", ONE, 10_000, WHO).result()


def test_the_ledger_has_every_attempt(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = ill
    bench.create("g1", level=1)
    bench.settle()
    bench.post.behaviours.clear()
    bench.pass_time(5)
    last, first = bench.queries.deliveries("", ONE)
    assert (first.ok, first.status, first.error) == (False, 500, "the endpoint answered 500")
    assert (last.ok, last.status, last.writes, last.attempt) == (True, 200, 1, 2)
    assert last.first == last.last == bench.post.sequences()[0]
    for level in range(RING + 10):
        bench.create(f"h{level}", level=level)
        bench.settle()
    ledger = bench.queries.deliveries("", ONE)
    assert len(ledger) == RING
    assert ledger[0].attempt == RING + 12


def test_a_changed_endpoint_gets_what_waits(bench: Bench) -> None:
    bench.subscribe(uri="http://old.test/")
    bench.post.behaviours["http://old.test"] = silent
    bench.create("g1", level=1)
    bench.settle()
    bench.change(ONE, notification={"endpoint": {"uri": "http://new.test/"}})
    bench.pass_time(10)
    assert levels(bench, "http://new.test") == [1]


def test_a_deleted_subscription_is_forgotten(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = silent
    bench.create("g1", level=1)
    bench.settle()
    bench.subscriptions.delete("", ONE, WHO).result()
    bench.post.behaviours.clear()
    bench.pass_time(600)
    assert bench.post.got == []
    assert bench.notifier.opened().dispatcher.lanes == 0


def test_cooldown_is_kept_after_a_failure(bench: Bench) -> None:
    bench.subscribe(endpoint={"cooldown": 90_000})
    bench.post.behaviours[""] = silent
    bench.create("g1", level=1)
    bench.settle()
    bench.pass_time(89)
    assert len(bench.post.tried) == 1
    bench.pass_time(2)
    assert len(bench.post.tried) == 2


def test_a_large_batch_is_told_in_parts(bench: Bench) -> None:
    bench.subscribe()

    count = 3 * HOT + 1
    bench.broker.submit("", [CreateEntity(entity(f"g{n}", level=n)) for n in range(count)], WHO).result()
    bench.settle()
    assert levels(bench) == list(range(count))
    assert max(len(body["data"]) for body in bench.post.bodies()) == HOT


def test_what_is_too_large_at_once_is_told_in_parts(bench: Bench) -> None:
    bench.subscribe()
    bench.post.behaviours[""] = silent
    for number in range(9):
        bench.create(f"g{number}", level=number, name="x" * 700_000)
        bench.settle()
    bench.post.behaviours.clear()
    bench.pass_time(30)
    assert levels(bench) == list(range(9))
    assert max(len(item.body) for item in bench.post.got) < 2_500_000
    assert len({body["id"] for body in bench.post.bodies()}) == len(bench.post.got)


def test_a_condition_that_breaks_stops_nobody_else(bench: Bench) -> None:
    bench.subscribe("one", uri="http://one.test/")
    bench.subscribe("two", uri="http://two.test/")
    bench.settle()

    def breaks(_change: object) -> bool:
        raise TypeError("a fault")

    bench.notifier.opened()._desks[1].matches = breaks
    bench.create("g1", level=1)
    bench.settle()
    assert levels(bench, "http://two.test") == [1]


def test_idle_subscriptions_cost_nothing(bench: Bench) -> None:
    for number in range(20):
        bench.subscribe(f"s{number}", entities=[{"type": "Nothing"}])
    bench.settle()
    for number in range(50):
        bench.create(f"g{number}", level=number)
    bench.settle()
    with bench.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM linked_progress").scalar_one() == 0
