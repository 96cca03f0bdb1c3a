"""A hub with a register of people, a provider, an applicant and a data bureau; served or asked directly."""

from __future__ import annotations

import threading
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from tests.waiting import PATIENCE_S, listening, until

from chengshu.app.http import make_app
from chengshu.app.hub import Hub, Manner, open_hub
from chengshu.app.newcity import make_city
from chengshu.app.serve import Doors, doors_of
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.ids import TimeIds
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Distribution, Field, Origin, Resource

PASSWORD = "a quiet river at night"
ROOT = Actor("test:root")
ENTRY = "urn:chengshu:resource:files:people.csv"
PURPOSE = "call those who need help before the storm"
PEOPLE = {
    "wang": (Grant("operator", "emergency"),),
    "li": (Grant("operator", "civil"),),
    "chen": (Grant("lead", "data-bureau"),),
    "song": (Grant("duty_officer"),),
    "zheng": (Grant("auditor"),),
}
BODIES = """
- id: civil
  name: {en: Civil Affairs Bureau, zh-Hans: 民政局, zh-Hant: 民政局}
  area: city
  parent: command_centre
- id: data-bureau
  name: {en: Data Bureau, zh-Hans: 数据局, zh-Hant: 數據局}
  area: city
  parent: command_centre
"""
NUMBER = "11010119500101{:04d}"


def people_of(count: int) -> str:
    """Made-up residents, as CSV; their numbers have no valid check digit on purpose."""
    streets = ["Harbour Road", "Hill Lane", "Hill Lane", "Mill Lane"]
    lines = [
        f"{NUMBER.format(at)},{'王李张刘陈'[at % 5]}某{at},1380000{at:04d},{streets[at % 4]}"
        for at in range(count)
    ]
    return "\n".join(["id_number,name,mobile,street", *lines])


class Office:
    """A hub with a register, served on a port of this machine."""

    def __init__(self, folder: Path, scenarios: Path) -> None:
        city = make_city("mycity", folder)
        (city / "files").mkdir()
        (city / "files" / "people.csv").write_text(people_of(40), "utf-8")
        (city / "harvest.yaml").write_text(
            "sources:\n  - {id: files, department: civil, connector: {kind: folder, path: files}}\n"
        )
        (city / "sharing.yaml").write_text("anomalies: {bulk_rows: 20}\n")
        with (city / "departments.yaml").open("a", encoding="utf-8") as file:
            file.write(BODIES)
        clock = SystemClock()
        manner = Manner(durable=False, workers=1)
        self.hub: Hub = open_hub(read_city(city, scenarios), folder / "data", clock, TimeIds(clock), manner)
        self.doors: Doors = doors_of(self.hub, folder / "drills")
        self.hub.ledger.put([register()], ROOT)
        for login, grants in (PEOPLE | {"root": (Grant("administrator"),)}).items():
            self.add(login, *grants)
        parts = (self.doors.view, self.doors.tokens, self.doors.guard, self.doors.broker)
        self.app: FastAPI = make_app(self.hub, *parts)
        self._socket = listening()
        self.port = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.app,
                log_level="error",
                timeout_graceful_shutdown=1,
            )
        )
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._server.run, args=([self._socket],), daemon=True),
            threading.Thread(target=self.hub.pump.run, args=(self._stop,), daemon=True),
        ]

    def add(self, login: str, *grants: Grant) -> str:
        """Somebody more; the account's id."""
        person = self.doors.accounts.create_account(login, login.title(), grants, ROOT)
        self.doors.accounts.set_password(person.id, PASSWORD, ROOT)
        return person.id

    def start(self) -> None:
        """Serve, and let the hub live."""
        for thread in self._threads:
            thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        """Stop what runs, then close the hub."""
        self._server.should_exit = True
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(PATIENCE_S)
        self.hub.close()


def register() -> Resource:
    """The entry, as grading left it."""
    return Resource(
        ENTRY,
        "dataset",
        Text("People who need help", "需要帮助的居民", "需要幫助的居民"),
        provider="civil",
        sharing="conditional",
        sharing_condition="for emergencies",
        fields=(
            Field("id_number", category="identity_number", grade="general-4"),
            Field("name", category="person_name", grade="general-3"),
            Field("mobile", category="mobile", grade="general-3"),
            Field("street", grade="general-1"),
        ),
        distributions=(Distribution("file:people.csv", format="csv", local=True),),
        origin=Origin("files", "people.csv"),
    )
