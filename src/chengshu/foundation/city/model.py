"""The frozen models of a city folder and of the scenario packages installed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chengshu.kernel.areas import AreaTree
from chengshu.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Department:
    """A body that has duties: ``id`` such as ``water``; ``parent`` for a sub-office; ``area`` it serves."""

    id: str
    name: Text
    area: str
    parent: str | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the duty list (權責清單): for this matter in this area, who leads, assists, stands in.

    ``matter`` is a task or event class (``drainage.pump``); ``area`` an area id, valid for all below it.
    """

    matter: str
    area: str
    lead: str
    assist: tuple[str, ...] = ()
    fallback: str | None = None
    on_duty: Mapping[str, Any] = field(default_factory=dict)  # optional rota: shift → person


@dataclass(frozen=True, slots=True)
class Scenario:
    """An installed scenario package: where it lies, and the city's overlay over it.

    Files are found by :meth:`file`: the overlay's file wins over the package's of the same name.
    """

    id: str
    name: Text
    version: str
    folder: Path
    overlay: Path
    settings: Mapping[str, Any] = field(default_factory=dict)  # thresholds and rules: package ← city ← --set

    def file(self, name: str) -> Path | None:
        """The path of ``name`` in the overlay, else in the package, else None."""
        for folder in (self.overlay, self.folder):
            if (path := folder / name).is_file():
                return path
        return None


@dataclass(frozen=True, slots=True)
class City:
    """Everything declared of one city; nothing about a place is in the code."""

    id: str
    name: Text
    zone: ZoneInfo
    folder: Path
    areas: AreaTree
    departments: Mapping[str, Department]
    duties: Sequence[Duty]
    calendar: Mapping[str, Any]  # the content of calendar.yaml, for kernel.calendar
    scenarios: Mapping[str, Scenario]
    entities: Sequence[Mapping[str, Any]]  # declared things: {id, type, name, area, lon, lat, …attributes}
    attribution: str = ""  # shown with every map and report


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Flat dotted settings as contexts in contexts: ``level.fill.red`` → ``{level: {fill: {red: …}}}``."""
    tree: dict[str, Any] = {}
    for key, value in settings.items():
        at = tree
        *path, last = key.split(".")
        for step in path:
            at = at.setdefault(step, {})
        at[last] = value
    return tree
