"""The ledger: entries come, change, retire and come back; every version stays; the balance adds up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.examples import examples

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor, changes_after, verify
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Field, Ledger, LedgerQueries, Origin, Resource, store, wanting
from chengshu.resources.ledger.queries import Totals

START = datetime(2026, 7, 1, tzinfo=UTC)
STEWARD = Actor("person:lin")


class Bureau:
    def __init__(self, path: Path) -> None:
        self.database = SqliteDatabase(path, durable=False, threaded=False)
        self.database.create(journal_store.metadata)
        self.database.create(store.metadata)
        self.clock = VirtualClock(START)
        self.ledger = Ledger(self.database, self.clock, SequenceIds())
        self.queries = LedgerQueries(self.database)

    def wait(self, **period: float) -> datetime:
        self.clock.advance_to(self.clock.now() + timedelta(**period))
        return self.clock.now()


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    return Bureau(tmp_path / "hub.db")


def dataset(name: str, **parts: object) -> Resource:
    return Resource(f"urn:chengshu:resource:{name}", "dataset", Text.of(name), **parts)  # type: ignore[arg-type]


def test_an_entry_comes_changes_and_keeps_its_past(bureau: Bureau) -> None:
    first = dataset("births", summary=Text.of("Births by district"))
    assert bureau.ledger.put(first, STEWARD).added == (first.id,)
    noon = bureau.wait(hours=12)
    bureau.wait(hours=1)
    assert bureau.ledger.put(replace(first, update_cycle="P1M"), STEWARD).changed == (first.id,)
    assert bureau.queries.get(first.id).update_cycle == "P1M"
    assert bureau.queries.get(first.id, noon).update_cycle == ""
    assert [version.what for version in bureau.queries.versions(first.id)] == ["added", "changed"]


def test_the_same_again_is_no_change_and_leaves_no_version(bureau: Bureau) -> None:
    bureau.ledger.put(dataset("births"), STEWARD)
    again = bureau.ledger.put(dataset("births"), STEWARD)
    assert not again
    assert again.unchanged == 1
    assert len(bureau.queries.versions("urn:chengshu:resource:births")) == 1


def test_retired_entries_stay_readable_and_can_come_back(bureau: Bureau) -> None:
    births = dataset("births")
    bureau.ledger.put(births, STEWARD)
    bureau.ledger.retire([births.id], STEWARD, why="replaced by the register")
    assert bureau.queries.get(births.id).state == "retired"
    with pytest.raises(Conflict):
        bureau.ledger.retire([births.id], STEWARD, why="twice")
    assert bureau.ledger.put(births, STEWARD).restored == (births.id,)
    with pytest.raises(Missing):
        bureau.ledger.retire(["urn:chengshu:resource:none"], STEWARD, why="?")


def test_one_batch_is_one_line_of_the_journal_and_one_change(bureau: Bureau) -> None:
    bureau.ledger.put([dataset(f"set-{n}") for n in range(250)], STEWARD, why="first harvest")
    with bureau.database.read() as connection:
        changes = list(changes_after(connection, 0))
        assert verify(connection) is not None
    assert [change.kind for change in changes] == ["ledger.booked"]
    assert changes[0].payload["counts"]["added"] == 250
    assert len(changes[0].payload["ids"]) == 250


def test_mistakes_are_told_together_and_nothing_is_kept(bureau: Bureau) -> None:
    wrong = [
        replace(dataset("a"), id="no uri"),
        dataset("b", fields=(Field("x"), Field("x"))),
        dataset("c", update_cycle="daily"),
        dataset("d", code="9"),
        dataset("e", bbox=(10.0, 0.0, 5.0, 1.0)),
        replace(dataset("f"), title=Text()),
        dataset("good"),
    ]
    with pytest.raises(Invalid) as caught:
        bureau.ledger.put(wrong, STEWARD)
    assert {fault["code"] for fault in caught.value.extra["faults"]} == {
        "resource-id",
        "field-double",
        "resource-cycle",
        "resource-code",
        "resource-box",
        "resource-title",
    }
    assert bureau.queries.page() == []


def test_what_changed_between_two_dates_names_the_parts(bureau: Bureau) -> None:
    bureau.ledger.put([dataset("stays"), dataset("changes"), dataset("goes"), dataset("wavers")], STEWARD)
    june = bureau.wait(days=1)
    bureau.wait(days=1)
    bureau.ledger.put(dataset("changes", fields=(Field("district"),)), STEWARD)
    bureau.ledger.put(dataset("comes"), STEWARD)
    bureau.ledger.retire(["urn:chengshu:resource:goes"], STEWARD, why="gone")
    bureau.ledger.put(dataset("wavers", licence="x"), STEWARD)
    bureau.wait(hours=1)
    bureau.ledger.put(dataset("wavers"), STEWARD)
    found = {item.id.rsplit(":", 1)[1]: item for item in bureau.queries.differences(june, bureau.clock.now())}
    assert {name: item.what for name, item in found.items()} == {
        "changes": "changed",
        "comes": "added",
        "goes": "retired",
    }
    assert found["changes"].parts["fields"] == (None, [{"name": "district"}])


def test_facets_count_and_filter(bureau: Bureau) -> None:
    bureau.ledger.put(
        [dataset("a", sharing="unconditional"), dataset("b"), replace(dataset("c"), kind="stream")], STEWARD
    )
    assert bureau.queries.facet("sharing") == {"conditional": 2, "unconditional": 1}
    assert bureau.queries.facet("kind", sharing="conditional") == {"dataset": 1, "stream": 1}
    assert [item.id[-1] for item in bureau.queries.page(kind="dataset")] == ["a", "b"]
    assert [item.id[-1] for item in bureau.queries.page(after="urn:chengshu:resource:a", limit=1)] == ["b"]
    with pytest.raises(Invalid):
        bureau.queries.facet("colour")


def test_what_is_wanting_is_said_with_a_remedy() -> None:
    codes = {fault.code for fault in wanting(dataset("bare"))}
    assert {"wanting-provider", "wanting-fields", "wanting-condition"} <= codes
    assert all(fault.remedy for fault in wanting(dataset("bare")))


MOVE = st.tuples(st.sampled_from(["put", "change", "retire", "wait"]), st.integers(0, 5))


@settings(max_examples=examples(40))
@given(st.lists(MOVE, max_size=30))
def test_the_balance_reconciles_whatever_was_done(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, int]]
) -> None:
    bureau = Bureau(tmp_path_factory.mktemp("ledger") / "hub.db")
    moments = [START]
    for turn, (what, number) in enumerate(moves):
        if what == "wait":
            moments.append(bureau.wait(hours=1))
            bureau.wait(minutes=1)
            continue
        item = dataset(f"set-{number}", licence=str(turn) if what == "change" else "")
        if what != "retire":
            bureau.ledger.put(item, STEWARD)
            continue
        try:
            bureau.ledger.retire([item.id], STEWARD, why="test")
        except (Missing, Conflict):
            continue
    end = bureau.wait(hours=1)
    for start in moments:
        balance = bureau.queries.balance(start, end, now=end)
        assert balance.reconciles, balance


def test_totals_count_sources_standing_entries_and_fields(bureau: Bureau) -> None:
    fields = (Field("a"), Field("b"))
    found = [
        dataset("one", fields=fields),
        dataset("two", fields=fields[:1], origin=Origin("files", "two")),
        dataset("gone", fields=fields, origin=Origin("files", "gone")),
    ]
    bureau.ledger.put(found, STEWARD)
    bureau.ledger.retire([found[2].id], STEWARD, why="test")
    assert bureau.queries.totals() == Totals(systems=2, entries=2, fields=3)
    end = bureau.wait(hours=1)
    assert len(bureau.queries.differences(START - timedelta(days=1), end, limit=2)) == 2
