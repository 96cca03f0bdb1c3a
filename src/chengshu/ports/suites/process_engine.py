"""What every process engine must keep. Each check takes a factory, and runs every step on a fresh engine:
nothing but the snapshot may carry over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.errors import Conflict, Invalid
from chengshu.ports.process_engine import (
    Complete,
    Definition,
    Fail,
    Live,
    Message,
    ProcessEngine,
    Setting,
    Start,
    Step,
    Tick,
    Trigger,
)
from chengshu.ports.suites.promise import Broken, expect, expect_raises

Factory = Callable[[], ProcessEngine]
BEGIN = datetime(2026, 7, 1, 8, tzinfo=UTC)
PLAN = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
                  xmlns:chengshu="urn:chengshu:bpmn:1">
  <bpmn:message id="m" name="over"/>
  <bpmn:error id="e" errorCode="BROKEN"/>
  <bpmn:process id="suite" name="Suite" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="again"/>
    <bpmn:exclusiveGateway id="again"/>
    <bpmn:sequenceFlow id="f1" sourceRef="again" targetRef="fork"/>
    <bpmn:parallelGateway id="fork"/>
    <bpmn:sequenceFlow id="f2" sourceRef="fork" targetRef="a"/>
    <bpmn:sequenceFlow id="f3" sourceRef="fork" targetRef="b"/>
    <bpmn:userTask id="a"><bpmn:extensionElements>
      <chengshu:task department="water" clock="PT30M"/></bpmn:extensionElements></bpmn:userTask>
    <bpmn:boundaryEvent id="late" attachedToRef="a" cancelActivity="false"><bpmn:timerEventDefinition>
      <bpmn:timeDuration>PT20M</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f4" sourceRef="late" targetRef="note"/>
    <bpmn:scriptTask id="note"><bpmn:script>{late: true}</bpmn:script></bpmn:scriptTask>
    <bpmn:sequenceFlow id="f5" sourceRef="note" targetRef="noted"/>
    <bpmn:endEvent id="noted"/>
    <bpmn:serviceTask id="b"><bpmn:extensionElements>
      <chengshu:task handler="h" result="answer"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:boundaryEvent id="broken" attachedToRef="b">
      <bpmn:errorEventDefinition errorRef="e"/></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f6" sourceRef="broken" targetRef="join"/>
    <bpmn:sequenceFlow id="f7" sourceRef="a" targetRef="both"/>
    <bpmn:sequenceFlow id="f8" sourceRef="b" targetRef="join"/>
    <bpmn:exclusiveGateway id="join"/>
    <bpmn:sequenceFlow id="f9" sourceRef="join" targetRef="both"/>
    <bpmn:parallelGateway id="both"/>
    <bpmn:sequenceFlow id="f10" sourceRef="both" targetRef="enough"/>
    <bpmn:exclusiveGateway id="enough" default="f11"/>
    <bpmn:sequenceFlow id="f11" sourceRef="enough" targetRef="again"/>
    <bpmn:sequenceFlow id="f12" sourceRef="enough" targetRef="wait">
      <bpmn:conditionExpression>depth &lt; 0.1</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:intermediateCatchEvent id="wait">
      <bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f13" sourceRef="wait" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"""


class _Run:
    """One instance; every step on a fresh engine."""

    def __init__(self, factory: Factory) -> None:
        self._factory, self.now = factory, BEGIN
        self.definition: Definition = factory().load([PLAN])
        self.step: Step | None = None
        self.go(Start())

    def go(self, trigger: Trigger) -> Step:
        clock = WorkingCalendar.always(ZoneInfo("UTC"))
        setting = Setting(self.now, "key", clock.due, _undecided)
        before = self.step
        self.step = self._factory().advance(
            self.definition,
            before.snapshot if before else None,
            before.data if before else {},
            trigger,
            setting,
        )
        return self.step

    def token(self, element: str) -> Live:
        assert self.step is not None  # noqa: S101  set by the constructor
        found = next((live for live in self.step.live if live.element == element), None)
        if found is None:
            raise Broken(f"a token should stand on {element!r}")
        return found

    def do(self, element: str, **data: Any) -> Step:
        return self.go(Complete(self.token(element).number, data))

    @property
    def stands(self) -> list[str]:
        assert self.step is not None  # noqa: S101  set by the constructor
        kinds = self.definition.elements
        return sorted(live.element for live in self.step.live if kinds[live.element].kind != "boundaryEvent")


def _undecided(name: str, _context: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
    raise AssertionError(f"the plan makes no decision, but {name!r} was asked for")


def loads_what_is_sound_and_names_what_is_not(factory: Factory) -> None:
    """Equal sources have equal hashes; faults carry place and remedy; ``load`` refuses what lint finds."""
    engine = factory()
    expect(list(engine.lint([PLAN])), [], "a sound plan has no faults")
    expect(engine.load([PLAN]).hash, factory().load([PLAN]).hash, "equal sources have equal hashes")
    bad = PLAN.replace(b' default="f11"', b"").replace(b"depth &lt; 0.1", b"depth &lt;&lt; 0.1")
    faults = engine.lint([bad])
    expect(len(faults) >= 2, True, "both faults are found")
    expect(
        [fault for fault in faults if not (fault.where and fault.remedy)], [], "faults name place and remedy"
    )
    expect_raises(Invalid, lambda: engine.load([bad]), "an unsound plan is not loaded")


def joins_once_in_every_round(factory: Factory) -> None:
    """A parallel join in a loop counts only the tokens of its round; snapshots do not grow."""
    run, sizes = _Run(factory), []
    for number in range(6):
        first, second = ("a", "b") if number % 2 else ("b", "a")
        run.do(first, depth=1)
        expect(run.stands, sorted(["both", second]), "one token waits for the other")
        sizes.append(len(run.do(second, depth=1).snapshot))
        expect(run.stands, ["a", "b"], "the next round begins")
    expect(sizes[-1] - sizes[0] < 50, True, "a snapshot keeps no past rounds")


def ends_by_its_message(factory: Factory) -> None:
    """Results, conditions and messages lead to the end; a null condition is not true."""
    run = _Run(factory)
    run.do("a")
    run.do("b", trucks=2)
    expect(run.stands, ["a", "b"], "a condition that is null does not hold")
    run.do("a", depth=0)
    run.do("b", trucks=3)
    expect(run.stands, ["wait"], "the condition holds")
    expect(run.go(Message("other")).ended, "", "another message changes nothing")
    step = run.go(Message("over", {"by": "data"}))
    expect((step.ended, step.live), ("completed", ()), "the process has ended")
    expect(dict(step.data), {"depth": 0, "answer": {"trucks": 3}, "by": "data"}, "the data are kept")


def fires_timers_by_the_given_clock(factory: Factory) -> None:
    """A timer is due from when its token came, fires once, and leaves the task where it is."""
    run = _Run(factory)
    due = run.token("late").waits[0].due
    expect(due, BEGIN + timedelta(minutes=20), "the timer's moment is known")
    run.now = BEGIN + timedelta(minutes=19)
    expect(run.go(Tick()).data, {}, "nothing fires early")
    run.now = BEGIN + timedelta(minutes=20)
    step = run.go(Tick())
    expect([item.element for item in step.passed], ["late", "note", "noted"], "its branch runs")
    expect((dict(step.data), run.stands), ({"late": True}, ["a", "b"]), "the task stays")
    expect(run.go(Tick()).passed, (), "it fires once")


def completes_a_token_once(factory: Factory) -> None:
    """A token that is gone, or never was, is refused."""
    run = _Run(factory)
    number = run.token("a").number
    run.do("a")
    for trigger in (Complete(number, {}), Fail(number, "BROKEN"), Complete(10_000, {}), Start()):
        expect_raises(Conflict, lambda trigger=trigger: run.go(trigger), "a gone token is refused")  # type: ignore[misc]


def catches_errors_by_code(factory: Factory) -> None:
    """An error takes the border that names its code; one that nobody names changes nothing."""
    run = _Run(factory)
    number = run.token("b").number
    expect_raises(Conflict, lambda: run.go(Fail(number, "ELSE")), "an uncaught error is refused")
    run.go(Fail(number, "BROKEN"))
    expect(run.stands, ["a", "both"], "the error border is taken")


def gives_equal_steps_for_equal_arguments(factory: Factory) -> None:
    """Two engines give the same bytes."""

    def tale() -> list[Step | None]:
        run = _Run(factory)
        steps = [run.step]
        for element in ("b", "a", "a", "b"):
            run.now += timedelta(minutes=15)
            steps += [run.go(Tick()), run.do(element, depth=1)]
        return steps

    expect(tale(), tale(), "equal arguments, equal steps")


PROCESS_ENGINE_CHECKS: tuple[Callable[[Factory], None], ...] = (
    loads_what_is_sound_and_names_what_is_not,
    joins_once_in_every_round,
    ends_by_its_message,
    fires_timers_by_the_given_clock,
    completes_a_token_once,
    catches_errors_by_code,
    gives_equal_steps_for_equal_arguments,
)
