"""The room's commands: deploy, start, claim, complete, message, signal, cancel; each is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.processes import forms, migration, store, store_tasks
from chengshu.foundation.processes.library import Library
from chengshu.foundation.processes.model import Decide, Deployed, Instance, Named, Task
from chengshu.foundation.processes.stepping import Forecast, Stepper, announce
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.ports.process_engine import Complete, Fail, ProcessEngine, Trigger

T = TypeVar("T")


def no_decisions(key: str, name: str, _context: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
    """The ``decide`` of a hub without decision models. Raises :class:`Missing`."""
    raise Missing(
        "process-decision",
        f"process {key!r} asks for the decision {name!r}, and none are installed",
        where=name,
        remedy="put the DMN model into the scenario's rules/",
    )


class Processes:
    """Plans, approvals and everything else that waits for people and events.

    Every command takes an optional open ``connection`` to join the caller's transaction; without one it is
    a transaction of its own, and its step is computed before the writer is asked.
    """

    def __init__(
        self,
        database: Database,
        engine: ProcessEngine,
        clock: Clock,
        ids: Ids,
        calendar: WorkingCalendar,
        decide: Decide = no_decisions,
    ) -> None:
        self._database, self._engine, self._clock, self._ids = database, engine, clock, ids
        self.library = Library(engine)
        self.stepper = Stepper(engine, self.library, clock, ids, calendar, decide)

    def deploy(self, source: bytes, actor: Actor, connection: Connection | None = None) -> Deployed:
        """Check ``source`` (BPMN XML) and keep it as the next version; unchanged files keep their version.

        Running instances stay on the version they started with. Raises :class:`Invalid` with every fault.
        """

        def work(c: Connection) -> Deployed:
            sources = self.library.gather(c, source)
            definition = self._engine.load(sources)
            latest = store.latest_definition(c, definition.key)
            if latest is not None and latest.hash == definition.hash:
                return latest
            now = self._clock.now()
            deployed = Deployed(
                definition.key, latest.version + 1 if latest else 1, definition.hash, definition.name, now
            )
            store.add_definition(c, deployed, sources)
            record(
                c,
                Act(
                    actor,
                    "process.deployed",
                    f"{deployed.key}:{deployed.version}",
                    now,
                    {
                        "key": deployed.key,
                        "version": deployed.version,
                        "hash": deployed.hash,
                        "name": deployed.name.as_dict(),
                    },
                ),
            )
            return deployed

        return self._write(work, connection)

    def start(
        self,
        key: str,
        business_key: str,
        data: Mapping[str, Any],
        actor: Actor,
        connection: Connection | None = None,
    ) -> str:
        """Start the newest version of ``key``; returns the instance's id.

        Raises :class:`Missing` when nothing is deployed, :class:`Conflict` when it already runs for that key.
        """
        kept = forms.clean(data, key)
        return self._write(lambda c: self.stepper.begin(c, key, business_key, kept, actor).id, connection)

    def claim(self, task_id: str, actor: Actor, connection: Connection | None = None) -> Task:
        """Take a task. Taking one's own again changes nothing.
        Raises :class:`Conflict` when another has it.
        """

        def work(c: Connection) -> Task:
            task = self._open(c, task_id, "human")
            if task.assignee == actor.id:
                return task
            if task.assignee:
                raise Conflict(
                    "task-claimed",
                    f"task {task_id} is with {task.assignee}",
                    where=task_id,
                    remedy="ask that person to release it",
                )
            return self._change(c, replace(task, state="claimed", assignee=actor.id), "claimed", actor)

        return self._write(work, connection)

    def release(self, task_id: str, actor: Actor, connection: Connection | None = None) -> Task:
        """Give a claimed task back to its department."""

        def work(c: Connection) -> Task:
            task = self._open(c, task_id, "human")
            if not task.assignee:
                return task
            return self._change(c, replace(task, state="open", assignee=""), "released", actor)

        return self._write(work, connection)

    def reassign(
        self, task_id: str, department: str, actor: Actor, why: str, connection: Connection | None = None
    ) -> Task:
        """Hand an open task to another department; its clock goes on."""

        def work(c: Connection) -> Task:
            task = self._open(c, task_id, "human")
            moved = replace(task, department=department, state="open", assignee="")
            store_tasks.save_task(c, moved)
            announce(c, moved, "reassigned", actor, self._clock.now(), why=why, previous=task.department)
            return moved

        return self._write(work, connection)

    def complete(
        self, task_id: str, data: Mapping[str, Any], actor: Actor, connection: Connection | None = None
    ) -> Task:
        """Finish a person's task with the form's data; the process goes on.

        Raises :class:`Invalid` naming each wrong field, :class:`Conflict` when the task is not open any more.
        """
        task = self._peek(task_id, connection)
        checked = forms.check(task, data)
        forecast = self._forecast(task.instance, Complete(task.token, checked), connection)

        def work(c: Connection) -> Task:
            return self._finish(c, self._open(c, task_id, "human"), checked, actor, forecast)

        return self._write(work, connection)

    def complete_service(
        self, request_id: str, data: Mapping[str, Any], actor: Actor, connection: Connection | None = None
    ) -> bool:
        """Answer a service request. False when it was answered or recalled before:
        an answer may come twice.
        """

        def work(c: Connection) -> bool:
            task = self._known(c, request_id, "service")
            if task.state not in store.UNFINISHED:
                return False
            self._finish(c, task, forms.clean(data, request_id), actor, None)
            return True

        return self._write(work, connection)

    def fail_service(
        self, request_id: str, code: str, detail: str, actor: Actor, connection: Connection | None = None
    ) -> bool:
        """The service failed with a BPMN error ``code``. The plan's error border takes it; without one the
        request stands as failed, an incident is journalled, and it can still be completed later. False when
        it was answered before."""

        def work(c: Connection) -> bool:
            task = self._known(c, request_id, "service")
            if task.state not in store.OPEN:
                return False
            now, failure = self._clock.now(), {"code": code, "detail": detail}
            trigger = Fail(task.token, code, {"error": failure})
            incident: dict[str, Any] = {}
            try:
                forecast = self.stepper.forecast(c, task.instance, trigger)
            except Conflict as error:
                if error.fault.code != "process-error-uncaught":
                    raise
                incident = {"detail": error.fault.detail, "remedy": error.fault.remedy}
            state = "failed" if incident else "caught"
            failed = replace(task, state=state, result=failure, finished_by=actor.id, finished_at=now)
            store_tasks.save_task(c, failed)
            announce(c, failed, "failed", actor, now)
            if incident:
                body = {"request": failed.as_dict(), **incident}
                record(c, Act(actor, "process.incident", task.instance, now, body))
            else:
                self.stepper.move(c, task.instance, trigger, actor, forecast)
            return True

        return self._write(work, connection)

    def message(
        self,
        name: str,
        business_key: str,
        data: Mapping[str, Any],
        actor: Actor,
        connection: Connection | None = None,
    ) -> int:
        """Give a message to the instances of ``business_key`` that wait for it; how many did."""
        return self._write(
            lambda c: self.stepper.deliver(
                c, Named("message", name, business_key, forms.clean(data, name)), actor
            ),
            connection,
        )

    def signal(
        self, name: str, data: Mapping[str, Any], actor: Actor, connection: Connection | None = None
    ) -> int:
        """Let every waiting instance hear a signal; how many did."""
        return self._write(
            lambda c: self.stepper.deliver(c, Named("signal", name, None, forms.clean(data, name)), actor),
            connection,
        )

    def cancel(
        self, instance_id: str, why: str, actor: Actor, connection: Connection | None = None
    ) -> Instance:
        """End an instance now; its open tasks and requests are recalled."""

        def work(c: Connection) -> Instance:
            return self.stepper.stop(c, instance_id, why, actor)

        return self._write(work, connection)

    def migrate(
        self,
        instance_id: str,
        version: int,
        actor: Actor,
        *,
        dry_run: bool = False,
        connection: Connection | None = None,
    ) -> migration.Difference:
        """Move a running instance to another version of its process, or with ``dry_run`` only say what
        changes.

        Moving back is the same command. Raises :class:`Invalid` when a token could not go on there.
        """
        work = partial(migration.compare, stepper=self.stepper, instance_id=instance_id, version=version)
        if dry_run and connection is None:
            with self._database.read() as c:
                return work(c)
        if dry_run and connection is not None:
            return work(connection)
        return self._write(lambda c: migration.move(c, self.stepper, instance_id, version, actor), connection)

    def _finish(
        self, c: Connection, task: Task, data: Mapping[str, Any], actor: Actor, forecast: Forecast | None
    ) -> Task:
        now = self._clock.now()
        done = replace(task, state="done", result=dict(data), finished_at=now, finished_by=actor.id)
        store_tasks.save_task(c, done)
        announce(c, done, "completed", actor, now)
        self.stepper.move(c, task.instance, Complete(task.token, data), actor, forecast)
        return done

    def _change(self, c: Connection, task: Task, word: str, actor: Actor) -> Task:
        store_tasks.save_task(c, task)
        announce(c, task, word, actor, self._clock.now())
        return task

    def _known(self, c: Connection, task_id: str, kind: str) -> Task:
        task = store_tasks.find_task(c, task_id)
        if task is None or task.kind != kind:
            raise Missing(
                "task", f"there is no {'task' if kind == 'human' else 'request'} {task_id!r}", where=task_id
            )
        return task

    def _open(self, c: Connection, task_id: str, kind: str) -> Task:
        task = self._known(c, task_id, kind)
        if task.state not in store.OPEN:
            raise Conflict(
                "task-closed",
                f"task {task_id} is {task.state}",
                where=task_id,
                remedy="look at the event again: it has gone on",
            )
        return task

    def _peek(self, task_id: str, connection: Connection | None) -> Task:
        if connection is not None:
            return self._known(connection, task_id, "human")
        with self._database.read() as c:
            return self._known(c, task_id, "human")

    def _forecast(self, instance: str, trigger: Trigger, connection: Connection | None) -> Forecast | None:
        if connection is not None:
            return None
        try:
            with self._database.read() as c:
                return self.stepper.forecast(c, instance, trigger)
        except (Conflict, Invalid):
            return None  # decided anew in the transaction, where it counts

    def _write(self, work: Callable[[Connection], T], connection: Connection | None) -> T:
        return work(connection) if connection is not None else self._database.write(work)
