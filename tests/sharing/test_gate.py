"""The gate: only what is granted, as it may be seen, to whom, for what, and each use on record."""

from __future__ import annotations

import csv
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pyarrow import parquet
from tests.examples import examples
from tests.sharing.office import (
    APPLICANT,
    BUREAU,
    COLLEAGUE,
    PROVIDER,
    PURPOSE,
    RESIDENTS,
    STRANGER,
    Office,
    entry,
    residents,
)

from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import ChengshuError, Conflict, Denied, Invalid
from chengshu.resources.grading.model import Grade
from chengshu.resources.ledger import Field
from chengshu.resources.sharing import Terms
from chengshu.resources.sharing.declared import Limits, read_terms
from chengshu.resources.sharing.model import GrantedField
from chengshu.resources.sharing.protecting import in_force, shown

DAWN, DUSK = datetime(2026, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)


def test_an_answer_has_granted_rows_granted_fields_and_masked_values(office: Office) -> None:
    grant = office.supplied().grant_id
    answer = office.gate.query(grant, COLLEAGUE, PURPOSE)
    assert answer.columns == ("id_number", "name", "mobile", "district")
    assert len(answer.rows) == 40 and {row[3] for row in answer.rows} == {"east"}
    raw = {row["name"] for row in residents().to_pylist()} | {
        row["mobile"] for row in residents().to_pylist()
    }
    assert not raw & {value for row in answer.rows for value in row}
    assert answer.rows[0][1:3] == ("李**", "138****0001")
    assert office.queries.life(grant, office.clock.now()).request.state == "in_use"


def test_a_reader_filters_by_what_they_see_and_learns_nothing_more(office: Office) -> None:
    grant = office.supplied(rows="").grant_id
    raw = residents().to_pylist()[4]
    assert office.gate.query(grant, APPLICANT, PURPOSE, filter=f'mobile = "{raw["mobile"]}"').rows == []
    seen = office.gate.query(grant, APPLICANT, PURPOSE, filter='mobile = "138****0004"')
    assert len(seen.rows) == 1
    with pytest.raises(Denied, match="asks for"):
        office.gate.query(grant, APPLICANT, PURPOSE, filter="allowance > 1200")


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ({"who": STRANGER}, "third_party"),
        ({"purpose": "find customers"}, "purpose"),
        ({"fields": ("allowance",)}, "fields"),
        ({"fields": ("name", "ward")}, "fields"),
        ({"limit": 20_000}, "rows"),
        ({"limit": 0}, "rows"),
        ({"manner": "api"}, "manner"),
        ({"filter": "name ="}, "filter"),
    ],
)
def test_what_was_not_granted_is_denied_and_on_record(
    office: Office, call: dict[str, object], rule: str
) -> None:
    grant = office.supplied().grant_id
    given_ = {"who": APPLICANT, "purpose": PURPOSE} | call
    with pytest.raises(Denied) as told:
        office.gate.query(grant, **given_)  # type: ignore[arg-type]
    assert told.value.fault.code == f"sharing.gate.{rule}"
    [use] = office.queries.life(grant, office.clock.now()).uses
    assert (use.outcome, use.rows) == ("denied", 0)
    assert set(use.reason["text"]) == {"en", "zh-Hans", "zh-Hant"} and all(use.reason["text"].values())


@pytest.mark.parametrize("how", ["suspend", "revoke", "end", "expire", "before"])
def test_a_grant_that_does_not_stand_never_answers(office: Office, how: str) -> None:
    grant = (office.granted() if how == "before" else office.supplied()).grant_id
    if how == "expire":
        office.clock.advance_to(datetime(2026, 8, 6, tzinfo=UTC))  # the ticker did not run: the gate knows
    elif how == "end":
        office.desk.end(grant, APPLICANT)
    elif how != "before":
        getattr(office.desk, how)(grant, BUREAU, "a complaint")
    with pytest.raises(Denied):
        office.gate.query(grant, APPLICANT, PURPOSE)
    if how == "suspend":
        office.desk.restore(grant, BUREAU, "it was unfounded")
        assert office.gate.query(grant, APPLICANT, PURPOSE).rows


def test_revocation_counts_although_the_rows_were_read_before_it(office: Office) -> None:
    grant = office.supplied().grant_id
    table = office.tables[RESIDENTS]

    class Slow(dict[str, object]):
        def __getitem__(self, key: str) -> object:
            office.desk.revoke(grant, BUREAU, "while it was reading")
            return table

    office.tables = Slow()  # type: ignore[assignment]
    with pytest.raises(Denied, match="revoked"):
        office.gate.query(grant, APPLICANT, PURPOSE)


def test_a_grade_that_rises_counts_at_once(office: Office) -> None:
    grant = office.supplied().grant_id
    now = office.entries.get(RESIDENTS)
    risen = tuple(replace(f, grade="important") if f.name == "name" else f for f in now.fields)
    office.ledger.put(replace(now, fields=risen), Actor("person:lin"))
    assert "name" not in office.gate.query(grant, APPLICANT, PURPOSE).columns
    with pytest.raises(Denied, match="withheld"):
        office.gate.query(grant, APPLICANT, PURPOSE, fields=("name",))


def test_a_class_that_forbids_counts_at_once(office: Office) -> None:
    grant = office.supplied().grant_id
    now = office.entries.get(RESIDENTS)
    closed = tuple(replace(f, sharing="none") if f.name == "name" else f for f in now.fields)
    office.ledger.put(replace(now, fields=closed), Actor("person:lin"))
    with pytest.raises(Denied, match="not shared any more"):
        office.gate.query(grant, APPLICANT, PURPOSE)
    assert office.gate.query(grant, APPLICANT, PURPOSE, fields=("district",)).rows
    office.ledger.retire([RESIDENTS], Actor("person:lin"), why="replaced")
    with pytest.raises(Denied, match="not shared any more"):
        office.gate.query(grant, APPLICANT, PURPOSE, fields=("district",))


def test_the_limit_of_a_day_holds_when_many_read_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path / "hub.db", Terms(limits=Limits(rows_per_day=40)), threaded=True)
    grant = office.supplied().grant_id

    def read(_: int) -> int:
        try:
            return len(office.gate.query(grant, APPLICANT, PURPOSE, limit=7).rows)
        except Denied:
            return 0

    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(read, range(12)))
    assert sum(got) == 35 and got.count(7) == 5
    uses = office.queries.life(grant, office.clock.now()).uses
    assert [use.seq for use in uses] == list(range(1, 13)) and sum(use.rows for use in uses) == 35
    office.database.close()


def test_a_source_without_the_granted_fields_is_told(office: Office) -> None:
    grant = office.supplied().grant_id
    office.tables[RESIDENTS] = residents().drop_columns(["mobile"])
    with pytest.raises(Conflict, match="mobile"):
        office.gate.query(grant, APPLICANT, PURPOSE)
    assert office.gate.query(grant, APPLICANT, PURPOSE, fields=("name",)).rows


def test_limits_of_a_use_and_of_a_day(tmp_path: Path) -> None:
    office = Office(tmp_path / "hub.db", Terms(limits=Limits(rows_per_use=15, rows_per_day=40)))
    grant = office.supplied().grant_id
    for _ in range(2):
        answer = office.gate.query(grant, APPLICANT, PURPOSE)
        assert len(answer.rows) == 15 and answer.more
    with pytest.raises(Denied, match="today"):
        office.gate.query(grant, APPLICANT, PURPOSE)
    assert len(office.gate.query(grant, APPLICANT, PURPOSE, limit=10).rows) == 10
    office.wait(days=1)
    assert office.gate.query(grant, APPLICANT, PURPOSE).rows


def test_an_export_tells_whose_it_is(office: Office) -> None:
    office.tables[RESIDENTS] = residents(900)
    one = office.supplied(fields=("district", "allowance"), manner="file", rows="").grant_id
    two = office.supplied(fields=("allowance",), manner="file", rows="", purpose="a second one").grant_id
    export = office.gate.export(one, APPLICANT, PURPOSE)
    assert export.answer.use.mark == "digits:allowance"
    assert export.answer.use.digest == hashlib.sha256(export.content).hexdigest()
    leaked = [row["allowance"] for row in csv.DictReader(io.StringIO(export.content.decode()))][100:800]
    first, second = office.gate.trace([leaked], [two, one])
    assert first.recipient == one and first.named and not second.named
    true = [str(value) for value in residents(900).column("allowance").to_pylist()][100:800]
    assert all(abs(float(a) - float(b)) < 0.11 for a, b in zip(leaked, true, strict=True))


def test_exports_without_numbers_are_told_apart_by_tokens_or_decoys(tmp_path: Path) -> None:
    office = Office(tmp_path / "hub.db", Terms(decoys=2))
    plain = office.supplied(fields=("name", "mobile"), manner="file", rows="").grant_id
    export = office.gate.export(plain, APPLICANT, PURPOSE)
    assert export.answer.use.mark == "decoys:2" and len(export.answer.rows) == export.answer.use.rows == 62
    request = office.desk.submit(office.ask(manner="file", purpose="tokens"), APPLICANT)
    office.desk.grant(request.id, PROVIDER, "tokens only", treatments={"id_number": "tokenise"})
    tokens = office.desk.supply(request.id, PROVIDER, "the gate").grant_id
    assert office.gate.export(tokens, APPLICANT, "tokens").answer.use.mark == "tokens:id_number"


def test_tokens_of_two_grants_do_not_meet(office: Office) -> None:
    seen = []
    for purpose in (PURPOSE, "another one"):
        request = office.desk.submit(office.ask(purpose=purpose, fields=("id_number",)), APPLICANT)
        office.desk.grant(request.id, PROVIDER, "tokens only", treatments={"id_number": "tokenise"})
        grant = office.desk.supply(request.id, PROVIDER, "the gate").grant_id
        seen.append({row[0] for row in office.gate.query(grant, APPLICANT, purpose).rows})
    assert len(seen[0]) == len(seen[1]) == 40 and not seen[0] & seen[1]


def test_a_resident_sees_who_had_what_and_what_for(office: Office) -> None:
    grant = office.supplied().grant_id
    office.gate.query(grant, APPLICANT, PURPOSE, fields=("name",), limit=3)
    raw = residents().to_pylist()
    [seen] = office.queries.who_used(office.gate.subject_token(raw[1]["id_number"]))
    assert (seen.department, seen.purpose, seen.fields) == ("emergency", PURPOSE, (("name", "mask"),))
    assert office.queries.who_used(office.gate.subject_token(raw[0]["id_number"])) == []  # in the west
    assert office.queries.who_used(office.gate.subject_token(raw[50]["id_number"])) == []  # beyond the limit


def test_who_takes_consent_back_is_left_out_from_then_on(office: Office) -> None:
    by_law = office.supplied().grant_id
    consented = office.supplied(purpose="a survey", consent=True).grant_id
    token = office.gate.subject_token(residents().to_pylist()[1]["id_number"])
    assert len(office.gate.query(consented, APPLICANT, "a survey").rows) == 40
    office.duties.consent(RESIDENTS, token, Actor("subject"), given=False)
    assert len(office.gate.query(consented, APPLICANT, "a survey").rows) == 39
    assert len(office.gate.query(by_law, APPLICANT, PURPOSE).rows) == 40  # a duty set by law needs none
    assert len(office.queries.who_used(token)) == 2
    office.duties.consent(RESIDENTS, token, Actor("subject"), given=True)
    assert len(office.gate.query(consented, APPLICANT, "a survey").rows) == 40


def test_consent_needs_a_column_that_names_the_person(office: Office) -> None:
    parts = {"resource": "urn:chengshu:resource:rain", "fields": ("mm",), "rows": "", "consent": True}
    grant = office.desk.submit(office.ask(**parts), APPLICANT).grant_id
    office.desk.supply(grant, PROVIDER, "through the gate")
    with pytest.raises(Denied, match="which column names the person"):
        office.gate.query(grant, APPLICANT, PURPOSE)


CALLS = st.tuples(
    st.sampled_from([APPLICANT, COLLEAGUE, STRANGER]),
    st.sampled_from([PURPOSE, PURPOSE, "another"]),
    st.sampled_from([(), ("name",), ("mobile", "district"), ("allowance",)]),
    st.sampled_from([None, 1, 7, 0]),
    st.sampled_from(["", "", 'district = "east"', "1 +"]),
    st.sampled_from(["", "", "", "suspend", "restore", "night", "expire"]),
)


@settings(max_examples=examples(40))
@given(calls=st.lists(CALLS, max_size=8))
def test_there_are_as_many_records_as_answers(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple]
) -> None:  # type: ignore[type-arg]
    """Whatever is asked by whomever: a record for each answer and each denial, with the rows that left; and
    no answer while the grant does not stand."""
    office = Office(tmp_path_factory.mktemp("gate") / "hub.db", rows=30)
    grant = office.supplied().grant_id
    answers, denied, rows = 0, 0, 0
    for who, purpose, fields, limit, filter_, before in calls:
        try:
            if before in ("suspend", "restore"):
                getattr(office.desk, before)(grant, BUREAU, "because of it")
            elif before:
                office.wait(**{"hours": 10} if before == "night" else {"days": 31})
        except ChengshuError:
            pass
        state = office.queries.life(grant, office.clock.now()).request.state
        try:
            answer = office.gate.query(grant, who, purpose, fields=fields, limit=limit, filter=filter_)
        except Denied:
            denied += 1
        else:
            assert state in ("supplied", "in_use") and who is not STRANGER and purpose == PURPOSE
            answers, rows = answers + 1, rows + len(answer.rows)
    uses = office.queries.life(grant, office.clock.now()).uses
    assert [use.seq for use in uses] == list(range(1, len(calls) + 1))
    assert sum(use.outcome == "answered" for use in uses) == answers
    assert sum(use.outcome != "answered" for use in uses) == denied
    assert sum(use.rows for use in uses) == rows
    office.database.close()


@settings(max_examples=examples(150))
@given(
    value=st.text(min_size=1, max_size=20).filter(lambda text: text.strip() != ""),
    category=st.sampled_from(
        ["", "person_name", "identity_number", "mobile", "email", "address", "plate", "uscc", "ipv4"]
    ),
    kind=st.sampled_from(["mask", "tokenise"]),
)
def test_a_masked_value_is_never_the_value(value: str, category: str, kind: str) -> None:
    [seen] = shown([value], category, kind, b"a key of sixteen bytes")
    assert seen not in (value, None)


@given(
    before=st.sampled_from(list(Grade)),
    after=st.sampled_from(list(Grade)),
    a=st.integers(0, 4),
    b=st.integers(0, 4),
)
def test_a_treatment_never_becomes_milder_by_itself(before: Grade, after: Grade, a: int, b: int) -> None:
    order = ("show", "generalise", "mask", "tokenise", "withhold")
    kind = in_force(GrantedField("f", "", before, order[a], {}), GrantedField("f", "", after, order[b], {}))
    assert order.index(kind) >= a


def test_the_terms_of_a_city_are_declared_and_checked(tmp_path: Path) -> None:
    assert read_terms(tmp_path) == Terms()
    path = tmp_path / "sharing.yaml"
    path.write_text("periods: {answer_conditional: 7}\nanomalies: {bulk: flag}\n")
    assert read_terms(tmp_path).periods.answer_conditional == 7
    path.write_text("keep_years: 1\n")
    with pytest.raises(Invalid, match="keep_years"):
        read_terms(tmp_path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_shows_the_terms_as_they_are(root: Path, tmp_path: Path, language: str) -> None:
    page = (root / "docs" / language / "sharing.md").read_text("utf-8")
    (tmp_path / "sharing.yaml").write_text(page.partition("```yaml\n")[2].partition("```")[0])
    assert read_terms(tmp_path) == Terms()


def test_files_with_dates_decimals_and_lists_are_read(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "visits.parquet"
    table = {
        "day": [date(2026, 7, 1), date(2026, 7, 2), None],
        "born": ["1980-05-06", "1991-01-01", None],
        "fee": [Decimal("10.50"), Decimal("20.25"), None],
        "tags": [["a"], ["b", "c"], None],
    }
    parquet.write_table(pa.table(table), path)
    id_ = "urn:chengshu:resource:visits"
    fields = (
        Field("day"),
        Field("born", category="birth_date", grade="general-3"),
        Field("fee"),
        Field("tags"),
    )
    office.ledger.put(entry(id_, fields=fields, sharing="unconditional"), Actor("lin"))
    office.tables[id_] = path
    ask = office.ask(resource=id_, fields=("day", "born", "fee"), rows="tags != null", reader="analyst")
    grant = office.desk.supply(office.desk.submit(ask, APPLICANT).id, PROVIDER, "the gate").grant_id
    seen = office.gate.query(grant, APPLICANT, PURPOSE, filter='day > date("2026-07-01") and fee > 20')
    assert seen.rows == [(date(2026, 7, 2), "1990s", Decimal("20.25"))]


def test_the_tables_are_dated(office: Office) -> None:
    from chengshu.kernel.errors import Missing
    from chengshu.resources.sharing.rulings import route, timeline

    assert not timeline().on(date(2026, 7, 6)).problems
    with pytest.raises(Missing, match="2025-08-01"):
        route(date(2025, 7, 31), "conditional", 1)
