"""What people are told: a notice, whom it is for, and the inbox line that each person gets. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from chengshu.kernel.texts import Text

Whom = Literal["department", "person", "duty", "role"]


class To(msgspec.Struct, frozen=True, order=True):
    """Whom a notice is for: the officers of a department, one account, who is on duty in an area (empty: the
    whole city), or everybody with a role.
    """

    whom: Whom
    key: str = ""


class Notice(msgspec.Struct, frozen=True):
    """Something that happened and that somebody must know. ``at`` is milliseconds UTC.

    ``parties`` are those it concerns, by what they are to it (``requester``, ``provider``, ``duty`` …): the
    kind, and the city's routes, choose among them. ``link`` is the page of the thing; ``text`` says more in a
    sentence, both in three languages by tag.
    """

    id: str
    kind: str
    subject: str
    at: int
    title: dict[str, str]
    text: dict[str, str]
    link: str
    parties: dict[str, tuple[To, ...]]

    def for_parties(self, names: tuple[str, ...]) -> tuple[To, ...]:
        """Everybody of the named parties, once each."""
        return tuple(dict.fromkeys(to for name in names for to in self.parties.get(name, ())))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice: its name, who gets it unless the city says otherwise, whether it may wait."""

    id: str
    name: Text
    to: tuple[str, ...]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way outside: an address of a channel, and the language that is read there."""

    channel: str
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a notice goes. ``instead`` says that nobody of those it is for has an account, and who got it."""

    accounts: tuple[str, ...]
    ways: tuple[Way, ...]
    urgent: bool
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A notice in somebody's inbox."""

    notice: Notice
    at: datetime
    urgent: bool
    instead: bool
    read_at: datetime | None


class Item(msgspec.Struct, frozen=True):
    """A notice as it leaves the hub."""

    id: str
    kind: str
    at: str
    urgent: bool
    subject: str
    title: dict[str, str]
    text: dict[str, str]
    link: str


class Letter(msgspec.Struct, frozen=True):
    """What the outbox holds for a channel: one notice, or several of them told together."""

    to: str
    language: str
    items: tuple[Item, ...]

    def as_payload(self) -> Mapping[str, object]:
        """The plain form in the outbox."""
        plain: Mapping[str, object] = msgspec.to_builtins(self)
        return plain


def letter_of(payload: Mapping[str, object]) -> Letter:
    """The inverse of :meth:`Letter.as_payload`."""
    return msgspec.convert(payload, Letter)
