"""The view's desk of those who let others in: people, programs, keys of sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from chengshu.app.view.base import Base
from chengshu.console import model as shown
from chengshu.console.model import access as page
from chengshu.console.view_access import AccessAct
from chengshu.foundation.access import Grant, queries
from chengshu.foundation.access import Person as Account
from chengshu.foundation.access.clients import RIGHTS
from chengshu.foundation.access.model import ANY, ROLES
from chengshu.foundation.journal import Actor
from chengshu.foundation.sensing.declared import HttpConnector
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.texts import Text

_ALL = Text("all", "全部", "全部")
_LONGEST = 3650  # days a program's token may hold


class _By(NamedTuple):
    """Who changes it, and the policy that lets them."""

    actor: Actor
    policy: str


class AccessActing(Base):
    """Every change names who made it and under which policy, and stands in the journal."""

    def access(self, person: shown.Person) -> page.AccessView:
        """Everybody and everything that may come in."""
        self.require(person, "view", "account")
        with self.hub.database.read() as connection:
            people = queries.people(connection)
            waiting = queries.without_password(connection)
        keys = Counter(self.means.tokens.sources())
        return page.AccessView(
            tuple(self._account_row(one, person, one.id in waiting) for one in people),
            tuple(
                page.ProgramRow(one.name, one.rights, one.tenants, one.expires_at)
                for one in self.means.clients.all()
            ),
            tuple(
                page.KeyRow(source.id, source.title, keys[source.id])
                for source in self.hub.sources.values()
                if isinstance(source.connector, HttpConnector)
            ),
            ROLES,
            RIGHTS,
            tuple(page.Choice(key, one.name) for key, one in self.city.departments.items()),
            tuple(page.Choice(area.id, area.name) for area in self.city.areas),
            tuple(page.Choice(key, self.thing(key)) for key in self._forces()),
            self.may(person, "administer", "account"),
        )

    def _forces(self) -> list[str]:
        """The crews and vehicles that work orders can go to."""
        return [placed.unit.id for placed in self.hub.response.queries.units()]

    def _account_row(self, one: Account, person: shown.Person, waits: bool) -> page.AccountRow:
        grants = tuple(
            page.GrantLine(
                f"{grant.role}:{grant.department}:{grant.area}",
                grant.role,
                _ALL if grant.department == ANY else self.department(grant.department),
                _ALL if grant.area == ANY else self.area(grant.area).name,
            )
            for grant in one.grants
        )
        unit = self.thing(one.unit) if one.unit else Text()
        return page.AccountRow(
            one.id, one.login, one.name, grants, unit, one.disabled, one.id == person.id, waits
        )

    def access_act(
        self, person: shown.Person, act: AccessAct, given: Mapping[str, str], rights: Sequence[str]
    ) -> page.Secret | None:
        """Do it, if the policies allow; the secret to show once where one was made."""
        policy = self.require(person, "administer", "account")
        by = _By(self.account(person).actor, policy)
        subject, _, verb = act.partition(".")
        if subject == "person":
            return self._person(by, verb, given)
        if subject == "program":
            return self._program(by, verb, given, rights)
        return self._key(by, verb, given)

    def _person(self, by: _By, verb: str, given: Mapping[str, str]) -> page.Secret | None:
        accounts = self.means.accounts
        if verb == "add":
            login = given.get("login", "")
            grants, unit = [self._grant(given)], self._unit(given)
            made = accounts.create_account(
                login, given.get("name") or login, grants, by.actor, unit=unit, policy=by.policy
            )
            return self._link(made, by)
        with self.hub.database.read() as connection:
            found = queries.person(connection, given.get("account", ""))
        if verb == "link":
            return self._link(found, by)
        if verb == "disable":
            accounts.disable(found.id, *by)
        elif verb == "enable":
            accounts.enable(found.id, *by)
        elif verb == "grant":
            accounts.set_roles(found.id, {*found.grants, self._grant(given)}, *by)
        else:
            gone = Grant(*given.get("grant", "").split(":", 2))
            accounts.set_roles(found.id, [one for one in found.grants if one != gone], *by)
        return None

    def _link(self, account: Account, by: _By) -> page.Secret:
        code = self.means.accounts.issue_setup_link(by.actor, account.id, by.policy)
        return page.Secret("link", account.name, f"/set-up?code={code}")

    def _grant(self, given: Mapping[str, str]) -> Grant:
        """The role of the form, where it holds. Raises :class:`Invalid` for what the city does not have."""
        department, area = given.get("department") or ANY, given.get("area") or ANY
        if department != ANY and department not in self.city.departments:
            raise Invalid(
                "grant-department",
                f"the city has no department {department!r}",
                where="department",
                remedy="choose one of the list",
            )
        if area != ANY and area not in self.city.areas:
            raise Invalid(
                "grant-area",
                f"the city has no area {area!r}",
                where="area",
                remedy="choose one of the list",
            )
        return Grant(given.get("role", ""), department, area)

    def _unit(self, given: Mapping[str, str]) -> str:
        unit = given.get("unit", "")
        if unit and unit not in self._forces():
            raise Invalid(
                "grant-unit", f"the city has no unit {unit!r}", where="unit", remedy="choose one of the list"
            )
        return unit

    def _program(
        self, by: _By, verb: str, given: Mapping[str, str], rights: Sequence[str]
    ) -> page.Secret | None:
        clients, name = self.means.clients, given.get("program", "")
        if verb == "revoke":
            clients.revoke(name, *by)
            return None
        days = given.get("days", "")
        if days and not (days.isdecimal() and 0 < int(days) <= _LONGEST):
            raise Invalid(
                "client-days",
                f"{days!r} is no number of days",
                where="days",
                remedy=f"write 1 to {_LONGEST}, or nothing",
            )
        ends = self.means.clock.now() + timedelta(days=int(days)) if days else None
        tenants = [part.strip() for part in given.get("tenants", "").split(",")]
        token = clients.create(name, rights, by.actor, tenants=tenants, expires_at=ends, policy=by.policy)
        return page.Secret("token", name, token)

    def _key(self, by: _By, verb: str, given: Mapping[str, str]) -> page.Secret | None:
        source = given.get("source", "")
        if source not in self.hub.sources:
            raise Missing("source-unknown", f"there is no source {source!r}", where="source")
        if verb == "revoke":
            self.means.tokens.revoke(source, *by)
            return None
        return page.Secret("key", source, self.means.tokens.create(source, *by))
