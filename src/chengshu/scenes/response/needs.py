"""Where units are wanted now: the declared needs against the readings, and what each place is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chengshu.foundation.context.model import EntityState
from chengshu.kernel.texts import Text
from chengshu.scenes.response.correlate import covers
from chengshu.scenes.response.declared import Need
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Event
from chengshu.scenes.response.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of the k-th unit at an entity, for the event it belongs to.

    ``wanted``: the need stands. ``holds``: an order that fills it goes on (hysteresis).
    ``avoided_m3`` is the twin's word on what the k-th unit avoids there; None where it was not asked.
    """

    id: str
    need: Need
    event: str
    entity: str
    name: Text
    area: str
    lon: float
    lat: float
    node: str
    rank: int
    wanted: bool
    holds: bool
    worth: float
    avoided_m3: float | None = None


def find_slots(means: Means, playbook: Playbook, events: Sequence[Event]) -> list[Slot]:
    """Every slot of every need in the areas of the open events, wanted or still held."""
    slots: list[Slot] = []
    for need in playbook.declared.needs:
        for state in means.readings.states(type_=need.entity):
            event = _event_of(state, events, means)
            if event is not None and state.entity.lon is not None and state.entity.lat is not None:
                slots += _slots(playbook, need, event, state, state.entity.lon, state.entity.lat)
    return slots


def _event_of(state: EntityState, events: Sequence[Event], means: Means) -> Event | None:
    """The event in whose areas it lies; else the one whose common area holds it."""
    areas = means.city.areas
    for event in events:
        if any(covers(area, state.entity.area, areas) for area in event.areas):
            return event
    return next((event for event in events if covers(event.area, state.entity.area, areas)), None)


def _slots(
    playbook: Playbook, need: Need, event: Event, state: EntityState, lon: float, lat: float
) -> list[Slot]:
    wanted = playbook.holds(need.when, state)
    holds = wanted or (need.clear is not None and not playbook.holds(need.clear, state))
    if not holds:
        return []
    worth = max(0.0, playbook.number(need.prize, state))
    node = str(state.value(need.node or "swmmId") or state.entity.id)
    return [
        Slot(
            f"{need.order}:{state.entity.id}:{rank}",
            need,
            event.id,
            state.entity.id,
            state.entity.name,
            state.entity.area or event.area,
            lon,
            lat,
            node,
            rank,
            wanted,
            holds,
            worth * need.fade**rank,
        )
        for rank in range(need.max_units)
    ]


def with_benefits(
    means: Means, playbook: Playbook, slots: list[Slot], capacity: float, served: frozenset[str]
) -> list[Slot]:
    """The slots with the twin's benefits where the need asks for them and the twin answers.

    ``served`` are slots at which a unit works already: the twin counts those in, so that its first unit is
    the first beyond them. A place the twin leaves out (no pump can stand there, or others matter more) is not
    wanted; when it answers nothing at all, the declared prizes stand.
    """
    asked = [slot for slot in slots if slot.need.twin and slot.wanted and slot.id not in served]
    if means.foresight is None or not asked or capacity <= 0:
        return slots
    nodes = list(dict.fromkeys(slot.node for slot in asked))
    most = max(slot.need.max_units for slot in asked)
    found = means.foresight.benefits(playbook.scenario.id, nodes, capacity, most)
    if not found:
        return slots
    beyond: Counter[str] = Counter()
    known: dict[str, Slot] = {}
    for slot in asked:  # by rank within a place, as they were made
        benefits = found.get(slot.node, ())
        avoided = float(benefits[beyond[slot.node]]) if beyond[slot.node] < len(benefits) else 0.0
        beyond[slot.node] += 1
        wanted = slot.node in found
        known[slot.id] = replace(slot, avoided_m3=round(avoided, 1), worth=max(0.0, avoided), wanted=wanted)
    return [known.get(slot.id, slot) for slot in slots]
