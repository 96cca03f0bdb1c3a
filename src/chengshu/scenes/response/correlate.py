"""Which open event a warning belongs to: near in space and close in time, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from chengshu.kernel.areas import AreaTree
from chengshu.kernel.geometry import distance_m
from chengshu.kernel.reasons import Reason
from chengshu.scenes.response.declared import Join
from chengshu.scenes.response.model import Event
from chengshu.scenes.response.words import JOINED


def find_event(
    area: str, at: datetime, events: Iterable[Event], join: Join, areas: AreaTree
) -> tuple[Event, Reason] | None:
    """The open event to join, nearest first and then oldest, with the reason; None to open a new one."""
    found: list[tuple[int, int, Event, Reason]] = []
    for number, event in enumerate(events):
        if at - event.updated_at > join.within:
            continue
        near = [(kind, other) for other in event.areas if (kind := nearness(area, other, join, areas))]
        if near:
            (rank, how), other = min(near, key=lambda item: item[0][0])
            reason = Reason(
                f"join.{how}",
                JOINED[how].fill(area=area, other=other),
                {"area": area, "event": event.id, "other": other},
            )
            found.append((rank, number, event, reason))
    if not found:
        return None
    _, _, event, reason = min(found, key=lambda item: item[:2])
    return event, reason


def nearness(area: str, other: str, join: Join, areas: AreaTree) -> tuple[int, str] | None:
    """How two areas are near under this rule: (rank, word), or None when they are not."""
    if area == other:
        return 0, "same"
    if area not in areas or other not in areas:
        return None
    if area in areas.ancestors(other) or other in areas.ancestors(area):
        return 1, "inside"
    a, b = areas[area].shape, areas[other].shape
    if join.neighbours and a is not None and b is not None and a.intersects(b):
        return 2, "touching"
    parent = None if join.parent_kind is None else _above(area, join.parent_kind, areas)
    if parent is not None and join.parent_kind and parent == _above(other, join.parent_kind, areas):
        return 3, "parent"
    if a is not None and b is not None:
        p, q = a.representative_point(), b.representative_point()
        if distance_m(p.x, p.y, q.x, q.y) <= join.radius_m:
            return 4, "radius"
    return None


def _above(area: str, kind: str, areas: AreaTree) -> str | None:
    return next((id_ for id_ in areas.ancestors(area) if areas[id_].kind == kind), None)


def common_area(ids: Sequence[str], areas: AreaTree) -> str:
    """The smallest area that holds all of these; the first one itself when they have none in common."""
    known = [id_ for id_ in ids if id_ in areas]
    if not known:
        return ids[0]
    lines = [areas.ancestors(id_) for id_ in known]
    return next((id_ for id_ in lines[0] if all(id_ in line for line in lines)), known[0])


def covers(outer: str, inner: str, areas: AreaTree) -> bool:
    """Whether ``inner`` is ``outer`` or lies below it."""
    return inner == outer or (inner in areas and outer in areas.ancestors(inner))


def within(outers: Collection[str], inner: str, areas: AreaTree) -> bool:
    """Whether ``inner`` is one of ``outers`` or lies below one."""
    return inner in outers or (inner in areas and any(above in outers for above in areas.ancestors(inner)))
