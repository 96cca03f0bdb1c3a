"""The life of a warning, one state machine: raised, acknowledged, changed, escalated, corrected, cleared.

A rise above the acknowledged level asks for a new acknowledgement. Coming back soon after all-clear re-opens
the same warning. ``raised_at`` never changes; every transition counts one more step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from chengshu.kernel.errors import Conflict
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.vitals.model import Indicator, Vital, Warning, WarningRule

RAISED = "warning.raised"
CHANGED = "warning.changed"
ACKNOWLEDGED = "warning.acknowledged"
ESCALATED = "warning.escalated"
CLEARED = "warning.cleared"
CORRECTED = "warning.corrected"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a level makes a warning move."""

    indicator: Indicator
    rule: WarningRule
    vital: Vital
    area_name: Text
    reason: Reason
    headline: Text
    entities: tuple[str, ...]
    probability: float | None
    lead_time_s: float | None


def level_of(warning: Warning) -> Level:
    """The present level of a warning."""
    return Level.parse(warning.level)


def raise_new(facts: Facts, warning_id: str, now: datetime) -> Warning:
    """A warning that did not exist before."""
    vital, item = facts.vital, facts.indicator
    return Warning(
        id=warning_id,
        scenario=item.scenario,
        indicator=item.id,
        area=vital.area,
        state="raised",
        level=vital.level.word,
        previous=Level.NORMAL.word,
        peak=vital.level.word,
        value=vital.value,
        unit=item.unit,
        observed_at=vital.at,
        lead_time_s=facts.lead_time_s,
        probability=facts.probability,
        reason=facts.reason.as_dict(),
        entities=facts.entities,
        status=vital.status.value,
        coverage=vital.coverage,
        onset_at=vital.since,
        raised_at=now,
        changed_at=now,
        escalate_at=_deadline(facts.rule, vital.level, now),
        name=item.name.as_dict(),
        area_name=facts.area_name.as_dict(),
        headline=facts.headline.as_dict(),
    )


def reopen(before: Warning, facts: Facts, now: datetime) -> Warning:
    """A cleared warning whose trouble came back."""
    moved = _moved(before, facts, now)
    return replace(
        moved,
        state="raised",
        cleared_at=None,
        reopened=before.reopened + 1,
        escalations=0,
        acknowledged_by=None,
        acknowledged_at=None,
        acknowledged_level=None,
        escalate_at=_deadline(facts.rule, facts.vital.level, now),
    )


def change(before: Warning, facts: Facts, now: datetime) -> Warning:
    """The same trouble at another level."""
    moved, level = _moved(before, facts, now), facts.vital.level
    if before.acknowledged_level is None:
        rises = level > level_of(before)
        return replace(
            moved,
            escalate_at=_deadline(facts.rule, level, now)
            if rises
            else before.escalate_at
            if level in facts.rule.acknowledge_within
            else None,
        )
    if level <= Level.parse(before.acknowledged_level):
        return moved
    return replace(
        moved,
        state="raised",
        escalations=0,
        acknowledged_by=None,
        acknowledged_at=None,
        acknowledged_level=None,
        escalate_at=_deadline(facts.rule, level, now),
    )


def clear(before: Warning, facts: Facts, now: datetime) -> Warning:
    """All clear."""
    return replace(_moved(before, facts, now), state="cleared", cleared_at=now, escalate_at=None)


def acknowledge(before: Warning, person: str, now: datetime) -> Warning:
    """Somebody has seen it. Raises :class:`Conflict` when it is over or already acknowledged."""
    if not before.open:
        raise Conflict(
            "warning-cleared",
            f"warning {before.id} is over",
            where=before.id,
            remedy="nothing has to be acknowledged any more",
        )
    if before.state == "acknowledged":
        raise Conflict(
            "warning-acknowledged",
            f"{before.acknowledged_by} has acknowledged warning {before.id}",
            where=before.id,
            remedy="reload the page",
        )
    return replace(
        before,
        state="acknowledged",
        acknowledged_by=person,
        acknowledged_at=now,
        changed_at=now,
        acknowledged_level=before.level,
        escalate_at=None,
        steps=before.steps + 1,
    )


def escalate(before: Warning, rule: WarningRule, reason: Reason, now: datetime) -> Warning:
    """Nobody has acknowledged it in time; it is asked again until ``rule.escalations`` times."""
    count = before.escalations + 1
    again = _deadline(rule, level_of(before), now) if count < rule.escalations else None
    return replace(
        before,
        escalations=count,
        escalate_at=again,
        changed_at=now,
        reason=reason.as_dict(),
        steps=before.steps + 1,
    )


def correct(before: Warning, peak: Level, onset: datetime | None, reason: Reason, now: datetime) -> Warning:
    """Late values changed what the warning was about."""
    return replace(
        before,
        peak=peak.word,
        onset_at=onset or before.onset_at,
        changed_at=now,
        reason=reason.as_dict(),
        steps=before.steps + 1,
    )


def _moved(before: Warning, facts: Facts, now: datetime) -> Warning:
    vital = facts.vital
    peak = max(vital.level, Level.parse(before.peak))
    return replace(
        before,
        level=vital.level.word,
        previous=before.level,
        peak=peak.word,
        value=vital.value,
        observed_at=vital.at,
        lead_time_s=facts.lead_time_s,
        probability=facts.probability,
        reason=facts.reason.as_dict(),
        entities=facts.entities or before.entities,
        status=vital.status.value,
        coverage=vital.coverage,
        changed_at=now,
        headline=facts.headline.as_dict(),
        steps=before.steps + 1,
    )


def _deadline(rule: WarningRule, level: Level, now: datetime) -> datetime | None:
    within: timedelta | None = rule.acknowledge_within.get(level)
    return None if within is None else now + within
