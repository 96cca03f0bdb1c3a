"""`chengshu quality` and `chengshu lineage`: figures, failing rows, steps between columns, errors."""

from __future__ import annotations

from pathlib import Path

from tests.app.terminal import run

RULES = """rules:
  - {id: id-filled, kind: filled, columns: [id]}
  - {id: rain, kind: range, column: rain, least: 0}
"""


def test_a_table_is_measured_and_its_failing_rows_are_named(tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_text("id,rain\n1,5\n2,-4\n,1\n")
    (tmp_path / "quality.yaml").write_text(RULES)
    told = run("quality", str(tmp_path / "rain.csv"), "--rules", str(tmp_path / "quality.yaml"), "--json")
    assert told.code == 1
    assert {rule["id"]: [row["row"] for row in rule["failing"]] for rule in told.json["rules"]} == {
        "id-filled": [3],
        "rain": [2],
    }
    said = run("quality", str(tmp_path / "rain.csv"))
    assert said.code == 0
    assert "3 rows, 2 columns" in said.out


def test_sql_is_followed_from_column_to_column(tmp_path: Path) -> None:
    path = tmp_path / "report.sql"
    path.write_text("CREATE TABLE t AS SELECT id, sha256(name) AS token FROM people")
    (tmp_path / "tables.yaml").write_text("people: {id: text, name: text}\n")
    told = run("lineage", str(path), "--schema", str(tmp_path / "tables.yaml"), "--json")
    steps = {(step["source"], step["transform"], step["target"]) for step in told.json[0]["steps"]}
    assert steps == {("people.id", "copy", "t.id"), ("people.name", "tokenise", "t.token")}
    path.write_text("CREATE TABLE t AS SELECT (")
    assert run("lineage", str(path)).code == 2


def test_files_that_are_not_there_are_said(tmp_path: Path) -> None:
    assert run("quality", str(tmp_path / "none.csv")).code == 2
    assert run("lineage", str(tmp_path / "none.sql")).code == 2
