"""What a running process looks like from outside:
instances, tasks, requests, and the picture of its tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from chengshu.kernel.clock import iso
from chengshu.kernel.texts import Text
from chengshu.ports.process_engine import Field

Decide = Callable[[str, str, Mapping[str, Any]], tuple[Any, Mapping[str, Any]]]
"""(process key, decision name, context) → (value, explanation); see business rule tasks."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A version of a process; it never changes."""

    key: str
    version: int
    hash: str
    name: Text
    at: datetime


@dataclass(frozen=True, slots=True)
class Instance:
    """One run of a process. ``state``: running, stuck (see the journal's incident), ended;
    ``how`` it ended.
    """

    id: str
    key: str
    version: int
    business_key: str
    state: str
    how: str
    started_at: datetime
    ended_at: datetime | None
    revision: int
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The form in changes and journal (without the data)."""
        return {
            "id": self.id,
            "key": self.key,
            "version": self.version,
            "business_key": self.business_key,
            "state": self.state,
            "how": self.how,
            "started_at": iso(self.started_at),
            "ended_at": iso(self.ended_at) if self.ended_at else None,
        }


@dataclass(frozen=True, slots=True)
class Task:
    """Something a person or a part of the hub must do for a process.

    ``kind``: human or service. ``state``: open, claimed, done, cancelled; of a service also caught (the plan
    took its error) and failed (it did not: the request can still be completed). ``due`` is None without
    a clock. ``work`` is the free word ``kind="…"`` of the plan.
    """

    id: str
    kind: str
    instance: str
    process: str
    business_key: str
    element: str
    name: Text
    state: str
    created_at: datetime
    token: int = 0
    department: str = ""
    role: str = ""
    matter: str = ""
    assignee: str = ""
    due: datetime | None = None
    escalate: str = ""
    escalated_at: datetime | None = None
    form: str = ""
    fields: tuple[Field, ...] = ()
    handler: str = ""
    work: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    finished_at: datetime | None = None
    finished_by: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The full present state, as it stands in changes: times RFC 3339, names by language."""
        moments = ("created_at", "due", "escalated_at", "finished_at")
        plain = {
            name: getattr(self, name)
            for name in Task.__dataclass_fields__
            if name not in ("name", "fields", *moments)
        }
        plain |= {name: iso(moment) if (moment := getattr(self, name)) else None for name in moments}
        shown = [
            asdict(item) | {"label": item.label.as_dict(), "choices": list(item.choices)}
            for item in self.fields
        ]
        return plain | {
            "definition": self.process,
            "name": self.name.as_dict(),
            "fields": shown,
            "input": dict(self.input),
            "result": dict(self.result),
        }


@dataclass(frozen=True, slots=True)
class Mark:
    """An element of the picture: a token that stands there (``left_at`` None) or stood there.

    ``outcome``: active, completed or cancelled; ``note`` explains a decision.
    """

    element: str
    entered_at: datetime
    left_at: datetime | None
    outcome: str
    token: int | None = None
    note: Mapping[str, Any] | None = None


class ServiceFailure(Exception):
    """Raised by a handler: the service failed with a BPMN error ``code`` that the plan may catch."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code}: {detail}")


@dataclass(frozen=True, slots=True)
class Named:
    """A message or signal on its way to instances."""

    kind: str
    name: str
    business_key: str | None
    data: Mapping[str, Any]
    sender: str = ""
