"""The knowledge base on the command line: documents come in, questions are answered or not, as of a day."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.app.terminal import run

OLD = "第一条 停车前三十分钟免费。\n第二条 违停罚款一百元。\n"
NEW = "第一条 停车前十五分钟免费。\n第二条 违停罚款二百元。\n"
RULES = "urn:chengshu:resource:parking"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one document in two editions."""
    folder = tmp_path_factory.mktemp("knowledge")
    for text, day in ((OLD, "2024-01-01"), (NEW, "2026-01-01")):
        (folder / "rules.txt").write_text(text, "utf-8")
        words = ("--from", day, "--document", RULES, "--title", "停车规定", "--provider", "traffic", "--json")
        ran = run("knowledge", "add", folder / "rules.txt", "--data", folder / "data", *words)
        assert ran.code == 0, ran.err
        assert (ran.json["new"], ran.json["passages"]) == (True, 2)
    return folder / "data"


def test_a_question_is_answered_with_the_clause_that_holds_on_the_day(data: Path) -> None:
    now = run("knowledge", "search", "违停罚款", "--data", data)
    assert now.code == 0
    assert "停车规定 第二条" in now.out and "二百元" in now.out and "一百元" not in now.out
    then = run("knowledge", "search", "违停罚款", "--data", data, "--as-of", "2025-06-30", "--json").json
    assert [part["text"] for part in then["passages"]] == ["第二条 违停罚款一百元。\n"]


def test_not_found_is_said_and_ends_with_status_1(data: Path) -> None:
    ran = run("knowledge", "search", "养犬登记", "--data", data)
    assert ran.code == 1
    assert "not found in 1 documents" in ran.out and "养犬" in ran.out
    before = run("knowledge", "search", "违停罚款", "--data", data, "--as-of", "2020-01-01", "--json")
    assert (before.code, before.json["documents"]) == (1, 0)


def test_a_document_is_shown_with_its_editions_to_those_who_may_read_it(data: Path) -> None:
    ran = run("knowledge", "show", RULES, "--data", data)
    assert "* edition 2" in ran.out and "  edition 1" in ran.out and "第一条" in ran.out
    first = run("knowledge", "show", RULES, "--data", data, "--edition", "1", "--json").json
    assert "".join(part["text"] for part in first["passages"]) == OLD
    assert run("knowledge", "show", RULES, "--data", data, "--grade", "general-1").code == 2
    assert run("ledger", "show", RULES, "--data", data, "--json").json["entry"]["kind"] == "document"


@pytest.mark.parametrize(
    "words",
    [
        ("search", "违停", "--as-of", "yesterday"),
        ("search", "违停", "--grade", "secret"),
        ("search", "是什么"),
        ("show", "urn:x:none"),
        ("add", "nothing.txt", "--from", "2026-01-01"),
    ],
)
def test_mistakes_are_told_in_words(data: Path, words: tuple[str, ...]) -> None:
    ran = run("knowledge", *words, "--data", data)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err
