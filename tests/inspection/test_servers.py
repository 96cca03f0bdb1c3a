"""Databases as cities have them: what is in a PostgreSQL and a MariaDB, and each change within one cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.inspection.house import House
from tests.inspection.servers import SERVERS

from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.ledger.harvest.model import Drift, Run

pytestmark = pytest.mark.slow

TABLES = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, phone VARCHAR(20) NOT NULL, born DATE, score NUMERIC(6,2))",
    "CREATE TABLE towns (code VARCHAR(6) PRIMARY KEY, title VARCHAR(80))",
    "CREATE VIEW contacts AS SELECT p.id AS id, p.phone AS number FROM people p WHERE p.score > 1",
    "INSERT INTO towns VALUES ('440106', '天河区')",
)
COMMENTS = {
    "postgres": "COMMENT ON TABLE people IS '居民'",
    "mariadb": "ALTER TABLE people COMMENT = '居民'",
}
RETYPED = {
    "postgres": "ALTER TABLE towns ALTER COLUMN title TYPE TEXT",
    "mariadb": "ALTER TABLE towns MODIFY title LONGTEXT",
}


class Register:
    """A house that harvests a server, and a hand that changes what is there."""

    def __init__(self, kind: str, url: str, folder: Path) -> None:
        self.kind, self.house = kind, House(folder, url)
        self.engine = create_engine(url)
        rows = ", ".join(f"({n}, '138{n * 7919:08}', '1990-01-0{n % 9 + 1}', {n})" for n in range(1, 60))
        self.do(*TABLES, f"INSERT INTO people VALUES {rows}", COMMENTS[kind])
        self.house.cycle()

    def do(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def change(self, *statements: str) -> Run:
        """Change something there; the run of the next cycle."""
        self.do(*statements)
        self.house.cycle()
        with self.house.database.read() as connection:
            found = harvest_store.last_run(connection, "register")
        assert found is not None
        return found

    def drifts(self, table: str) -> list[Drift]:
        with self.house.database.read() as connection:
            return harvest_store.drifts_of(connection, f"urn:chengshu:resource:register:{table}")


@pytest.fixture(params=sorted(SERVERS))
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    server: Callable[[], object] = SERVERS[request.param]
    with server() as url:  # type: ignore[attr-defined]
        made = Register(request.param, url, tmp_path)
        yield made
        made.engine.dispose()
        made.house.database.close()


def test_tables_and_views_are_described_graded_and_followed(register: Register) -> None:
    people = register.house.entry("people", "register")
    assert people.title.en == "居民" and people.rows == 59
    assert [(part.name, part.key, part.nullable) for part in people.fields] == [
        ("id", True, False),
        ("phone", False, False),
        ("born", False, True),
        ("score", False, True),
    ]
    grades = register.house.grades("people", "register")
    assert grades["phone"] == ("mobile", "general-2") and grades["born"][0] in ("date", "birth_date")
    assert register.house.grades("contacts", "register")["number"] == ("mobile", "general-2")
    queries = register.house.room.lineage_queries
    start = "urn:chengshu:resource:register:"
    found = queries.upstream(f"{start}contacts.number")
    assert {key: way[-1].transform for key, way in found.items()} == {
        f"{start}people.phone": "copy",
        f"{start}people.score": "condition",
    }


def test_a_dropped_column_is_flagged_within_one_cycle(register: Register) -> None:
    assert register.change("ALTER TABLE people DROP COLUMN born").drifts == 1
    [drift] = register.drifts("people")
    assert (drift.dropped, drift.added, drift.retyped) == (("born",), (), ())


def test_a_changed_type_is_flagged_within_one_cycle(register: Register) -> None:
    assert register.change(RETYPED[register.kind]).drifts == 1
    [drift] = register.drifts("towns")
    [(name, before, after)] = drift.retyped
    assert name == "title" and "varchar(80)" in before and "text" in after


def test_a_vanished_table_is_flagged_within_one_cycle_and_may_come_back(register: Register) -> None:
    assert register.change("DROP TABLE towns").vanished == 1
    assert register.house.entry("towns", "register").state == "vanished"
    assert register.change(TABLES[1]).vanished == 0
    assert register.house.entry("towns", "register").state == "active"
