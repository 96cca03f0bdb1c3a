"""What wakes the response: changes of the stream, and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from chengshu.kernel.reasons import Reason
from chengshu.ports.runtime import Change, Effect
from chengshu.scenes.response import flooded_roads, store
from chengshu.scenes.response.alarming import pending, schedule
from chengshu.scenes.response.closing import look, verify
from chengshu.scenes.response.control import run_control
from chengshu.scenes.response.dispatching import run_round
from chengshu.scenes.response.events import on_warning
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.misuse import DECIDED, MISUSED, on_decision, on_misuse
from chengshu.scenes.response.model import EventState, Review
from chengshu.scenes.response.reviewing import make_review
from chengshu.scenes.response.tasks import on_process, on_task
from chengshu.scenes.response.words import CLOCK_NAMES, LATE, NEAR_DUE, said
from chengshu.scenes.response.writing import put_order, put_review


class ResponseConsumer:
    """Follows warnings, the plan's tasks, forecasts, water on the roads, and misuse of shared data."""

    name = "response"
    kinds: tuple[str, ...] = (
        "warning.",
        "task.",
        "process.",
        "event.opened",
        "event.closed",
        "forecast.made",
        "observations",
        MISUSED,
        *DECIDED,
    )

    def __init__(self, means: Means) -> None:
        self._means = means

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Judge the roads and write reviews outside the transaction; everything else belongs into it."""
        means = self._means
        verdicts = []
        if any(change.kind == "observations" for change in changes):
            verdicts = [(book, flooded_roads.judge(means, book)) for book in means.playbooks.values()]
        reviews = [self._review(change) for change in changes if change.kind == "event.closed"]
        wanted = [change for change in changes if change.kind != "observations"]
        if not wanted and not any(found for _, found in verdicts):
            return None

        def effect(connection: Connection) -> None:
            for book, found in verdicts:
                flooded_roads.apply(connection, means, book, found)
            for change in wanted:
                self._follow(connection, change)
            for review in reviews:
                if store.review(connection, review.event) is None:
                    put_review(connection, means, store.event(connection, review.event), review)

        return effect

    def _review(self, change: Change) -> Review:
        return make_review(self._means, change.subject)

    def _follow(self, connection: Connection, change: Change) -> None:
        means = self._means
        if change.kind.startswith("warning."):
            on_warning(connection, means, change.kind, change.payload, change.at)
        elif change.kind.startswith("task."):
            on_task(connection, means, change.kind, change.payload)
        elif change.kind.startswith("process."):
            on_process(connection, means, change.kind, change.payload)
        elif change.kind == MISUSED:
            on_misuse(connection, means, change.subject, change.payload, change.at)
        elif change.kind in DECIDED:
            on_decision(connection, means, change.subject, change.payload)
        elif change.kind == "event.opened":
            event = store.find_event(connection, change.subject)
            if event is not None and event.state is EventState.OPEN and event.scenario in means.playbooks:
                flooded_roads.guard_standing(connection, means, means.playbooks[event.scenario], event)
        elif change.kind == "forecast.made":
            for scenario in means.playbooks:
                if store.list_events(connection, scenario=scenario, states=[EventState.OPEN]):
                    store.wake(connection, f"dispatch:{scenario}", means.clock.now())


class ResponseTicker:
    """Runs the jobs that are due (dispatch, control, verification) and the clocks of the orders."""

    name = "response"
    follows_stream = True

    def __init__(self, means: Means) -> None:
        self._means = means

    def next_due(self) -> datetime | None:
        with self._means.database.read() as connection:
            return store.next_wakeup(connection)

    def tick(self, now: datetime) -> None:
        """Do what is due. Clocks first: an order that is late now is told before a re-plan moves it."""
        with self._means.database.read() as connection:
            jobs = store.due_jobs(connection, now)
        for job in sorted(jobs, key=lambda job: not job.startswith("clock:")):
            self._run(job)

    def _run(self, job: str) -> None:
        means = self._means
        kind, subject = job.split(":", 1)
        if kind == "clock":
            means.database.write(lambda connection: self._sound(connection, subject))
        elif kind == "verify":
            self._verify(job, subject)
        elif (book := means.playbooks.get(subject)) is None:
            means.database.write(lambda connection: store.sleep(connection, job))
        elif kind == "dispatch":
            run_round(means, book)
        elif kind == "control":
            run_control(means, book)

    def _verify(self, job: str, event_id: str) -> None:
        means = self._means
        with means.database.read() as connection:
            event = store.find_event(connection, event_id)
            orders = store.list_orders(connection, event_id=event_id)
        if event is None or event.state is EventState.CLOSED or event.scenario not in means.playbooks:
            means.database.write(lambda connection: store.sleep(connection, job))
            return
        seen = look(means, event, orders, means.clock.now())

        def write(connection: Connection) -> None:
            present = store.event(connection, event_id)
            if present.state is not EventState.CLOSED:
                verify(connection, means, present, seen)

        means.database.write(write)

    def _sound(self, connection: Connection, order_id: str) -> None:
        """Tell whom the due clocks of an order say; each alarm once."""
        order = store.order(connection, order_id)
        for alarm in pending(connection, self._means, order):
            if alarm.at > self._means.clock.now():
                break
            words = said(NEAR_DUE if alarm.kind == "near" else LATE, clock=CLOCK_NAMES[alarm.clock])
            order = put_order(
                connection,
                self._means,
                order,
                "escalated",
                why=Reason(f"clock.{alarm.clock}.{alarm.kind}", words, {"to": alarm.to}),
                escalations=(*order.escalations, alarm),
                extra={"to": alarm.to, "clock": alarm.clock, "kind": alarm.kind},
            )
        schedule(connection, self._means, order)
