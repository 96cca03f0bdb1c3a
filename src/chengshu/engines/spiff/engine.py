"""The process engine on SpiffWorkflow: its token tree; our reader, expressions, clock and snapshots."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from chengshu.engines.spiff import specs as nodes
from chengshu.engines.spiff.build import build
from chengshu.engines.spiff.events import Named, raise_code
from chengshu.engines.spiff.lint import lint
from chengshu.engines.spiff.pruning import sweep
from chengshu.engines.spiff.reading import Scope, read
from chengshu.engines.spiff.snapshot import Numbers, restore, save, stored_names
from chengshu.engines.spiff.world import Instance, World, locals_of
from chengshu.kernel.errors import Conflict, Fault, Findings, Invalid
from chengshu.ports.process_engine import (
    Complete,
    Definition,
    Fail,
    Live,
    Message,
    Passed,
    Setting,
    Signal,
    Start,
    Step,
    Trigger,
    Wait,
)

_MOST_STEPS = 5_000  # elements one step may pass; more means a loop that never waits
_CACHED = 64  # built definitions kept in memory


class SpiffEngine:
    """BPMN by SpiffWorkflow. Holds nothing but a cache of built definitions."""

    def __init__(self) -> None:
        self._built: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = Lock()

    def lint(self, sources: Sequence[bytes]) -> Sequence[Fault]:
        """See :class:`chengshu.ports.process_engine.ProcessEngine`."""
        try:
            return lint(_read_all(sources))
        except Invalid as error:
            return [error.fault]

    def calls(self, source: bytes) -> frozenset[str]:
        """See the port."""
        scopes = read(source)
        called = {
            node.called.split(":")[-1]
            for outer in scopes
            for scope in outer.all_scopes()
            for node in scope.nodes.values()
            if node.called
        }
        return frozenset(called - {scope.id for scope in scopes})

    def load(self, sources: Sequence[bytes]) -> Definition:
        """See the port."""
        scopes = _read_all(sources)
        findings = Findings(lint(scopes))
        findings.raise_any()
        main = next(scope for scope in scopes if scope.executable)
        digest = hashlib.sha256()
        for source in sources:
            digest.update(hashlib.sha256(source).digest())
        elements = {
            node.id: node.element
            for outer in scopes
            for scope in outer.all_scopes()
            for node in scope.nodes.values()
        }
        return Definition(main.id, main.name, digest.hexdigest(), tuple(sources), elements)

    def misfits(self, old: Definition, new: Definition, snapshot: bytes) -> Sequence[Fault]:
        """See the port."""
        findings = Findings()
        before, after = self._specs(old), self._specs(new)
        for scope, names in stored_names(snapshot, old.key, new.key):
            was, becomes = before[scope[0]].task_specs, after.get(scope[1])
            for name in names:
                there = becomes.task_specs.get(name) if becomes is not None else None
                border = f"{name}.split"  # a border drawn later would look for a beginning that never was
                bordered = becomes is not None and (border in was) == (border in becomes.task_specs)
                if type(there) is not type(was[name]) or not bordered:
                    fate = "is missing" if there is None else "is of another kind or has other borders"
                    findings.add(
                        "process-misfit",
                        f"a token needs {name!r} of {scope[0]!r}, which {fate} in the new version",
                        where=name,
                        remedy="let the instance finish on its version, or keep this element in the new one",
                    )
        return findings.faults

    def advance(
        self,
        definition: Definition,
        snapshot: bytes | None,
        data: Mapping[str, Any],
        trigger: Trigger,
        setting: Setting,
    ) -> Step:
        """See the port."""
        specs = self._specs(definition)
        world = World(data, setting)
        try:
            if snapshot is None:
                top, numbers = Instance(specs[definition.key], dict(specs), world), Numbers()
            else:
                top, numbers = restore(snapshot, specs, definition.key, world)
                _pull(top, numbers, trigger)
            _run(top)
        except SpiffWorkflowException as error:
            raise Invalid(
                "process-stuck",
                f"the process cannot go on: {error}",
                where=definition.key,
                remedy="check the plan at this place; nothing was changed",
            ) from error
        if top.completed and not world.ended:
            world.ended = "completed"
        kept = save(top, numbers)
        return Step(
            kept,
            world.data,
            () if world.ended else tuple(_live(top, numbers)),
            tuple(world.passed),
            tuple(world.thrown),
            world.ended,
        )

    def _specs(self, definition: Definition) -> dict[str, Any]:
        with self._lock:
            specs = self._built.get(definition.hash)
            if specs is None:
                specs = self._built[definition.hash] = build(_read_all(definition.sources))
                while len(self._built) > _CACHED:
                    self._built.popitem(last=False)
            self._built.move_to_end(definition.hash)
            return specs


def _read_all(sources: Sequence[bytes]) -> list[Scope]:
    scopes: list[Scope] = []
    for source in sources:
        known = {scope.id for scope in scopes}
        scopes += [scope for scope in read(source) if scope.id not in known]
    return scopes


def _pull(top: Instance, numbers: Numbers, trigger: Trigger) -> None:
    """Apply a trigger to the restored tree."""
    if isinstance(trigger, (Complete, Fail)):
        task = _standing(top, numbers, trigger.number)
        world = top.world
        if isinstance(trigger, Complete):
            world.assign(task, task.task_spec.node.element, dict(trigger.data))
            _complete(task)
        else:
            world.data |= trigger.data
            if not raise_code(task, "error", trigger.code, own=True):
                raise Conflict(
                    "process-error-uncaught",
                    f"no border of {task.task_spec.node.id!r} catches the error {trigger.code!r}",
                    where=task.task_spec.node.id,
                    remedy="complete the task by hand, or draw an error boundary event in the plan",
                )
    elif isinstance(trigger, (Message, Signal)):
        kind = "message" if isinstance(trigger, Message) else "signal"
        top.catch(BpmnEvent(Named(kind, trigger.name), payload=dict(trigger.data)))
    elif isinstance(trigger, Start):
        raise Conflict("process-started", "the instance has been started already")


def _standing(top: Instance, numbers: Numbers, number: int) -> Any:
    wanted = numbers.know(number)
    for workflow in (top, *top.subprocesses.values()):
        task = workflow.tasks.get(wanted)
        if task is not None and isinstance(task.task_spec, nodes.Work) and task.state == TaskState.READY:
            return task
    raise Conflict(
        "process-token",
        f"token {number} does not wait for a person or service any more",
        remedy="look at the instance again: somebody may have completed it, or a timer took it away",
    )


def _complete(task: Any) -> None:
    task.run()
    _note(task)
    sweep(task.workflow.top_workflow)


def _run(top: Instance) -> None:
    """Run until every token waits."""
    for _ in range(_MOST_STEPS):
        task = next(_ready(top), None)
        if task is None:
            top.refresh_timers()
            task = next(_ready(top), None)
        if task is None:
            return
        task.run()
        _note(task)
        sweep(top)
    raise Invalid(
        "process-endless",
        f"the process passed {_MOST_STEPS} elements without waiting",
        where=top.spec.name,
        remedy="put a task or a timer into the loop",
    )


def _ready(top: Instance) -> Iterator[Any]:
    for workflow in (top, *top.subprocesses.values()):
        for task in workflow.get_tasks(state=TaskState.READY, skip_subprocesses=True):
            if not task.task_spec.manual:
                yield task


def _note(task: Any) -> None:
    world = task.workflow.top_workflow.world
    node = getattr(task.task_spec, "node", None)
    skipped = isinstance(task.task_spec, nodes.Multi) and task.internal_data.get("items")
    if node is not None and not skipped and task.state == TaskState.COMPLETED:
        world.passed.append(Passed(node.id, world.note))
    world.note = None


def _live(top: Instance, numbers: Numbers) -> Iterator[Live]:
    for workflow in (top, *top.subprocesses.values()):
        for task in workflow.get_tasks(
            state=TaskState.READY | TaskState.WAITING | TaskState.STARTED, skip_subprocesses=True
        ):
            node = getattr(task.task_spec, "node", None)
            if node is not None and not isinstance(task.task_spec, nodes.Multi):
                yield Live(numbers.of(task), node.id, tuple(_waits(task)), locals_of(task))


def _waits(task: Any) -> list[Wait]:
    definition = getattr(task.task_spec, "event_definition", None)
    parts = getattr(definition, "event_definitions", [definition])
    return [wait for part in parts if hasattr(part, "waits") for wait in part.waits(task)]
