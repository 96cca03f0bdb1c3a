"""The steward's queue: what is unsure is asked, what is said sticks and teaches; all is journalled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor, entries_about, verify
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.kernel.ids import SequenceIds
from chengshu.resources.grading import Grade, Grading, TableSample, commands, queries, store, table_sample
from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.sensitive import identity_number
from chengshu.resources.grading.generator.words import words
from chengshu.resources.grading.lineage import Step, effect_on, propagate

STEWARD = Actor("person-1", "Steward")
HUB = Actor.hub("grading")
EIGHT = ["01234567", "98765432", "55667788", "10293847", "60606060"]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    found = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    found.create(journal_store.metadata)
    found.create(store.metadata)
    yield found
    found.close()


@pytest.fixture
def grading(database: SqliteDatabase) -> Grading:
    return Grading(database, VirtualClock(datetime(2026, 7, 1, tzinfo=UTC)), SequenceIds())


def table(**columns: list[str]) -> TableSample:
    return table_sample(pa.table(columns))


DOUBTFUL = table(手机号=["好", "中", "差", "优", "良"], 编号=EIGHT)


def waiting(database: SqliteDatabase) -> list[tuple[str, str]]:
    with database.read() as c:
        return [(item.resource, item.column) for item in queries.queue(c)]


def held(database: SqliteDatabase, resource: str) -> dict[str, str]:
    with database.read() as c:
        return {row.column: row.category for row in queries.results_of(c, resource) if row.column}


def test_the_unsure_is_asked_once(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("r1", DOUBTFUL, HUB)
    grading.grade("r1", DOUBTFUL, HUB)
    assert waiting(database) == [("r1", "手机号")]
    with database.read() as c:
        (item,) = queries.queue(c)
        assert item.id == "grading-000001" and item.body["reason"]["rule"] == "classify.nothing"


def test_what_is_sure_now_or_gone_is_dropped(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("r1", DOUBTFUL, HUB)
    grading.grade("r1", table(手机号=["13800138000", "13912345678", "18600001111", "15912345678"]), HUB)
    assert waiting(database) == []
    with database.read() as c:
        assert [item.column for item in queries.queue(c, state="dropped")] == ["手机号"]


def test_what_is_said_sticks_against_the_machine(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("r1", DOUBTFUL, HUB)
    grading.settle("grading-000001", "", STEWARD, "a rating of the telephone line")
    for _ in range(3):
        report = grading.grade("r1", DOUBTFUL, HUB)
    assert report.columns[0].found.by_steward and report.columns[0].found.category == ""
    assert waiting(database) == []
    grading.say("r1", "编号", "taiwan_permit", STEWARD)
    assert held(database, "r1") == {"手机号": "", "编号": "taiwan_permit"}  # at once
    report = grading.grade("r1", DOUBTFUL, HUB)
    assert held(database, "r1")["编号"] == "taiwan_permit"
    assert report.columns[1].graded.grade.value == "general-3"


def test_what_is_said_holds_for_the_same_column_elsewhere(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("r1", table(tbzj=EIGHT), HUB)
    grading.say("r1", "tbzj", "taiwan_permit", STEWARD)
    grading.grade("r2", table(tbzj=["11223344", "55664433", "99887766", "31415926"]), HUB)
    assert held(database, "r2") == {"tbzj": "taiwan_permit"}


def test_a_name_that_was_taught_helps_where_values_look_different(
    grading: Grading, database: SqliteDatabase
) -> None:
    values = ["L12345678", "T87654321", "L22334455", "T10203040"]
    grading.grade("r2", table(tbzj=values), HUB)
    assert held(database, "r2") == {"tbzj": ""}
    grading.grade("r1", table(tbzj=EIGHT), HUB)
    grading.say("r1", "tbzj", "taiwan_permit", STEWARD)
    report = grading.grade("r2", table(tbzj=values), HUB)
    assert held(database, "r2") == {"tbzj": "taiwan_permit"}
    assert not report.columns[0].found.by_steward  # by its name and its values, not by decree


def test_stewards_who_disagree_teach_nothing(grading: Grading, database: SqliteDatabase) -> None:
    for resource, category in (("r1", "taiwan_permit"), ("r2", "")):
        grading.grade(resource, table(tbzj=EIGHT), HUB)
        grading.say(resource, "tbzj", category, STEWARD)
    grading.grade("r3", table(tbzj=EIGHT), HUB)
    for resource in ("r1", "r2"):
        grading.grade(resource, table(tbzj=EIGHT), HUB)
    assert [held(database, name)["tbzj"] for name in ("r1", "r2", "r3")] == ["taiwan_permit", "", ""]
    with database.read() as c:
        assert queries.learned_names(c) == {}


def test_a_column_that_has_changed_keeps_the_word_and_is_asked_again(
    grading: Grading, database: SqliteDatabase
) -> None:
    grading.grade("r1", table(证号=EIGHT), HUB)
    grading.say("r1", "证号", "taiwan_permit", STEWARD)
    numbers = [identity_number(Draw(seed), words()) for seed in range(60)]
    report = grading.grade("r1", table(证号=numbers), HUB)
    (column,) = report.columns
    assert column.found.category == "taiwan_permit" and column.found.reason.rule == "steward.contradicted"
    assert waiting(database) == [("r1", "证号")]


def test_the_grade_of_the_table_follows_at_once(grading: Grading, database: SqliteDatabase) -> None:
    def grade() -> str:
        with database.read() as c:
            return queries.results_of(c, "r1")[0].grade

    grading.grade("r1", table(tbzj=EIGHT), HUB)
    assert grade() == "general-1"
    grading.say("r1", "tbzj", "taiwan_permit", STEWARD)
    assert grade() == "general-3"
    assert grading.grade("r1", table(tbzj=EIGHT), HUB).graded.grade.value == "general-3"


def test_a_word_said_while_the_machine_looks_is_not_lost(
    grading: Grading, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    grading.grade("r1", table(tbzj=EIGHT), HUB)
    plain, calls = commands.grade_sample, []

    def meanwhile(*words: object, **more: object) -> object:
        report = plain(*words, **more)  # type: ignore[arg-type]
        if not calls:
            grading.say("r1", "tbzj", "taiwan_permit", STEWARD)
        calls.append(1)
        return report

    monkeypatch.setattr(commands, "grade_sample", meanwhile)
    grading.grade("r1", table(tbzj=EIGHT), HUB)
    assert len(calls) == 2 and held(database, "r1") == {"tbzj": "taiwan_permit"}


def test_lineage_starts_from_the_kept_grades(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("people", table(sfzh=[identity_number(Draw(seed), words()) for seed in range(30)]), HUB)
    with database.read() as c:
        own = queries.own_grades(c)
    assert own == {"people.sfzh": Grade.GENERAL_3}
    found = propagate(own, [Step("people.sfzh", "report.id")], effect_on(date(2026, 7, 1)))
    assert found["report.id"].grade == Grade.GENERAL_3


def test_columns_of_one_name_or_none(grading: Grading, database: SqliteDatabase) -> None:
    found = pa.table([["1"], ["2"], ["3"]], names=["a", "a", ""])
    grading.grade("r1", table_sample(found), HUB)
    assert set(held(database, "r1")) == {"a", "a (again)", "column 3"}


def test_what_was_said_can_be_taken_back(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("r1", table(tbzj=EIGHT), HUB)
    grading.say("r1", "tbzj", "taiwan_permit", STEWARD)
    grading.withdraw("r1", "tbzj", STEWARD)
    grading.grade("r1", table(tbzj=EIGHT), HUB)
    assert held(database, "r1") == {"tbzj": ""}
    with pytest.raises(Missing, match="no steward has said"):
        grading.withdraw("r1", "tbzj", STEWARD)


def test_all_of_it_is_journalled(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("r1", DOUBTFUL, HUB)
    grading.settle("grading-000001", "mobile", STEWARD, "checked by telephone")
    grading.withdraw("r1", "手机号", STEWARD)
    with database.read() as c:
        told = [(entry.action, entry.actor) for entry in entries_about(c, "r1")]
        verify(c)
    assert sorted(told) == sorted(
        [
            ("grading.graded", "hub:grading"),
            ("grading.said", "person-1"),
            ("grading.withdrawn", "person-1"),
        ]
    )


@pytest.mark.parametrize(
    ("item", "category", "error", "words"),
    [
        ("grading-000009", "", Missing, "no item"),
        ("grading-000001", "shoe_size", Invalid, "no category 'shoe_size'"),
    ],
)
def test_what_cannot_be_settled(
    grading: Grading, item: str, category: str, error: type[Exception], words: str
) -> None:
    grading.grade("r1", DOUBTFUL, HUB)
    with pytest.raises(error, match=words):
        grading.settle(item, category, STEWARD)


def test_an_item_is_settled_once(grading: Grading, database: SqliteDatabase) -> None:
    grading.grade("r1", DOUBTFUL, HUB)
    grading.settle("grading-000001", "", STEWARD)
    with pytest.raises(Conflict, match="settled"):
        grading.settle("grading-000001", "mobile", STEWARD)
    with database.read() as c:
        assert [saying.category for saying in queries.sayings(c)] == [""]
    with pytest.raises(Missing, match="has not been graded"):
        grading.say("r9", "x", "", STEWARD)
    with pytest.raises(Missing, match="no graded column"):
        grading.say("r1", "x", "", STEWARD)


def test_taking_back_brings_the_machines_finding_and_its_question_back(
    grading: Grading, database: SqliteDatabase
) -> None:
    grading.grade("r1", DOUBTFUL, HUB)
    grading.settle("grading-000001", "mobile", STEWARD, "by mistake")
    grading.say("r1", "手机号", "landline", STEWARD, "still by mistake")
    assert held(database, "r1")["手机号"] == "landline"
    grading.withdraw("r1", "手机号", STEWARD)
    assert held(database, "r1")["手机号"] == ""
    assert waiting(database) == [("r1", "手机号")]


def test_a_steward_sees_masked_samples_and_shapes_never_values(
    grading: Grading, database: SqliteDatabase
) -> None:
    numbers = ["13800138000", "13912345678", "18600001111", "15912345678"]
    grading.grade(
        "r1", table(手机号=[*numbers, "", "x"], 备注=["张三家", "李四", "王五", "13800138000", "", "n"]), HUB
    )
    with database.read() as c:
        bodies = {row.column: row.body["glimpse"] for row in queries.results_of(c, "r1") if row.column}
    assert ["138****8000", 1] in bodies["手机号"]["samples"]
    assert ["9{11}", 4] in bodies["手机号"]["shapes"]
    assert not any(number in str(bodies) for number in numbers)
    grading.say("r1", "备注", "person_name", STEWARD)
    with database.read() as c:
        kept = {row.column: row.body["glimpse"] for row in queries.results_of(c, "r1") if row.column}
    assert kept == bodies
