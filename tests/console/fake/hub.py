"""A hub's view for tests: the demo city on the evening of a storm, computed from the moment asked for.

Nothing here is random: every method derives what it shows from ``as_of``, so looking back, live changes and
commands behave as in a real hub.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal

from chengshu.console import model as m
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing, Unauthenticated
from chengshu.kernel.texts import Text

from .access import Access
from .corrections import Corrections
from .datasets import Datasets
from .grading import Grading
from .holdings import Holdings
from .knowledge import Knowledge
from .layers import Layers
from .ledger import Ledger
from .notices import Notices
from .operation import Operation
from .response import Response
from .retention import Retention
from .rules import Rules
from .sharing import Sharing
from .situation import Situation
from .storm import (
    NOW,
    PASSWORD,
    START,
    WATER,
    T,
    bounds,
)


class FakeView(
    Access,
    Corrections,
    Datasets,
    Retention,
    Notices,
    Situation,
    Layers,
    Response,
    Operation,
    Holdings,
    Ledger,
    Knowledge,
    Grading,
    Sharing,
    Rules,
):
    """Implements the console's HubView over the functions above."""

    def __init__(self, *, now: datetime = NOW, set_up: bool = True) -> None:
        super().__init__()
        self.now = now
        self.ready = set_up
        self.changes: list[m.LiveChange] = [m.LiveChange(1, "hub.started", "hub")]
        self.sessions: dict[str, m.Person] = {}
        self.acknowledged: dict[str, str] = {}
        self.order_states: dict[str, str] = {}
        self.answers: list[tuple[str, dict[str, str]]] = []
        self.fates: dict[str, str] = {}
        self.problems: tuple[Text, ...] = ()
        self.broken = False
        self.quiet = False
        self._count = itertools.count(1)

    # -- entrance

    def push(self, kind: str, subject: str) -> None:
        self.changes.append(m.LiveChange(self.changes[-1].seq + 1, kind, subject))

    def sign_in(self, login: str, password: str) -> m.SignedIn:
        if login not in ("lin", "crew") or password != PASSWORD:
            raise Unauthenticated("sign-in-wrong", "user name or password is wrong")
        return self._session(login)

    def _session(self, login: str) -> m.SignedIn:
        person = m.Person(
            login,
            {"lin": "Lin Yue 林玥", "crew": "Zhou Ping 周平"}.get(login, login),
            "water",
            WATER,
            ("duty_officer",) if login != "crew" else ("crew",),
            may_operate=login != "crew",
        )
        token = f"token-{next(self._count)}"
        self.sessions[token] = person
        return m.SignedIn(token, person, datetime(2099, 1, 1, tzinfo=UTC))

    def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)

    def person(self, token: str) -> m.Person | None:
        return self.sessions.get(token)

    def set_up(self, code: str, login: str, name: str, password: str) -> m.SignedIn:
        if self.ready:
            raise Conflict("set-up-done", "the hub is set up already")
        if code != "first-code":
            raise Denied(
                "set-up-code", "the set-up code is wrong", remedy="read it where the server was started"
            )
        if len(password) < 12:
            raise Invalid(
                "password-weak", "the password is too short", where="password", remedy="12 characters"
            )
        self.ready = True
        return self._session(login)

    def change_password(self, person: m.Person, old: str, new: str) -> None:
        if old != PASSWORD:
            raise Denied("password-wrong", "the present password is wrong")
        if len(new) < 12:
            raise Invalid("password-weak", "the password is too short", where="new", remedy="12 characters")

    # -- reading

    def status(self) -> m.HubStatus:
        if self.broken:
            raise RuntimeError("the hub has stopped")
        return m.HubStatus(
            "demo",
            T("Tingpu", "汀浦市", "汀浦市"),
            "Asia/Shanghai",
            self.now,
            self.changes[-1].seq,
            bounds(),
            self.ready,
            earliest=START - timedelta(days=2),
            problems=self.problems,
        )

    def _at(self, as_of: datetime | None) -> datetime:
        return as_of or self.now

    def changes_since(self, seq: int, limit: int) -> Sequence[m.LiveChange]:
        return [change for change in self.changes if change.seq > seq][:limit]

    # -- acting

    def acknowledge(self, person: m.Person, warning: str, note: str) -> None:
        view = self.warning(person, warning, None)
        if not view.acknowledge.allowed:
            raise Denied("policy", "only the duty officer acknowledges warnings", where=warning)
        if view.row.state != "raised":
            raise Conflict("warning-state", "the warning is acknowledged already", where=warning)
        self.acknowledged[warning] = person.name
        self.push("warning.acknowledged", warning)

    def acknowledge_all(self, person: m.Person, warnings: Sequence[str], note: str) -> int:
        done = 0
        for warning in warnings:
            with suppress(Conflict):
                self.acknowledge(person, warning, note)
                done += 1
        return done

    def work_order_step(self, person: m.Person, order: str, verb: m.OrderVerb, note: str) -> None:
        row = self.work_order(person, order, None)
        if verb not in [action.verb for action in row.actions]:
            raise Conflict("order-state", f"a work order that is {row.state} cannot be: {verb}", where=order)
        if verb == "refuse" and not note:
            raise Invalid("note-empty", "say why the order cannot be done", where="note")
        self.order_states[order] = {
            "accept": "accepted",
            "arrive": "arrived",
            "done": "done",
            "refuse": "refused",
        }[verb]
        self.push(f"work_order.{self.order_states[order]}", order)

    def complete_task(self, person: m.Person, task: str, data: Mapping[str, str]) -> None:
        if task != "t-1":
            raise Missing("task-missing", f"there is no task {task!r}", where=task)
        self.answers.append((task, dict(data)))
        self.push("task.completed", task)

    def quarantine(
        self, person: m.Person, item: str, verb: Literal["retry", "discard"], note: str
    ) -> m.QuarantineFate:
        if item != "q-1":
            raise Missing("quarantine-missing", f"there is no message {item!r} in quarantine", where=item)
        self.fates[item] = verb
        self.push("quarantine.changed", item)
        return m.QuarantineFate(12, 0) if verb == "discard" else m.QuarantineFate(9, 3)
