"""Corrections: said with evidence by who may see the datum, answered in time, told to all who had it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sharing.office import APPLICANT, COLLEAGUE, PROVIDER, RESIDENTS, Office

from chengshu.foundation.journal import changes_after, entries_about
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing
from chengshu.resources.sharing import Corrections, Party, Residents, Terms

CLERK = Party("person-clerk", "data-bureau", "Clerk")
CLAIM, SHOWN = "she moved to the west in May", "the household register, page 2"


@pytest.fixture
def corrections(office: Office) -> Corrections:
    parts = (office.database, office.clock, office.queries, office.duties, office.gate.subject_token)
    residents = Residents(*parts, Terms(limits={"lookups_per_hour": 2}))
    return Corrections(office.database, office.duties, residents.counted_token)


def answers(office: Office) -> list[dict[str, Any]]:
    """What the stream says of corrections that were answered: the notices follow from it."""
    with office.database.read() as connection:
        found = changes_after(connection, 0, ("sharing.correction_answered",), 100)
        return [dict(change.payload) for change in found]


def test_a_correction_is_told_to_all_who_had_the_field_and_marked_in_the_quality_record(
    office: Office, corrections: Corrections
) -> None:
    request = office.supplied()
    used = office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose).use.seq
    item = corrections.ask(request.grant_id, "row 7", "district", CLAIM, SHOWN, APPLICANT)
    assert (item.provider, item.department, item.state) == ("civil", "emergency", "open")
    assert [one.clock.kind for one in office.queries.ticking(office.clock.now(), "civil")] == ["correction"]
    assert answers(office) == []
    done = corrections.answer(item.id, PROVIDER, corrected=True, reason="mended at the source")
    assert done.told == ("emergency",)
    [answer] = answers(office)
    assert (answer["told"], answer["uses"], answer["field"]) == (
        ["emergency"],
        {"emergency": [used]},
        "district",
    )
    assert office.queries.ticking(office.clock.now(), "civil") == []
    with office.database.read() as connection:
        marks = [one for one in entries_about(connection, RESIDENTS) if one.action == "quality.corrected"]
    assert [one.body["correction"] for one in marks] == [item.id]
    with pytest.raises(Conflict):
        corrections.answer(item.id, PROVIDER, corrected=False, reason="no, it stands")


def test_a_refusal_is_told_to_who_asked_and_to_nobody_else(office: Office, corrections: Corrections) -> None:
    request = office.supplied()
    office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose)
    item = corrections.ask(request.grant_id, "row 7", "", CLAIM, SHOWN, APPLICANT)
    done = corrections.answer(item.id, PROVIDER, corrected=False, reason="the register says east")
    assert done.told == ("emergency",) and answers(office)[0]["state"] == "declined"
    with office.database.read() as connection:
        assert not [one for one in entries_about(connection, RESIDENTS) if one.action == "quality.corrected"]


def test_a_resident_is_heard_at_the_counter_and_only_who_had_their_data_is_told(
    office: Office, corrections: Corrections
) -> None:
    request = office.supplied()
    office.gate.query(request.grant_id, COLLEAGUE, request.ask.purpose)
    number = str(office.tables[RESIDENTS]["id_number"][1])
    item = corrections.ask_for_resident(number, RESIDENTS, "district", CLAIM, SHOWN, CLERK)
    assert item.department == "" and number not in item.record
    assert item.record == office.gate.subject_token(number)
    with office.database.read() as connection:
        told = [one.body for one in entries_about(connection, item.id)]
    assert number not in str(told)
    assert corrections.answer(item.id, PROVIDER, corrected=True, reason="mended").told == ("emergency",)
    other = corrections.ask_for_resident("110101199001011237", RESIDENTS, "ward", CLAIM, SHOWN, CLERK)
    assert corrections.answer(other.id, PROVIDER, corrected=True, reason="mended").told == ()
    with pytest.raises(Exception, match="questions were asked"):
        corrections.ask_for_resident(number, RESIDENTS, "district", CLAIM, SHOWN, CLERK)


def test_who_has_no_grant_no_evidence_or_no_such_field_is_refused(
    office: Office, corrections: Corrections
) -> None:
    request = office.granted()
    with pytest.raises(Invalid, match="nothing was supplied"):
        corrections.ask(request.grant_id, "row 7", "district", CLAIM, SHOWN, APPLICANT)
    office.desk.supply(request.id, PROVIDER, "through the gate")
    for error, parts in (
        (Denied, ("row 7", "district", CLAIM, SHOWN, Party("x", "parks"))),
        (Invalid, ("row 7", "allowance", CLAIM, SHOWN, APPLICANT)),
        (Invalid, ("row 7", "district", CLAIM, "", APPLICANT)),
        (Invalid, ("row 7", "district", "", SHOWN, APPLICANT)),
        (Invalid, (" ", "district", CLAIM, SHOWN, APPLICANT)),
    ):
        with pytest.raises(error):
            corrections.ask(request.grant_id, *parts)
    with pytest.raises(Missing):
        corrections.ask("grant-none", "row 7", "district", CLAIM, SHOWN, APPLICANT)
    with pytest.raises(Invalid):
        corrections.ask_for_resident("12", RESIDENTS, "", CLAIM, SHOWN, CLERK)
    own = corrections.ask(request.grant_id, "row 7", "", CLAIM, SHOWN, Party(PROVIDER.person, "emergency"))
    with pytest.raises(Denied, match="of their own"):
        corrections.answer(own.id, PROVIDER, corrected=True, reason="mended")
    with pytest.raises(Denied):
        corrections.answer(own.id, Party("y", "emergency"), corrected=True, reason="mended")


def test_the_clock_runs_out_in_the_sight_of_the_bureau(office: Office, corrections: Corrections) -> None:
    request = office.supplied()
    item = corrections.ask(request.grant_id, "row 7", "district", CLAIM, SHOWN, APPLICANT)
    office.wait(days=17)
    late = [one for one in office.queries.ticking(office.clock.now()) if one.clock.subject == item.id]
    assert late[0].overdue and late[0].clock.escalated_at
