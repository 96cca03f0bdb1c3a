"""How the command line tells of requests, clocks and uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from chengshu.kernel.clock import from_millis, iso
from chengshu.kernel.texts import Text

if TYPE_CHECKING:
    from chengshu.resources.sharing import Request, Ticking, Use


def request_dict(item: Request) -> dict[str, Any]:
    """A request with readable moments."""
    told: dict[str, Any] = msgspec.to_builtins(item)
    return told | {"submitted_at": iso(from_millis(item.submitted_at))}


def clock_dict(item: Ticking) -> dict[str, Any]:
    """A clock and what is left of it."""
    clock = item.clock
    due = iso(from_millis(clock.due_at)) if clock.due_at else None
    told = {"subject": clock.subject, "kind": clock.kind, "owner": clock.owner, "due": due}
    return told | {"days_left": item.left, "overdue": item.overdue, "done": bool(clock.ended_at)}


def clock_words(item: Ticking) -> str:
    """A clock in a sentence."""
    clock = item.clock
    if clock.ended_at:
        return f"clock {clock.kind}: done"
    if not clock.running:
        return f"clock {clock.kind}: stands still, {item.left} working days left"
    word = f"OVERDUE by {-item.left}" if item.overdue else f"{item.left} left"
    due = iso(from_millis(clock.due_at))
    return f"clock {clock.kind} of {clock.owner} for {clock.subject}: due {due}, working days: {word}"


def use_dict(item: Use) -> dict[str, Any]:
    """A use with a readable moment."""
    told: dict[str, Any] = msgspec.to_builtins(item)
    return told | {"at": iso(from_millis(item.at))}


def use_words(item: dict[str, Any], language: str) -> str:
    """A use in a sentence."""
    why = reason_words(item.get("reason", {}), language)
    who = f"{item['person']}@{item['department']}"
    return f"use {item['seq']} {item['at']} {who}: {item['outcome']}, {item['rows']} rows {why}"


def reason_words(reason: dict[str, Any], language: str) -> str:
    """A reason, with the law it rests on; empty where there is none."""
    said = Text.of(reason["text"]).say(language) if reason.get("text") else ""
    law = f" ({reason['law']})" if reason.get("law") else ""
    return f"— {said}{law}" if said else ""
