"""Lineage from SQL and from events: which column came from which, and what would stop without it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Invalid
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.grading.lineage import effect_on, propagate
from chengshu.resources.grading.model import Grade
from chengshu.resources.ledger import Ledger, LedgerQueries, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.lineage import Lineage, LineageQueries, steps_of_sql, store
from chengshu.resources.lineage.openlineage import event_of, jobs_of_event

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ETL = Actor("job:etl")
SCHEMA = {
    "people": {"id": "text", "name": "text", "born": "date", "district": "text"},
    "visits": {"person": "text", "clinic": "text", "cost": "double"},
}

CASES = [
    (
        "CREATE TABLE t AS SELECT id, name AS full_name FROM people",
        {("people.id", "t.id", "copy"), ("people.name", "t.full_name", "copy")},
    ),
    ("CREATE VIEW t AS SELECT upper(name) AS n FROM people", {("people.name", "t.n", "compute")}),
    ("INSERT INTO t (who) SELECT sha256(id) FROM people", {("people.id", "t.who", "tokenise")}),
    ("CREATE TABLE t AS SELECT left(name, 1) AS n FROM people", {("people.name", "t.n", "mask")}),
    (
        "CREATE TABLE t AS SELECT district, count(*) AS n, sum(cost) AS c "
        "FROM people JOIN visits ON id = person GROUP BY district",
        {
            ("people.district", "t.district", "copy"),
            ("visits.cost", "t.c", "aggregate"),
            ("people.id", "t.n", "join"),
            ("visits.person", "t.district", "join"),
        },
    ),
    (
        "CREATE TABLE t AS WITH old AS (SELECT * FROM people WHERE born < DATE '1960-01-01') "
        "SELECT name FROM old",
        {("people.name", "t.name", "copy"), ("people.born", "t.name", "condition")},
    ),
    (
        "CREATE TABLE t AS SELECT name FROM people UNION ALL SELECT clinic FROM visits",
        {("people.name", "t.name", "copy"), ("visits.clinic", "t.name", "copy")},
    ),
]


@pytest.mark.parametrize(("sql", "wanted"), CASES, ids=[sql[:60] for sql, _ in CASES])
def test_sql_tells_which_column_came_from_which(sql: str, wanted: set[tuple[str, str, str]]) -> None:
    [job] = steps_of_sql(sql, schema=SCHEMA)
    assert wanted <= {(step.source, step.target, step.transform) for step in job.steps}
    assert job.target == "t"


def test_a_script_hands_its_tables_on() -> None:
    jobs = steps_of_sql(
        "CREATE TABLE a AS SELECT id, born FROM people; CREATE TABLE b AS SELECT * FROM a; DROP TABLE x",
        schema=SCHEMA,
    )
    assert [(job.target, job.sources) for job in jobs] == [("a", ("people",)), ("b", ("a",))]
    assert {(step.source, step.target) for step in jobs[1].steps} == {("a.id", "b.id"), ("a.born", "b.born")}


@pytest.mark.parametrize("sql", ["SELECT FROM WHERE", "CREATE TABLE t AS SELECT (", "x" * 1_000_001])
def test_sql_that_cannot_be_read_is_said(sql: str) -> None:
    with pytest.raises(Invalid):
        steps_of_sql(sql, schema=SCHEMA)


@settings(max_examples=examples(150))
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        steps_of_sql(text, target="t", schema=SCHEMA)
    except Invalid:
        return


def test_events_say_the_same_there_and_back() -> None:
    [job] = steps_of_sql(CASES[4][0], schema=SCHEMA)
    event = event_of(job, name="monthly", run="1", at=NOW)
    [again] = jobs_of_event(event)
    assert (again.target, again.sources) == (job.target, job.sources)
    assert {(step.source, step.target) for step in again.steps} == {
        (step.source, step.target) for step in job.steps
    }
    assert jobs_of_event(event | {"eventType": "START"}) == []
    with pytest.raises(Invalid):
        jobs_of_event({"eventType": "COMPLETE", "outputs": [{"x": 1}]})


class Desk:
    def __init__(self, folder: Path) -> None:
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, ledger_store, store):
            self.database.create(part.metadata)
        clock = VirtualClock(NOW)
        self.lineage = Lineage(self.database, clock)
        self.ledger = Ledger(self.database, clock, SequenceIds())
        self.queries = LineageQueries(self.database, LedgerQueries(self.database))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.lineage.by_sql(
        "clean",
        "CREATE TABLE clean AS SELECT id, sha256(name) AS token, district FROM people",
        ETL,
        schema=SCHEMA,
    )
    desk.lineage.by_sql(
        "report",
        "CREATE TABLE report AS SELECT district, count(token) AS n FROM clean GROUP BY district",
        ETL,
        schema={"clean": {"token": "text", "district": "text"}},
    )
    return desk


def test_upstream_and_downstream_go_all_the_way(desk: Desk) -> None:
    assert set(desk.queries.upstream("report.n")) == {"clean.token", "people.name"}
    way = desk.queries.downstream("people.name")["report.n"]
    assert [(step.target, step.transform) for step in way] == [
        ("clean.token", "tokenise"),
        ("report.n", "aggregate"),
    ]


def test_a_job_that_changed_replaces_what_it_said(desk: Desk) -> None:
    desk.lineage.by_sql("clean", "CREATE TABLE clean AS SELECT id, district FROM people", ETL, schema=SCHEMA)
    assert desk.queries.upstream("report.n") == {
        "clean.token": desk.queries.upstream("report.n")["clean.token"]
    }


def test_retiring_a_column_reaches_the_scenario_that_would_stop(desk: Desk) -> None:
    def entry(name: str, kind: str, *made_from: str) -> Resource:
        return Resource(
            f"urn:x:{name}", kind, Text.of(name), related=tuple(f"urn:x:{one}" for one in made_from)
        )  # type: ignore[arg-type]

    desk.ledger.put(
        [
            entry("people", "dataset"),
            entry("births", "indicator", "people"),
            entry("nursery", "scenario", "births"),
            entry("other", "indicator"),
        ],
        ETL,
    )
    impact = desk.queries.impact("people", "urn:x:people")
    assert {column for column, _ in impact.columns} >= {"clean.token", "report.n", "report.district"}
    assert impact.jobs == ("clean", "report")
    assert [item.id for item in impact.entries] == ["urn:x:births", "urn:x:nursery"]


def test_grades_follow_the_steps_that_were_kept(desk: Desk) -> None:
    graded = propagate({"people.name": Grade.GENERAL_3}, desk.queries.steps(), effect_on(date(2026, 7, 1)))
    assert graded["clean.token"].grade.rank <= Grade.GENERAL_3.rank
    assert [step.transform for step in graded["clean.token"].path] in (["tokenise"], [])


def test_cycles_end(desk: Desk) -> None:
    back = "INSERT INTO people (name) SELECT token FROM clean"
    desk.lineage.by_sql("back", back, ETL, schema={"clean": {"token": "text"}})
    assert set(desk.queries.upstream("clean.token")) == {"people.name"}
    assert "report.n" in desk.queries.downstream("people.name")
