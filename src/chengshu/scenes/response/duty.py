"""Who leads, assists and stands in for a matter in an area: the duty list (權責清單)."""

from __future__ import annotations

from dataclasses import dataclass

from chengshu.foundation.city import City, Duty
from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.scenes.response.words import DUTY, NO_DUTY


@dataclass(frozen=True, slots=True)
class DutyAnswer:
    """The bodies the duty list names, and by which line."""

    lead: str
    assist: tuple[str, ...]
    fallback: str | None
    reason: Reason


def route(matter: str, area: str, city: City) -> DutyAnswer:
    """The most specific area wins, then the most specific matter (``drainage.pump`` before ``drainage``).

    With no line at all the topmost body of the city gets it, and the reason says so. Raises :class:`Invalid`
    in a city without departments.
    """
    above = city.areas.ancestors(area) if area in city.areas else [area]
    lines = [
        (above.index(duty.area), -len(duty.matter), number, duty)
        for number, duty in enumerate(city.duties)
        if duty.area in above and _covers(duty.matter, matter)
    ]
    if lines:
        *_, duty = min(lines, key=lambda line: line[:3])
        return _answer(duty, matter, area, [line[3] for line in sorted(lines, key=lambda line: line[:3])])
    top = next((body.id for body in city.departments.values() if body.parent is None), None)
    if top is None:
        raise Invalid(
            "departments-none",
            "the city has no departments",
            where="departments.yaml",
            remedy="declare at least one",
        )
    reason = Reason(
        "duty.none", NO_DUTY.fill(matter=matter, area=area, lead=top), {"matter": matter, "area": area}
    )
    return DutyAnswer(top, (), None, reason)


def _covers(declared: str, matter: str) -> bool:
    return matter == declared or matter.startswith(declared + ".")


def _answer(duty: Duty, matter: str, area: str, considered: list[Duty]) -> DutyAnswer:
    inputs = {
        "matter": matter,
        "area": area,
        "line": {"matter": duty.matter, "area": duty.area},
        "also": [
            {"matter": other.matter, "area": other.area, "lead": other.lead} for other in considered[1:]
        ],
    }
    rule = f"duty.{duty.matter}@{duty.area}"
    return DutyAnswer(
        duty.lead,
        tuple(duty.assist),
        duty.fallback,
        Reason(rule, DUTY.fill(matter=duty.matter, area=duty.area, lead=duty.lead), inputs),
    )


def chain(department: str, fallback: str | None, city: City) -> list[str]:
    """The bodies above a department, nearest first, then the fallback: where a late clock goes."""
    above: list[str] = []
    at = city.departments.get(department)
    while at is not None and at.parent is not None and at.parent not in above:
        above.append(at.parent)
        at = city.departments.get(at.parent)
    if fallback is not None and fallback not in (department, *above):
        above.append(fallback)
    return above
