"""Event definitions whose time is the step's and whose data are the instance's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.util.task import TaskState

from chengshu.engines.spiff.reading import EventDef
from chengshu.engines.spiff.world import world_of
from chengshu.kernel.clock import as_utc, from_millis, millis
from chengshu.kernel.errors import Invalid
from chengshu.ports.process_engine import Wait
from chengshu.ports.process_feel import expression


class Named(EventDefinition):  # type: ignore[misc]
    """A message, signal, error or escalation, known by name or code;
    an empty error code catches every error.
    """

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(name, kind)
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and (self.kind, self.name) == (other.kind, other.name)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    def catch(self, my_task: Any, event: Any = None) -> None:
        """Take the event's data into the instance's."""
        if event is not None and event.payload:
            world_of(my_task).data |= event.payload
        super().catch(my_task, event)

    def waits(self, _task: Any) -> list[Wait]:
        """What the console shows of it, and what the storage listens for."""
        return [Wait(self.kind, self.name)]


class Timer(TimerEventDefinition):  # type: ignore[misc]
    """A moment or a period, ISO 8601 or working time; the moment is fixed when the token arrives."""

    def __init__(self, element: str, definition: EventDef) -> None:
        super().__init__(element, definition.text)
        self.element, self.form, self.text = element, definition.form, definition.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timer) and self.element == other.element

    def __hash__(self) -> int:
        return hash(self.element)

    def due(self, my_task: Any) -> datetime:
        """When it fires."""
        moments = my_task.internal_data.setdefault("due", {})
        if self.element not in moments:
            moments[self.element] = millis(_moment(my_task, self.text, self.form, self.element))
        return from_millis(moments[self.element])

    def has_fired(self, my_task: Any) -> bool:
        """Whether its moment has come."""
        if world_of(my_task).setting.now >= self.due(my_task):
            my_task.internal_data["event_fired"] = True
        return bool(my_task.internal_data.get("event_fired", False))

    def waits(self, task: Any) -> list[Wait]:
        """As :meth:`Named.waits`."""
        return [Wait("timer", self.element, self.due(task))]


class Cycle(Timer):
    """``R3/PT10M`` on a non-interrupting border: starts its branch each time, while the activity runs."""

    def has_fired(self, my_task: Any) -> bool:
        """Never: the token stays on the border; see :meth:`update_task`."""
        return False

    def update_task(self, my_task: Any) -> None:
        """Start a branch for every time that has come."""
        count, _, period = self.text.partition("/")
        state = my_task.internal_data
        if "left" not in state:
            state["left"] = int(count.lstrip("R"))
            state["next"] = millis(_moment(my_task, period, "duration", self.element))
        while state["left"] > 0 and millis(world_of(my_task).setting.now) >= state["next"]:
            state["left"] -= 1
            begin = from_millis(state["next"])
            state["next"] = millis(_moment(my_task, period, "duration", self.element, begin))
            _branch(my_task)

    def waits(self, task: Any) -> list[Wait]:
        """As :meth:`Named.waits`; nothing once all times have passed."""
        state = task.internal_data
        return [Wait("timer", self.element, from_millis(state["next"]))] if state.get("left") else []


def _branch(my_task: Any) -> None:
    root = my_task.workflow.task_tree  # not under the border: the branch outlives the activity
    for output in my_task.task_spec.outputs:
        if not isinstance(output, BoundaryEventJoin):
            child = root._add_child(output, TaskState.FUTURE)
            child.triggered = True
            output._predict(child, mask=TaskState.NOT_FINISHED_MASK)
            output._update(child)


def _moment(task: Any, text: str, form: str, element: str, start: datetime | None = None) -> datetime:
    world = world_of(task)
    value: Any = text
    if text.startswith("="):
        value = world.evaluate(task, expression(text), element)
    start = start or world.setting.now
    if isinstance(value, (int, float)) and not isinstance(value, bool) and form == "duration":
        return start + timedelta(minutes=value)
    if isinstance(value, str):
        if form == "date":
            try:
                return as_utc(datetime.fromisoformat(value))
            except ValueError:
                pass
        else:
            return world.setting.due(start, value)
    raise Invalid(
        "process-clock",
        f"the time of {element!r} came out as {value!r}",
        where=element,
        remedy='let it give a duration such as "PT30M" or "P3WD", minutes, or a moment with its zone',
    )


def definition_of(element: str, declared: EventDef) -> Any:
    """The event definition of what is declared."""
    if declared.kind == "timer":
        return Cycle(element, declared) if declared.form == "cycle" else Timer(element, declared)
    return Named(declared.kind, declared.name)


def raise_code(task: Any, kind: str, code: str, *, own: bool) -> bool:
    """Let the nearest border that catches the error or escalation ``code`` take it; outward, level by level.

    ``own``: borders of ``task`` itself count too. Returns whether one took it.
    """
    host = task if own else _host(task)
    while host is not None:
        around = host.parent
        if around is not None and "items" in around.internal_data:  # one of a multi-instance
            around = around.parent
        if around is not None and isinstance(around.task_spec, BoundaryEventSplit):
            for wanted in (code, ""):  # the exact code first, then the catch-all
                for child in around.children:
                    spec = child.task_spec
                    if (
                        isinstance(spec, BoundaryEvent)
                        and child.state == TaskState.WAITING
                        and spec.event_definition == Named(kind, wanted)
                    ):
                        spec.catch(child, BpmnEvent(Named(kind, wanted)))
                        spec._update(child)
                        return True
        host = _host(host)
    return False


def _host(task: Any) -> Any:
    parent = task.workflow.parent_task_id
    return task.workflow.top_workflow.get_task_from_id(parent) if parent is not None else None
