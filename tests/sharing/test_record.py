"""The record of uses: sealed, kept, destroyed with proof; whoever changes it is found out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, update
from tests.sharing.office import (
    APPLICANT,
    PURPOSE,
    Office,
    residents,
)

from chengshu.foundation.journal import entries_about, verify
from chengshu.resources.sharing import Terms, store

DAWN, DUSK = datetime(2026, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)


def test_uses_are_sealed_and_whoever_changes_one_is_found_out(tmp_path: Path) -> None:
    office = Office(tmp_path / "hub.db", Terms(seal_uses=4))
    grant = office.supplied().grant_id
    for _ in range(9):
        office.gate.query(grant, APPLICANT, PURPOSE, limit=1)
    with office.database.read() as connection:
        assert store.last_sealed(connection) == 8
        assert len(entries_about(connection, "uses 1-4")) == 1 and verify(connection).ok
    office.wait(minutes=11)
    with office.database.read() as connection:
        assert store.last_sealed(connection) == 9
    assert office.queries.audit(DAWN, DUSK).seals == ""
    with office.database.read() as connection:
        body = store.bodies_between(connection, 6, 6)[0][2].replace(b'"rows":1', b'"rows":0')
    office.database.write(
        lambda c: c.execute(update(store.uses).where(store.uses.c.seq == 6).values(body=body))
    )
    assert "uses 5 to 8" in office.queries.audit(DAWN, DUSK).seals
    forged = update(store.seals).where(store.seals.c.last == 8).values(digest="0" * 64)
    office.database.write(lambda c: c.execute(forged))
    assert "not the one in the journal" in office.queries.audit(DAWN, DUSK).seals
    office.database.write(lambda c: c.execute(delete(store.seals).where(store.seals.c.last == 8)))
    assert "seal of use 5" in office.queries.audit(DAWN, DUSK).seals


def test_uses_are_kept_three_years_and_destroyed_with_proof(office: Office) -> None:
    grant = office.supplied().grant_id
    office.gate.query(grant, APPLICANT, PURPOSE)
    office.wait(days=365 * 3)
    assert len(office.queries.audit(DAWN, DUSK).uses) == 1
    office.wait(days=2)
    assert office.queries.audit(DAWN, DUSK).uses == ()
    with office.database.read() as connection:
        [sealed, gone] = entries_about(connection, "uses 1-1")
        assert gone.action == "sharing.uses_destroyed" and gone.body["digest"] == sealed.body["digest"]
        assert store.last_seq(connection) == 1  # numbers are never given twice
    assert office.queries.who_used(office.gate.subject_token(residents().to_pylist()[1]["id_number"])) == []
    assert office.queries.audit(DAWN, DUSK).seals == ""
