"""What the departments of a demo asked each other for: the desk of sharing is not empty on the first day.

Played once, through the same desk and gate as everybody's requests, when the entries have been harvested and
graded. What was asked already is not asked again, so a demo that was killed goes on where it stopped.
"""

from __future__ import annotations

import threading
from typing import Literal

import structlog
from pydantic import Field

from chengshu.app.hub import Hub
from chengshu.foundation.city import City
from chengshu.foundation.declared import Declaration, checked, read_document
from chengshu.kernel.errors import ChengshuError
from chengshu.resources.sharing import Ask, Party, Request

FILE = "desk.yaml"
_EVERY_S = 1.0
_log = structlog.get_logger("chengshu.demo")


class Asked(Declaration):
    """A request, and what became of it: granted and used so many times, refused, objected to, or waiting."""

    department: str
    entry: str
    fields: tuple[str, ...] = Field(min_length=1)
    rows: str = ""
    purpose: str
    basis: str
    duration: str = "P30D"
    manner: Literal["query", "api", "file"] = "query"
    program: str = ""  # of the department: it uses the grant in its place
    assessment: str = ""  # of the risk, where the city's table of sources or the grade wants one
    granted: str = ""  # why
    agreement: str = ""  # of the firm or body whose data they are
    uses: int = Field(0, ge=0, le=20)
    refused: str = ""  # why
    law: str = ""
    objection: str = ""  # on what ground


class DeskFile(Declaration):
    """drills/desk.yaml of a city."""

    asked: tuple[Asked, ...]


def read_desk(city: City) -> tuple[Asked, ...]:
    """What is to be asked; nothing where the city does not say. Raises :class:`Invalid`."""
    path = city.folder / "drills" / FILE
    return checked(DeskFile, read_document(path)).asked if path.is_file() else ()


class DeskThread:
    """Asks each thing as soon as its entry is there and graded, beside the storm."""

    def __init__(self, hub: Hub, asked: tuple[Asked, ...]) -> None:
        self._hub, self._left = hub, list(asked)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chengshu-demo-desk", daemon=True)

    def start(self) -> None:
        """Begin, when there is anything to ask."""
        if self._left:
            self._thread.start()

    def stop(self) -> None:
        """Finish the request under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while self._left and not self._stop.is_set():
            entries = self._hub.ledger_queries.many([asked.entry for asked in self._left])
            for asked in [one for one in self._left if one.entry in entries and entries[one.entry].grade]:
                self._left.remove(asked)
                try:
                    play(self._hub, asked)
                except ChengshuError as error:  # somebody has changed the desk or the data meanwhile
                    _log.warning("not asked", entry=asked.entry, error=error.fault.detail)
            self._stop.wait(_EVERY_S)


def play(hub: Hub, asked: Asked) -> Request | None:
    """Ask, answer and use. None when the department has asked for this entry before."""
    desk, applicant = hub.sharing.desk, _of(asked.department)
    before = hub.sharing.queries.page(limit=200)
    if any(one.ask.resource == asked.entry and one.by.department == asked.department for one in before):
        return None
    request = desk.submit(
        Ask(
            asked.entry,
            asked.fields,
            asked.rows,
            asked.purpose,
            asked.basis,
            asked.duration,
            (asked.department, *([f"client:{asked.program}"] if asked.program else [])),
            asked.manner,
            assessment=asked.assessment,
        ),
        applicant,
    )
    provider = _of(request.provider)
    if asked.granted and request.state == "review":
        request = desk.grant(request.id, provider, asked.granted, agreement=asked.agreement)
    if asked.refused and request.state == "review":
        request = desk.refuse(request.id, provider, asked.refused, law=asked.law)
        if asked.objection:
            request = desk.object(request.id, applicant, asked.objection)
    if request.state == "granted":
        request = desk.supply(request.id, provider, "the hub")
        user = Party(f"client:{asked.program}", "", asked.program) if asked.program else applicant
        for _ in range(asked.uses):
            hub.sharing.gate.query(request.grant_id, user, asked.purpose, manner=asked.manner)
    return request


def _of(department: str) -> Party:
    return Party(f"department:{department}", department)
