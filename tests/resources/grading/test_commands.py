"""The command line of grading: a file, the figures, training, and the steward's word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chengshu.app.cli import grading  # registers its commands
from chengshu.app.cli.base import app
from chengshu.app.stores import open_state
from chengshu.foundation.journal import entries_about
from chengshu.kernel.errors import ChengshuError
from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.sensitive import birth_date, identity_number, person_name
from chengshu.resources.grading.generator.words import words

TABLE = "姓名,证号\n" + "\n".join(f"王小{sign},{at}1234567" for at, sign in enumerate("明红军华强"))


def run(*words: str) -> str:
    found = CliRunner().invoke(app, list(words), catch_exceptions=True)
    if isinstance(found.exception, ChengshuError):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "居民.csv"
    path.write_text(TABLE, "utf-8")
    return path


def test_a_file_is_graded_and_told(table: Path) -> None:
    assert grading.grading_app.info.help
    told = json.loads(run("grading", "file", str(table), "--sector", "civil", "--json"))
    assert [column["category"] for column in told["columns"]] == ["person_name", ""]
    assert told["grade"]["grade"] == "general-2"
    said = run("grading", "file", str(table), "--language", "zh-Hant")
    assert "一般數據2級" in said and "harm.contact" not in said.splitlines()[0]


def test_what_a_steward_says_on_the_line_sticks(table: Path, tmp_path: Path) -> None:
    data = str(tmp_path / "hub")
    run("grading", "file", str(table), "--data", data, "--name", "residents")
    assert json.loads(run("grading", "queue", "--data", data, "--json")) == []
    assert "taiwan_permit" in run("grading", "say", "residents", "证号", "taiwan_permit", "--data", data)
    told = json.loads(run("grading", "file", str(table), "--data", data, "--name", "residents", "--json"))
    assert told["columns"][1]["by_steward"] and told["grade"]["grade"] == "general-3"


def test_the_figures() -> None:
    told = json.loads(run("grading", "measure", "--rounds", "1", "--rows", "60", "--json"))
    assert told["columns"] >= 50 and told["f1"] > 0.9
    assert "false alarms" in run("grading", "measure", "--rounds", "1", "--rows", "60")


def test_training_needs_labels(tmp_path: Path) -> None:
    with pytest.raises(ChengshuError, match="does not exist"):
        run("grading", "train", str(tmp_path / "none.csv"), "--data", str(tmp_path))


@pytest.mark.slow
def test_training_the_texts(tmp_path: Path) -> None:
    assert "accuracy on unseen words" in run("grading", "train-text", str(tmp_path / "text.npz"))
    assert (tmp_path / "text.npz").is_file()


def test_a_table_leaves_protected_and_marked_and_is_traced(tmp_path: Path) -> None:
    draw, lists, lines = Draw(3), words(), ["姓名,身份证号,出生日期,水位"]
    for _ in range(600):
        values = (person_name, identity_number, birth_date)
        lines.append(",".join([*(make(draw, lists) for make in values), f"{draw.real(10, 99):.3f}"]))
    (tmp_path / "a.csv").write_text("\n".join(lines), "utf-8")
    (tmp_path / "key").write_bytes(b"0123456789abcdef0123456789abcdef")
    options = ["--key-file", str(tmp_path / "key")]
    data = str(tmp_path / "hub")
    leaving = [*options, "--reader", "analyst", "--recipient", "bureau-2", "--mark", "水位", "--data", data]
    said = run("grading", "export", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), *leaving)
    assert "600 rows for bureau-2" in said
    rows = (tmp_path / "b.csv").read_text("utf-8").splitlines()
    assert rows[0] == '"姓名","身份证号","出生日期","水位"' and len(rows) == 601
    name, token, decade, level = (field.strip('"') for field in rows[1].split(","))
    assert name.endswith("*") and len(token) == 20 and decade.endswith("0s")
    assert abs(float(level) - float(lines[1].split(",")[3])) < 0.0011
    (tmp_path / "leak.csv").write_text("x\n" + "\n".join(row.split(",")[3] for row in rows[300:]), "utf-8")
    asked = [word for at in range(1, 5) for word in ("--recipient", f"bureau-{at}")]
    told = json.loads(run("grading", "trace", str(tmp_path / "leak.csv"), *asked, *options, "--json"))
    assert [one["recipient"] for one in told if one["named"]] == ["bureau-2"]
    journal = open_state(tmp_path / "hub")
    with journal.read() as c:
        assert "grading.exported" in {entry.action for entry in entries_about(c, "a.csv")}
    journal.close()


def test_what_cannot_leave(table: Path, tmp_path: Path) -> None:
    target, key = tmp_path / "b.csv", tmp_path / "key"
    options = ["--reader", "official", "--recipient", "x", "--key-file", str(key)]
    with pytest.raises(ChengshuError, match="key cannot be read"):
        run("grading", "export", str(table), str(target), *options)
    key.write_bytes(b"short")
    with pytest.raises(ChengshuError, match="16 bytes"):
        run("grading", "export", str(table), str(target), *options, "--mark", "证号")
    with pytest.raises(ChengshuError, match="cannot carry a mark"):
        run("grading", "export", str(table), str(target), *options, "--mark", "性别")
    assert list(tmp_path.glob("b.csv*")) == []


def test_a_table_without_rows_leaves_its_head(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("数量,单价\n", "utf-8")
    (tmp_path / "key").write_bytes(b"0123456789abcdef")
    options = ["--reader", "public", "--recipient", "x", "--key-file", str(tmp_path / "key")]
    assert "0 rows" in run("grading", "export", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), *options)
    assert (tmp_path / "b.csv").read_text("utf-8").strip() == '"数量","单价"'
