"""Found by what it means: joined with the words by rank, within the filters, counted once, and said so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.ledger.meant import Dictionary

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.vectors import SqliteVectors
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Ledger, LedgerQueries, Resource, meaning, store
from chengshu.resources.ledger.meaning import LedgerMeaning, Meanings, family_of, fused
from chengshu.resources.ledger.search import LAYOUT, LedgerSearch

STEWARD = Actor("person:lin")
TITLES = (
    "rain gauges|water levels|parking lots|births|bus lines|street lamps|trees|hotels|poultry farms|noise"
)


class Desk:
    def __init__(self, folder: Path) -> None:
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, store):
            self.database.create(part.metadata)
        clock = VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))
        self.ledger = Ledger(self.database, clock, SequenceIds())
        queries = LedgerQueries(self.database)
        self.vectors = SqliteVectors(folder / "vectors.db", "dictionary")
        meanings = Meanings(Dictionary(), self.vectors)
        self.index = TantivyIndex(None, LAYOUT)
        self.search = LedgerSearch(self.index, queries, meanings)
        self.pump = Pump(
            self.database, clock, [self.search, LedgerMeaning(meanings, queries)], strict=True, bite=1
        )

    def ask(self, text: str, **more: object) -> list[str]:
        return [hit.resource.id.rsplit(":", 1)[-1] for hit in self.search.ask(text, **more).hits]  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    for number, title in enumerate(TITLES.split("|")):
        item = Resource(f"urn:x:{title.split()[0]}", "dataset", Text(title, "", ""), open=number % 2 == 0)
        desk.ledger.put(item, STEWARD)
    desk.pump.drain()
    yield desk
    desk.index.close()
    desk.vectors.close()
    desk.database.close()


def test_what_means_the_same_is_found_without_any_of_its_words_and_says_so(desk: Desk) -> None:
    found = desk.search.ask("chicken", facets=("kind",))
    assert [hit.resource.id for hit in found.hits] == ["urn:x:poultry"]
    assert [match.how for match in found.hits[0].why] == ["meaning"]
    assert (found.total, found.facets["kind"]) == (1, {"dataset": 1})


def test_what_both_find_comes_first_and_is_counted_once(desk: Desk) -> None:
    found = desk.search.ask("poultry parking")
    assert found.hits[0].resource.id in ("urn:x:poultry", "urn:x:parking")
    assert {hit.resource.id for hit in found.hits} >= {"urn:x:poultry", "urn:x:parking"}
    assert found.total == len({hit.resource.id for hit in found.hits})
    assert {match.how for match in found.hits[0].why} >= {"word", "meaning"}


def test_filters_and_what_is_open_hold_for_meaning_too(desk: Desk) -> None:
    assert desk.ask("chicken", filters={"kind": ["stream"]}) == []
    assert desk.ask("chicken", open_only=True) == ["poultry"]
    desk.ledger.put(Resource("urn:x:poultry", "dataset", Text("poultry farms", "", "")), STEWARD)
    assert desk.ask("chicken", open_only=True) == []  # before index and vectors know
    desk.ledger.retire(["urn:x:poultry"], STEWARD, why="gone")
    assert desk.ask("chicken") == []


def test_pages_of_the_joined_hits_do_not_overlap(desk: Desk) -> None:
    whole = desk.ask("poultry parking rain", limit=9)
    parts = [desk.ask("poultry parking rain", limit=2, offset=at) for at in (0, 2, 4)]
    assert [id_ for part in parts for id_ in part] == whole[:6]


def test_an_empty_question_and_one_beyond_the_joined_are_answered_by_words(desk: Desk) -> None:
    assert len(desk.ask("")) == 10
    assert desk.ask("rain", offset=99) == []


def test_vectors_follow_the_ledger_and_end_at_their_bound(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meaning, "MOST", 11)
    for name in ("hen", "fowl", "chicken"):
        desk.ledger.put(Resource(f"urn:x:{name}", "dataset", Text(name, "", "")), STEWARD)
    desk.pump.drain()
    assert desk.vectors.count() == 11
    assert set(desk.ask("家禽")) == {"poultry", "hen"}


@given(st.lists(st.permutations("abcdef").map(lambda found: found[:4]), min_size=1, max_size=3))
@settings(max_examples=examples(60))
def test_fused_ranks_keep_what_all_rankings_agree_on(rankings: list[list[str]]) -> None:
    scores = fused(*rankings)
    assert scores.keys() == {id_ for ranking in rankings for id_ in ranking}
    for one in scores:
        for other in scores:
            if all(
                one in ranking and (other not in ranking or ranking.index(one) < ranking.index(other))
                for ranking in rankings
            ):
                assert scores[one] > scores[other]


@pytest.mark.parametrize(
    ("text", "family"), [("水位 level", "other"), ("排水管网水位 2", "han"), ("", "other")]
)
def test_the_script_of_a_text(text: str, family: str) -> None:
    assert family_of(text) == family


def test_what_was_stopped_goes_on_at_the_next_start(desk: Desk) -> None:
    before = desk.vectors.position()
    meanings = Meanings(Dictionary(), desk.vectors)
    meanings.stop()
    desk.ledger.put(Resource("urn:x:late", "dataset", Text("late hens", "", "")), STEWARD)
    queries = LedgerQueries(desk.database)
    clock = VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))
    Pump(desk.database, clock, [LedgerMeaning(meanings, queries)], strict=True).drain()
    assert (desk.vectors.position(), desk.vectors.count()) == (before, 10)
    again = LedgerMeaning(Meanings(Dictionary(), desk.vectors), queries)
    Pump(desk.database, clock, [again], strict=True).drain()
    assert desk.vectors.count() == 11
