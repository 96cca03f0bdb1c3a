"""Snapshots: the pruned token tree as a few numbers and names; never the definition, never the data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from chengshu.engines.spiff.world import Instance, World

FORMAT = 1
_FORESEEN = TaskState.FUTURE | TaskState.LIKELY | TaskState.MAYBE  # follows from the definition: never stored
_STANDS = TaskState.READY | TaskState.WAITING | TaskState.STARTED
_KEPT = ("due", "left", "next", "items", "done", "item")  # what a token must remember


class Numbers:
    """Small numbers for tasks: given once, in the tree's order, so that equal steps give equal snapshots."""

    def __init__(self) -> None:
        self.last = 0
        self._by_id: dict[UUID, int] = {}

    def of(self, task: Any) -> int:
        """The task's number, a new one at its first snapshot."""
        number = self._by_id.get(task.id)
        if number is None:
            self.last += 1
            number = self._by_id[task.id] = self.last
        return number

    def know(self, number: int) -> UUID:
        """The id of a restored task."""
        key = UUID(int=number)
        self._by_id[key] = number
        return key


def save(top: Instance, numbers: Numbers) -> bytes:
    """The snapshot of an instance between two steps."""
    trees: list[dict[str, Any]] = [{"tasks": _tree(top, numbers)}]
    for key, sub in top.subprocesses.items():
        host = numbers.of(top.get_task_from_id(key))
        trees.append({"host": host, "spec": sub.spec.name, "tasks": _tree(sub, numbers)})
    dump = {"format": FORMAT, "last": numbers.last, "trees": trees}
    return json.dumps(dump, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


def _tree(workflow: Any, numbers: Numbers) -> list[list[Any]]:
    rows, todo = [], [workflow.task_tree]
    while todo:
        task = todo.pop()
        if task.has_state(_FORESEEN):
            continue
        memory = {key: task.internal_data[key] for key in _KEPT if task.internal_data.get(key) is not None}
        parent = numbers.of(task.parent) if task.parent is not None else 0
        rows.append([numbers.of(task), parent, task.task_spec.name, task.state, int(task.triggered), memory])
        todo.extend(reversed(task.children))
    return rows


def restore(snapshot: bytes, specs: Mapping[str, Any], key: str, world: World) -> tuple[Instance, Numbers]:
    """The instance as it was saved."""
    dump = json.loads(snapshot)
    if dump["format"] != FORMAT:
        raise ValueError(f"snapshot format {dump['format']} is not {FORMAT}")
    numbers = Numbers()
    numbers.last = dump["last"]
    top = Instance(specs[key], dict(specs), world, deserializing=True)
    first, *others = dump["trees"]
    _plant(top, first["tasks"], numbers)
    for tree in others:
        host = top.get_task_from_id(numbers.know(tree["host"]))
        sub = BpmnSubWorkflow(specs[tree["spec"]], host.id, top, deserializing=True)
        top.subprocesses[host.id] = sub
        _plant(sub, tree["tasks"], numbers)
        sub.completed_event.connect(host.task_spec._on_subworkflow_completed, host)
    return top, numbers


def _plant(workflow: Any, rows: list[list[Any]], numbers: Numbers) -> None:
    for number, parent, name, state, triggered, memory in rows:
        task = Task(workflow, workflow.spec.task_specs[name], state=state, id=numbers.know(number))
        task.triggered = bool(triggered)
        task.internal_data = memory
        if parent:
            task._parent = UUID(int=parent)
            workflow.tasks[task._parent]._children.append(task.id)
        else:
            workflow.task_tree = task
        if isinstance(task.task_spec, CatchingEvent) and state == TaskState.WAITING:
            workflow.top_workflow.event_manager.add_task(task)
    for task in [task for task in workflow.tasks.values() if task.has_state(_STANDS)]:
        task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


def stored_names(snapshot: bytes, old: str, new: str) -> list[tuple[tuple[str, str], list[str]]]:
    """For each tree of a snapshot: its process under the ``old`` and the ``new`` definition (keys differ at
    most
    for the main one), and the names of the nodes its tasks stand on."""
    found = []
    for index, tree in enumerate(json.loads(snapshot)["trees"]):
        scope = (old, new) if index == 0 else (tree["spec"], tree["spec"])
        found.append((scope, [row[2] for row in tree["tasks"]]))
    return found
