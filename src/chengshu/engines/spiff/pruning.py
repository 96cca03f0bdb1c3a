"""Forget what is done: after it, a tree holds its root, the live tokens, and what they still need.

SpiffWorkflow never forgets, so a plan that loops grows without end and slows down. What is needed of the
past is little: the tokens that already stand before a join, and the activity around a border event.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.specs.Join import Join
from SpiffWorkflow.util.task import TaskState

_LIVE = TaskState.NOT_FINISHED_MASK
_DONE = TaskState.FINISHED_MASK


def sweep(top: Any) -> None:
    """Prune every tree of the instance and drop sub-processes that are over."""
    for workflow in (top, *top.subprocesses.values()):
        _prune(workflow)
    alive = {
        task.id
        for workflow in (top, *top.subprocesses.values())
        for task in workflow.tasks.values()
        if task.has_state(_LIVE)
    }
    while gone := [key for key, sub in top.subprocesses.items() if key not in alive]:
        for key in gone:
            alive -= set(top.subprocesses.pop(key).tasks)
    waiting = top.event_manager.tasks
    for key in [key for key in waiting if key not in alive]:
        del waiting[key]


def _prune(workflow: Any) -> None:
    guarded = _guarded(workflow)
    pending = {
        task.task_spec.name
        for task in workflow.tasks.values()
        if isinstance(task.task_spec, Join) and task.state == TaskState.WAITING
    }
    root = workflow.task_tree
    for task in list(workflow.tasks.values())[::-1]:
        if task is root or task.id not in workflow.tasks or not task.has_state(_DONE):
            continue
        if _stands_before_join(task, pending) or (task.parent.id in guarded and task.children):
            continue
        if not task.children:
            if not _is_needed_main(task, guarded):
                task.parent._children.remove(task.id)
                del workflow.tasks[task.id]
        elif (
            task.state == TaskState.COMPLETED
            and task.id not in guarded
            and not any(
                isinstance(child.task_spec, Join) and child.state != TaskState.COMPLETED
                for child in task.children
            )
        ):
            _splice(workflow, task)


def _guarded(workflow: Any) -> set[Any]:
    """Tasks whose children must stay as they are: splits with an unfinished join, running multi-instances."""
    kept = set()
    for task in workflow.tasks.values():
        if isinstance(task.task_spec, BoundaryEventJoin) and task.has_state(_LIVE):
            split = task.find_ancestor(task.task_spec.split_task)
            if split is not None:
                kept.add(split.id)
        if "items" in task.internal_data and task.has_state(_LIVE):
            kept.add(task.id)
    return kept


def _stands_before_join(task: Any, pending: set[str]) -> bool:
    return (
        isinstance(task.task_spec, Join)
        and task.state == TaskState.CANCELLED
        and task.task_spec.name in pending
    )


def _is_needed_main(task: Any, guarded: set[Any]) -> bool:
    return task.parent.id in guarded and isinstance(task.parent.task_spec, BoundaryEventSplit)


def _splice(workflow: Any, task: Any) -> None:
    """Take a finished task out of the chain; its children hang on its parent."""
    parent = task.parent
    at = parent._children.index(task.id)
    for child in task.children:
        child._parent = parent.id
    parent._children[at : at + 1] = task._children
    del workflow.tasks[task.id]
