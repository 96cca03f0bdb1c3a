"""Where a notice goes: which inboxes, which addresses outside. Pure; never to nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chengshu.foundation.access import Person
from chengshu.foundation.notices.declared import NoticesFile, Reach
from chengshu.foundation.notices.kinds import KINDS
from chengshu.foundation.notices.model import Notice, Routed, To, Way

_OFFICERS = frozenset({"operator", "lead"})  # who acts for a department
_ON_DUTY = frozenset({"duty_officer", "commander"})
_ANY = "*"
LAST = To("role", "administrator")  # told where nobody else has an account


@dataclass(frozen=True, slots=True)
class House:
    """What routing knows of the city: the areas above one (itself first), the body above a department."""

    areas_above: Callable[[str], Sequence[str]]
    body_above: Callable[[str], str]


def routed(notice: Notice, declared: NoticesFile, people: Iterable[Person], house: House) -> Routed:
    """The inboxes and addresses of a notice. Where nobody of those it is for has an account, the body above
    is told, and at last the administrators: a notice is never for nobody.
    """
    kind = KINDS[notice.kind]
    route = next((one for one in declared.routes if one.fits(notice.kind)), None)
    names = kind.to if route is None or route.to is None else route.to
    teams = tuple(To(*name.split(":", 1)) for name in names if ":" in name)  # type: ignore[arg-type]  # declared
    wanted = tuple(dict.fromkeys((*notice.for_parties(names), *teams)))
    urgent = kind.urgent if route is None or route.urgent is None else route.urgent
    present = [person for person in people if not person.disabled]
    found = _accounts(wanted, present, house)
    ways = _ways(wanted, route.via if route else (), declared, present, found, house)
    instead = not found
    for to in (*_above(wanted, house), LAST) if instead else ():
        if found := _accounts((to,), present, house):
            break
    return Routed(tuple(found), ways, urgent, instead)


def _accounts(wanted: Iterable[To], people: Sequence[Person], house: House) -> dict[str, None]:
    return {person.id: None for to in wanted for person in people if is_for(to, person, house)}


def is_for(to: To, person: Person, house: House) -> bool:
    """Whether a person is among those meant."""
    if to.whom == "person":
        return to.key in (person.id, person.login)
    if to.whom == "role":
        return to.key in person.roles
    if to.whom == "department":
        return any(grant.role in _OFFICERS and grant.department == to.key for grant in person.grants)
    areas = {*house.areas_above(to.key), _ANY}
    return any(grant.role in _ON_DUTY and (grant.area in areas or not to.key) for grant in person.grants)


def _above(wanted: Iterable[To], house: House) -> list[To]:
    found: dict[To, None] = {}
    for to in wanted:
        body, seen = to.key if to.whom == "department" else "", set[str]()
        while body and (body := house.body_above(body)) and body not in seen:
            seen.add(body)
            found[To("department", body)] = None
    return list(found)


def _ways(
    wanted: Sequence[To],
    via: Sequence[str],
    declared: NoticesFile,
    people: Sequence[Person],
    accounts: Iterable[str],
    house: House,
) -> tuple[Way, ...]:
    """Addresses of the bodies that are meant, and of the persons who get it in their inbox."""
    logins = {name for person in people if person.id in set(accounts) for name in (person.id, person.login)}
    found: dict[tuple[str, str], Way] = {}
    for one in declared.reach:
        if one.via in via and _meant(one, wanted, logins, house):
            for address in one.at:
                way = Way(one.via, address, one.language or declared.language)
                found.setdefault((one.via, address), way)
    return tuple(found.values())


def _meant(one: Reach, wanted: Sequence[To], logins: set[str], house: House) -> bool:
    if one.person:
        return one.person in logins
    if one.department:
        return To("department", one.department) in wanted
    if one.role:
        return To("role", one.role) in wanted
    return any(to.whom == "duty" and (not to.key or one.duty in house.areas_above(to.key)) for to in wanted)
