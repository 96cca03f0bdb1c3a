"""A table of questions with the hits that must come first, over a catalogue of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.ledger.test_search import STEWARD, Desk

from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Field, Resource
from chengshu.resources.ledger.asking import read_question
from chengshu.resources.ledger.search import FACETS

TABLE = yaml.safe_load((Path(__file__).parent / "cases" / "questions.yaml").read_text("utf-8"))


def entry(told: dict[str, Any]) -> Resource:
    return Resource(
        f"urn:chengshu:resource:{told['id']}",
        told.get("kind", "dataset"),
        Text(told["en"], told["zh"], ""),
        summary=Text(told.get("summary", ""), "", ""),
        provider=told["provider"],
        themes=tuple(told.get("themes", ())),
        keywords=tuple(told.get("keywords", ())),
        format=told.get("format", ""),
        fields=tuple(Field(name, title=Text("", name, "")) for name in told.get("fields", ())),
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("questions"))
    desk.ledger.put([entry(told) for told in TABLE["entries"]], STEWARD)
    desk.pump.drain()
    return desk


@pytest.mark.parametrize("case", TABLE["questions"], ids=lambda case: str(case["ask"])[:30])
def test_what_comes_first(desk: Desk, case: dict[str, Any]) -> None:
    found = desk.search.ask(case["ask"], limit=100, facets=("provider",))
    ids = [hit.resource.id.rsplit(":", 1)[1] for hit in found.hits]
    assert set(ids[: len(case.get("first", ()))]) == set(case.get("first", ()))
    assert sorted(case.get("only", ids)) == sorted(ids)
    assert not set(case.get("not", ())) & set(ids)
    assert found.total == case.get("total", len(ids)) == len(ids)
    assert sum(found.facets["provider"].values()) == len(ids), "each entry has one provider"
    for hit in found.hits:
        assert hit.why or not read_question(case["ask"], FACETS).words, "every hit says why"
    if "why" in case:
        assert tuple(case["why"]) in {(one.part, one.word, one.how) for one in found.hits[0].why}


def test_a_question_is_taken_apart() -> None:
    asked = read_question('kind:stream "water level" rain -"not this" -old -雨量 pm-2.5 colour:red', FACETS)
    assert asked.filters == {"kind": ["stream"]}
    assert asked.needed == {"water", "level"}
    assert asked.unwanted == (("not", "this"), ("old",), ("雨量",))
    assert {"rain", "pm", "2", "5", "colour", "red"} <= set(asked.words)
    assert not {"old", "雨量"} & set(asked.words)
