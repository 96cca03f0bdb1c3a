"""The pages of datasets over a real hub: two people label, a third settles, a version is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.app.test_knowledge_view import enter
from tests.datasets.room import ENTRY, answers, table

from chengshu.app.hub import Hub, Manner, open_hub
from chengshu.app.newcity import make_city
from chengshu.app.serve import doors_of
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.datasets import About

pytestmark = pytest.mark.slow  # opens a whole hub
PAGE = f"/ledger/datasets/{ENTRY}"
FORM = {"entry": ENTRY, "labels": "kind"}


@pytest.fixture
def hub(tmp_path: Path, root: Path) -> Iterator[Hub]:
    city = read_city(make_city("mycity", tmp_path), root / "scenarios")
    clock = VirtualClock(datetime(2026, 7, 1, 4, tzinfo=UTC))
    manner = Manner(durable=False, threaded=True, strict=True, exercise=True, workers=1)
    hub = open_hub(city, tmp_path / "data", clock, SequenceIds(), manner)
    about = About(Text.of("Reports"), "CC-BY-4.0", datasheet=answers())
    hub.datasets.datasets.add(ENTRY, {"reports.csv": table(tmp_path, 3)}, Actor("test:root"), about)
    yield hub
    hub.close()


def say(client: TestClient, place: int, value: str, settle: str = "") -> int:
    form = FORM | {"place": str(place), "value": value, "settle": settle}
    return client.post("/ledger/labelling/say", data=form, follow_redirects=False).status_code


def test_two_label_and_a_third_settles_in_the_pages(hub: Hub, tmp_path: Path) -> None:
    doors = doors_of(hub, tmp_path / "drills")
    an, bo, cy = (enter(hub, doors, login, Grant("operator")) for login in ("an", "bo", "cy"))
    viewer = enter(hub, doors, "viewer", Grant("viewer"))
    begin = {"entry": ENTRY, "name": "kind", "unit": "report", "values": "a,b", "columns": "kind"}
    assert viewer.post("/ledger/labelling/begin", data=begin).status_code == 403
    begun = an.post("/ledger/labelling/begin", data=begin | {"file": "reports.csv", "scale": "nominal"})
    assert begun.status_code == 200 and "1 / 3" in begun.text and "水浸" in begun.text
    seen = viewer.get("/ledger/labelling", params=FORM).text
    assert "水浸" not in seen and "needs operator" in seen
    for place, one, other in ((1, "a", "a"), (2, "b", "b"), (3, "a", "b")):
        assert say(an, place, one) == say(bo, place, other) == 303
    assert "Nothing waits" in an.get("/ledger/labelling", params=FORM).text
    assert say(an, 3, "a", "yes") == 403  # who labelled does not settle
    page = cy.get("/ledger/labelling", params=FORM | {"settle": "yes"}).text
    assert "3 / 3" in page and "Two people say" in page
    assert say(cy, 3, "b", "yes") == 303
    page = cy.get(PAGE).text
    assert "3 of 3 units judged by 2" in page and "67%" in page and "You settle in this set" in page
    kept = an.post("/ledger/labelling/keep", data=FORM | {"note": "round one", "end": "yes"})
    assert kept.status_code == 200 and "kind, version 1" in kept.text and "Begin labelling" in kept.text
    decided = {one.unit: one.value for one in hub.datasets.queries.decided(ENTRY, "kind")}
    assert decided == {"r0": "a", "r1": "b", "r2": "b"}
    assert "Reports" in viewer.get("/ledger/datasets").text
    found = viewer.get("/ledger/datasets/croissant", params={"entry": ENTRY}).json()
    assert found["recordSet"][0]["field"][0]["name"] == "report" and found["version"] == "1.0.0"
