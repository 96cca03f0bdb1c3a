"""The command line of grading: a file, the figures, training, and the steward's word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chengshu.app.cli import grading  # registers its commands
from chengshu.app.cli.base import app
from chengshu.kernel.errors import ChengshuError

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
    assert told["columns"] == 53 and told["f1"] > 0.9
    assert "false alarms" in run("grading", "measure", "--rounds", "1", "--rows", "60")


def test_training_needs_labels(tmp_path: Path) -> None:
    with pytest.raises(ChengshuError, match="does not exist"):
        run("grading", "train", str(tmp_path / "none.csv"), "--data", str(tmp_path))


def test_training_the_texts(tmp_path: Path) -> None:
    assert "accuracy on unseen words" in run("grading", "train-text", str(tmp_path / "text.npz"))
    assert (tmp_path / "text.npz").is_file()
