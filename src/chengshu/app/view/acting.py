"""The view's doors and buttons: signing in, and every command a page offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from chengshu.app.view.base import OPERATORS, Base
from chengshu.console import model as shown
from chengshu.foundation.access import Opened
from chengshu.foundation.access import Person as Account
from chengshu.foundation.processes import queries
from chengshu.foundation.sensing import quarantined
from chengshu.kernel.errors import ChengshuError, Conflict, Invalid, Missing
from chengshu.kernel.texts import Text


class Acting(Base):
    """Entrance and commands; each asks the policies first and names who acted."""

    def sign_in(self, login: str, password: str) -> shown.SignedIn:
        """A new session."""
        return self._opened(self.means.accounts.login(login, password))

    def sign_out(self, token: str) -> None:
        """End the session."""
        self.means.accounts.logout(token)

    def person(self, token: str) -> shown.Person | None:
        """Who holds this token."""
        try:
            session = self.means.accounts.session(token)
        except ChengshuError:
            return None
        return self._shown(session.person)

    def set_up(self, code: str, login: str, name: str, password: str) -> shown.SignedIn:
        """Use a one-time code: to make the first administrator, or to set an account's password."""
        person = self.means.accounts.use_setup_link(code, password, login=login, name=name)
        return self._opened(self.means.accounts.login(person.login, password))

    def change_password(self, person: shown.Person, old: str, new: str) -> None:
        """Set a new password."""
        self.means.accounts.change_password(person.id, old, new)

    def _opened(self, opened: Opened) -> shown.SignedIn:
        return shown.SignedIn(opened.token, self._shown(opened.person), opened.expires_at)

    def _shown(self, account: Account) -> shown.Person:
        self._people[account.id] = account
        own = next((name for name in account.departments if name != "*"), "")
        return shown.Person(
            account.id,
            account.name,
            own,
            self.department(own) if own else Text(),
            account.roles,
            bool(OPERATORS & set(account.roles)),
            self.hub.notices.queries.unread(account.id),
        )

    def acknowledge(self, person: shown.Person, warning: str, note: str) -> None:
        """Take a warning on."""
        item = self.hub.vital_queries.warning(warning)
        policy = self.require(person, "acknowledge_warning", "warning", warning, area=item.area)
        self.hub.vitals.acknowledge(warning, self.account(person).actor, note=note, policy=policy)

    def acknowledge_all(self, person: shown.Person, warnings: Sequence[str], note: str) -> int:
        """Take on those of them that still wait for somebody."""
        done = 0
        for warning in warnings:
            with suppress(Conflict):  # somebody was quicker, or it is over
                self.acknowledge(person, warning, note)
                done += 1
        return done

    def work_order_step(self, person: shown.Person, order: str, verb: shown.OrderVerb, note: str) -> None:
        """Accept, arrive, finish or refuse."""
        found = self.hub.response.queries.order(order)
        action = "accept_work_order" if verb in ("accept", "refuse") else "report_work_order"
        self.require(
            person,
            action,
            "work_order",
            order,
            department=found.department,
            area=found.area,
            units=found.units,
        )
        commands, actor = self.hub.response.commands, self.account(person).actor
        if verb == "accept":
            commands.accept(order, actor)
        elif verb == "arrive":
            commands.arrive(order, actor)
        elif verb == "refuse":
            commands.refuse(order, note, actor)
        else:
            commands.done(order, _report(found.form, note), actor)

    def complete_task(self, person: shown.Person, task: str, data: Mapping[str, str]) -> None:
        """Complete a task of a plan with the form's answers; its work order is done with it."""
        with self.hub.database.read() as connection:
            found = queries.task(connection, task)
        self.require(
            person, "complete_task", "task", task, department=found.department, assignee=found.assignee
        )
        answers = {
            item.name: _typed(item.type, data[item.name]) for item in found.fields if data.get(item.name)
        }
        actor = self.account(person).actor
        order = next(
            (one for one in self.hub.response.queries.orders(open_only=True) if one.task == task), None
        )
        if order is None:
            self.hub.processes.complete(task, answers, actor)
            return
        if order.accepted_at is None:
            self.hub.response.commands.accept(order.id, actor)
        self.hub.response.commands.done(order.id, answers, actor)

    def quarantine(
        self, person: shown.Person, item: str, verb: Literal["retry", "discard"], note: str
    ) -> shown.QuarantineFate:
        """Try a quarantined record again with all of its kind from its source, or put its device's away."""
        self.require(person, "administer", "quarantine", item)
        if not item.isdecimal():
            raise Invalid(
                "quarantine-id", f"{item!r} is no record in quarantine", remedy="choose one of the list"
            )
        actor = self.account(person).actor
        if verb == "discard":
            return shown.QuarantineFate(self.hub.intake.discard(int(item), actor, note), 0)
        found = quarantined(self.hub.database, state=None, after=int(item) - 1, limit=1)
        if not found or found[0].id != int(item):
            said = f"there is no message {item!r} in quarantine"
            raise Missing("quarantine-missing", said, remedy="choose one of the list")
        tried = self.hub.intake.requeue(found[0].source, actor, code=found[0].code)
        return shown.QuarantineFate(tried.kept, tried.still)


def _typed(kind: str, text: str) -> Any:
    """A typed answer from what was written; text that is no number is refused by the form's own check."""
    if kind == "boolean":
        return text in ("true", "on", "1", "yes")
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _report(form: tuple[Any, ...], note: str) -> dict[str, Any]:
    """A report of the only field most orders have: the note."""
    report: dict[str, Any] = {"note": note} if note else {}
    for item in form:
        if isinstance(item, Mapping) and item.get("type", "text") == "text" and note:
            report[str(item.get("name"))] = note
    return report
