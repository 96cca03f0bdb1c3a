"""The processes room: tasks of people, clocks in working time, messages, services, versions, the picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor
from chengshu.foundation.processes import ServiceFailure, queries
from chengshu.kernel.errors import Conflict, Invalid, Missing, TooLarge

HUB = Actor.hub("test")


def begin(house: Any, **data: Any) -> str:
    house.deploy("sharing.bpmn")
    instance: str = house.processes.start(
        "sharing", "request-1", {"owner": "water", "resource": "levels", **data}, HUB
    )
    return instance


def test_a_task_goes_to_its_department_with_a_due_time_that_knows_holidays(house: Any) -> None:
    begin(house)
    [task] = house.tasks(departments=["water"])
    assert (task.name.say("zh-Hans"), task.role, task.form, task.state) == (
        "答复申请",
        "data-officer",
        "answer",
        "open",
    )
    # Wednesday; Thursday is a holiday, Friday 1, Saturday is worked 2, Monday 3
    assert task.due == datetime(2026, 7, 6, 17, tzinfo=UTC)
    assert house.tasks(departments=["roads"]) == []
    assert house.tasks(due_before=datetime(2026, 7, 6, 16, tzinfo=UTC)) == []
    change = house.changes("task.created")[0]
    assert change.payload["task"]["department"] == "water"
    assert change.payload["task"]["due"] == "2026-07-06T17:00:00Z"
    assert [field["name"] for field in change.payload["task"]["fields"]] == [
        "agreed",
        "days",
        "basis",
        "note",
    ]


def test_claim_release_complete(house: Any, people: Any) -> None:
    alice, bob = people
    instance = begin(house)
    task = house.task("answer")
    assert house.processes.claim(task.id, alice).assignee == alice.id
    assert house.processes.claim(task.id, alice).assignee == alice.id
    with pytest.raises(Conflict, match="is with person:alice"):
        house.processes.claim(task.id, bob)
    assert [t.id for t in house.tasks(person=alice.id)] == [task.id]
    house.processes.release(task.id, alice)
    house.processes.claim(task.id, bob)
    house.processes.complete(task.id, {"agreed": True}, bob)
    with pytest.raises(Conflict, match="is done"):
        house.processes.complete(task.id, {"agreed": True}, bob)
    with pytest.raises(Conflict, match="is done"):
        house.processes.claim(task.id, bob)
    assert house.instance(instance).data["agreed"] is True
    assert [c.kind for c in house.changes("task.")] == [
        "task.created",
        "task.claimed",
        "task.released",
        "task.claimed",
        "task.completed",
    ]
    with pytest.raises(Missing):
        house.processes.claim("task-999999", bob)


def test_a_wrong_form_names_every_field_and_changes_nothing(house: Any, people: Any) -> None:
    instance = begin(house)
    before, changes = house.instance(instance), house.changes()
    with pytest.raises(Invalid) as caught:
        house.processes.complete(
            house.task("answer").id, {"days": "many", "basis": "whim", "note": 3, "colour": "red"}, people[0]
        )
    assert [fault["where"] for fault in caught.value.extra["faults"]] == [
        "colour",
        "agreed",
        "days",
        "basis",
        "note",
    ]
    assert house.instance(instance) == before
    assert house.changes() == changes


def test_the_picture_shows_where_tokens_stand_now_and_then(house: Any, people: Any) -> None:
    instance = begin(house)
    house.to("2026-07-01T10:30")
    house.processes.complete(house.task("answer").id, {"agreed": False}, people[0])
    now = house.picture(instance)
    assert now.active == ("wait",)
    assert set(now.completed) == {"answer", "asked", "decide"}
    assert b"sharing_definitions" in now.source
    then = house.picture(instance, datetime(2026, 7, 1, 10, 29, tzinfo=UTC))
    assert (then.active, then.completed) == (("answer",), ("asked",))
    mark = next(mark for mark in now.marks if mark.element == "answer")
    assert (mark.entered_at, mark.left_at) == (
        datetime(2026, 7, 1, 10, tzinfo=UTC),
        datetime(2026, 7, 1, 10, 30, tzinfo=UTC),
    )


def test_a_working_time_timer_fires_when_it_is_due(house: Any, people: Any) -> None:
    instance = begin(house)
    house.processes.complete(
        house.task("answer").id, {"agreed": False}, people[0]
    )  # Wednesday 10:00; 16 working hours
    house.to("2026-07-04T09:59")  # 7 hours on Wednesday, 8 on Friday, 1 on the make-up Saturday
    assert house.instance(instance).state == "running"
    house.to("2026-07-04T10:00")
    ended = house.instance(instance)
    assert (ended.state, ended.how) == ("ended", "completed")
    assert house.changes("process.ended")[0].payload["instance"]["id"] == instance
    assert house.pump.next_due() is None


def test_an_appeal_by_message_leads_back(house: Any, people: Any) -> None:
    instance = begin(house)
    house.processes.complete(house.task("answer").id, {"agreed": False}, people[0])
    assert house.processes.message("appeal", "request-2", {}, HUB) == 0
    assert house.processes.message("appeal", "request-1", {"ground": "law"}, HUB) == 1
    assert house.picture(instance).active == ("answer",)
    assert house.instance(instance).data["ground"] == "law"
    assert house.processes.message("appeal", "request-1", {}, HUB) == 0  # nobody waits for it any more


def test_a_clock_that_runs_out_escalates_once(house: Any, people: Any) -> None:
    begin(house)
    house.processes.claim(house.task("answer").id, people[0])
    house.to("2026-07-09T12:00")
    task = house.task("answer")
    assert (task.department, task.assignee, task.state) == ("data-office", "", "open")
    assert task.escalated_at == datetime(2026, 7, 6, 17, tzinfo=UTC)
    [change] = house.changes("task.escalated")
    assert (change.payload["previous"], change.payload["to"]) == ("water", "data-office")


def test_a_service_is_asked_and_its_answer_kept(house: Any, people: Any) -> None:
    asked: list[Any] = []

    def open_interface(request: Any) -> dict[str, Any]:
        asked.append(request)
        return {"url": f"urn:{request['input']['resource']}"}

    house.services.handler("open-interface", open_interface)
    with pytest.raises(ValueError, match="already"):
        house.services.handler("open-interface", open_interface)
    instance = begin(house)
    house.processes.complete(house.task("answer").id, {"agreed": True}, people[0])
    assert house.requests()[0].handler == "open-interface"
    house.pump.drain()
    assert asked[0]["input"] == {"days": 30, "resource": "levels"}
    assert asked[0]["business_key"] == "request-1"
    ended = house.instance(instance)
    assert ended.state == "ended" and ended.data["access"] == {"url": "urn:levels"}


def test_an_answer_may_come_twice(house: Any, people: Any) -> None:
    begin(house)
    house.processes.complete(house.task("answer").id, {"agreed": True}, people[0])
    [request] = house.requests()
    assert house.processes.complete_service(request.id, {"n": 1}, HUB) is True
    before = house.changes()
    assert house.processes.complete_service(request.id, {"n": 2}, HUB) is False
    assert house.processes.fail_service(request.id, "CLOSED", "", HUB) is False
    assert house.changes() == before


def test_a_failure_goes_the_way_the_plan_draws(house: Any, people: Any) -> None:
    def closed(_request: Any) -> None:
        raise ServiceFailure("CLOSED", "maintenance until Monday")

    house.services.handler("open-interface", closed)
    instance = begin(house)
    house.processes.complete(house.task("answer").id, {"agreed": True}, people[0])
    house.pump.drain()
    assert house.picture(instance).active == ("by_hand",)
    assert house.instance(instance).data["error"] == {"code": "CLOSED", "detail": "maintenance until Monday"}
    assert house.processes.signal("freeze", {}, HUB) == 1
    assert house.instance(instance).state == "ended"
    assert [c.payload["task"]["element"] for c in house.changes("task.cancelled")] == ["by_hand"]


def test_a_failure_nobody_drew_is_an_incident_that_can_be_mended(house: Any, people: Any) -> None:
    instance = begin(house)
    house.processes.complete(house.task("answer").id, {"agreed": True}, people[0])
    [request] = house.requests()
    assert house.processes.fail_service(request.id, "ODD", "what is that", HUB)
    assert house.requests()[0].state == "failed"
    assert house.instance(instance).state == "running"
    assert len(house.changes("process.incident")) == 1
    assert house.processes.complete_service(request.id, {"by": "hand"}, HUB)
    assert house.instance(instance).state == "ended"


def test_versions_are_immutable_and_instances_keep_theirs(house: Any, people: Any) -> None:
    first = house.deploy("small_plan.bpmn")
    assert house.deploy("small_plan.bpmn") == first
    old = house.processes.start("small_plan", "e1", {}, HUB)
    source = house.picture(old).source
    second = house.processes.deploy(
        source.replace(b'department="water" clock="PT30M"', b'department="roads" clock="PT5M"'), HUB
    )
    assert (second.version, len(house.changes("process.deployed"))) == (2, 2)
    new = house.processes.start("small_plan", "e2", {}, HUB)
    assert (house.instance(old).version, house.instance(new).version) == (1, 2)
    assert {task.business_key: task.department for task in house.tasks()} == {"e1": "water", "e2": "roads"}
    house.processes.complete(house.tasks(business_key="e1")[0].id, {}, people[0])
    assert house.picture(old).source == source


def test_only_one_runs_for_a_key_and_only_what_is_deployed(house: Any) -> None:
    begin(house)
    with pytest.raises(Conflict, match="already runs"):
        house.processes.start("sharing", "request-1", {"owner": "water"}, HUB)
    with pytest.raises(Missing, match="no process 'nothing'"):
        house.processes.start("nothing", "x", {}, HUB)
    with pytest.raises(Invalid):
        house.processes.deploy(b"<a/>", HUB)


def test_cancel_recalls_everything(house: Any, people: Any) -> None:
    house.deploy("small_plan.bpmn")
    instance = house.processes.start("small_plan", "e1", {}, HUB)
    house.processes.cancel(instance, "a false alarm", people[0])
    assert house.tasks() == [] and house.requests() == []
    assert house.pump.next_due() is None
    assert {c.kind for c in house.changes("process.service_")} == {
        "process.service_requested",
        "process.service_cancelled",
    }
    assert house.picture(instance).active == ()
    with pytest.raises(Conflict, match="has ended"):
        house.processes.cancel(instance, "again", people[0])


def test_a_command_joins_the_callers_transaction_or_leaves_with_it(house: Any) -> None:
    house.deploy("small_plan.bpmn")

    def work(connection: Any) -> None:
        house.processes.start("small_plan", "e1", {}, HUB, connection)
        raise RuntimeError("the caller changes its mind")

    with pytest.raises(RuntimeError):
        house.database.write(work)
    assert house.tasks() == [] and house.changes("process.started") == []
    house.database.write(lambda c: house.processes.start("small_plan", "e1", {}, HUB, c))
    assert len(house.tasks()) == 1


def test_the_small_plan_from_start_to_end(house: Any, people: Any) -> None:
    house.deploy("small_plan.bpmn")
    instance = house.processes.start("small_plan", "e1", {}, HUB)
    assert set(house.picture(instance).active) == {"pump", "dispatch"}
    house.to("2026-07-01T10:20")
    assert {task.element for task in house.tasks()} == {"pump", "urge"}
    house.processes.complete(house.task("pump").id, {"pumped": 300}, people[0])
    house.processes.complete(house.task("urge").id, {}, people[0])
    assert house.processes.message("verified", "e1", {}, HUB) == 0
    house.processes.complete_service(house.requests()[0].id, {"trucks": 2}, HUB)
    assert house.processes.message("verified", "e1", {"by": "data"}, HUB) == 1
    ended = house.instance(instance)
    assert (ended.state, ended.data) == ("ended", {"pumped": 300, "assignments": {"trucks": 2}, "by": "data"})
    assert not [mark for mark in house.picture(instance).marks if mark.outcome == "active"]


def test_a_timer_that_cannot_go_on_becomes_an_incident_and_stops_nothing_else(house: Any) -> None:
    house.deploy("odd_clock.bpmn")
    bad = house.processes.start("odd_clock", "1", {"who": "x", "clock": "when it suits"}, HUB)
    good = house.processes.start("odd_clock", "2", {"who": "x", "clock": "PT5M"}, HUB)
    house.to("2026-07-01T10:06")
    assert house.picture(good).active == ("u",)
    assert house.picture(bad).active == ("t",)
    [incident] = house.changes("process.incident")
    assert "when it suits" in incident.payload["detail"]


def test_a_signal_said_in_one_process_is_heard_in_others(house: Any, people: Any) -> None:
    house.deploy("say.bpmn")
    house.deploy("hear.bpmn")
    ears = [house.processes.start("hear", str(index), {}, HUB) for index in range(3)]
    house.processes.start("say", "x", {}, HUB)
    assert {house.instance(ear).state for ear in ears} == {"ended"}
    assert len(house.changes("process.signal_sent")) == 1


def test_a_stale_forecast_is_computed_anew(house: Any, people: Any) -> None:
    from chengshu.ports.process_engine import Complete

    house.deploy("small_plan.bpmn")
    instance = house.processes.start("small_plan", "e1", {}, HUB)
    task = house.task("pump")
    with house.database.read() as c:
        stale = house.processes.stepper.forecast(c, instance, Complete(task.token, {"n": 1}))
    house.processes.complete_service(house.requests()[0].id, {"trucks": 2}, HUB)
    house.database.write(
        lambda c: house.processes.stepper.move(c, instance, Complete(task.token, {"n": 1}), HUB, stale)
    )
    assert house.instance(instance).data == {"assignments": {"trucks": 2}, "n": 1}


def test_equal_histories_give_equal_journals(tmp_path: Any, people: Any) -> None:
    import importlib.util
    from pathlib import Path

    spec = importlib.util.spec_from_file_location("processes_conftest", Path(__file__).parent / "conftest.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    heads = []
    for name in ("a", "b"):
        house = module.House(tmp_path / name)
        house.deploy("sharing.bpmn")
        house.processes.start("sharing", "r", {"owner": "water", "resource": "x"}, HUB)
        house.to("2026-07-08T12:00")
        house.processes.complete(house.task("answer").id, {"agreed": False}, people[0])
        house.to("2026-07-20T12:00")
        with house.database.read() as connection:
            from chengshu.foundation.journal import head

            heads.append((head(connection), queries.instances(connection)))
        house.database.close()
    assert heads[0] == heads[1]


def test_a_timer_of_a_worker_that_died_fires_after_its_lease(house: Any, people: Any) -> None:
    from chengshu.foundation.processes import store

    instance = begin(house)
    house.processes.complete(house.task("answer").id, {"agreed": False}, people[0])
    house.clock.advance_to(datetime(2026, 7, 4, 10, tzinfo=UTC))
    until = datetime(2026, 7, 4, 10, 0, 30, tzinfo=UTC)
    assert house.database.write(lambda c: store.lease_due(c, house.clock.now(), until)) == [instance]
    house.pump.drain()  # it is taken: nobody fires it a second time
    assert house.instance(instance).state == "running"
    assert house.pump.next_due() == until
    house.to("2026-07-04T10:01")
    assert house.instance(instance).state == "ended"


def test_data_of_any_kind_are_kept_as_plain_data_or_refused(house: Any) -> None:
    instance = begin(
        house, amount=Decimal("1.50"), since=datetime(2026, 7, 1, tzinfo=UTC), period=timedelta(hours=36)
    )
    kept = house.instance(instance).data
    assert (kept["amount"], kept["since"], kept["period"]) == (1.5, "2026-07-01T00:00:00Z", "P1DT12H")
    with pytest.raises(Invalid, match="number that is none"):
        house.processes.message("appeal", "request-1", {"depth": float("nan")}, HUB)
    with pytest.raises(TooLarge):
        house.processes.start("sharing", "request-2", {"owner": "water", "text": "x" * 2_000_000}, HUB)


def test_a_task_without_anybody_responsible_is_refused(house: Any) -> None:
    house.deploy("sharing.bpmn")
    with pytest.raises(Invalid, match="nobody would be responsible"):
        house.processes.start("sharing", "request-1", {}, HUB)
    assert house.changes("process.started") == []


def test_two_people_complete_one_task_and_only_one_does(tmp_path: Path, house: Any, people: Any) -> None:
    begin(house)
    task = house.task("answer")
    house.database.close()
    house.database = SqliteDatabase(tmp_path / "hub.db", durable=False)
    house.processes = house.renewed(house.database)
    outcomes: list[str] = []

    def complete(actor: Actor) -> None:
        try:
            house.processes.complete(task.id, {"agreed": False}, actor)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")

    threads = [Thread(target=complete, args=(person,)) for person in people * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 7 + ["done"]
    assert len(house.changes("task.completed")) == 1
