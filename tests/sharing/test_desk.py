"""The desk: what is asked, told, decided, objected to, supplied and ended, by whom, when, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.examples import examples
from tests.sharing.office import APPLICANT, BUREAU, PROVIDER, RAIN, RESIDENTS, SECRET, STRANGER, Office

from chengshu.foundation.journal import Actor, entries_about, verify
from chengshu.kernel.errors import ChengshuError, Conflict, Denied, Invalid, Missing
from chengshu.resources.ledger import Field
from chengshu.resources.sharing import Party, store
from chengshu.resources.sharing.model import TRANSITIONS


def due(office: Office, id_: str, kind: str) -> datetime:
    with office.database.read() as connection:
        clock = store.find_clock(connection, id_, kind)
    assert clock is not None and clock.due_at
    return datetime.fromtimestamp(clock.due_at / 1000, UTC)


def test_unconditional_data_are_granted_by_rule_at_once(office: Office) -> None:
    request = office.desk.submit(office.ask(resource=RAIN, fields=("mm",), rows=""), APPLICANT)
    assert request.state == "granted"
    assert request.reason["rule"] == "route.unconditional"
    assert set(request.reason["text"]) == {"en", "zh-Hans", "zh-Hant"}
    assert [field.treatment for field in request.grant.fields] == ["show"]


def test_data_that_are_not_shared_are_refused_with_the_law(office: Office) -> None:
    request = office.desk.submit(office.ask(resource=SECRET, fields=("a",), rows=""), APPLICANT)
    assert (request.state, request.reason["law"]) == ("refused", "保密法 9")


def test_core_data_are_refused_even_when_only_the_filter_looks_at_them(office: Office) -> None:
    request = office.desk.submit(office.ask(fields=("district",), rows='ward = "x"'), APPLICANT)
    assert (request.state, request.reason["rule"]) == ("refused", "route.core")


def test_conditional_data_wait_ten_working_days_for_their_provider(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    assert request.state == "review"
    # from Monday the 6th, with a holiday on Friday the 10th: Tuesday the 21st, closing time in Shanghai
    assert due(office, request.id, "answer") == datetime(2026, 7, 21, 9, 30, tzinfo=UTC)
    office.desk.extend(request.id, PROVIDER, "the register is being moved")
    assert due(office, request.id, "answer") == datetime(2026, 8, 4, 9, 30, tzinfo=UTC)
    with pytest.raises(Conflict, match="once"):
        office.desk.extend(request.id, PROVIDER, "once more")


def test_what_is_overdue_is_told_once_and_stays_visible(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    office.wait(days=40)
    assert [change.subject for change in office.changes("sharing.overdue")] == [request.id]
    ticking = office.queries.ticking(office.clock.now(), "civil")
    assert [item.overdue for item in ticking] == [True]
    assert ticking[0].left < 0


def test_everything_missing_is_told_at_once_and_only_once(office: Office) -> None:
    request = office.desk.submit(office.ask(purpose="", duration="", basis=" "), APPLICANT)
    assert request.state == "incomplete"
    assert {item["item"] for item in request.told} == {"purpose", "duration", "basis"}
    office.wait(days=100)  # nobody's clock runs
    assert office.queries.ticking(office.clock.now()) == []
    with pytest.raises(Invalid, match="missing"):
        office.desk.complete(request.id, office.ask(purpose=""), APPLICANT)
    assert office.desk.complete(request.id, office.ask(), APPLICANT).state == "review"
    left = office.queries.life(request.id, office.clock.now()).clocks[0].left
    assert left == 10
    with pytest.raises(Conflict, match="told once"):
        office.desk.tell_missing(request.id, PROVIDER, {"plan": "attach the plan"})


def test_the_days_left_are_those_people_count(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)  # Monday; Friday is a local holiday
    left = []
    for _ in range(17):
        clock = office.queries.life(request.id, office.clock.now()).clocks[0]
        left.append(clock.left)
        office.wait(days=1)
    assert left == [10, 10, 9, 8, 7, 7, 7, 7, 6, 5, 4, 3, 2, 2, 2, 1, -1]


def test_the_clock_goes_on_with_the_days_that_are_left(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    office.wait(days=3)  # Thursday: Tuesday and Wednesday are spent
    office.desk.tell_missing(request.id, PROVIDER, {"plan": "attach the plan"})
    office.wait(days=28)
    office.desk.complete(request.id, office.ask(), APPLICANT)
    with office.database.read() as connection:
        clock = store.find_clock(connection, request.id, "answer")
    assert clock is not None and clock.used == 2
    assert due(office, request.id, "answer") == datetime(
        2026, 8, 18, 9, 30, tzinfo=UTC
    )  # 8 days after 6 August


def test_refusal_needs_reason_and_law_and_can_be_objected_to_once(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    for reason, law in (("", "條例 20"), ("not needed", "")):
        with pytest.raises(Invalid, match="why"):
            office.desk.refuse(request.id, PROVIDER, reason, law=law)
    office.desk.refuse(request.id, PROVIDER, "not needed for that", law="條例 20")
    with pytest.raises(Conflict):
        office.desk.grant(request.id, PROVIDER, "after all")  # only a new decision on an objection may
    assert office.desk.object(request.id, APPLICANT, "the plan names these streets").state == "objection"
    with pytest.raises(Denied):
        office.desk.settle(request.id, PROVIDER, upheld=True, reason="ours to say")
    office.desk.settle(request.id, BUREAU, upheld=False, reason="the plan is void", law="條例 20")
    with pytest.raises(Conflict, match="decided"):
        office.desk.object(request.id, APPLICANT, "again and again")


def test_an_objection_can_be_upheld(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    office.desk.refuse(request.id, PROVIDER, "not needed for that", law="條例 20")
    office.desk.object(request.id, APPLICANT, "the plan names these streets")
    settled = office.desk.settle(request.id, BUREAU, upheld=True, reason="the plan is in force")
    assert settled.state == "granted"
    life = office.queries.life(request.id, office.clock.now())
    assert [step.after for step in life.steps] == ["review", "refused", "objection", "granted"]


def test_grades_propose_how_each_field_is_shown_and_the_provider_may_be_stricter(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    granted = office.desk.grant(request.id, PROVIDER, "needed", treatments={"id_number": "tokenise"})
    shown = {field.name: field.treatment for field in granted.grant.fields}
    assert shown == {"id_number": "tokenise", "name": "mask", "mobile": "mask", "district": "show"}


def test_nobody_can_show_core_data_or_important_data_as_they_are(office: Office) -> None:
    fields = (replace(office.entries.get(RESIDENTS).fields[0], grade="important"),)
    office.ledger.put(replace(office.entries.get(RESIDENTS), fields=fields), Actor("person:lin"))
    ask = office.ask(fields=("id_number",), rows="")
    told = office.desk.submit(ask, APPLICANT)
    assert [item["item"] for item in told.told] == ["assessment"]
    request = office.desk.complete(told.id, replace(ask, assessment="report 7"), APPLICANT)
    with pytest.raises(Invalid, match="withheld"):
        office.desk.grant(request.id, PROVIDER, "as proposed")
    with pytest.raises(Invalid, match="never shown"):
        office.desk.grant(request.id, PROVIDER, "as it is", treatments={"id_number": "show"})
    granted = office.desk.grant(request.id, PROVIDER, "tokens will do", treatments={"id_number": "tokenise"})
    assert granted.state == "granted"


def test_what_is_granted_already_is_not_asked_again(office: Office) -> None:
    first = office.supplied()
    with pytest.raises(Conflict, match="already") as told:
        office.desk.submit(office.ask(fields=("name",)), APPLICANT)
    assert first.grant_id in str(told.value)
    other = office.desk.submit(office.ask(fields=("name",), purpose="something else"), APPLICANT)
    assert other.reuse == (first.grant_id,)


def test_a_grant_may_be_asked_for_again_before_it_ends(office: Office) -> None:
    first = office.supplied(duration="P40D")
    with pytest.raises(Conflict):
        office.desk.submit(office.ask(), APPLICANT)
    office.wait(days=31)
    assert office.desk.submit(office.ask(), APPLICANT).reuse == (first.grant_id,)


def test_an_entry_with_the_same_fields_that_is_freer_is_named(office: Office) -> None:
    open_one = replace(office.entries.get(RAIN), fields=(Field("district"), Field("name")))
    office.ledger.put([open_one, replace(office.entries.get(RESIDENTS), related=(RAIN,))], Actor("lin"))
    assert office.desk.submit(office.ask(fields=("district",)), APPLICANT).reuse == (RAIN,)


def test_no_rule_grants_rows_that_are_chosen_by_hidden_values(office: Office) -> None:
    fields = (Field("name", category="person_name", grade="general-3"), Field("district"))
    office.ledger.put(replace(office.entries.get(RAIN), fields=fields), Actor("lin"))
    ask = office.ask(resource=RAIN, fields=("district",), rows='district = "east"')
    assert office.desk.submit(ask, APPLICANT).state == "granted"
    probing = office.desk.submit(replace(ask, rows='name = "王某"', purpose="to look"), APPLICANT)
    assert (probing.state, office.queries.life(probing.id, office.clock.now()).steps[0].reason["rule"]) == (
        "review",
        "route.hidden",
    )


def test_each_act_belongs_to_its_department(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    with pytest.raises(Denied):
        office.desk.grant(request.id, STRANGER, "why not at all")
    with pytest.raises(Denied):
        office.desk.withdraw(request.id, STRANGER)
    both = Party("wang", "civil")  # who asked and changed departments since
    with pytest.raises(Denied, match="of their own"):
        office.desk.grant(request.id, both, "good for me")


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"fields": ("nothing",)}, "no field"),
        ({"fields": ("name", "name")}, "twice"),
        ({"rows": "district = "}, "rows"),
        ({"rows": "password = 1"}, "asks for"),
        ({"manner": "fax"}, "no manner"),
        ({"reader": "owner"}, "may not ask"),
        ({"duration": "P3WD"}, "no term"),
        ({"duration": "for ever"}, "no duration"),
        ({"purpose": "x" * 5000}, "signs"),
    ],
)
def test_mistakes_are_told_and_nothing_is_kept(office: Office, parts: dict[str, object], word: str) -> None:
    with pytest.raises(Invalid, match=word):
        office.desk.submit(office.ask(**parts), APPLICANT)
    assert office.queries.page() == []


def test_an_unknown_resource_or_request_is_missing(office: Office) -> None:
    with pytest.raises(Missing):
        office.desk.submit(office.ask(resource="urn:chengshu:resource:none"), APPLICANT)
    with pytest.raises(Missing):
        office.desk.withdraw("share-none", APPLICANT)


def test_a_grant_ends_and_its_data_are_proven_gone(office: Office) -> None:
    request = office.supplied()
    office.wait(days=31)
    assert office.queries.life(request.id, office.clock.now()).request.state == "expired"
    with pytest.raises(Invalid, match="second person"):
        office.desk.destroyed(request.id, APPLICANT, how="wiped", witness="wang", digest="a" * 64)
    with pytest.raises(Invalid, match="SHA-256"):
        office.desk.destroyed(request.id, APPLICANT, how="wiped", witness="zhao", digest="yes")
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert office.queries.audit(since, until).not_destroyed == (request.id,)
    office.desk.destroyed(request.id, APPLICANT, how="wiped the disk", witness="zhao", digest="a" * 64)
    audit = office.queries.audit(since, until)
    assert (audit.destroyed, audit.not_destroyed) == (1, ())


def test_every_step_is_in_the_journal_with_its_reason(office: Office) -> None:
    request = office.supplied()
    with office.database.read() as connection:
        found = entries_about(connection, request.id)
        assert verify(connection).ok
    assert [entry.action for entry in found] == ["sharing.submitted", "sharing.granted", "sharing.supplied"]
    assert found[1].body["reason"]["text"]["en"] == "needed for the storm"


def test_corrections_are_answered_by_the_provider_with_a_reason(office: Office) -> None:
    item = office.duties.ask_correction(RESIDENTS, "row 7", "district", "moved in May", Actor("resident:1"))
    assert due(office, item.id, "correction") == datetime(2026, 7, 21, 9, 30, tzinfo=UTC)
    with pytest.raises(Denied):
        office.duties.answer_correction(item.id, APPLICANT, corrected=True, reason="done so")
    with pytest.raises(Invalid):
        office.duties.answer_correction(item.id, PROVIDER, corrected=False, reason="")
    done = office.duties.answer_correction(item.id, PROVIDER, corrected=True, reason="mended at the source")
    assert done.state == "corrected"
    assert office.queries.ticking(office.clock.now()) == []


def test_the_catalogue_is_brought_up_to_date_within_its_period(office: Office) -> None:
    office.duties.catalogue_changed(RAIN, Actor("person:li"), "a new column at the source")
    assert [item.clock.kind for item in office.queries.ticking(office.clock.now())] == ["catalogue"]
    office.wait(days=2)
    office.ledger.put(replace(office.entries.get(RAIN), update_cycle="PT5M"), Actor("person:li"))
    office.pump.drain()
    assert office.queries.ticking(office.clock.now()) == []


ACTS = st.sampled_from(
    [
        "grant",
        "refuse",
        "object",
        "uphold",
        "reject",
        "supply",
        "suspend",
        "restore",
        "revoke",
        "end",
        "expire",
        "withdraw",
        "tell",
        "complete",
        "extend",
        "wait",
    ]
)


def do(office: Office, id_: str, act: str) -> None:
    desk = office.desk
    deeds = {
        "grant": lambda: desk.grant(id_, PROVIDER, "because of it"),
        "refuse": lambda: desk.refuse(id_, PROVIDER, "because of it", law="條例" * 2),
        "object": lambda: desk.object(id_, APPLICANT, "because of it"),
        "uphold": lambda: desk.settle(id_, BUREAU, upheld=True, reason="because of it"),
        "reject": lambda: desk.settle(id_, BUREAU, upheld=False, reason="because of it", law="條例條例"),
        "supply": lambda: desk.supply(id_, PROVIDER, "through the gate"),
        "suspend": lambda: desk.suspend(id_, BUREAU, "because of it"),
        "restore": lambda: desk.restore(id_, BUREAU, "because of it"),
        "revoke": lambda: desk.revoke(id_, PROVIDER, "because of it"),
        "end": lambda: desk.end(id_, APPLICANT),
        "expire": lambda: office.wait(days=31),
        "withdraw": lambda: desk.withdraw(id_, APPLICANT),
        "tell": lambda: desk.tell_missing(id_, PROVIDER, {"plan": "attach it"}),
        "complete": lambda: desk.complete(id_, office.ask(), APPLICANT),
        "extend": lambda: desk.extend(id_, PROVIDER, "because of it"),
        "wait": lambda: office.wait(days=3),
    }
    deeds[act]()


@settings(max_examples=examples(80))
@given(acts=st.lists(ACTS, max_size=10))
def test_no_path_leads_where_the_transitions_do_not(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str]
) -> None:
    """Whatever is tried, in whatever order: from refused to supplied only by a new decision, and each state
    follows the one before; a clock of a request that waits for its applicant stands still."""
    office = Office(tmp_path_factory.mktemp("walk") / "hub.db", rows=3)
    id_ = office.desk.submit(office.ask(), APPLICANT).id
    for act in acts:
        try:
            do(office, id_, act)
        except ChengshuError:
            continue
        finally:
            life = office.queries.life(id_, office.clock.now())
            if life.request.state == "incomplete":
                assert not any(item.clock.running for item in life.clocks)
                assert not any(item.clock.escalated_at > life.request.told_at for item in life.clocks)
    states = ["", *(step.after for step in life.steps)] if acts else [""]
    for before, after in pairwise(states):
        assert before == after or after in TRANSITIONS[before]
    for at, state in enumerate(states):
        if state == "supplied" and "refused" in states[:at]:
            between = states[states.index("refused") : at]
            assert "objection" in between and "granted" in between
    with office.database.read() as connection:
        assert verify(connection).ok
    office.database.close()
