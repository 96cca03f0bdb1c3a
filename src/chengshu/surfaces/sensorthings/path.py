"""Reads resource paths: ``Things('a')/Datastreams/…`` (OGC 18-088, clause 9.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from chengshu.kernel.errors import Missing
from chengshu.surfaces.sensorthings.errors import BadRequest
from chengshu.surfaces.sensorthings.node import WAYS, is_single

_STEP = re.compile(r"(?P<name>[$\w@.]+)(?:\((?P<id>'(?:[^']|'')*'|[^()']+)\))?")
_MOST_STEPS = 8


class Step(NamedTuple):
    """One part of a path: a set or a way of ``set``, and perhaps one entity of it."""

    name: str
    set: str
    id: str | None

    @property
    def many(self) -> bool:
        """Whether the step ends at a collection."""
        return self.id is None and not is_single(self.name)


class Address(NamedTuple):
    """A path, and what of its end is wanted: a member, its raw value, or links alone."""

    steps: tuple[Step, ...]
    member: str = ""
    raw: bool = False
    links: bool = False


def read_path(path: str) -> Address:
    """The address of a path below the service root. Raises :class:`Missing` or :class:`BadRequest`."""
    words = _words(path)
    steps: list[Step] = []
    member, raw, links = "", False, False
    for name, key in words:
        if raw or links or (member and name != "$value"):
            raise _missing(path)
        if name == "$ref" and steps and key is None:
            links = True
        elif name == "$value" and member and key is None:
            raw = True
        elif not steps or name in WAYS[steps[-1].set]:
            steps.append(_step(steps, name, key, path))
        elif key is None and not steps[-1].many:
            member = name
        else:
            raise _missing(path)
    return Address(tuple(steps), member, raw, links)


def _step(steps: list[Step], name: str, key: str | None, path: str) -> Step:
    if steps and steps[-1].many:
        raise BadRequest(
            "path-ambiguous",
            f"{steps[-1].name} is a collection",
            where=path[:200],
            remedy=f"name one of it: {steps[-1].name}('id')/{name}",
        )
    if not steps and name not in WAYS:
        raise _missing(path)
    if key is not None and is_single(name):
        raise _missing(path)
    if key is not None and key.startswith("'"):
        key = key[1:-1].replace("''", "'")
    return Step(name, name if not steps else WAYS[steps[-1].set][name], key)


def _words(path: str) -> list[tuple[str, str | None]]:
    words: list[tuple[str, str | None]] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or len(words) >= _MOST_STEPS:
            raise _missing(path)
        words.append((found["name"], found["id"]))
        at = found.end()
        if at < len(path) and path[at] != "/":
            raise _missing(path)
        at += 1
    return words


def _missing(path: str) -> Missing:
    return Missing(
        "address-missing",
        f"there is nothing at {path[:200]}",
        where=path[:200],
        remedy="start with one of " + ", ".join(WAYS),
    )
