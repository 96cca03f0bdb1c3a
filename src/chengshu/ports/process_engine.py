"""A BPMN engine as the hub needs it: pure steps from snapshot to snapshot, no clock, no storage of its own.

The engine never waits and never writes: it gets the definition, the last snapshot, the instance's data and
one trigger, and returns what follows. Storage, people, timers and side effects are the caller's
(``foundation/processes``), so one transaction holds all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chengshu.kernel.errors import Fault
from chengshu.kernel.texts import Text

NO_TEXT = Text()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a task's form. ``type``: text, number, boolean, choice or photo."""

    name: str
    type: str = "text"
    label: Text = NO_TEXT
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """A node of the diagram with the hub's extension (namespace ``urn:chengshu:bpmn:1``).

    ``kind`` is BPMN's tag (``userTask``); ``process`` the process or sub-process it lies in. Values that
    start with ``=`` are FEEL over the instance's data.
    """

    id: str
    kind: str
    name: Text
    process: str
    line: int = 0
    department: str = ""
    role: str = ""
    matter: str = ""
    clock: str = ""
    escalate: str = ""
    form: str = ""
    handler: str = ""
    decision: str = ""
    result: str = ""
    work: str = ""
    fields: tuple[Field, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """An immutable, checked process. ``hash`` is SHA-256 over ``sources``; the first source is the main file,
    the others hold processes it calls."""

    key: str
    name: Text
    hash: str
    sources: tuple[bytes, ...]
    elements: Mapping[str, Element]


@dataclass(frozen=True, slots=True)
class Wait:
    """What a token waits for: ``timer`` (``due``), ``message`` or ``signal`` (``name``)."""

    kind: str
    name: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """A token: it stands on ``element``; ``number`` stays the same from snapshot to snapshot.

    ``locals`` are the multi-instance item(s) in whose scope it stands. ``waits`` is empty for tasks that
    somebody completes (user, manual and service tasks).
    """

    number: int
    element: str
    waits: tuple[Wait, ...] = ()
    locals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thrown:
    """What the process says to the world: ``kind`` message or signal."""

    kind: str
    name: str
    element: str


@dataclass(frozen=True, slots=True)
class Passed:
    """An element that was finished in this step; ``note`` explains decisions (a rule's outcome)."""

    element: str
    note: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step. ``ended`` is empty while it runs, else ``completed``, ``terminated`` or
    ``error:<code>``."""

    snapshot: bytes
    data: Mapping[str, Any]
    live: tuple[Live, ...]
    passed: tuple[Passed, ...] = ()
    thrown: tuple[Thrown, ...] = ()
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Trigger: begin."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Trigger: the task of token ``number`` is done with ``data``."""

    number: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fail:
    """Trigger: the task of token ``number`` failed with a BPMN error ``code``."""

    number: int
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """Trigger: a message arrived."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """Trigger: a signal was heard."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tick:
    """Trigger: time has passed; whatever is due fires."""


Trigger = Start | Complete | Fail | Message | Signal | Tick


@dataclass(frozen=True, slots=True)
class Setting:
    """The world of one step: the time, the key, how a duration becomes a moment, how a decision is made.

    ``due(start, text)`` takes ISO 8601 or working time (``P3WD``); ``decide(name, context)`` returns the
    value of the DMN decision and a JSON-like explanation.
    """

    now: datetime
    business_key: str
    due: Callable[[datetime, str], datetime]
    decide: Callable[[str, Mapping[str, Any]], tuple[Any, Mapping[str, Any]]]


class ProcessEngine(Protocol):
    """What the hub needs of a BPMN engine."""

    def lint(self, sources: Sequence[bytes]) -> Sequence[Fault]:
        """Every reason why ``sources`` cannot run, with place and remedy; empty when they can.
        Never raises.
        """
        ...

    def calls(self, source: bytes) -> frozenset[str]:
        """Ids of the processes that ``source`` calls and does not hold itself. Raises :class:`Invalid`."""
        ...

    def load(self, sources: Sequence[bytes]) -> Definition:
        """The checked definition. Raises :class:`Invalid` with all faults."""
        ...

    def misfits(self, old: Definition, new: Definition, snapshot: bytes) -> Sequence[Fault]:
        """Why tokens of ``old`` in ``snapshot`` could not go on under ``new``; empty when they can.

        They can when every element a token stands on, or needs behind it, is there and of the same kind.
        """
        ...

    def advance(
        self,
        definition: Definition,
        snapshot: bytes | None,
        data: Mapping[str, Any],
        trigger: Trigger,
        setting: Setting,
    ) -> Step:
        """Run from ``snapshot`` (None with :class:`Start`) until every token waits.

        Deterministic: same arguments, same step. Raises :class:`Conflict` when the token is gone or nobody
        catches the error, :class:`Invalid` when no flow of a gateway holds or a result is unusable.
        """
        ...
