"""What a person enters for a task, checked against the fields the plan declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chengshu.foundation.processes.model import Task
from chengshu.kernel.errors import Findings, Invalid
from chengshu.ports.process_engine import Field
from chengshu.ports.process_feel import plain

MAX_TEXT = 10_000


def check(task: Task, data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` with the types of the fields; without declared fields, as it is.

    Raises :class:`Invalid` naming every field that is missing, unknown or of the wrong kind.
    """
    if not task.fields:
        return clean(data, task.id)
    findings, checked = Findings(), {}
    known = {item.name for item in task.fields}
    for name in sorted(set(data) - known):
        findings.add(
            "form-unknown",
            f"the form has no field {name!r}",
            where=name,
            remedy=f"use {', '.join(sorted(known))}",
        )
    for item in task.fields:
        value = data.get(item.name)
        if value in (None, ""):
            if item.required:
                findings.add(
                    "form-missing",
                    f"{item.label.say('en') or item.name} is missing",
                    where=item.name,
                    remedy="fill it in",
                )
            continue
        if (fault := _fault(item, value)) is not None:
            findings.add(
                "form-value",
                f"{item.label.say('en') or item.name}: {fault}",
                where=item.name,
                remedy=f"give a {item.type}",
            )
        checked[item.name] = value
    findings.raise_any()
    return checked


def _fault(item: Field, value: Any) -> str | None:
    if item.type == "number":
        fine = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
        return None if fine else f"{value!r} is no number"
    if item.type == "boolean":
        return None if isinstance(value, bool) else f"{value!r} is neither true nor false"
    if item.type == "choice":
        return None if value in item.choices else f"{value!r} is none of {', '.join(item.choices)}"
    if not isinstance(value, str):
        return f"{value!r} is no text"
    return None if len(value) <= MAX_TEXT else f"it is longer than {MAX_TEXT} characters"


def clean(data: Mapping[str, Any], where: str) -> dict[str, Any]:
    """``data`` as it can be stored: decimals, moments and durations become numbers and text.

    Raises :class:`Invalid` for numbers that are none (NaN, infinite).
    """
    kept: dict[str, Any] = plain(dict(data))
    try:
        json.dumps(kept, allow_nan=False)
    except ValueError:
        raise Invalid(
            "process-data",
            "the data hold a number that is none",
            where=where,
            remedy="leave it out, or send null",
        ) from None
    return kept
