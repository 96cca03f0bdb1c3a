"""Play the drill of data security and say what came of it: the same city, the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from chengshu.app.drill.report import seal
from chengshu.app.safety.attacks import ATTACKS, Attack, Played
from chengshu.app.safety.stage import Stage, staged
from chengshu.foundation.city import City
from chengshu.foundation.journal import verify
from chengshu.kernel.clock import iso
from chengshu.kernel.texts import Text

Progress = Callable[[float, str], None]


def run_safety_drill(
    city: City, folder: Path, *, entry: str = "", day: date | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """The report, sealed with its hash; ``passed`` only if everything was stopped, told and on record.

    ``folder`` must be empty: the drill has a hub of its own there. Raises what :func:`staged` raises.
    """
    with staged(city, folder, entry, day) as stage:
        first = stage.clock.now().astimezone(city.zone).date()
        told = []
        for number, attack in enumerate(ATTACKS):
            if progress is not None:
                progress(number / len(ATTACKS), attack.name.en)
            told.append(_told(stage, attack, attack.play(stage, first)))
        decided = _decide(stage, told[0], first)
        record = _record(stage, first)
        body = {
            "city": city.id,
            "entry": stage.entry.id,
            "title": stage.entry.title.as_dict(),
            "grades": sorted({field.grade for field in stage.entry.fields} - {""}),
            "rows": stage.entry.rows,
            "day": first.isoformat(),
            "zone": city.zone.key,
            "thresholds": stage.hub.sharing.desk.terms.anomalies.model_dump(mode="json"),
            "attacks": told,
            "decided": decided,
            "record": record,
        }
    whole = not record["seals"] and record["journal"]
    return seal(body | {"passed": all(item["passed"] for item in told) and decided["closed"] and whole})


def _told(stage: Stage, attack: Attack, played: Played) -> dict[str, Any]:
    stage.pump.drain()
    alarm = _alarm(stage, played) if played.outcome == "blocked" else None
    passed = played.outcome == attack.expected and (played.outcome != "blocked" or alarm is not None)
    seconds = (played.stopped - played.began).total_seconds() if played.stopped else None
    return {
        "id": attack.id,
        "name": attack.name.as_dict(),
        "expected": attack.expected,
        "outcome": played.outcome,
        "passed": passed,
        "began": iso(played.began),
        "time_to_detect_s": seconds,
        "rows_left": played.rows_left,
        "rule": played.rule,
        "reason": played.reason.as_dict(),
        "use": played.use,
        "request": played.request.id,
        "entry": played.request.ask.resource,
        "state": stage.hub.sharing.queries.request(played.request.id).state,
        "alarm": alarm,
    }


def _alarm(stage: Stage, played: Played) -> dict[str, Any] | None:
    """The event and the order that misuse set going; None where there is none."""
    queries = stage.hub.response.queries
    event = next((item for item in queries.events() if played.request.id in item.entities), None)
    if event is None:
        return None
    orders = queries.orders(event=event.id)
    if not orders:
        return None
    order = orders[0]
    return {
        "event": event.id,
        "level": event.severity,
        "opened": iso(event.opened_at),
        "time_to_alarm_s": (event.opened_at - played.began).total_seconds(),
        "order": order.id,
        "department": order.department,
        "accept_by": _moment(order.accept_by),
    }


def _decide(stage: Stage, night: dict[str, Any], first: date) -> dict[str, Any]:
    """In the morning the data bureau ends the grant: the event closes, and destruction has a clock."""
    stage.move(stage.moment(first + timedelta(days=1), 14))
    if night["alarm"] is None:
        return {"closed": False}
    request = night["request"]
    stage.hub.sharing.desk.revoke(request, stage.bureau, "all rows were read at night")
    stage.pump.drain()
    event = stage.hub.response.queries.event(night["alarm"]["event"])
    life = stage.hub.sharing.queries.life(request, stage.clock.now())
    due = [item.clock.due_at for item in life.clocks if item.clock.kind == "destroy" and item.clock.running]
    return {
        "closed": event.closed_at is not None,
        "closed_at": _moment(event.closed_at),
        "state": life.request.state,
        "destroy_by": due[0] if due else None,
        "steps": [step.what for step in life.steps],
    }


def _record(stage: Stage, first: date) -> dict[str, Any]:
    """What an auditor finds afterwards."""
    stage.move(stage.clock.now() + timedelta(hours=1))
    begin = stage.moment(first, 0)
    audit = stage.hub.sharing.queries.audit(begin, stage.clock.now() + timedelta(seconds=1))
    with stage.hub.database.read() as connection:
        chain = verify(connection)
    return {
        "uses": sum(audit.outcomes.values()),
        "outcomes": audit.outcomes,
        "seals": audit.seals,
        "journal": chain.broken_at is None,
        "entries": chain.entries,
        "suspended": list(audit.suspended),
    }


def _moment(value: datetime | None) -> str | None:
    return iso(value) if value else None


def words(report: dict[str, Any], language: str) -> list[str]:
    """The report in lines, in one language."""
    lines = []
    for item in report["attacks"]:
        verdict = "ok" if item["passed"] else "FAILED"
        seconds = item["time_to_detect_s"]
        when = "never" if seconds is None else f"{seconds:g} s"
        name, why = Text.of(item["name"]).say(language), Text.of(item["reason"]).say(language)
        lines.append(
            f"{verdict}: {name}: {item['outcome']} ({when}, {item['rows_left']:,} rows left) — {why}"
        )
    return lines
