"""Base libraries: the authority of a key, how well it covers, and one key looked up through the gate."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.sharing.office import APPLICANT, KEY, PURPOSE, RAIN, RESIDENTS, Office, residents

from chengshu.foundation.journal import Actor, entries_about
from chengshu.kernel.errors import Denied, Invalid
from chengshu.resources.grading.checksums import identity_check_character
from chengshu.resources.ledger.model import Origin
from chengshu.resources.libraries import (
    LibraryQueries,
    check_key,
    cover,
    entry_name,
    key_of,
    mark_libraries,
    read_libraries,
)
from chengshu.resources.sharing import Gate, Source

LIBRARIES = """libraries:
- {library: population, entry: civil/residents.csv, key: identity_number, field: id_number}
- {library: credit, entry: market/credit.csv, key: uscc, field: code}
"""
HERE = residents()["id_number"][1].as_py()  # of the east
AWAY = "110101195001019999"


@pytest.fixture
def gate(office: Office, tmp_path: Path) -> Gate:
    """A gate that knows the population library; the register is its authority."""
    (tmp_path / "libraries.yaml").write_text(LIBRARIES)
    declared = read_libraries(tmp_path)
    entry = office.entries.get(RESIDENTS)
    office.ledger.put([replace(entry, origin=Origin("civil", "residents.csv"))], Actor("person:lin"))
    parts = (office.database, office.clock, office.calendar, office.entries, office.desk)
    return Gate(
        *parts, lambda entry: Source(office.tables[entry.id]), KEY, lambda entry: key_of(declared, entry)
    )


def test_one_key_is_looked_up_masked_for_its_purpose_and_on_record(office: Office, gate: Gate) -> None:
    grant = office.supplied().grant.id
    answer = gate.lookup(grant, APPLICANT, PURPOSE, HERE)
    assert len(answer.rows) == 1 and HERE not in answer.rows[0]  # the number itself stays masked
    assert dict(zip(answer.columns, answer.rows[0], strict=True))["district"] == "east"
    assert HERE not in answer.use.filter and answer.use.filter.startswith("key:id_number = ")
    assert gate.lookup(grant, APPLICANT, PURPOSE, AWAY).rows == []
    assert gate.lookup(grant, APPLICANT, PURPOSE, residents()["id_number"][0].as_py()).rows == []  # the west
    with pytest.raises(Denied, match="purpose"):
        gate.lookup(grant, APPLICANT, "out of curiosity", HERE)
    uses = office.queries.life(grant, office.clock.now()).uses
    assert [(use.outcome, use.rows) for use in uses] == [
        ("answered", 1),
        ("answered", 0),
        ("answered", 0),
        ("denied", 0),
    ]
    told = office.queries.who_used(gate.subject_token(HERE))
    assert [seen.purpose for seen in told] == [PURPOSE]  # the person can be told


def test_what_is_no_key_or_not_granted_is_not_asked_by(office: Office, gate: Gate) -> None:
    without = office.supplied(fields=("name", "district"), purpose="names only").grant.id
    with pytest.raises(Denied, match="id_number is no key"):
        gate.lookup(without, APPLICANT, "names only", HERE)
    rain = office.desk.submit(office.ask(resource=RAIN, fields=("station",), rows=""), APPLICANT)
    office.tables[RAIN] = pa.table({"station": ["a"], "mm": [1.0]})
    supplied = office.desk.supply(rain.id, replace(APPLICANT, department="civil", person="li"), "here")
    with pytest.raises(Denied, match="no key"):
        gate.lookup(supplied.grant_id, APPLICANT, PURPOSE, "a")
    with pytest.raises(Denied, match="no key"):  # a gate without libraries has no keys at all
        office.gate.lookup(office.supplied().grant.id, APPLICANT, PURPOSE, HERE)


def test_who_guesses_keys_is_stopped(office: Office, gate: Gate) -> None:
    grant = office.supplied().grant.id
    most = office.desk.terms.anomalies.denied_per_day
    for number in range(most - 1):
        assert gate.lookup(grant, APPLICANT, PURPOSE, f"1101011950010{number:05d}").rows == []
    with pytest.raises(Denied, match="not there were asked"):
        gate.lookup(grant, APPLICANT, PURPOSE, AWAY)
    assert office.queries.request(grant).state == "suspended"
    assert [change.payload["anomaly"] for change in office.changes("sharing.misuse")] == ["probing"]


def test_coverage_counts_what_a_right_key_leads_to() -> None:
    body = "11010119500101123"
    right = body + identity_check_character(body)
    table = pa.table({"id": [right, right, right[:-1] + "0", None, " "]})
    found = cover(table, "id", "identity_number")
    assert found is not None
    assert (found.rows, found.filled, found.different, found.checked) == (5, 3, 2, 2)
    assert found.valid == 2 - (right[-1] != "0")
    assert found.share == pytest.approx(2 / 5 * found.valid / 2)
    assert cover(table, "gone", "uscc") is None


@given(st.integers(0, 99999999999999999))
def test_a_key_that_nobody_can_have_is_refused_before_anything_is_read(number: int) -> None:
    body = f"{number:017d}"
    wrong = body + ("0" if identity_check_character(body) != "0" else "1")
    with pytest.raises(Invalid) as error:
        check_key("identity_number", wrong)
    assert wrong not in str(error.value)


def test_the_authority_says_so_in_the_ledger_and_is_found_by_it(
    office: Office, gate: Gate, tmp_path: Path
) -> None:
    declared = read_libraries(tmp_path)
    assert mark_libraries(declared, office.ledger, office.entries) == 1
    assert mark_libraries(declared, office.ledger, office.entries) == 0
    (entry,) = office.entries.page(base_library="population")
    assert (entry.id, entry_name(entry)) == (RESIDENTS, "civil/residents.csv")
    with office.database.read() as connection:
        assert entries_about(connection, RESIDENTS)[-1].actor == "hub:libraries"


def test_the_five_stand_with_what_is_known_of_them(office: Office, gate: Gate, tmp_path: Path) -> None:
    from chengshu.resources.quality import store

    office.database.create(store.metadata)
    grant = office.supplied().grant.id
    gate.lookup(grant, APPLICANT, PURPOSE, HERE)
    gate.lookup(grant, APPLICANT, PURPOSE, AWAY)
    queries = LibraryQueries(
        office.database,
        office.entries,
        read_libraries(tmp_path),
        lambda entry: Source(office.tables[entry.id]),
    )
    found = {item.library: item for item in queries.all(office.clock.now())}
    assert list(found) == ["population", "legal_persons", "geography", "certificates", "credit"]
    people = found["population"]
    assert people.entry is not None and people.coverage is not None
    assert (people.coverage.rows, people.coverage.different, people.lookups, people.found) == (60, 60, 2, 1)
    assert found["credit"].declared is not None and found["credit"].entry is None  # named, not harvested yet
    assert found["geography"].declared is None


def test_a_library_has_one_authority(tmp_path: Path) -> None:
    (tmp_path / "libraries.yaml").write_text(
        LIBRARIES + "- {library: credit, entry: a/b, key: uscc, field: x}\n"
    )
    with pytest.raises(Invalid, match="two authorities"):
        read_libraries(tmp_path)
