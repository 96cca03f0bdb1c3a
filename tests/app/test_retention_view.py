"""The pages of retention over a real hub: one person proposes, another confirms, the proof is checked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
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
PLACE = "/ledger/retention"
RULES = f"""
rules:
  - {{id: reports, entries: ["{ENTRY}"], keep: P1Y, law: 個人信息保護法 19, basis: no longer than needed}}
"""


@pytest.fixture
def hub(tmp_path: Path, root: Path) -> Iterator[Hub]:
    folder = make_city("mycity", tmp_path)
    (folder / "retention.yaml").write_text(RULES, "utf-8")
    clock = VirtualClock(datetime(2026, 7, 1, 4, tzinfo=UTC))
    manner = Manner(durable=False, threaded=True, strict=True, exercise=True, workers=1)
    hub = open_hub(read_city(folder, root / "scenarios"), tmp_path / "data", clock, SequenceIds(), manner)
    about = About(Text.of("Reports"), "CC-BY-4.0", datasheet=answers())
    hub.datasets.datasets.add(ENTRY, {"reports.csv": table(tmp_path, 3)}, Actor("test:root"), about)
    clock.advance_to(clock.now() + timedelta(days=366))
    yield hub
    hub.close()


def test_two_persons_destroy_what_is_due_and_the_proof_holds(hub: Hub, tmp_path: Path) -> None:
    doors = doors_of(hub, tmp_path / "drills")
    lin, mei = (enter(hub, doors, login, Grant("administrator")) for login in ("lin", "mei"))
    operator, viewer = enter(hub, doors, "op", Grant("operator")), enter(hub, doors, "wu", Grant("viewer"))
    [due] = hub.retention.queries.due(hub.clock.now())
    what = {"entry": ENTRY, "root": due.root, "why": "the year is over"}
    assert viewer.post(f"{PLACE}/propose", data=what).status_code == 403
    page = lin.get(PLACE).text
    assert "個人信息保護法 19" in page and due.root in page
    assert lin.post(f"{PLACE}/propose", data=what).status_code == 200
    [proposal] = hub.retention.queries.proposals()
    told = {"proposal": proposal.id}
    assert lin.post(f"{PLACE}/confirm", data=told).status_code == 403  # not the same person
    assert operator.post(f"{PLACE}/confirm", data=told).status_code == 403  # not this role
    held = {"entry": ENTRY, "reason": "a case before the court"}
    assert mei.post(f"{PLACE}/hold", data=held).status_code == 200
    assert mei.post(f"{PLACE}/confirm", data=told).status_code == 409
    [hold] = hub.retention.queries.holds()
    mei.post(f"{PLACE}/release", data={"hold": hold.id, "reason": "closed"})
    digest = due.items[0].digest
    assert hub.datasets.vault.holds(digest)
    page = mei.post(f"{PLACE}/confirm", data=told).text
    assert "It is being carried out" in page
    hub.retention.finisher.tick(hub.clock.now())
    assert not hub.datasets.vault.holds(digest)
    [done] = hub.retention.queries.destructions()
    page = viewer.get(f"{PLACE}/deletions/{done.id}", params={"digest": digest}).text
    assert "The proof holds" in page and "Yes: version/1/reports.csv" in page
    assert "Nothing is due" in lin.get(PLACE).text
    assert "destroyed" in lin.get(f"/ledger/datasets/{ENTRY}").text
