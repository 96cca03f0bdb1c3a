"""How plans run: each construct of the supported subset, with a snapshot between any two steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chengshu.kernel.errors import Conflict, Invalid


def test_a_task_waits_and_its_result_decides_the_way(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.user("ask")
        + bpmn.node("exclusiveGateway", "x", default="x_low")
        + bpmn.user("high")
        + bpmn.user("low")
        + bpmn.end,
        "start > ask\nask > x\nx > high ? depth > 0.3\nx > low\nhigh > end\nlow > end",
    )
    assert run(plan).begin().do("ask", depth=0.5).at == ["high"]
    assert run(plan).begin().do("ask", depth=0.2).at == ["low"]
    assert run(plan).begin().do("ask").at == ["low"]  # an unknown depth is no reason
    assert run(plan).begin().do("ask", depth=1).do("high").ended == "completed"


def test_a_parallel_join_waits_for_all(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("parallelGateway", "fork")
        + bpmn.user("a")
        + bpmn.user("b")
        + bpmn.user("c")
        + bpmn.node("parallelGateway", "join")
        + bpmn.user("then")
        + bpmn.end,
        "start > fork\nfork > a\nfork > b\nfork > c\na > join\nb > join\nc > join\njoin > then\nthen > end",
    )
    r = run(plan).begin()
    assert r.at == ["a", "b", "c"]
    assert r.do("b").at == ["a", "c", "join"]
    assert r.do("a").at == ["c", "join"]
    assert r.do("c").at == ["then"]
    assert r.do("then").ended == "completed"


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_join_in_a_loop_counts_only_this_round(bpmn: Any, run: Any, order: tuple[str, str]) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("exclusiveGateway", "again")
        + bpmn.node("parallelGateway", "fork")
        + bpmn.user("a")
        + bpmn.user("b")
        + bpmn.node("parallelGateway", "join")
        + bpmn.node("exclusiveGateway", "x", default="x_again")
        + bpmn.end,
        "start > again\nagain > fork\nfork > a\nfork > b\na > join\nb > join\njoin > x\n"
        "x > end ? stop\nx > again",
    )
    r = run(plan).begin(stop=False)
    size = 0
    for index in range(12):
        first, second = order if index % 2 else order[::-1]
        assert r.do(first).at == sorted(["join", second])
        assert r.do(second).at == ["a", "b"]
        size = size or len(r.step.snapshot)
    assert len(r.step.snapshot) <= size + 40  # twelve rounds weigh as much as one
    assert r.do("a", stop=True).do("b").ended == "completed"


@pytest.mark.parametrize(
    ("data", "stands"),
    [
        ({"p": True, "q": True}, ["a", "b"]),
        ({"p": True, "q": False}, ["a"]),
        ({"p": False, "q": False}, ["c"]),
    ],
)
def test_an_inclusive_gateway_joins_what_it_split(
    bpmn: Any, run: Any, data: dict[str, bool], stands: list[str]
) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("inclusiveGateway", "fork", default="fork_c")
        + bpmn.user("a")
        + bpmn.user("b")
        + bpmn.user("c")
        + bpmn.node("inclusiveGateway", "join")
        + bpmn.user("then")
        + bpmn.end,
        "start > fork\nfork > a ? p\nfork > b ? q\nfork > c\na > join\nb > join\nc > join\n"
        "join > then\nthen > end",
    )
    r = run(plan).begin(**data)
    assert r.at == stands
    for index, name in enumerate(stands):
        r.do(name)
        assert ("then" in r.at) == (index == len(stands) - 1)
    assert r.do("then").ended == "completed"


def test_an_inclusive_join_works_in_a_loop(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("exclusiveGateway", "again")
        + bpmn.node("inclusiveGateway", "fork", default="fork_b")
        + bpmn.user("a")
        + bpmn.user("b")
        + bpmn.node("inclusiveGateway", "join")
        + bpmn.node("exclusiveGateway", "x", default="x_again")
        + bpmn.end,
        "start > again\nagain > fork\nfork > a ? p\nfork > b ? true\na > join\nb > join\njoin > x\n"
        "x > end ? stop\nx > again".replace("fork > b ? true", "fork > b"),
    )
    r = run(plan).begin(p=True, stop=False)
    assert r.at == ["a"]
    assert r.do("a", p=False).at == ["b"]
    assert r.do("b", p=True).at == ["a"]
    assert r.do("a", stop=True).ended == "completed"


@pytest.mark.parametrize(
    ("act", "then"), [(lambda r: r.message("go", depth=2), "on"), (lambda r: r.after(minutes=10), "late")]
)
def test_an_event_gateway_follows_the_first_event(bpmn: Any, run: Any, act: Any, then: str) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("eventBasedGateway", "g")
        + bpmn.node("intermediateCatchEvent", "m", bpmn.event("message", "m_go"))
        + bpmn.node("intermediateCatchEvent", "t", bpmn.timer("PT10M"))
        + bpmn.user("on")
        + bpmn.user("late")
        + bpmn.end,
        "start > g\ng > m\ng > t\nm > on\nt > late\non > end\nlate > end",
    )
    r = run(plan).begin()
    assert {(wait.kind, wait.name) for wait in r.live("g")[0].waits} == {("message", "go"), ("timer", "t")}
    r.after(minutes=9)
    assert r.at == ["g"]
    act(r)
    assert r.at == [then]
    assert r.data.get("depth") == (2 if then == "on" else None)
    assert r.do(then).ended == "completed"


@pytest.mark.parametrize(("cancel", "stands"), [("true", ["urge"]), ("false", ["do", "urge"])])
def test_a_timer_on_the_border(bpmn: Any, run: Any, cancel: str, stands: list[str]) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.user("do")
        + bpmn.border("late", "do", bpmn.timer("PT20M"), cancel)
        + bpmn.user("urge")
        + bpmn.end
        + bpmn.node("endEvent", "urged"),
        "start > do\ndo > end\nlate > urge\nurge > urged",
    )
    r = run(plan).begin()
    assert r.live("late")[0].waits[0].due == r.now + timedelta(minutes=20)
    r.after(minutes=19)
    assert r.at == ["do"]
    r.after(minutes=1)
    assert r.at == stands
    for name in stands:
        assert not r.ended
        r.do(name)
    assert r.ended == "completed"
    quick = run(plan).begin().do("do")
    assert quick.ended == "completed"


def test_the_branch_of_a_non_interrupting_timer_outlives_the_task(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.user("do")
        + bpmn.border("late", "do", bpmn.timer("PT20M"), "false")
        + bpmn.user("urge")
        + bpmn.end
        + bpmn.node("endEvent", "urged"),
        "start > do\ndo > end\nlate > urge\nurge > urged",
    )
    r = run(plan).begin().after(minutes=30).do("do")
    assert r.at == ["urge"] and not r.ended
    assert r.do("urge").ended == "completed"


def test_a_cycle_reminds_as_often_as_it_says_and_stops_with_the_task(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.user("do")
        + bpmn.border("tick", "do", bpmn.timer("R3/PT10M", "Cycle"), "false")
        + bpmn.script("remind", "{count: count + 1}")
        + bpmn.end
        + bpmn.node("endEvent", "told"),
        "start > do\ndo > end\ntick > remind\nremind > told",
    )
    r = run(plan).begin(count=0).after(minutes=10)
    assert r.data["count"] == 1
    assert r.after(minutes=25).data["count"] == 3  # two were missed and are made good
    assert r.live("tick") == [] or r.live("tick")[0].waits == ()
    assert r.after(minutes=60).data["count"] == 3
    assert r.do("do").ended == "completed"
    short = run(plan).begin(count=0).after(minutes=10).do("do")
    assert short.ended == "completed" and short.data["count"] == 1


def test_timers_keep_working_time(bpmn: Any, run: Any) -> None:
    from zoneinfo import ZoneInfo

    from chengshu.kernel.calendar import WorkingCalendar

    plan = bpmn.plan(
        bpmn.start + bpmn.node("intermediateCatchEvent", "t", bpmn.timer("=period")) + bpmn.end,
        "start > t\nt > end",
    )
    r = run(plan)
    r.calendar = WorkingCalendar.read(
        {"hours": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}, ZoneInfo("UTC")
    )
    r.begin(period="P2WD")  # from Wednesday 1 July
    assert r.live("t")[0].waits[0].due.isoformat() == "2026-07-03T17:00:00+00:00"
    with pytest.raises(Invalid, match="came out as"):
        run(plan).begin(period=None)


def test_an_error_of_a_service_takes_its_own_border_only(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("parallelGateway", "fork")
        + bpmn.service("a")
        + bpmn.service("b")
        + bpmn.border("a_bad", "a", bpmn.event("error", "e_bad"))
        + bpmn.border("b_bad", "b", bpmn.event("error"))
        + bpmn.user("fix_a")
        + bpmn.user("fix_b")
        + bpmn.end,
        "start > fork\nfork > a\nfork > b\na > end\nb > end\na_bad > fix_a\nb_bad > fix_b\n"
        "fix_a > end\nfix_b > end",
    )
    r = run(plan).begin()
    assert r.fail("a", "BAD").at == ["b", "fix_a"]
    assert r.fail("b", "ANY").at == ["fix_a", "fix_b"]  # no code catches every code
    with pytest.raises(Conflict, match="catches"):
        run(plan).begin().fail("a", "OTHER")


def test_errors_and_escalations_leave_a_sub_process(bpmn: Any, run: Any) -> None:
    def plan(kind: str, ref: str, cancel: str) -> bytes:
        inner = bpmn.sub(
            "sub",
            bpmn.node("startEvent", "s")
            + bpmn.node("parallelGateway", "f")
            + bpmn.user("one")
            + bpmn.user("two")
            + bpmn.node("endEvent", "bad", bpmn.event(kind, ref))
            + bpmn.node("endEvent", "ok"),
            "s > f\nf > one\nf > two\none > bad\ntwo > ok",
        )
        source: bytes = bpmn.plan(
            bpmn.start
            + inner
            + bpmn.border("b", "sub", bpmn.event(kind, ref), cancel)
            + bpmn.user("fix")
            + bpmn.end
            + bpmn.node("endEvent", "end2"),
            "start > sub\nsub > end\nb > fix\nfix > end2",
        )
        return source

    r = run(plan("error", "e_bad", "true")).begin()
    assert r.at == ["one", "sub", "two"]
    assert r.do("one").at == ["fix"]
    assert r.do("fix").ended == "completed"
    r = run(plan("escalation", "c_up", "false")).begin().do("one")
    assert r.at == ["fix", "sub", "two"]
    assert r.do("two").at == ["fix"]
    assert r.do("fix").ended == "completed"


def test_an_uncaught_error_ends_the_process_with_its_code(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("parallelGateway", "f")
        + bpmn.user("a")
        + bpmn.user("b")
        + bpmn.node("endEvent", "bad", bpmn.event("error", "e_bad"))
        + bpmn.end,
        "start > f\nf > a\nf > b\na > bad\nb > end",
    )
    assert run(plan).begin().do("a").ended == "error:BAD"


def test_terminate_ends_everything(bpmn: Any, run: Any) -> None:
    inner = bpmn.sub(
        "sub",
        bpmn.node("startEvent", "s") + bpmn.user("deep") + bpmn.node("endEvent", "e"),
        "s > deep\ndeep > e",
    )
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("parallelGateway", "f")
        + bpmn.user("a")
        + inner
        + bpmn.node("endEvent", "stop", bpmn.event("terminate"))
        + bpmn.end,
        "start > f\nf > a\nf > sub\na > stop\nsub > end",
    )
    r = run(plan).begin()
    assert r.at == ["a", "deep", "sub"]
    assert r.do("a").ended == "terminated"


def test_signals_and_messages_are_said_and_heard(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("parallelGateway", "f")
        + bpmn.node("intermediateCatchEvent", "hear", bpmn.event("signal", "s_all"))
        + bpmn.user("a")
        + bpmn.node("intermediateThrowEvent", "shout", bpmn.event("signal", "s_all"))
        + bpmn.node("sendTask", "send", messageRef="m_stop")
        + bpmn.node("receiveTask", "get", messageRef="m_go")
        + bpmn.end,
        "start > f\nf > hear\nf > a\na > shout\nshout > send\nsend > get\nhear > end\nget > end",
    )
    r = run(plan).begin().do("a")
    assert r.said == ["signal:all", "message:stop"]
    assert r.at == ["get"]
    assert r.message("other").at == ["get"]
    assert r.message("go", by="data").ended == "completed"
    assert r.data == {"by": "data"}


def test_a_call_activity_runs_another_process_on_the_same_data(bpmn: Any, run: Any) -> None:
    callee = bpmn.process(
        bpmn.node("startEvent", "cs") + bpmn.user("inside") + bpmn.node("endEvent", "ce"),
        "cs > inside\ninside > ce",
        key="callee",
        executable="false",
    )
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("callActivity", "call", calledElement="callee")
        + bpmn.border("stop", "call", bpmn.event("message", "m_stop"))
        + bpmn.user("after")
        + bpmn.end,
        "start > call\ncall > after\nafter > end\nstop > end",
        callee,
    )
    r = run(plan).begin()
    assert r.at == ["call", "inside"]
    assert r.do("inside", seen=True).at == ["after"]
    assert r.data == {"seen": True}
    assert run(plan).begin().message("stop").ended == "completed"


def test_multi_instance_parallel_sequential_and_early_stop(bpmn: Any, run: Any) -> None:
    def plan(**options: str) -> bytes:
        source: bytes = bpmn.plan(
            bpmn.start
            + bpmn.user(
                "ask", bpmn.each("departments", "department", "answers", **options), department="=department"
            )
            + bpmn.user("then")
            + bpmn.end,
            "start > ask\nask > then\nthen > end",
        )
        return source

    r = run(plan()).begin(departments=["water", "roads", "police"])
    assert [token.locals["department"] for token in r.live("ask")] == ["water", "roads", "police"]
    r.do("ask", 1, ok=False).do("ask", 0, ok=True)
    assert r.data["answers"] == [{"ok": False}, {"ok": True}]
    assert r.do("ask", 0, ok=True).at == ["then"]
    r = run(plan(sequential="true")).begin(departments=["water", "roads"])
    assert len(r.live("ask")) == 1
    assert r.do("ask", n=1).live("ask")[0].locals == {"department": "roads", "loopIndex": 2}
    assert r.do("ask", n=2).at == ["then"]
    r = run(plan(until="count(answers) >= 2")).begin(departments=["a", "b", "c"])
    assert r.do("ask", 2).do("ask", 0).at == ["then"]
    assert run(plan()).begin(departments=[]).at == ["then"]
    with pytest.raises(Invalid, match="came out as"):
        run(plan()).begin(departments="water")


def test_multi_instance_of_a_sub_process_with_a_border(bpmn: Any, run: Any) -> None:
    inner = bpmn.sub(
        "sub",
        bpmn.node("startEvent", "s") + bpmn.user("visit") + bpmn.node("endEvent", "e"),
        "s > visit\nvisit > e",
        bpmn.each("sites", "site"),
    )
    plan = bpmn.plan(
        bpmn.start + inner + bpmn.border("late", "sub", bpmn.timer("PT1H")) + bpmn.user("other") + bpmn.end,
        "start > sub\nsub > end\nlate > other\nother > end",
    )
    r = run(plan).begin(sites=["x", "y"])
    assert [token.locals["site"] for token in r.live("visit")] == ["x", "y"]
    r.do("visit", 0)
    assert r.at == ["sub", "visit"]
    assert r.after(hours=1).at == ["other"]
    assert r.do("other").ended == "completed"
    assert run(plan).begin(sites=["x", "y"]).do("visit").do("visit").ended == "completed"


def test_scripts_and_decisions_are_feel_and_kept_with_their_reason(bpmn: Any, run: Any) -> None:
    rule = (
        '<bpmn:businessRuleTask id="grade"><bpmn:extensionElements>'
        '<chengshu:task decision="severity" result="grade"/>'
        "</bpmn:extensionElements></bpmn:businessRuleTask>"
    )
    plan = bpmn.plan(
        bpmn.start
        + bpmn.script("prep", '{level: if depth > 0.3 then "red" else "blue", twice: depth * 2}')
        + rule
        + bpmn.end,
        "start > prep\nprep > grade\ngrade > end",
    )
    r = run(plan).begin(depth=0.5)
    assert r.data == {"depth": 0.5, "level": "red", "twice": 1, "grade": "severity of red"}
    assert r.notes == [{"rule": "severity"}]
    with pytest.raises(Invalid, match="no names"):
        run(bpmn.plan(bpmn.start + bpmn.script("prep", "3") + bpmn.end, "start > prep\nprep > end")).begin()


def test_a_loop_without_a_wait_is_stopped(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start
        + bpmn.node("exclusiveGateway", "again")
        + bpmn.script("n", "{n: n + 1}")
        + bpmn.node("exclusiveGateway", "x", default="x_again")
        + bpmn.end,
        "start > again\nagain > n\nn > x\nx > end ? n > 100000\nx > again",
    )
    with pytest.raises(Invalid, match="without waiting"):
        run(plan).begin(n=0)


def test_a_token_is_completed_once(bpmn: Any, run: Any) -> None:
    from chengshu.ports.process_engine import Complete, Start

    plan = bpmn.plan(bpmn.start + bpmn.user("a") + bpmn.user("b") + bpmn.end, "start > a\na > b\nb > end")
    r = run(plan).begin()
    number = r.live("a")[0].number
    r.go(Complete(number, {}))
    for trigger in (Complete(number, {}), Complete(999, {}), Start()):
        with pytest.raises(Conflict):
            r.go(trigger)


def test_several_flows_out_of_a_task_are_all_taken(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start + bpmn.user("ask") + bpmn.user("a") + bpmn.user("b") + bpmn.end,
        "start > ask\nask > a\nask > b\na > end\nb > end",
    )
    r = run(plan).begin().do("ask")
    assert r.at == ["a", "b"]
    assert r.do("a").do("b").ended == "completed"


def test_conditional_flows_out_of_a_task_are_taken_where_they_hold(bpmn: Any, run: Any) -> None:
    plan = bpmn.plan(
        bpmn.start + bpmn.user("ask") + bpmn.user("a") + bpmn.user("b") + bpmn.end,
        "start > ask\nask > a ? deep\nask > b\na > end\nb > end",
    )
    assert run(plan).begin(deep=False).do("ask").at == ["b"]


@pytest.mark.parametrize("event", ["message", "signal"])
def test_a_message_or_signal_start_begins_like_any_other(bpmn: Any, run: Any, event: str) -> None:
    plan = bpmn.plan(
        bpmn.node("startEvent", "start", bpmn.event(event, "m_go" if event == "message" else "s_all"))
        + bpmn.user("a")
        + bpmn.end,
        "start > a\na > end",
    )
    assert run(plan).begin().at == ["a"]
