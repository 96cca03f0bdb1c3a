"""A resident at the counter: who had my data, in plain facts; the question is on record, and limited."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.sharing.office import COLLEAGUE, RESIDENTS, Office

from chengshu.foundation.access import TooMany
from chengshu.foundation.journal import entries_about
from chengshu.kernel.errors import Invalid, Missing, Unauthenticated
from chengshu.resources.sharing import Party, Residents, Terms

CLERK = Party("person-clerk", "data-bureau", "Clerk")
TERMS = Terms(counters=("service-centre",), limits={"lookups_per_hour": 3})


@pytest.fixture
def residents(office: Office) -> Residents:
    parts = (office.database, office.clock, office.queries, office.duties, office.gate.subject_token)
    return Residents(*parts, TERMS)


def number_of(office: Office, row: int) -> str:
    return str(office.tables[RESIDENTS]["id_number"][row])


def test_a_resident_learns_who_had_which_data_what_for_and_on_what_ground(
    office: Office, residents: Residents
) -> None:
    request = office.supplied(consent=True)
    office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose)
    number = number_of(office, 1)
    (seen,) = residents.tell(f" {number[:6]} {number[6:]} ", CLERK)
    assert (seen.department, seen.resource, seen.basis) == ("emergency", RESIDENTS, request.ask.basis)
    assert seen.consent and not seen.withdrawn
    assert dict(seen.fields)["name"] == "mask"
    assert residents.tell("110101199001011237", CLERK) == []


def test_consent_taken_back_leaves_the_person_out_and_is_told(office: Office, residents: Residents) -> None:
    request = office.supplied(consent=True)
    before = office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose).use.rows
    residents.consent(number_of(office, 1), RESIDENTS, CLERK, given=False)
    assert office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose).use.rows == before - 1
    (seen,) = residents.tell(number_of(office, 1), CLERK)
    assert seen.withdrawn
    with pytest.raises(Missing):
        residents.consent(number_of(office, 1), "urn:x:none", CLERK, given=False)


def test_the_question_is_on_record_by_token_and_never_by_number(
    office: Office, residents: Residents, tmp_path: Path
) -> None:
    number = number_of(office, 1)
    residents.tell(number, CLERK)
    token = office.gate.subject_token(number)
    with office.database.read() as connection:
        (entry,) = entries_about(connection, f"subject:{token}")
    assert (entry.action, entry.actor) == ("sharing.subject_told", CLERK.person)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert number.encode() not in kept and token.encode() in kept


def test_a_clerk_asks_so_often_in_an_hour_and_no_more(office: Office, residents: Residents) -> None:
    for _ in range(3):
        residents.tell("110101199001011237", CLERK)
        office.clock.advance_to(office.clock.now() + timedelta(minutes=10))
    with pytest.raises(TooMany) as caught:
        residents.tell("110101199001011237", CLERK)
    assert caught.value.extra["retry_at"] == "2026-07-06T02:00:00Z"
    residents.tell("110101199001011237", Party("person-other", "data-bureau"))  # each clerk for themselves
    office.clock.advance_to(office.clock.now() + timedelta(minutes=31))
    residents.tell("110101199001011237", CLERK)


@pytest.mark.parametrize("typed", ["", "123", "11010119900101123Y", "urn:x", "1" * 17, "' OR 1=1"])
def test_what_is_no_number_is_said_before_anything_is_looked_up(
    office: Office, residents: Residents, typed: str
) -> None:
    with pytest.raises(Invalid, match="18 digits") as caught:
        residents.tell(typed, CLERK)
    assert typed == "" or typed not in str(caught.value)
    with office.database.read() as connection:
        assert not entries_about(connection, "subject:")


def test_the_bureau_and_the_declared_counters_answer(residents: Residents) -> None:
    assert residents.departments() == ("data-bureau", "service-centre")


def test_a_code_on_paper_tells_the_same_until_it_is_over(office: Office, residents: Residents) -> None:
    request = office.supplied(consent=True)
    before = office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose).use.rows
    code, ends = residents.give_code(number_of(office, 1), CLERK)
    assert len(code) == 24 and ends == office.clock.now() + timedelta(days=30)
    (seen,) = residents.tell_by_code(code.lower().replace("-", " "))
    assert seen.department == "emergency"
    residents.consent_by_code(code, RESIDENTS, given=False)
    assert office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose).use.rows == before - 1
    office.clock.advance_to(ends)
    with pytest.raises(Unauthenticated):
        residents.tell_by_code(code)


def test_one_code_holds_at_a_time_and_a_lost_one_can_be_ended(office: Office, residents: Residents) -> None:
    number = number_of(office, 1)
    first, _ = residents.give_code(number, CLERK)
    second, _ = residents.give_code(number, CLERK)
    assert first != second and residents.tell_by_code(second) == []
    for wrong in (first, "", "ABCD", f"{second}A"):
        with pytest.raises(Unauthenticated):
            residents.tell_by_code(wrong)
    assert residents.take_code(number, CLERK)
    with pytest.raises(Unauthenticated):
        residents.consent_by_code(second, RESIDENTS, given=False)


def test_who_reads_by_code_is_on_record_and_held_to_a_limit_and_the_code_is_not_kept(
    office: Office, residents: Residents, tmp_path: Path
) -> None:
    number = number_of(office, 1)
    code, _ = residents.give_code(number, CLERK)
    for _ in range(3):
        residents.tell_by_code(code)
    with pytest.raises(TooMany):
        residents.tell_by_code(code)
    token = office.gate.subject_token(number)
    with office.database.read() as connection:
        entries = entries_about(connection, f"subject:{token}")
    assert [entry.action for entry in entries] == ["sharing.code_given", *["sharing.subject_told"] * 3]
    assert [entry.actor for entry in entries] == [CLERK.person, *["resident:by-code"] * 3]
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert code.encode() not in kept and code.replace("-", "").encode() not in kept
