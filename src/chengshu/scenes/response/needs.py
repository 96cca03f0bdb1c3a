"""Where units are wanted now: the declared needs against the readings, and what each place is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    ``wanted``: the need stands. ``holds``: it need not stand, but an order that fills it goes on (hysteresis).
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
            f"{need.order}:{state.entity.id}:{rank}", need, event.id, state.entity.id, state.entity.name,
            state.entity.area or event.area, lon, lat, node, rank, wanted, holds, worth * need.fade**rank,
        )
        for rank in range(need.max_units)
    ]  # fmt: skip


def with_benefits(means: Means, playbook: Playbook, slots: list[Slot], capacity: float) -> list[Slot]:
    """The slots with the twin's benefits where the need asks for them and the twin answers."""
    asked = [slot for slot in slots if slot.need.twin and slot.wanted]
    if means.foresight is None or not asked or capacity <= 0:
        return slots
    nodes = list(dict.fromkeys(slot.node for slot in asked))
    most = max(slot.need.max_units for slot in asked)
    found: Mapping[str, Sequence[float]] = means.foresight.benefits(
        playbook.scenario.id, nodes, capacity, most
    )
    return [_with_benefit(slot, found.get(slot.node)) if slot.need.twin else slot for slot in slots]


def _with_benefit(slot: Slot, benefits: Sequence[float] | None) -> Slot:
    if benefits is None:
        return slot
    avoided = float(benefits[slot.rank]) if slot.rank < len(benefits) else 0.0
    return replace(slot, avoided_m3=round(avoided, 1), worth=max(0.0, avoided))
