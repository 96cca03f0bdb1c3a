"""What every part of the view stands on: the hub, who may do what, and the small conversions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from chengshu.app.hub import Hub
from chengshu.app.view import words, words_actions
from chengshu.console import model as shown
from chengshu.foundation.access import Access, Accounts, Clients, Resource
from chengshu.foundation.access import Person as Account
from chengshu.foundation.journal import Entry
from chengshu.foundation.sensing import Tokens
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Missing, Unauthenticated
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

OPERATORS = frozenset({"administrator", "auditor", "duty_officer", "commander", "operator"})


@dataclass(frozen=True)
class Means:
    """What the view reads and does through. ``drills`` is the folder of kept reports."""

    hub: Hub
    access: Access
    accounts: Accounts
    clients: Clients
    tokens: Tokens
    clock: Clock
    drills: Any  # pathlib.Path
    drill_name: Text | None = None


class Base:
    """Shared by all parts; holds nothing of its own but a cache of who is signed in."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self.hub = means.hub
        self.city = means.hub.city
        self._people: dict[str, Account] = {}

    @cached_property
    def root(self) -> str:
        """The city's own area."""
        return self.city.areas.roots()[0].id

    def account(self, person: shown.Person) -> Account:
        """The account behind a shown person. Raises :class:`Unauthenticated` when nobody signed in."""
        try:
            return self._people[person.id]
        except KeyError:
            raise Unauthenticated("session-ended", "the session has ended", remedy="sign in again") from None

    def area(self, area_id: str) -> shown.AreaRef:
        """An area by name; one that is declared no longer keeps its id."""
        area = self.city.areas.get(area_id)
        if area is None:
            return shown.AreaRef(area_id, Text.of(area_id), "area")
        return shown.AreaRef(area.id, area.name, area.kind, area.parent)

    def department(self, name: str) -> Text:
        """A department's name."""
        found = self.city.departments.get(name)
        return found.name if found else Text.of(name)

    def thing(self, entity_id: str) -> Text:
        """The name of a declared thing, else the last part of its id."""
        found = self.things.get(entity_id)
        return (
            Text.of(found.get("name") or entity_id.split(":")[-1])
            if found
            else Text.of(entity_id.split(":")[-1])
        )

    @cached_property
    def things(self) -> Mapping[str, Mapping[str, Any]]:
        """Declared things by id."""
        return {str(item["id"]): item for item in self.city.entities}

    def scenario(self, name: str) -> Text:
        """A scenario's name."""
        found = self.city.scenarios.get(name)
        return found.name if found else words.SCENELESS.get(name, Text.of(name))

    def may(
        self,
        person: shown.Person,
        action: str,
        kind: str,
        id_: str = "",
        *,
        department: str = "",
        area: str = "",
        units: tuple[str, ...] = (),
        assignee: str = "",
    ) -> shown.Permission:
        """Whether the person may, with the policy's reason."""
        areas = tuple(self.city.areas.ancestors(area)) if area and area in self.city.areas else ()
        resource = Resource(kind, id_, department, areas, units, assignee)
        decision = self.means.access.decide(self.account(person), action, resource)
        return shown.Permission(decision.allowed, decision.reason.text)

    def require(self, person: shown.Person, action: str, kind: str, id_: str = "", **about: Any) -> str:
        """As :meth:`may`, raising :class:`Denied`; returns the ids of the policies that allowed it."""
        area = about.pop("area", "")
        areas = tuple(self.city.areas.ancestors(area)) if area and area in self.city.areas else ()
        resource = Resource(kind, id_, areas=areas, **about)
        return ",".join(self.means.access.require(self.account(person), action, resource).policies)

    def who(self, actor: str) -> str:
        """An actor as people call it: a person's name, a body or unit in both scripts, a part of the hub."""
        kind, _, key = actor.partition(":")
        if kind == "unit":
            return _both(self.thing(key))
        if kind == "department":
            return _both(self.department(key))
        if kind == "source" and key in self.hub.sources:
            return _both(self.hub.sources[key].title)
        if actor in self._people:
            return self._people[actor].name
        return key.replace("-", " ").replace("_", " ") if kind in ("person", "operator") else actor

    def line(self, entry: Entry) -> shown.TimelineItem:
        """A journal entry as a line of a timeline."""
        return shown.TimelineItem(
            entry.at,
            self.sentence(entry.action, entry.body, entry.actor),
            self.who(entry.actor),
            entry.action,
            _level(entry.body),
            reason(entry.reason),
            entry.seq,
        )

    def sentence(self, action: str, body: Mapping[str, Any], actor: str) -> Text:
        """What happened, in words."""
        template = words.TYPES.get(action)
        if template is None:
            return words_actions.ACTIONS.get(action, Text.of(action))
        order = body.get("work_order")
        name = Text.of(order["name"]) if isinstance(order, Mapping) else Text()
        joined = action == "event.warning_joined"
        headline = self._newest(body) if joined else Text.of(body.get("headline") or "")
        who = Text.of(self.who(actor))
        return Text(
            *(
                template.say(tag).format(name=name.say(tag), headline=headline.say(tag), actor=who.say(tag))
                for tag in ("en", "zh-Hans", "zh-Hant")
            )
        )

    def signal(self, indicator: str, area: str) -> Text:
        """A vital sign of an area, as one name."""
        place, sign = self.area(area).name, self.hub.vital_queries.indicator(indicator).name
        return Text(*(f"{Text.of(place).say(tag)} · {sign.say(tag)}" for tag in ("en", "zh-Hans", "zh-Hant")))

    def _newest(self, body: Mapping[str, Any]) -> Text:
        """The warning by which an event changed."""
        event = body.get("event")
        warnings = event.get("warnings") if isinstance(event, Mapping) else None
        if not warnings:
            return words.A_WARNING
        newest = max(warnings, key=lambda one: str(one.get("changed_at") or ""))
        try:
            return self.signal(newest["indicator"], newest["area"])
        except Missing:  # the indicator is declared no longer
            return words.A_WARNING


def _both(name: Text) -> str:
    return " ".join(dict.fromkeys(filter(None, (name.en, name.zh_hans))))


def reason(value: Mapping[str, Any] | None) -> Reason | None:
    """A kept reason, None for none."""
    return Reason.from_dict(value) if value and "rule" in value else None


def _level(body: Mapping[str, Any]) -> Level | None:
    word = body.get("level")
    if word is None and isinstance(event := body.get("event"), Mapping):
        word = event.get("severity")
    try:
        return Level.parse(word) if isinstance(word, str) else None
    except ValueError:
        return None


def freshness(at: datetime | None, now: datetime, limit_s: float) -> shown.Freshness:
    """How fresh a value of ``at`` is at ``now`` when it should come every ``limit_s`` at most."""
    if at is None:
        return shown.Freshness("never", None, limit_s)
    age = (now - at).total_seconds()
    if age <= limit_s:
        return shown.Freshness("fresh", age, limit_s)
    return shown.Freshness("stale" if age <= 3 * limit_s else "silent", age, limit_s)
