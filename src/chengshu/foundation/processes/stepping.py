"""One step of an instance, kept: state, history, timers, tasks, messages and journal in the caller's
transaction.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.processes import store, store_tasks
from chengshu.foundation.processes.library import Library
from chengshu.foundation.processes.model import Decide, Instance, Named, Task
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import ChengshuError, Conflict, Invalid, Missing, TooLarge
from chengshu.kernel.ids import Ids
from chengshu.ports.process_engine import (
    Definition,
    Element,
    Live,
    Message,
    ProcessEngine,
    Setting,
    Signal,
    Start,
    Step,
    Trigger,
)
from chengshu.ports.process_feel import evaluate, expression

MAX_DATA = 1_000_000  # characters of JSON an instance may hold
_MAX_DELIVERIES = 200  # messages and signals that may follow from one command


@dataclass(frozen=True, slots=True)
class Forecast:
    """A step computed before the transaction; it counts only while the instance is at ``revision``."""

    instance: str
    revision: int
    step: Step


@dataclass(frozen=True, slots=True)
class Stepper:
    """Everything a step needs. All methods take the open transaction."""

    engine: ProcessEngine
    library: Library
    clock: Clock
    ids: Ids
    calendar: WorkingCalendar
    decide: Decide

    def setting(self, instance: Instance) -> Setting:
        """The world of the next step of ``instance``."""
        return Setting(
            self.clock.now(),
            instance.business_key,
            self.calendar.due,
            lambda name, context: self.decide(instance.key, name, context),
        )

    def forecast(self, connection: Connection, instance_id: str, trigger: Trigger) -> Forecast:
        """Compute a step on a reading connection, so that the writer does not wait for it."""
        instance, snapshot = self.running(connection, instance_id)
        definition = self.library.get(connection, instance.key, instance.version)
        step = self.engine.advance(definition, snapshot, instance.data, trigger, self.setting(instance))
        return Forecast(instance.id, instance.revision, step)

    def running(self, connection: Connection, instance_id: str) -> tuple[Instance, bytes]:
        """The instance and its snapshot. Raises :class:`Missing`, or :class:`Conflict` when it has ended."""
        found = store.find_instance(connection, instance_id)
        if found is None:
            raise Missing("process", f"there is no process {instance_id!r}", where=instance_id)
        if found[0].state == "ended":
            raise Conflict("process-ended", f"process {instance_id} has ended", where=instance_id)
        return found

    def begin(
        self, connection: Connection, key: str, business_key: str, data: Mapping[str, Any], actor: Actor
    ) -> Instance:
        """Start an instance of the newest version."""
        deployed = store.latest_definition(connection, key)
        if deployed is None:
            raise Missing(
                "process-definition",
                f"no process {key!r} is deployed",
                where=key,
                remedy="install the scenario package that holds it",
            )
        if other := store.running_twin(connection, key, business_key):
            raise Conflict(
                "process-running",
                f"{key} already runs for {business_key!r} as {other}",
                where=other,
                remedy="send that one a message instead",
            )
        now = self.clock.now()
        instance = Instance(
            self.ids.new("process"),
            key,
            deployed.version,
            business_key,
            "running",
            "",
            now,
            None,
            0,
            dict(data),
        )
        definition = self.library.get(connection, key, deployed.version)
        step = self.engine.advance(definition, None, instance.data, Start(), self.setting(instance))
        store.add_instance(connection, instance, step.snapshot)
        record(connection, Act(actor, "process.started", instance.id, now, {"instance": instance.as_dict()}))
        return self._settle(connection, instance, definition, step, actor)

    def move(
        self,
        connection: Connection,
        instance_id: str,
        trigger: Trigger,
        actor: Actor,
        forecast: Forecast | None = None,
    ) -> Instance:
        """Advance an instance by ``trigger``; a fitting ``forecast`` saves the computing."""
        instance, snapshot = self.running(connection, instance_id)
        definition = self.library.get(connection, instance.key, instance.version)
        if forecast is not None and (forecast.instance, forecast.revision) == (
            instance.id,
            instance.revision,
        ):
            step = forecast.step
        else:
            step = self.engine.advance(definition, snapshot, instance.data, trigger, self.setting(instance))
        return self._settle(connection, instance, definition, step, actor)

    def deliver(self, connection: Connection, named: Named, actor: Actor) -> int:
        """Give a message or signal to every instance that waits for it; returns how many took it."""
        queue, count = deque([named]), 0
        while queue:
            item = queue.popleft()
            for instance_id in store.waiting_instances(connection, item.kind, item.name, item.business_key):
                if instance_id == item.sender:
                    continue
                count += 1
                if count > _MAX_DELIVERIES:
                    raise Invalid(
                        "process-chatter",
                        f"{_MAX_DELIVERIES} messages followed from one command",
                        where=item.name,
                        remedy="check which plans answer each other without end",
                    )
                trigger = (Message if item.kind == "message" else Signal)(item.name, item.data)
                self._apply(connection, instance_id, trigger, actor, queue)
        return count

    def stop(self, connection: Connection, instance_id: str, why: str, actor: Actor) -> Instance:
        """End an instance from outside; everything open is recalled."""
        instance, snapshot = self.running(connection, instance_id)
        now = self.clock.now()
        after = replace(
            instance, state="ended", how="cancelled", revision=instance.revision + 1, ended_at=now
        )
        store.move_instance(connection, after, snapshot)
        for row, _ in store.active_marks(connection, instance.id).values():
            store.leave(connection, row, "cancelled", now, None)
        self._recall(connection, after, {}, now)
        store.set_waits(connection, instance.id, ())
        record(
            connection,
            Act(
                actor,
                "process.ended",
                instance.id,
                now,
                {"instance": after.as_dict(), "how": "cancelled", "why": why},
            ),
        )
        return after

    def _apply(
        self, connection: Connection, instance_id: str, trigger: Trigger, actor: Actor, queue: deque[Named]
    ) -> None:
        instance, snapshot = self.running(connection, instance_id)
        definition = self.library.get(connection, instance.key, instance.version)
        step = self.engine.advance(definition, snapshot, instance.data, trigger, self.setting(instance))
        self._settle(connection, instance, definition, step, actor, queue)

    def _settle(
        self,
        connection: Connection,
        before: Instance,
        definition: Definition,
        step: Step,
        actor: Actor,
        queue: deque[Named] | None = None,
    ) -> Instance:
        now = self.clock.now()
        size = len(store.dump(step.data))
        if size > MAX_DATA:
            raise TooLarge(
                "process-data",
                f"the data of {before.id} would grow to {size} characters",
                where=before.id,
                remedy=f"keep at most {MAX_DATA}; store documents elsewhere and refer to them",
            )
        stuck = not step.ended and not any(
            token.waits
            or definition.elements[token.element].kind in ("userTask", "manualTask", "serviceTask")
            for token in step.live
        )
        state = "ended" if step.ended else "stuck" if stuck else "running"
        after = replace(
            before,
            state=state,
            how=step.ended,
            revision=before.revision + 1,
            data=step.data,
            ended_at=now if step.ended else None,
        )
        store.move_instance(connection, after, step.snapshot)
        self._history(connection, after, definition, step, now, actor)
        store.set_waits(connection, after.id, step.live)
        hub = Actor.hub("processes")
        mine = queue if queue is not None else deque()
        for said in step.thrown:
            key = after.business_key if said.kind == "message" else None
            body = {
                "name": said.name,
                "business_key": after.business_key,
                "element": said.element,
                "instance": after.id,
                "process": after.key,
                "data": dict(step.data),
            }
            record(connection, Act(hub, f"process.{said.kind}_sent", after.id, now, body))
            mine.append(Named(said.kind, said.name, key, {}, after.id))
        if step.ended:
            record(
                connection,
                Act(hub, "process.ended", after.id, now, {"instance": after.as_dict(), "how": step.ended}),
            )
        elif stuck and before.state != "stuck":
            record(
                connection,
                Act(
                    hub,
                    "process.incident",
                    after.id,
                    now,
                    {
                        "instance": after.as_dict(),
                        "detail": "no token can move: a join waits for a branch that never comes",
                    },
                ),
            )
        while queue is None and mine:
            self.deliver(connection, mine.popleft(), hub)
        return after

    def _history(
        self,
        connection: Connection,
        instance: Instance,
        definition: Definition,
        step: Step,
        now: datetime,
        actor: Actor,
    ) -> None:
        stood = store.active_marks(connection, instance.id)
        stands = {  # an event on a border waits, but no token stands on it
            token.number: token
            for token in step.live
            if definition.elements[token.element].kind != "boundaryEvent"
        }
        gone = {number: mark for number, mark in stood.items() if number not in stands}
        for passed in step.passed:
            number = next((n for n, (_, element) in gone.items() if element == passed.element), None)
            if number is None:
                store.pass_by(connection, instance.id, passed.element, now, passed.note)
            else:
                store.leave(connection, gone.pop(number)[0], "completed", now, passed.note)
        for row, _ in gone.values():
            store.leave(connection, row, "cancelled", now, None)
        self._recall(connection, instance, stands, now)
        for number, token in stands.items():
            if number not in stood:
                store.enter(connection, instance.id, token, now)
                element = definition.elements[token.element]
                if element.kind in ("userTask", "manualTask", "serviceTask"):
                    self._give(connection, instance, element, token, now)

    def _recall(
        self, connection: Connection, instance: Instance, stands: Mapping[int, Live], now: datetime
    ) -> None:
        for task in store_tasks.find_tasks(
            connection, instance=instance.id, states=store.UNFINISHED, limit=100_000
        ):
            if task.token not in stands:
                recalled = replace(task, state="cancelled", finished_at=now, finished_by="hub:processes")
                store_tasks.save_task(connection, recalled)
                announce(connection, recalled, "cancelled", Actor.hub("processes"), now)

    def _give(
        self, connection: Connection, instance: Instance, element: Element, token: Live, now: datetime
    ) -> None:
        """Make a task of a token that stands on a task."""
        context = {"businessKey": instance.business_key, "now": now, **instance.data, **token.locals}
        human = element.kind != "serviceTask"
        clock = _value(element.clock, context, now, element)
        task = Task(
            self.ids.new("task" if human else "request"),
            "human" if human else "service",
            instance.id,
            instance.key,
            instance.business_key,
            element.id,
            element.name,
            "open",
            now,
            token.number,
            department=_department(element, context, now),
            role=element.role,
            matter=element.matter,
            due=self._due(now, clock, element),
            escalate=str(_value(element.escalate, context, now, element) or ""),
            form=element.form,
            fields=element.fields,
            handler=element.handler,
            work=element.work,
            input=_inputs(instance, element, token, context, now),
        )
        store_tasks.add_task(connection, task)
        announce(connection, task, "created" if human else "requested", Actor.hub("processes"), now)

    def _due(self, now: datetime, clock: Any, element: Element) -> datetime | None:
        if clock in ("", None):
            return None
        try:
            return self.calendar.due(now, str(clock))
        except ChengshuError as error:
            raise Invalid(
                "process-clock",
                f"the clock of {element.id!r} came out as {clock!r}",
                where=element.id,
                remedy=error.fault.remedy,
            ) from error


def _inputs(
    instance: Instance, element: Element, token: Live, context: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    if element.inputs:
        return {name: _value(f"={text}", context, now, element) for name, text in element.inputs.items()}
    return {**(instance.data if element.kind == "serviceTask" else {}), **token.locals}


def _department(element: Element, context: Mapping[str, Any], now: datetime) -> str:
    found = _value(element.department, context, now, element)
    if isinstance(found, str) and (found or element.matter or element.kind == "serviceTask"):
        return found
    if found is None and (element.matter or element.kind == "serviceTask"):
        return ""
    raise Invalid(
        "process-department",
        f"nobody would be responsible for {element.id!r}: its department came out as {found!r}",
        where=element.id,
        remedy=f"give the instance the data that {element.department!r} asks for",
    )


def _value(text: str, context: Mapping[str, Any], now: datetime, element: Element) -> Any:
    return evaluate(expression(text), context, now, element.id) if text.startswith("=") else text


def announce(connection: Connection, task: Task, word: str, actor: Actor, at: datetime, **more: Any) -> None:
    """Journal and publish what happened to a task: ``task.<word>`` or ``process.service_<word>``."""
    kind = f"task.{word}" if task.kind == "human" else f"process.service_{word}"
    noun = "task" if task.kind == "human" else "request"
    record(connection, Act(actor, kind, task.id, at, {noun: task.as_dict(), **more}))
