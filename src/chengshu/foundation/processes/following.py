"""What runs beside the commands: timers and clocks that run out, and handlers that answer service
requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.processes import store, store_tasks
from chengshu.foundation.processes.commands import Processes
from chengshu.foundation.processes.model import ServiceFailure, Task
from chengshu.foundation.processes.stepping import announce
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.database import Database
from chengshu.ports.process_engine import Tick
from chengshu.ports.runtime import Change, Effect

_LEASE = timedelta(seconds=30)  # a worker that died gives its timers back after this
_HUB = Actor.hub("processes")
Handler = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]


class Timers:
    """A ticker: fires due timers, and escalates tasks whose clock has run out."""

    name = "processes.timers"
    follows_stream = True

    def __init__(self, database: Database, clock: Clock, processes: Processes) -> None:
        self._database, self._clock, self._processes = database, clock, processes

    def next_due(self) -> datetime | None:
        """The next timer or clock."""
        with self._database.read() as connection:
            return store.next_moment(connection)

    def tick(self, now: datetime) -> None:
        """Fire what is due at ``now``: each instance in a transaction of its own."""
        due = self._database.write(lambda c: store.lease_due(c, now, now + _LEASE))
        for instance in due:
            self._fire(instance, now)
        self._database.write(lambda c: self._escalate(c, now))

    def _fire(self, instance: str, now: datetime) -> None:
        stepper = self._processes.stepper
        try:
            with self._database.read() as connection:
                forecast = stepper.forecast(connection, instance, Tick())
            self._database.write(lambda c: stepper.move(c, instance, Tick(), _HUB, forecast))
        except ChengshuError as error:
            fault = error.fault

            def give_up(c: Connection) -> None:
                store.drop_timers(c, instance)
                record(
                    c,
                    Act(
                        _HUB,
                        "process.incident",
                        instance,
                        now,
                        {"detail": fault.detail, "where": fault.where, "remedy": fault.remedy},
                    ),
                )

            self._database.write(give_up)

    def _escalate(self, connection: Connection, now: datetime) -> None:
        for task in store_tasks.overdue_tasks(connection, now):
            moved = replace(task, escalated_at=now)
            if task.escalate:
                moved = replace(moved, department=task.escalate, state="open", assignee="")
            store_tasks.save_task(connection, moved)
            announce(connection, moved, "escalated", _HUB, now, previous=task.department, to=task.escalate)


class Services:
    """A consumer: gives service requests to the registered handlers and completes them with the answer.

    A handler gets the request as in the change (``id``, ``business_key``, ``input`` …), outside any
    transaction.
    It returns the result, or None when somebody else will call ``complete_service``; it raises
    :class:`ServiceFailure` for an error the plan may catch. After a kill it may be called again with the same
    request id, and must then do the same thing once.
    """

    name = "processes.services"
    kinds: tuple[str, ...] = ("process.service_requested",)

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._handlers: dict[str, Handler] = {}

    def handler(self, name: str, function: Handler) -> None:
        """Let ``function`` answer the service tasks with ``handler="name"``.
        Raises ValueError for a second one.
        """
        if name in self._handlers:
            raise ValueError(f"the handler {name!r} is registered already")
        self._handlers[name] = function

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Ask the handlers; the answers are committed together with the offset."""
        answers: list[Effect] = []
        for change in changes:
            request = change.payload["request"]
            function = self._handlers.get(request["handler"])
            if function is not None and (answer := self._ask(function, request)) is not None:
                answers.append(answer)
        if not answers:
            return None

        def effect(connection: Connection) -> None:
            for answer in answers:
                answer(connection)

        return effect

    def _ask(self, function: Handler, request: Mapping[str, Any]) -> Effect | None:
        actor = Actor.hub(f"handler/{request['handler']}")
        try:
            result = function(request)
        except ServiceFailure as failure:
            code, detail = failure.code, failure.detail
            return lambda c: self._fail(c, request["id"], code, detail, actor)
        if result is None:
            return None
        kept = dict(result)
        return lambda c: self._complete(c, request["id"], kept, actor)

    def _complete(
        self, connection: Connection, request: str, result: Mapping[str, Any], actor: Actor
    ) -> None:
        self._processes.complete_service(request, result, actor, connection)

    def _fail(self, connection: Connection, request: str, code: str, detail: str, actor: Actor) -> None:
        self._processes.fail_service(request, code, detail, actor, connection)


def overdue(task: Task, now: datetime) -> bool:
    """Whether the clock of an unfinished task has run out."""
    return task.state in store.OPEN and task.due is not None and task.due <= now
