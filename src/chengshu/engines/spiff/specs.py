"""The flow nodes, as SpiffWorkflow runs them for the hub: data outside the tokens, joins that count right.

SpiffWorkflow's own joins look at the whole past; in a loop a branch of an earlier round then counts as
arrived. Here a join looks only at tokens that stand before it, and consumes them when it fires.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    IntermediateCatchEvent,
    ParallelGateway,
    SubWorkflowTask,
)
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.operators import Operator
from SpiffWorkflow.util.task import TaskState

from chengshu.engines.spiff.events import Named, raise_code
from chengshu.engines.spiff.reading import Each, Node
from chengshu.engines.spiff.world import world_of
from chengshu.kernel.errors import Invalid
from chengshu.ports.process_engine import Thrown
from chengshu.ports.process_feel import expression


class Condition(Operator):  # type: ignore[misc]
    """A flow's FEEL condition; only ``true`` lets a token pass (null is not true)."""

    def __init__(self, text: str, flow: str) -> None:
        super().__init__(text)
        self._text, self._flow = text, flow

    def _matches(self, task: Any) -> bool:
        return world_of(task).evaluate(task, self._text, f"sequenceFlow {self._flow!r}") is True


class Pass(SimpleBpmnTask):  # type: ignore[misc]
    """Start events, plain tasks and everything that does nothing by itself."""


class Work(SimpleBpmnTask):  # type: ignore[misc]
    """User, manual and service tasks: the token stands until somebody completes it."""


class Script(SimpleBpmnTask):  # type: ignore[misc]
    """A FEEL script: its context's entries, or its value under a name, enter the data."""

    def _run_hook(self, my_task: Any) -> bool:
        world, node = world_of(my_task), self.node
        world.assign(my_task, node.element, world.evaluate(my_task, expression(node.script or ""), node.id))
        return True


class Rule(SimpleBpmnTask):  # type: ignore[misc]
    """A business rule task: a DMN decision, kept with its explanation."""

    def _run_hook(self, my_task: Any) -> bool:
        world, element = world_of(my_task), self.node.element
        context = world.context(my_task)
        if element.inputs:
            context = {
                name: world.evaluate(my_task, text, element.id) for name, text in element.inputs.items()
            }
        value, note = world.setting.decide(element.decision, context)
        world.assign(my_task, element, value)
        world.note = note
        return True


class Throw(SimpleBpmnTask):  # type: ignore[misc]
    """Send tasks, throw events and end events that say something."""

    def _run_hook(self, my_task: Any) -> bool:
        for event in self.node.events:
            _throw(my_task, self.node, event.kind, event.name)
        return True

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        if any(event.kind == "terminate" for event in self.node.events):
            for task in my_task.workflow.get_tasks(state=TaskState.NOT_FINISHED_MASK):
                task.cancel()
            my_task.workflow._mark_complete(my_task)
            if my_task.workflow.parent_task_id is None:
                world_of(my_task).ended = "terminated"


def _throw(task: Any, node: Node, kind: str, name: str) -> None:
    world, top = world_of(task), task.workflow.top_workflow
    if kind in ("message", "signal"):
        world.thrown.append(Thrown(kind, name, node.id))
        if kind == "signal":
            top.catch(BpmnEvent(Named("signal", name)))
    elif kind in ("error", "escalation"):
        caught = raise_code(task, kind, name, own=False)
        if kind == "error" and not caught:
            world.ended = f"error:{name}"
            top.cancel()


class Catch(IntermediateCatchEvent):  # type: ignore[misc]
    """Intermediate catch events and receive tasks."""


class Border(BoundaryEvent):  # type: ignore[misc]
    """A boundary event; an interrupting one takes the token off its activity at once."""

    def _on_ready_hook(self, my_task: Any) -> None:
        super()._on_ready_hook(my_task)
        if self.cancel_activity:
            for sibling in my_task.parent.children:
                if sibling is not my_task and sibling.has_state(TaskState.NOT_FINISHED_MASK):
                    sibling.cancel()


class Choice(ExclusiveGateway):  # type: ignore[misc]
    """Exclusive gateway."""


class Events(EventBasedGateway):  # type: ignore[misc]
    """Event-based gateway."""


def _arrived(spec: Any, my_task: Any) -> list[Any]:
    """The tokens that stand before a join: its instances whose parent is done and which were not consumed."""
    return [
        task
        for task in my_task.workflow.tasks.values()
        if task.task_spec is spec
        and task.state != TaskState.COMPLETED
        and task.parent is not None
        and task.parent.state == TaskState.COMPLETED
    ]


def _consume(spec: Any, my_task: Any) -> None:
    for task in _arrived(spec, my_task):
        if task is not my_task and task.id in my_task.workflow.tasks:
            my_task.workflow._remove_task(task.id)


class Together(ParallelGateway):  # type: ignore[misc]
    """Parallel gateway: fires when a token stands on every incoming flow."""

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        return set(self._inputs) <= {task.parent.task_spec.name for task in _arrived(self, my_task)}

    def _run_hook(self, my_task: Any) -> bool:
        _consume(self, my_task)
        my_task._inherit_data()
        return True


class Some(InclusiveGateway):  # type: ignore[misc]
    """Inclusive gateway: fires when no token can arrive any more on an empty flow (BPMN 2.0 §13.4.3)."""

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        filled = {task.parent.task_spec.name for task in _arrived(self, my_task)}
        empty = set(self._inputs) - filled
        if not empty:
            return True
        sources = {
            task.task_spec.name
            for task in my_task.workflow.tasks.values()
            if task.task_spec is not self
            and task.has_state(TaskState.READY | TaskState.WAITING | TaskState.STARTED)
        }
        coming = self._leading_to(empty) & sources
        return not (coming - self._leading_to(filled))

    def _leading_to(self, inputs: set[str]) -> set[str]:
        """Names of nodes from which a path leads to one of ``inputs`` without visiting this gateway."""
        specs, found, todo = self._wf_spec.task_specs, set(), list(inputs)
        while todo:
            name = todo.pop()
            if name != self.name and name not in found:
                found.add(name)
                todo.extend(specs[name]._inputs)
        return found

    def _run_hook(self, my_task: Any) -> bool:
        _consume(self, my_task)
        my_task._inherit_data()
        matches, defaults = self._get_matching_outputs(my_task)
        if not matches and not defaults:
            raise Invalid(
                "process-no-way",
                f"no condition behind {self.name!r} holds and there is no default",
                where=self.name,
                remedy="mark one of its flows as default",
            )
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


class Sub(SubWorkflowTask):  # type: ignore[misc]
    """Embedded sub-process or call activity. The data are the instance's, so none are copied."""

    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        """Nothing: tokens carry no data."""

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        """Nothing: tokens carry no data."""

    def _on_subworkflow_completed(self, subworkflow: Any, my_task: Any) -> None:
        if my_task.has_state(TaskState.NOT_FINISHED_MASK):  # a border may have taken it off meanwhile
            my_task._set_state(TaskState.READY)


class Multi(SimpleBpmnTask):  # type: ignore[misc]
    """Multi-instance: one token for each item, together or one after the other."""

    each: Each

    def _update_hook(self, my_task: Any) -> bool:
        super()._update_hook(my_task)
        state = my_task.internal_data
        if "items" in state:
            return False
        state["items"], state["next"], state["done"] = self._items(my_task), 0, 0
        if not state["items"]:
            return True
        my_task._set_state(TaskState.STARTED)
        if self.each.results:
            world_of(my_task).data[self.each.results] = []
        for _ in range(1 if self.each.sequential else len(state["items"])):
            if my_task.state == TaskState.STARTED:
                self._spawn(my_task)
        return False

    def _items(self, my_task: Any) -> list[Any]:
        each, where = self.each, f"multi-instance {self.name!r}"
        value = world_of(my_task).evaluate(my_task, each.collection or each.cardinality, where)
        if each.cardinality and isinstance(value, (int, float)) and 0 <= value <= 1000:
            return list(range(1, int(value) + 1))
        if each.collection and isinstance(value, list) and len(value) <= 1000:
            return value
        raise Invalid(
            "process-each",
            f"{each.collection or each.cardinality!r} came out as {str(value)[:80]}",
            where=where,
            remedy="let it give a list (or a number) of at most 1000",
        )

    def _spawn(self, my_task: Any) -> None:
        state = my_task.internal_data
        index = state["next"]
        state["next"] = index + 1
        child = my_task._add_child(self.child, TaskState.WAITING)
        child.triggered = True
        child.internal_data["item"] = {self.each.item: state["items"][index], "loopIndex": index + 1}
        child.task_spec._update(child)

    def finished(self, _workflow: Any, child: Any) -> None:
        """One instance is done: go on, or stop when all are done or the completion condition holds."""
        my_task = child.parent
        if my_task is None or my_task.state != TaskState.STARTED:
            return
        state = my_task.internal_data
        state["done"] += 1
        enough = (
            bool(self.each.until)
            and world_of(my_task).evaluate(my_task, self.each.until, f"multi-instance {self.name!r}") is True
        )
        if enough or state["done"] == len(state["items"]):
            for other in my_task.children:
                if other.task_spec is self.child and other.has_state(TaskState.NOT_FINISHED_MASK):
                    other.cancel()
            my_task._set_state(TaskState.READY)
        elif self.each.sequential:
            self._spawn(my_task)
