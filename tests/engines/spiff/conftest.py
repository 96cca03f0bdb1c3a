"""A short way to write plans for tests, and a runner without a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chengshu.engines.spiff import SpiffEngine
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.ports.process_engine import (
    Complete,
    Definition,
    Fail,
    Live,
    Message,
    Setting,
    Signal,
    Start,
    Step,
    Tick,
    Trigger,
)

START = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:chengshu="urn:chengshu:bpmn:1" id="d" targetNamespace="urn:t">'
    '<bpmn:message id="m_go" name="go"/><bpmn:message id="m_stop" name="stop"/>'
    '<bpmn:signal id="s_all" name="all"/><bpmn:error id="e_bad" name="bad" errorCode="BAD"/>'
    '<bpmn:escalation id="c_up" name="up" escalationCode="UP"/>'
)


def _flows(text: str) -> str:
    """``a > b`` or ``a > b ? condition`` per line."""
    made = []
    for index, line in enumerate(filter(None, (line.strip() for line in text.splitlines()))):
        path, _, condition = line.partition("?")
        source, target = (part.strip() for part in path.split(">", 1))
        inner = (
            f"<bpmn:conditionExpression>{condition.strip().replace('<', '&lt;')}</bpmn:conditionExpression>"
            if condition
            else ""
        )
        made.append(
            f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
            f"{inner}</bpmn:sequenceFlow><!-- {index} -->"
        )
    return "".join(made)


class Bpmn:
    """Writes BPMN."""

    @staticmethod
    def process(nodes: str, flows: str, key: str = "p", executable: str = "true") -> str:
        opening = f'<bpmn:process id="{key}" name="{key}" isExecutable="{executable}">'
        return f"{opening}{nodes}{_flows(flows)}</bpmn:process>"

    def plan(self, nodes: str, flows: str, *more: str) -> bytes:
        return (_HEAD + self.process(nodes, flows) + "".join(more) + "</bpmn:definitions>").encode()

    @staticmethod
    def node(tag: str, name: str, inner: str = "", **attributes: str) -> str:
        own = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return f'<bpmn:{tag} id="{name}" name="{name}"{own}>{inner}</bpmn:{tag}>'

    def user(self, name: str, inner: str = "", **extension: str) -> str:
        given = {"department": "water", "clock": "PT30M"} | extension
        own = "".join(f' {key}="{value}"' for key, value in given.items())
        return self.node(
            "userTask", name, f"<bpmn:extensionElements><chengshu:task{own}/></bpmn:extensionElements>{inner}"
        )

    def service(self, name: str, inner: str = "", **extension: str) -> str:
        own = "".join(f' {key}="{value}"' for key, value in ({"handler": "h"} | extension).items())
        return self.node(
            "serviceTask",
            name,
            f"<bpmn:extensionElements><chengshu:task{own}/></bpmn:extensionElements>{inner}",
        )

    def script(self, name: str, text: str) -> str:
        return self.node("scriptTask", name, f"<bpmn:script>{text.replace('<', '&lt;')}</bpmn:script>")

    @staticmethod
    def event(kind: str, ref: str = "") -> str:
        return f"<bpmn:{kind}EventDefinition{f' {kind}Ref={chr(34)}{ref}{chr(34)}' if ref else ''}/>"

    @staticmethod
    def timer(text: str, form: str = "Duration") -> str:
        inner = f"<bpmn:time{form}>{text}</bpmn:time{form}>"
        return f"<bpmn:timerEventDefinition>{inner}</bpmn:timerEventDefinition>"

    def border(self, name: str, host: str, inner: str, cancel: str = "true") -> str:
        return self.node("boundaryEvent", name, inner, attachedToRef=host, cancelActivity=cancel)

    def sub(self, name: str, nodes: str, flows: str, extra: str = "") -> str:
        return self.node("subProcess", name, extra + nodes + _flows(flows))

    @staticmethod
    def each(
        collection: str, item: str = "item", results: str = "", sequential: str = "false", until: str = ""
    ) -> str:
        done = f"<bpmn:completionCondition>{until}</bpmn:completionCondition>" if until else ""
        return (
            f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}"><bpmn:extensionElements>'
            f'<chengshu:each collection="{collection}" item="{item}" results="{results}"/>'
            "</bpmn:extensionElements>"
            f"{done}</bpmn:multiInstanceLoopCharacteristics>"
        )

    @property
    def start(self) -> str:
        return self.node("startEvent", "start")

    @property
    def end(self) -> str:
        return self.node("endEvent", "end")


@dataclass
class Run:
    """One instance, its snapshot written and read again at every step."""

    engine: SpiffEngine
    definition: Definition
    now: datetime = START
    data: Mapping[str, Any] = field(default_factory=dict)
    step: Step | None = None
    passed: list[str] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    calendar: WorkingCalendar = field(default_factory=lambda: WorkingCalendar.always(ZoneInfo("UTC")))

    def go(self, trigger: Trigger) -> Run:
        snapshot = self.step.snapshot if self.step else None
        setting = Setting(
            self.now,
            "key",
            self.calendar.due,
            lambda name, context: (f"{name} of {context['level']}", {"rule": name}),
        )
        self.step = self.engine.advance(self.definition, snapshot, self.data, trigger, setting)
        self.data = self.step.data
        self.passed += [item.element for item in self.step.passed]
        self.notes += [item.note for item in self.step.passed if item.note]
        self.said += [f"{item.kind}:{item.name}" for item in self.step.thrown]
        return self

    def begin(self, **data: Any) -> Run:
        self.data = data
        return self.go(Start())

    def live(self, element: str) -> list[Live]:
        assert self.step is not None
        return [token for token in self.step.live if token.element == element]

    @property
    def at(self) -> list[str]:
        """Where the tokens stand, borders left out."""
        assert self.step is not None
        kinds = self.definition.elements
        return sorted(
            token.element for token in self.step.live if kinds[token.element].kind != "boundaryEvent"
        )

    def do(self, element: str, index: int = 0, **data: Any) -> Run:
        return self.go(Complete(self.live(element)[index].number, data))

    def fail(self, element: str, code: str) -> Run:
        return self.go(Fail(self.live(element)[0].number, code))

    def message(self, name: str, **data: Any) -> Run:
        return self.go(Message(name, data))

    def signal(self, name: str, **data: Any) -> Run:
        return self.go(Signal(name, data))

    def after(self, **period: float) -> Run:
        self.now += timedelta(**period)
        return self.go(Tick())

    @property
    def ended(self) -> str:
        assert self.step is not None
        return self.step.ended


@pytest.fixture(scope="session")
def bpmn() -> Bpmn:
    return Bpmn()


@pytest.fixture(scope="session")
def engine() -> SpiffEngine:
    return SpiffEngine()


@pytest.fixture
def run(engine: SpiffEngine) -> Any:
    """``run(source)`` loads a plan and gives a runner for it."""
    return lambda *sources: Run(engine, engine.load(sources))


@pytest.fixture(scope="session")
def runner() -> type[Run]:
    return Run
