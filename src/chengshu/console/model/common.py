"""What every page may show: levels, freshness, permission, people, a line of time, the hub itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, WithJsonSchema

from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

ShownLevel = Annotated[
    Level,
    PlainSerializer(lambda level: level.word, return_type=str),
    WithJsonSchema({"type": "string", "enum": [level.word for level in Level]}),
]
ShownText = Annotated[
    Text,
    PlainSerializer(lambda text: text.as_dict(), return_type=dict[str, str]),
    WithJsonSchema(
        {"type": "object", "properties": {tag: {"type": "string"} for tag in ("en", "zh-Hans", "zh-Hant")}}
    ),
]
ShownReason = Annotated[
    Reason,
    PlainSerializer(lambda reason: reason.as_dict(), return_type=dict[str, Any]),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                "rule": {"type": "string"},
                "inputs": {"type": "object"},
                "text": {"type": "object"},
            },
        }
    ),
]
NO_TEXT = Text()
FreshnessState = Literal["fresh", "stale", "silent", "never", "idle"]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a value is. ``fresh`` within ``limit_s``; ``stale`` beyond it; ``silent`` beyond three times
    the limit; ``never`` when nothing ever came; ``idle`` when there is nothing to report, and that is normal.
    Only ``fresh`` may look healthy."""

    state: FreshnessState
    age_s: float | None = None
    limit_s: float | None = None


NEVER = Freshness("never")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the expected sources speak: ``fresh + stale + silent == expected``."""

    expected: int
    fresh: int
    stale: int = 0
    silent: int = 0

    @property
    def percent(self) -> float | None:
        """Share of fresh sources, 0–100; None when none is expected."""
        return 100.0 * self.fresh / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether the person may do it; when not, ``reason`` says why (the access decision's words)."""

    allowed: bool
    reason: ShownText = NO_TEXT


ALLOWED = Permission(True)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. ``roles`` are the access room's; ``may_operate`` opens sources and journal;
    ``unread`` counts notices.
    """

    id: str
    name: str
    department: str
    department_name: ShownText
    roles: tuple[str, ...] = ()
    may_operate: bool = False
    unread: int = 0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the secret ``token`` goes into the browser's cookie, and only its hash is kept."""

    token: str
    person: Person
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AreaRef:
    """An area as it is named on screen."""

    id: str
    name: ShownText
    kind: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One thing that happened: ``text`` is the whole sentence; ``reason`` opens why."""

    at: datetime
    text: ShownText
    actor: str = ""
    action: str = ""
    level: ShownLevel | None = None
    reason: ShownReason | None = None
    journal_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name. ``baseline`` is the same number without the hub (or in the other run);
    ``better`` says in which direction it improves. ``note`` says how it was computed."""

    key: str
    name: ShownText
    value: float | None
    unit: str
    better: Literal["higher", "lower", "none"] = "none"
    baseline: float | None = None
    note: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class HubStatus:
    """The hub itself, shown in the frame of every page.

    ``now`` is the hub's clock (virtual in a drill); ``seq`` the newest position of the change stream;
    ``bounds`` west, south, east, north in degrees; ``earliest`` the first moment pages can be put back to;
    ``problems`` sentences about parts that do not work (shown until gone); ``drill`` its name, in a drill;
    ``attribution`` the notice that the licence of the map data asks for.
    """

    city: str
    city_name: ShownText
    zone: str
    now: datetime
    seq: int
    bounds: tuple[float, float, float, float]
    set_up: bool
    earliest: datetime | None = None
    drill: ShownText | None = None
    problems: tuple[ShownText, ...] = ()
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class LiveChange:
    """One change of the stream, as small as the browser needs it."""

    seq: int
    kind: str
    subject: str


GeoJson = Mapping[str, Any]
