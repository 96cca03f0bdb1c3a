"""Finding entries as people ask for them: Chinese, English, 繁體, typos, synonyms, facets, and the why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Invalid
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Field, Ledger, LedgerQueries, Resource, store
from chengshu.resources.ledger.search import LAYOUT, LedgerSearch
from chengshu.resources.ledger.words import cut, pairs, plain

STEWARD = Actor("person:lin")


def entry(name: str, en: str, zh: str, **parts: object) -> Resource:
    return Resource(f"urn:chengshu:resource:{name}", "dataset", Text(en, zh, ""), **parts)  # type: ignore[arg-type]


SHELF = (
    entry("gauges", "Rain gauges", "雨量站实时降雨数据", provider="water", themes=("weather",)),
    entry("levels", "Water levels of pipes", "排水管网水位监测数据", provider="water", themes=("drainage",)),
    entry("registry", "Enterprise register", "企业法人登记信息", provider="market", sharing="unconditional"),
    entry(
        "births",
        "Births",
        "出生医学证明签发信息",
        provider="health",
        fields=(Field("mother_id", title=Text("", "母亲身份证号", "")),),
    ),
    entry(
        "parking",
        "Parking lots",
        "公共停车场车位信息",
        provider="traffic",
        summary=Text("Free places", "", ""),
    ),
)


class Desk:
    def __init__(self, folder: Path) -> None:
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        self.database.create(journal_store.metadata)
        self.database.create(store.metadata)
        self.clock = VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))
        self.ledger = Ledger(self.database, self.clock, SequenceIds())
        self.index = TantivyIndex(folder / "index", LAYOUT)
        self.search = LedgerSearch(self.index, LedgerQueries(self.database))
        self.pump = Pump(self.database, self.clock, [self.search], [], strict=True)

    def ids(self, text: str, **more: object) -> list[str]:
        found = self.search.ask(text, **more)  # type: ignore[arg-type]
        return [hit.resource.id.rsplit(":", 1)[1] for hit in found.hits]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("search"))
    desk.ledger.put(SHELF, STEWARD)
    desk.pump.drain()
    return desk


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("雨量", "gauges"),
        ("rain gauge", "gauges"),
        ("precipitation", "gauges"),
        ("管網水位監測", "levels"),  # 繁體 finds 简体
        ("水位检测数据", "levels"),  # one sign wrong
        ("Enterprize", "registry"),  # a typo
        ("公司", "registry"),  # a synonym in Chinese
        ("company", "registry"),  # English finds the Chinese word's meaning
        ("身份证", "births"),  # in the name of a field
        ("mother_id", "births"),
        ("parkng lots", "parking"),
        ("ＰＡＲＫＩＮＧ", "parking"),  # full-width letters
    ],
)
def test_what_is_asked_for_comes_first(desk: Desk, asked: str, first: str) -> None:
    assert desk.ids(asked)[:1] == [first]


def test_each_hit_says_why(desk: Desk) -> None:
    [hit, *_] = desk.search.ask("company").hits
    assert ("title", "企业", "synonym") in {(match.part, match.word, match.how) for match in hit.why}
    [near, *_] = desk.search.ask("enterprize").hits
    assert ("title", "enterprise", "near") in {(match.part, match.word, match.how) for match in near.why}


def test_facets_count_what_was_found_and_filters_narrow_it(desk: Desk) -> None:
    everything = desk.search.ask("")
    assert everything.total == len(SHELF)
    assert everything.facets["provider"]["water"] == 2
    assert desk.ids("", filters={"sharing": ["unconditional"]}) == ["registry"]
    assert desk.ids("水位", filters={"provider": ["health"]}) == []
    with pytest.raises(Invalid):
        desk.ids("", filters={"colour": ["red"]})
    with pytest.raises(Invalid):
        desk.ids("水" * 401)


def test_the_index_follows_the_ledger_and_can_be_thrown_away(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ledger.put(SHELF, STEWARD)
    desk.pump.drain()
    desk.ledger.retire([SHELF[0].id], STEWARD, why="test")
    desk.ledger.put(entry("levels", "Tide", "潮位"), STEWARD)
    desk.pump.drain()
    assert desk.ids("rain gauges") == []
    assert desk.ids("rain gauges", retired=True)[:1] == ["gauges"]
    assert desk.ids("潮位") == ["levels"]
    fresh = LedgerSearch(TantivyIndex(tmp_path / "again", LAYOUT), LedgerQueries(desk.database))
    Pump(desk.database, desk.clock, [fresh], [], strict=True).drain()
    assert [hit.resource.id for hit in fresh.ask("").hits] == [
        hit.resource.id for hit in desk.search.ask("").hits
    ]


@settings(max_examples=examples(200))
@given(st.text(max_size=200))
def test_any_text_is_cut_and_cutting_again_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    for token in cut(text):
        assert token
        assert len(token) <= 64
    assert all(len(pair) == 2 for pair in pairs(text))


@settings(max_examples=examples(100))
@given(asked=st.text(max_size=60))
def test_any_question_is_answered(desk: Desk, asked: str) -> None:
    found = desk.search.ask(asked)
    assert len(found.hits) <= found.total


def test_indexing_holds_few_entries_at_a_time_and_forgets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    asked: list[int] = []
    many = LedgerQueries.many

    def counted(self: LedgerQueries, ids: list[str]) -> dict[str, Resource]:
        asked.append(len(ids))
        return many(self, ids)

    monkeypatch.setattr("chengshu.resources.ledger.search._BITE", 2)
    monkeypatch.setattr(LedgerQueries, "many", counted)
    desk.ledger.put([entry(f"bulk{n}", f"bulky {n}", "") for n in range(7)], STEWARD)
    desk.pump.drain()
    assert max(asked) <= 2
    assert desk.search.ask("bulky").total == 7
