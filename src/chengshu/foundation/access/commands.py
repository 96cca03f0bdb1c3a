"""The writers of accounts and sessions. Every change is journalled; passwords and tokens never are."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.access import store
from chengshu.foundation.access.model import ROLES, Grant, Opened, Person, Session, TooMany
from chengshu.foundation.access.passwords import Passwords, csrf_of, digest, same
from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, iso
from chengshu.kernel.errors import Conflict, Denied, Findings, Missing, Unauthenticated
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database

_LOGIN = re.compile(r"[\w.@-]{2,64}")
_FREE_TRIES = {"login": 5, "from": 20}  # failures before waiting begins, per login name and per address
_LONGEST_WAIT = timedelta(minutes=15)
_FORGET = timedelta(hours=1)  # failures older than this count no more
_TOUCH = timedelta(minutes=1)  # a session's use is noted at most this often


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long sessions and links live."""

    idle: timedelta = timedelta(hours=8)
    absolute: timedelta = timedelta(days=7)
    link: timedelta = timedelta(hours=24)


class Accounts:
    """Accounts, set-up links and sessions. There is no default password:
    the first administrator comes by link.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        passwords: Passwords | None = None,
        lifetimes: Lifetimes = Lifetimes(),
        draw: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self._database, self._clock, self._ids = database, clock, ids
        self._passwords = passwords or Passwords()
        self._lifetimes, self._draw = lifetimes, draw

    def create_account(
        self,
        login: str,
        name: str,
        grants: Iterable[Grant],
        actor: Actor,
        *,
        unit: str = "",
        language: str = "",
        policy: str = "",
    ) -> Person:
        """A new account without password: give its person a set-up link.
        Raises :class:`Invalid`, :class:`Conflict`.
        """
        person = _checked(Person(self._ids.new("person"), login, name, tuple(grants), unit, language))

        def work(c: Connection) -> Person:
            _free(c, person.login)
            store.add_person(c, person, None, self._clock.now())
            self._note(c, actor, "account.created", person, policy)
            return person

        return self._database.write(work)

    def set_password(self, account: str, password: str, actor: Actor) -> None:
        """Set a password; every session of the account ends. Raises :class:`Invalid`, :class:`Missing`."""
        with self._database.read() as c:
            hashed = self._passwords.hash(password, _known(c, account).login)

        def work(c: Connection) -> None:
            self._store_password(c, _known(c, account), hashed, actor)

        self._database.write(work)

    def change_password(self, account: str, old: str, new: str) -> None:
        """As :meth:`set_password` by the person, who proves the old one. Raises :class:`Unauthenticated`."""
        with self._database.read() as c:
            person = _known(c, account)
            found = store.find_login(c, person.login)
        if not self._passwords.fits(found[1] if found else None, old):
            raise Unauthenticated("password-wrong", "the present password is not right", where="old")
        self.set_password(account, new, person.actor)

    def set_roles(self, account: str, grants: Iterable[Grant], actor: Actor, policy: str = "") -> Person:
        """Replace the grants of an account. Raises :class:`Conflict` when no administrator would be left."""

        def work(c: Connection) -> Person:
            before = _known(c, account)
            after = _checked(replace(before, grants=tuple(sorted(set(grants)))))
            administrators = store.administrators(c)
            store.put_grants(c, account, after.grants)
            _keep_one(c, administrators)
            self._note(c, actor, "account.roles_set", after, policy, previous=before.as_dict()["grants"])
            return after

        return self._database.write(work)

    def set_profile(
        self,
        account: str,
        actor: Actor,
        *,
        name: str | None = None,
        language: str | None = None,
        unit: str | None = None,
    ) -> Person:
        """Change name, language or unit."""

        def work(c: Connection) -> Person:
            before = _known(c, account)
            after = _checked(
                replace(
                    before,
                    name=before.name if name is None else name,
                    language=before.language if language is None else language,
                    unit=before.unit if unit is None else unit,
                )
            )
            store.change_account(c, account, name=after.name, language=after.language, unit=after.unit)
            self._note(c, actor, "account.changed", after)
            return after

        return self._database.write(work)

    def disable(self, account: str, actor: Actor, policy: str = "") -> Person:
        """Close an account: nobody signs in with it, its sessions end. Raises :class:`Conflict` for the last
        administrator."""

        def work(c: Connection) -> Person:
            after = replace(_known(c, account), disabled=True)
            administrators = store.administrators(c)
            store.change_account(c, account, disabled=True)
            _keep_one(c, administrators)
            ended = store.drop_sessions(c, account)
            self._note(c, actor, "account.disabled", after, policy, sessions_ended=ended)
            return after

        return self._database.write(work)

    def enable(self, account: str, actor: Actor, policy: str = "") -> Person:
        """Open a closed account again."""

        def work(c: Connection) -> Person:
            after = replace(_known(c, account), disabled=False)
            store.change_account(c, account, disabled=False)
            self._note(c, actor, "account.enabled", after, policy)
            return after

        return self._database.write(work)

    def issue_setup_link(self, actor: Actor, account: str | None = None, policy: str = "") -> str:
        """A one-time token: to set the password of ``account``, or without one to make the first
        administrator.

        Raises :class:`Conflict` when there is an administrator already and no account is named.
        """
        token = self._draw()

        def work(c: Connection) -> None:
            now = self._clock.now()
            if account is None and store.administrators(c):
                raise Conflict(
                    "setup-done",
                    "the hub has an administrator already",
                    remedy="let an administrator make an account and a link for it",
                )
            if account is not None:
                _known(c, account)
            expires = now + self._lifetimes.link
            store.add_link(c, digest(token), account, now, expires)
            record(
                c,
                Act(
                    actor,
                    "setup_link.issued",
                    account or "first-administrator",
                    now,
                    {"account": account, "expires_at": iso(expires)},
                    policy=policy,
                ),
            )

        self._database.write(work)
        return token

    def use_setup_link(self, token: str, password: str, *, login: str = "", name: str = "") -> Person:
        """Set a password by link; the first administrator also chooses ``login`` and ``name``. Once only.

        Raises :class:`Denied` for a link that is unknown, used or too old, :class:`Invalid` for a bad
        password.
        """
        key = digest(token)
        with self._database.read() as c:
            link = _living(store.find_link(c, key), self._clock.now())
            first = link.account is None
            shown = login if link.account is None else _known(c, link.account).login
        hashed = self._passwords.hash(password, shown)

        def work(c: Connection) -> Person:
            now = self._clock.now()
            _living(store.find_link(c, key), now)
            store.use_link(c, key, now)
            if first:
                if store.administrators(c):
                    raise Conflict("setup-done", "the hub has an administrator already")
                person = _checked(Person(self._ids.new("person"), login, name, (Grant("administrator"),)))
                _free(c, person.login)
                store.add_person(c, person, hashed, now)
                self._note(c, person.actor, "account.created", person)
            else:
                person = _known(c, link.account or "")
                self._store_password(c, person, hashed, person.actor)
            record(c, Act(person.actor, "setup_link.used", person.id, now))
            return person

        return self._database.write(work)

    def login(self, login: str, password: str, address: str = "") -> Opened:
        """Open a session.

        Raises :class:`Unauthenticated`, the same for an unknown name and a wrong password, and
        :class:`TooMany` after repeated failures of the name or the address.
        """
        name, now = _folded(login), self._clock.now()
        keys = [f"login:{name}"] + ([f"from:{address}"] if address else [])
        with self._database.read() as c:
            for key in keys:
                _unblocked(store.find_throttle(c, key), now)
            found = store.find_login(c, name)
        right = self._passwords.fits(found[1] if found else None, password)
        if found is None or not right or found[0].disabled:
            self._database.write(lambda c: self._count(c, keys, now))
            raise Unauthenticated(
                "login-failed",
                "login name and password do not fit",
                remedy="check both; after several failures you must wait",
            )
        token, person, stored = self._draw(), found[0], found[1] or ""
        fresh = self._passwords.hash(password, person.login) if self._passwords.outdated(stored) else None

        def work(c: Connection) -> Opened:
            present = store.find_login(c, name)
            if present is None or present[1] != stored or present[0].disabled:
                raise Unauthenticated("login-failed", "the account has changed meanwhile", remedy="try again")
            if fresh:
                store.change_account(c, person.id, password=fresh)
            for key in keys[:1]:
                store.drop_throttle(c, key)
            store.drop_expired(c, now)
            expires = now + self._lifetimes.absolute
            store.add_session(c, digest(token), store.SessionRow(person.id, now, now, expires))
            record(c, Act(person.actor, "session.opened", person.id, now, {"expires_at": iso(expires)}))
            return Opened(token, csrf_of(token), present[0], expires)

        return self._database.write(work)

    def session(self, token: str) -> Session:
        """The living session of a token, with the person's present grants; notes its use.

        Raises :class:`Unauthenticated` when it is unknown, idle too long, too old, or the account is closed.
        """
        now, key = self._clock.now(), digest(token)
        with self._database.read() as c:
            row = store.find_session(c, key)
            person = store.find_person(c, row.account) if row else None
        over = row is None or now >= row.expires_at or now - row.seen_at >= self._lifetimes.idle
        if row is None or person is None or over or person.disabled:
            raise Unauthenticated("session-over", "the session is over", remedy="sign in again")
        if now - row.seen_at >= _TOUCH:
            self._database.submit(lambda c: store.touch_session(c, key, now))
        return Session(person, csrf_of(token), row.opened_at, row.expires_at)

    def check_csrf(self, token: str, given: str) -> None:
        """Raises :class:`Denied` when a form does not carry its session's token."""
        if not same(csrf_of(token), given):
            raise Denied("csrf", "the form does not belong to this session", remedy="load the page again")

    def logout(self, token: str) -> None:
        """End a session; an unknown one is over already."""

        def work(c: Connection) -> None:
            row = store.find_session(c, digest(token))
            if row is not None and store.drop_session(c, digest(token)):
                person = _known(c, row.account)
                record(c, Act(person.actor, "session.closed", person.id, self._clock.now()))

        self._database.write(work)

    def _store_password(self, c: Connection, person: Person, hashed: str, actor: Actor) -> None:
        store.change_account(c, person.id, password=hashed)
        ended = store.drop_sessions(c, person.id)
        store.drop_throttle(c, f"login:{person.login}")
        self._note(c, actor, "account.password_set", person, sessions_ended=ended)

    def _note(
        self, c: Connection, actor: Actor, action: str, person: Person, policy: str = "", **more: Any
    ) -> None:
        body = {"account": person.as_dict(), **more}
        record(c, Act(actor, action, person.id, self._clock.now(), body, policy=policy))

    def _count(self, c: Connection, keys: list[str], now: datetime) -> None:
        for key in keys:
            before = store.find_throttle(c, key)
            failures = before.failures + 1 if before and now - before.last_at < _FORGET else 1
            beyond = failures - _FREE_TRIES[key.split(":")[0]]
            wait = min(timedelta(seconds=2 ** min(beyond, 20)), _LONGEST_WAIT) if beyond >= 0 else timedelta()
            store.put_throttle(c, key, store.Throttle(failures, now, now + wait))
            if beyond == 0:
                record(c, Act(Actor.hub("access"), "login.throttled", key, now, {"failures": failures}))


def _folded(login: str) -> str:
    return unicodedata.normalize("NFKC", login).strip().casefold()


def _checked(person: Person) -> Person:
    findings = Findings()
    login, name = _folded(person.login), person.name.strip()
    if not _LOGIN.fullmatch(login):
        findings.add(
            "login-name",
            f"{person.login!r} is no login name",
            where="login",
            remedy="use 2 to 64 letters, digits, or . _ - @",
        )
    if not 1 <= len(name) <= 100:
        findings.add(
            "person-name", "a name of 1 to 100 characters is needed", where="name", remedy="fill it in"
        )
    for grant in person.grants:
        if grant.role not in ROLES or not grant.department or not grant.area:
            findings.add(
                "grant",
                f"{grant.role!r} in {grant.department!r}, {grant.area!r} is no grant",
                where="grants",
                remedy=f"use a role of {', '.join(ROLES)}, and * for every department or area",
            )
    findings.raise_any()
    return replace(person, login=login, name=name)


def _known(c: Connection, account: str) -> Person:
    person = store.find_person(c, account)
    if person is None:
        raise Missing("account", f"there is no account {account!r}", where=account)
    return person


def _free(c: Connection, login: str) -> None:
    if store.find_login(c, login) is not None:
        raise Conflict(
            "login-taken", f"the login name {login!r} is taken", where="login", remedy="choose another"
        )


def _keep_one(c: Connection, before: list[str]) -> None:
    if before and not store.administrators(c):
        raise Conflict(
            "last-administrator",
            "nobody could administer the hub any more",
            remedy="make another administrator first",
        )


def _living(link: store.LinkRow | None, now: datetime) -> store.LinkRow:
    if link is None or link.used or now >= link.expires_at:
        raise Denied("setup-link", "this link is unknown, used, or too old", remedy="ask for a new one")
    return link


def _unblocked(throttle: store.Throttle | None, now: datetime) -> None:
    if throttle is not None and now < throttle.blocked_until:
        raise TooMany(
            "login-wait",
            "too many failures",
            where="login",
            remedy=f"wait until {iso(throttle.blocked_until)}",
            retry_at=iso(throttle.blocked_until),
        )
