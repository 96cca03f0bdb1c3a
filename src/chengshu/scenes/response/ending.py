"""When an event is expected to be over, and how that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.scenes.response.correlate import within
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Event, EventState, WorkOrder

Basis = Literal["calm", "forecast", "dry", "units"]


@dataclass(frozen=True, slots=True)
class Ending:
    """``basis``: the data are calm and must stay so (``calm``), the twin sees when the last place is dry
    (``forecast``) or expects no water any more (``dry``), or only the units out there say when they are
    through (``units``). ``beyond``: not before, since the forecast does not reach further or the data are not
    calm yet."""

    at: datetime
    basis: Basis
    beyond: bool = False


def expected_end(means: Means, event: Event, orders: Sequence[WorkOrder], now: datetime) -> Ending | None:
    """The moment at which ``event`` with its ``orders`` may close, as things stand at ``now``.

    To the drying of the last place the closing condition's dwell is added. None when it is closed, or when
    nothing says so.
    """
    if event.state is EventState.CLOSED:
        return None
    book = means.playbooks.get(event.scenario)
    if event.calm_since is not None and book is not None:
        return Ending(max(event.calm_since + book.declared.closing.dwell, now), "calm")
    through = max(
        (done for order in orders if order.open and (done := order.done_by or order.eta)), default=None
    )
    if means.foresight is not None and book is not None:
        things, areas = means.readings.entities(), frozenset(event.areas)
        places = {thing.id for thing in things if within(areas, thing.area, means.city.areas)}
        dry = means.foresight.dry_by(event.scenario, places, now)
        if dry is not None and (dry.at > now or not dry.beyond):
            end = max(dry.at, now) + book.declared.closing.dwell
            gone = dry.at <= now
            return Ending(max(end, through or end), "dry" if gone else "forecast", dry.beyond or gone)
    return None if through is None else Ending(max(through, now), "units")
