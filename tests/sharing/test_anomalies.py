"""What is unlike a grant's own past is noted or blocked, with its numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.sharing.office import (
    APPLICANT,
    COLLEAGUE,
    PURPOSE,
    Office,
    entry,
    residents,
)

from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Denied
from chengshu.resources.ledger import Field
from chengshu.resources.sharing import Terms
from chengshu.resources.sharing.declared import Thresholds

DAWN, DUSK = datetime(2026, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)


def steady(office: Office, count: int = 12) -> str:
    """A grant that gave five rows a day for some days."""
    grant = office.supplied(duration="P1Y", fields=("id_number", "name", "mobile", "district")).grant_id
    for _ in range(count):
        office.gate.query(grant, APPLICANT, PURPOSE, fields=("name", "district"), limit=5)
    return grant


def test_bulk_at_three_in_the_morning_is_blocked_and_tells_the_duty_desk(tmp_path: Path) -> None:
    limits = Thresholds(bulk_least=20, bulk_rows=1000)
    office = Office(tmp_path / "hub.db", Terms(anomalies=limits), rows=300)
    grant = steady(office, 3)
    office.clock.advance_to(datetime(2026, 7, 6, 19, tzinfo=UTC))
    with pytest.raises(Denied, match="outside working time"):
        office.gate.query(grant, APPLICANT, PURPOSE)
    [misuse] = office.changes("sharing.misuse")
    assert misuse.payload["anomaly"] == "off_hours_bulk" and misuse.payload["blocked"] is True
    request = office.queries.life(grant, office.clock.now()).request
    assert request.state == "suspended"
    with pytest.raises(Denied, match="suspended"):
        office.gate.query(grant, APPLICANT, PURPOSE, limit=1)
    audit = office.queries.audit(DAWN, DUSK)
    assert audit.outcomes == {"answered": 3, "blocked": 1, "denied": 1} and audit.suspended == (request.id,)


def test_bulk_against_ones_own_past(tmp_path: Path) -> None:
    office = Office(tmp_path / "hub.db", Terms(anomalies=Thresholds(bulk_least=20)), rows=300)
    grant = steady(office)
    with pytest.raises(Denied, match="rows; this grant gave 5"):
        office.gate.query(grant, APPLICANT, PURPOSE, fields=("name", "district"))
    [misuse] = office.changes("sharing.misuse")
    assert misuse.payload["reason"]["inputs"] == {"rows": 200, "usual": "5", "uses": 12, "limit": "100"}


def test_many_small_uses_are_a_large_one(tmp_path: Path) -> None:
    office = Office(tmp_path / "hub.db", Terms(anomalies=Thresholds(bulk_rows=30)))
    grant = office.supplied().grant_id
    for _ in range(3):
        office.gate.query(grant, APPLICANT, PURPOSE, limit=10)
    with pytest.raises(Denied, match="40 rows today"):
        office.gate.query(grant, APPLICANT, PURPOSE, limit=10)
    assert len(office.changes("sharing.misuse")) == 1


def test_new_fields_are_noted_and_not_blocked(office: Office) -> None:
    grant = steady(office)
    answer = office.gate.query(grant, APPLICANT, PURPOSE, fields=("mobile",), limit=5)
    assert [note.rule for note in answer.notes] == ["sharing.anomaly.fields"]
    assert [change.payload["anomaly"] for change in office.changes("sharing.unusual")] == ["fields"]


def test_reading_two_registers_together_for_the_first_time_is_noted(office: Office) -> None:
    cards = "urn:chengshu:resource:cards"
    office.ledger.put(
        entry(cards, fields=(Field("id_number", category="identity_number", grade="general-3"),)),
        Actor("lin"),
    )
    office.tables[cards] = residents().select(["id_number"])
    one = office.supplied().grant_id
    two = office.supplied(resource=cards, fields=("id_number",), rows="").grant_id
    assert office.gate.query(one, APPLICANT, PURPOSE, limit=2).notes == ()
    notes = office.gate.query(two, APPLICANT, PURPOSE, limit=2).notes
    assert [note.rule for note in notes] == ["sharing.anomaly.joins"] and one in notes[0].text.zh_hans
    assert office.gate.query(two, COLLEAGUE, PURPOSE, limit=2).notes == ()  # another person
    assert office.gate.query(two, APPLICANT, PURPOSE, limit=2).notes == ()  # no longer the first time


def test_too_many_denied_attempts_suspend(tmp_path: Path) -> None:
    office = Office(tmp_path / "hub.db", Terms(anomalies=Thresholds(denied_per_day=3)))
    grant = office.supplied().grant_id
    for _ in range(3):
        with pytest.raises(Denied, match="purpose"):
            office.gate.query(grant, APPLICANT, "something else")
    assert [change.payload["anomaly"] for change in office.changes("sharing.misuse")] == ["probing"]
    with pytest.raises(Denied, match="suspended"):
        office.gate.query(grant, APPLICANT, PURPOSE)
