"""After a harvest the rows are looked into: graded, measured, followed; only where something has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.inspection.house import House

from chengshu.foundation.journal import Actor, entries_about
from chengshu.kernel.texts import Text
from chengshu.resources.grading import queries as grading_queries
from chengshu.resources.grading.lineage import Step
from chengshu.resources.grading.store import QueueItem
from chengshu.resources.inspection import Looks
from chengshu.resources.ledger import Field, Resource
from chengshu.resources.lineage import Job

NAMES = ("张伟", "李娜", "王芳", "刘洋", "陈静", "杨勇")
STEWARD = Actor("person:lin")
PHONES = ("13800138000", "13912345678", "18600001111", "15912345678", "13712345678", "13612345678")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with sqlite3.connect(tmp_path / "register.db") as db:
        db.executescript(
            f"""
            CREATE TABLE Firms (code TEXT PRIMARY KEY, Phone TEXT, town TEXT);
            INSERT INTO Firms VALUES {", ".join(f"('{n}', '{p}', 'T{n % 2}')" for n, p in enumerate(PHONES))};
            CREATE VIEW contacts AS SELECT Phone AS call, upper(town) AS place FROM Firms;
            CREATE VIEW per_town AS SELECT place, count(*) AS n FROM contacts GROUP BY place;
            """
        )
    db.close()
    made = House(tmp_path)
    yield made
    made.database.close()


def people(house: House, *extra: str) -> None:
    lines = ["姓名,手机号,depth", *(f"{NAMES[n]},{phone},{n}" for n, phone in enumerate(PHONES)), *extra]
    (house.files / "people.csv").write_text("\n".join(lines) + "\n")


def test_what_is_harvested_is_graded_measured_and_followed(house: House) -> None:
    people(house)
    assert house.cycle() == Looks(looked=4)
    assert house.grades("people.csv")["手机号"] == ("mobile", "general-2")
    assert house.entry("people.csv").grade == "general-2"
    assert house.quality("people.csv").newest.rows == 6
    assert house.grades("Firms", "register")["Phone"] == ("mobile", "general-2")
    upstream = house.room.lineage_queries.upstream("urn:chengshu:resource:register:per_town.place")
    assert "urn:chengshu:resource:register:Firms.town" in upstream
    with house.database.read() as connection:
        told = [one.action for one in entries_about(connection, house.entry("people.csv").id)]
    assert {"grading.graded", "quality.measured"} <= set(told)


def test_the_same_again_is_not_looked_into_and_writes_nothing(house: House) -> None:
    people(house)
    house.cycle()
    before = house.entry("people.csv").version
    assert house.cycle() == Looks(same=4)
    house.open()
    assert house.cycle() == Looks(same=4)
    assert house.entry("people.csv").version == before
    assert len(house.quality("people.csv").trend) == 1
    people(house, "赵敏,13812345678,9")
    assert house.cycle() == Looks(looked=1, same=3)
    assert [kept.rows for kept in house.quality("people.csv").trend] == [6, 7]


def test_rows_of_a_database_are_compared_by_what_they_hold(house: House) -> None:
    house.cycle()
    with sqlite3.connect(house.register) as db:
        db.execute("UPDATE Firms SET town = 'T9' WHERE code = '0'")
    db.close()
    found = house.cycle()
    assert (found.looked, found.same) == (3, 0)  # the table and the views over it


def test_a_grade_comes_along_the_lineage_and_a_steward_raises_it_downstream(house: House) -> None:
    house.cycle()
    assert house.grades("contacts", "register")["call"] == ("mobile", "general-2")
    firms = house.entry("Firms", "register").id
    house.room.grading.say(firms, "town", "taiwan_permit", STEWARD, "numbers of permits")
    house.room.booking.book(STEWARD, firms)
    assert house.grades("Firms", "register")["town"] == ("taiwan_permit", "general-3")
    assert house.grades("contacts", "register")["place"] == ("", "general-3")
    house.room.grading.withdraw(firms, "town", STEWARD)
    house.room.booking.book(STEWARD, firms)
    assert house.grades("contacts", "register")["place"][1] == "general-1"


def test_what_nobody_graded_gets_its_grade_by_lineage_alone_and_loses_it_again(house: House) -> None:
    house.cycle()
    report = Resource("urn:x:report", "indicator", Text.of("Report"), fields=(Field("n"), Field("free")))
    house.ledger.put(report, STEWARD)
    firms = house.entry("Firms", "register").id
    step = Step(f"{firms}.town", "urn:x:report.n", "compute")
    house.room.lineage.put("report", [Job("urn:x:report", (firms,), (step,))], STEWARD)
    for say, grade in ((True, "general-3"), (False, "general-1")):
        if say:
            house.room.grading.say(firms, "town", "taiwan_permit", STEWARD)
        else:
            house.room.grading.withdraw(firms, "town", STEWARD)
        house.room.booking.book(STEWARD, firms)
        entry = house.queries.get("urn:x:report")
        assert [part.grade for part in entry.fields] == [grade, ""] and entry.grade == grade


def test_what_a_steward_taught_is_looked_for_elsewhere_at_the_next_cycle(house: House) -> None:
    for name in ("a", "b"):
        rows = "".join(f"{value}\n" for value in ("01234567", "98765432", "55667788", "10293847"))
        (house.files / f"{name}.csv").write_text("tbzj\n" + rows)
    house.cycle()
    house.room.grading.say(house.entry("a.csv").id, "tbzj", "taiwan_permit", STEWARD)
    found = house.cycle()
    assert (found.looked, found.failed) == (2, 0)
    assert house.grades("b.csv") == {"tbzj": ("taiwan_permit", "general-3")}
    assert house.cycle().looked == 0


def test_declared_rules_measure_and_failing_rows_are_masked_by_grade(house: House) -> None:
    (house.folder / "quality").mkdir()
    (house.folder / "quality" / "people.yaml").write_text(
        "entry: files/people.csv\nrules:\n"
        "  - {id: shallow, kind: range, column: depth, least: 0, most: 4}\n"
        "  - {id: known, kind: reference, column: 姓名, file: names.csv, to: name}\n"
    )
    (house.folder / "quality" / "names.csv").write_text("name\n" + "\n".join(NAMES) + "\n")
    people(house)
    house.open()
    house.cycle()
    newest = house.quality("people.csv").newest
    assert newest.scores == {"validity": pytest.approx(5 / 6, abs=1e-5), "accuracy": 1.0}
    [failing] = newest.body["rules"][0]["failing"]
    assert failing == [6, {"姓名": "杨*", "手机号": "136****5678", "depth": "5"}]
    assert not any(phone in str(newest.body) for phone in PHONES)
    (house.folder / "quality" / "people.yaml").write_text(
        "entry: files/people.csv\nrules: [{id: shallow, kind: range, column: depth, least: 0, most: 9}]\n"
    )
    house.open()
    assert house.cycle().looked == 1  # the rules changed, not the file


def test_elements_that_are_declared_raise_the_grade(house: House) -> None:
    people(house)
    house.cycle()
    (house.folder / "grading.yaml").write_text(
        "entries: [{entry: files/people.csv, sector: health, persons: 2000000, importance: catalogued}]\n"
    )
    house.open()
    house.cycle()
    assert house.entry("people.csv").grade == "important"


def test_what_cannot_be_read_says_why_once_and_the_others_go_on(house: House) -> None:
    people(house)
    (house.files / "rough.jsonl").write_text('{"a": 1}\n')
    house.harvester.run("files")
    (house.files / "rough.jsonl").write_text("not json at all\n")
    found = house.inspector.look_at("files")
    assert (found.looked, found.failed) == (1, 1)
    assert house.look("rough.jsonl").error and house.look("rough.jsonl").remedy
    with house.database.read() as connection:
        told = [one.action for one in entries_about(connection, house.entry("rough.jsonl").id)]
    assert told.count("inspection.failed") == 1
    (house.files / "rough.jsonl").write_text('{"a": 2}\n')
    house.cycle()
    assert house.look("rough.jsonl").error == ""


def test_a_pass_is_bounded_and_goes_on_where_it_was_stopped(house: House) -> None:
    for name in "abcde":
        (house.files / f"{name}.csv").write_text("x\n1\n")
    house.harvester.run("files")
    assert house.inspector.look(most=2) == Looks(looked=2, left=True)
    assert house.inspector.look(lambda: True).looked == 0
    house.open()  # as after kill -9: what was done stays done
    assert house.inspector.look(most=10) == Looks(looked=3)
    assert house.inspector.look() == Looks()


def waiting(connection: Connection) -> list[QueueItem]:
    return [item for item in grading_queries.queue(connection) if ":files:" in item.resource]


def test_a_queue_waits_for_the_steward_and_asks_again_when_the_data_change(house: House) -> None:
    rows = "".join(f"{value}\n" for value in ("好", "中", "差", "优", "良"))
    (house.files / "q.csv").write_text("手机号\n" + rows)
    house.cycle()
    with house.database.read() as connection:
        [item] = waiting(connection)
    house.room.grading.settle(item.id, "", STEWARD, "a rating of the line")
    house.cycle()
    with house.database.read() as connection:
        assert waiting(connection) == []
    (house.files / "q.csv").write_text(
        "手机号\n" + "\n".join(f"138{n * 7919:08}" for n in range(1, 80)) + "\n"
    )
    house.cycle()
    with house.database.read() as connection:
        [again] = waiting(connection)
    assert again.column == "手机号" and again.body["reason"]["rule"] == "steward.contradicted"
