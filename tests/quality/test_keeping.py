"""Kept measures: what grades hide is not kept, old ones keep their scores, all is journalled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor, entries_about
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.resources.quality import store
from chengshu.resources.quality.commands import Quality
from chengshu.resources.quality.measure import examine
from chengshu.resources.quality.protecting import about
from chengshu.resources.quality.queries import History, history, suggested
from chengshu.resources.quality.rules import Filled, Range

START = datetime(2026, 7, 1, tzinfo=UTC)
HUB = Actor.hub("inspection")
RULES = (
    Filled(id="name-filled", kind="filled", columns=("name",)),
    Range(id="depth", kind="range", column="depth", least=0, most=2),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    found = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    found.create(journal_store.metadata)
    found.create(store.metadata)
    yield found
    found.close()


def masked(column: str, value: str) -> str | None:
    return {"name": value[:1] + "*", "secret": None}.get(column, value)


def told(database: SqliteDatabase, until: datetime | None = None) -> History:
    with database.read() as connection:
        found = history(connection, "r1", until)
    assert found is not None
    return found


def test_failing_rows_are_kept_as_their_grades_allow(database: SqliteDatabase, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,depth,secret\n张三,1,s1\n李四,9,s2\n,1,s3\n")
    profile, report = examine(path, RULES, START)
    Quality(database, VirtualClock(START)).keep("r1", profile, report, masked, HUB)
    newest = told(database).newest
    assert (newest.rows, newest.scores) == (3, {"completeness": 0.666667, "validity": 0.666667})
    filled, depth = newest.body["rules"]
    assert depth["failing"] == [[2, {"name": "李*", "depth": "9", "secret": None}]]
    assert filled["failing"] == [[3, {"name": None, "depth": "1", "secret": None}]]
    by_name = {column["name"]: column for column in newest.body["columns"]}
    assert by_name["secret"]["least"] is None and by_name["depth"]["most"] == "9"
    with database.read() as connection:
        [entry] = entries_about(connection, "r1")
    assert entry.body["broken"] == {"name-filled": 1, "depth": 1}


def test_old_measures_keep_their_scores_alone(database: SqliteDatabase, tmp_path: Path) -> None:
    path, clock = tmp_path / "a.csv", VirtualClock(START)
    path.write_text("name,depth\nA,1\n")
    found = examine(path, RULES, START)
    for _ in range(25):
        Quality(database, clock).keep("r1", *found, masked, HUB)
        clock.advance_to(clock.now() + timedelta(days=1))
    trend = told(database).trend
    assert len(trend) == 25 and all(kept.scores for kept in trend)
    assert [bool(kept.body) for kept in trend] == [False] * 5 + [True] * 20
    assert len(told(database, START + timedelta(days=3)).trend) == 4


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "filled", "columns": ["a", "b"]}, "a, b"),
        ({"kind": "range", "column": "a", "least": 0.0, "most": None}, "a 0 …"),
        (
            {"kind": "one_of", "column": "a", "values": list("abcdefghij")},
            "a a | b | c | d | e | f | g | h …",
        ),
        ({"kind": "pattern", "column": "a", "pattern": "x+"}, "a x+"),
        ({"kind": "reference", "column": "a", "file": "f.csv", "to": "b"}, "a ∈ f.csv: b"),
        ({"kind": "holds", "expression": "a > b"}, "a > b"),
        ({"kind": "fresh", "column": "a", "within": "P1D"}, "a ≤ P1D"),
    ],
)
def test_a_rule_in_short(rule: dict[str, object], said: str) -> None:
    assert about(rule) == said


def test_what_a_table_suggested_once_it_is_measured_by_later(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    path, quality = tmp_path / "a.csv", Quality(database, VirtualClock(START))

    def cycle(text: str) -> dict[str, float]:
        path.write_text(text)
        with database.read() as connection:
            earlier = suggested(connection, "r1")
        return dict(quality.keep("r1", *examine(path, None, START, earlier=earlier), masked, HUB).scores)

    rows = [f"{n},x" for n in range(40)]
    assert cycle("\n".join(["id,kind", *rows]) + "\n") == {"completeness": 1.0, "uniqueness": 1.0}
    spoiled = cycle("\n".join(["id,kind", *rows[:-4], *["1,"] * 4]) + "\n")
    assert spoiled["completeness"] == pytest.approx(0.95) and spoiled["uniqueness"] < 1
    later = cycle("\n".join(["fresh,kind", *(f"{n},x" for n in range(100, 140))]) + "\n")
    assert later == {
        "completeness": 1.0,
        "uniqueness": 1.0,
    }  # a column that came suggests, one that went is left
    with database.read() as connection:
        found = suggested(connection, "r1")
    assert found is not None and len({rule.id for rule in found.rules}) == len(found.rules) == 3
