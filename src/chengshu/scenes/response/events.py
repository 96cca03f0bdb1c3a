"""From warnings to events: join or open, grade, route, start the plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.correlate import common_area, find_event
from chengshu.scenes.response.duty import route
from chengshu.scenes.response.means import HUB, Means
from chengshu.scenes.response.model import Event, EventState, Joined
from chengshu.scenes.response.playbook import Playbook
from chengshu.scenes.response.words import OPENED
from chengshu.scenes.response.writing import put_event

SEVERITY_MESSAGE = "severity"  # what a plan catches to look at its measures again


def on_warning(
    connection: Connection, means: Means, kind: str, payload: Mapping[str, Any], at: datetime
) -> None:
    """What a change of a warning does to the events of its scenario."""
    body = payload.get("warning", payload)
    playbook = means.playbooks.get(body["scenario"])
    if playbook is None:
        return
    events = store.list_events(connection, scenario=playbook.scenario.id, states=[EventState.OPEN])
    holder = next((event for event in events if any(w.id == body["id"] for w in event.warnings)), None)
    if holder is not None:
        _renew(connection, means, playbook, holder, _merged(holder, body, kind, at))
        return
    level = Level.parse(body["level"])
    if not _rising(kind, body, level):
        return
    warning = _joined(body, at, None)
    found = find_event(warning.area, at, events, playbook.declared.events.join, means.city.areas)
    if found is not None:
        event, reason = found
        warnings = (*event.warnings, warning)
        _renew(connection, means, playbook, event, warnings, action="warning_joined", reason=reason)
    elif level >= Level.parse(playbook.declared.events.open_from):
        _open(connection, means, playbook, warning)


def _rising(kind: str, body: Mapping[str, Any], level: Level) -> bool:
    """Whether this change may bring a warning to an event: it is new, or it got worse."""
    if level is Level.NORMAL or _ended(kind, body):
        return False
    if kind == "warning.raised":
        return True
    previous = Level.parse(body.get("previous") or Level.NORMAL.word)
    return kind in ("warning.changed", "warning.corrected") and level > previous


def _ended(kind: str, body: Mapping[str, Any]) -> bool:
    return kind == "warning.cleared" or body.get("state") == "cleared"


def _merged(event: Event, body: Mapping[str, Any], kind: str, at: datetime) -> tuple[Joined, ...]:
    return tuple(
        _joined(body, at, old, cleared=_ended(kind, body)) if old.id == body["id"] else old
        for old in event.warnings
    )


def _joined(body: Mapping[str, Any], at: datetime, old: Joined | None, *, cleared: bool = False) -> Joined:
    level = Level.parse(body["level"])
    highest = max(level, Level.parse(old.highest)) if old else level
    return Joined(
        id=body["id"],
        indicator=body["indicator"],
        area=body["area"],
        level=Level.NORMAL.word if cleared else level.word,
        highest=highest.word,
        value=_number(body.get("value")),
        unit=body.get("unit") or "",
        probability=_number(body.get("probability")),
        lead_time_s=_number(body.get("lead_time_s")),
        entities=tuple(body.get("entities") or ()),
        raised_at=old.raised_at if old else at,
        changed_at=at,
        cleared_at=at if cleared or level is Level.NORMAL else None,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and isfinite(value) else None


def facts(warnings: tuple[Joined, ...]) -> dict[str, Any]:
    """What the severity decision sees of the warnings that stand."""
    standing = [warning for warning in warnings if warning.cleared_at is None]
    highest = max((Level.parse(warning.level) for warning in standing), default=Level.NORMAL)
    chances = [warning.probability for warning in standing if warning.probability is not None]
    leads = [warning.lead_time_s for warning in standing if warning.lead_time_s is not None]
    return {
        "highest": highest.word,
        "highest rank": int(highest),
        "areas": len({warning.area for warning in standing}),
        "warnings": len(standing),
        "probability": max(chances, default=None),
        "lead time": min(leads, default=None),
    }


def _grade(playbook: Playbook, warnings: tuple[Joined, ...]) -> tuple[Level, Reason]:
    """The event's severity now; an open event is never below blue, also when no warning stands any more."""
    level, reason = playbook.severity(facts(warnings))
    return max(level, Level.BLUE), reason


def _shape(means: Means, warnings: tuple[Joined, ...]) -> dict[str, Any]:
    """Areas, entities and place of an event that holds these warnings."""
    areas = tuple(dict.fromkeys(warning.area for warning in warnings))
    entities = tuple(dict.fromkeys(entity for warning in warnings for entity in warning.entities))
    shapes = [means.city.areas[area].shape for area in areas if area in means.city.areas]
    points = [shape.representative_point() for shape in shapes if shape is not None]
    lon = round(sum(point.x for point in points) / len(points), 6) if points else None
    lat = round(sum(point.y for point in points) / len(points), 6) if points else None
    return {
        "areas": areas,
        "entities": entities,
        "area": common_area(areas, means.city.areas),
        "lon": lon,
        "lat": lat,
    }


def _renew(
    connection: Connection,
    means: Means,
    playbook: Playbook,
    event: Event,
    warnings: tuple[Joined, ...],
    *,
    action: str = "updated",
    reason: Reason | None = None,
) -> None:
    level, why = _grade(playbook, warnings)
    changes: dict[str, Any] = {"warnings": warnings} | _shape(means, warnings)
    changes |= {
        "name": _name(means, playbook, changes["area"]),
        "severity": level.word,
        "highest": max(level, Level.parse(event.highest)).word,
        "severity_reason": why.as_dict(),
    }
    kept = put_event(connection, means, event, action, reason=reason or why, **changes)
    if kept.severity != event.severity or kept.areas != event.areas:
        store.wake(connection, f"dispatch:{event.scenario}", means.clock.now())
        _tell_plan(connection, means, kept)


def _tell_plan(connection: Connection, means: Means, event: Event) -> None:
    """The plan hears of another severity or more areas, by the message ``severity``."""
    if means.plans is None or event.process is None:
        return
    data = {
        "severity": event.severity,
        "rank": int(Level.parse(event.severity)),
        "area": event.area,
        "areas": list(event.areas),
    }
    means.plans.message(SEVERITY_MESSAGE, event.id, data, HUB, connection=connection)


def _name(means: Means, playbook: Playbook, area: str) -> dict[str, str]:
    names = means.city.areas[area].name if area in means.city.areas else Text.of(area)
    pattern = Text.of(playbook.declared.events.name).as_dict()
    return {tag: text.replace("{area}", names.say(tag)) for tag, text in pattern.items()}


def _open(connection: Connection, means: Means, playbook: Playbook, warning: Joined) -> None:
    now = means.clock.now()
    declared = playbook.declared
    level, why = _grade(playbook, (warning,))
    duty = route(declared.matter, warning.area, means.city)
    shape = _shape(means, (warning,))
    event = Event(
        id=means.ids.new("event"),
        scenario=playbook.scenario.id,
        name=_name(means, playbook, shape["area"]),
        severity=level.word,
        highest=level.word,
        state=EventState.OPEN,
        opened_at=now,
        updated_at=now,
        lead=duty.lead,
        assist=duty.assist,
        fallback=duty.fallback,
        warnings=(warning,),
        severity_reason=why.as_dict(),
        duty_reason=duty.reason.as_dict(),
        plan=declared.events.plan,
        first_signal_at=warning.raised_at,
        **shape,
    )
    reason = Reason("join.none", OPENED.fill(area=warning.area), {"warning": warning.id})
    event = put_event(connection, means, event, "opened", reason=reason)
    _start_plan(connection, means, playbook, event)
    store.wake(connection, f"dispatch:{event.scenario}", now)
    store.wake(connection, f"verify:{event.id}", now + declared.closing.every)
    if declared.control is not None:
        store.wake(connection, f"control:{event.scenario}", now)


def _start_plan(connection: Connection, means: Means, playbook: Playbook, event: Event) -> None:
    """Start the plan in the same transaction, so that there is never an event without or with two."""
    if means.plans is None:
        return
    about = {
        "id": event.id,
        "area": event.area,
        "areas": list(event.areas),
        "severity": event.severity,
        "lead": event.lead,
        "assist": list(event.assist),
        "name": event.name,
    }
    data: dict[str, Any] = {
        "event": about,
        "scenario": event.scenario,
        "area": event.area,
        "areas": list(event.areas),
        "severity": event.severity,
        "rank": int(Level.parse(event.severity)),
        "lead": event.lead,
        "assist": list(event.assist),
        "settings": dict(playbook.settings),
    }
    seen = {"event": about}
    data |= {key: playbook.evaluate(text, seen) for key, text in playbook.declared.events.plan_data.items()}
    process = means.plans.start(playbook.declared.events.plan, event.id, data, HUB, connection=connection)
    kept = store.event(connection, event.id)
    store.save_event(connection, replace(kept, process=process))
