"""The hub's own streams: a month goes from stream, history and store at once, and its neighbours stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.retention.office import LIN, Office

from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.context import Context, HistoryFeed, Observation, SeriesRegistry
from chengshu.foundation.context import store as context_store
from chengshu.foundation.context.forgetting import Past
from chengshu.foundation.journal import Pump, entries_about, verify
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Ledger, Resource
from chengshu.resources.retention.streams import PREFIX, StreamHolding

GAUGES = f"{PREFIX}gauges"
FIRST = datetime(2026, 1, 10, tzinfo=UTC)
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class City(Office):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, now=FIRST)
        self.database.create(context_store.metadata)
        self.history = DuckHistory(folder / "history.duckdb")
        self.context = Context(self.database, self.clock)
        self.pump = Pump(self.database, self.clock, [HistoryFeed(self.history, self.clock)], [], strict=True)
        self.past = Past(self.database, self.history)
        self.open([StreamHolding(self.past)])
        self.queries._rules = tuple(  # the same rules, for streams
            rule.model_copy(update={"entries": (GAUGES,), "kinds": (), "keep": "P2M"})
            for rule in self.queries._rules[:1]
        )
        entry = Resource(GAUGES, "stream", Text.of("gauges"))
        Ledger(self.database, self.clock, self.ids).put(entry, LIN)

    def observe(self, value: float | str, source: str = "gauges", gauge: str = "g1") -> None:
        attribute = "state" if isinstance(value, str) else "level"
        now = self.clock.now()
        self.context.record(
            [Observation(f"urn:{gauge}", "Gauge", attribute, value, "", now, source)], source=source
        )
        self.pump.drain()

    def values(self) -> list[float]:
        series = [item.id for item in SeriesRegistry(self.database)]
        return [float(value) for value in self.history.rows(series, *ALWAYS)["value"].to_pylist()]

    def texts(self) -> list[str]:
        with self.database.read() as connection:
            return [row[2] for row in context_store.texts_at(connection, 4 * 10**12)]

    def to(self, moment: datetime) -> None:
        self.clock.advance_to(moment)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    found = City(tmp_path)
    found.observe(1.0)
    found.observe(9.0, "others", "g9")
    found.observe("dry", gauge="g2")
    found.to(FIRST + timedelta(days=10))
    found.observe(2.0)
    found.to(datetime(2026, 2, 5, tzinfo=UTC))
    found.observe(3.0)
    yield found
    found.history.close()
    found.database.close()


def test_months_are_due_from_their_end(city: City) -> None:
    city.to(datetime(2026, 3, 31, 23, tzinfo=UTC))
    assert city.queries.due(city.clock.now()) == ()
    city.to(datetime(2026, 4, 1, tzinfo=UTC))
    [due] = city.queries.due(city.clock.now())
    assert (due.entry, [(item.name, item.size) for item in due.items]) == (GAUGES, [("2026-01", 3)])
    city.to(datetime(2026, 5, 2, tzinfo=UTC))
    assert [item.name for item in city.due(GAUGES).items] == ["2026-01", "2026-02"]


def test_a_month_goes_everywhere_and_its_neighbours_stay(city: City, tmp_path: Path) -> None:
    city.to(datetime(2026, 4, 1, tzinfo=UTC))
    assert city.values() == [1.0, 2.0, 3.0, 9.0] and city.texts() == ["dry"]
    due = city.due(GAUGES)
    done = city.retention.delete(due, due.root, LIN)
    proof = city.queries.proof(done.id)
    assert done.state == "proven" and proof.broken == "" and proof.counts() == {"destroyed": 1}
    assert city.values() == [3.0, 9.0] and city.texts() == []
    with city.database.read() as connection:
        assert [row.value for row in context_store.current_rows(connection)] == [3.0, 9.0]
        recorded = entries_about(connection, "gauges")
        assert len(recorded) == 4 and all(len(item.body["sha256"]) == 64 for item in recorded)
        assert verify(connection).ok
    city.observe(4.0)
    anew = DuckHistory(
        tmp_path / "anew.duckdb"
    )  # whoever reads the stream from its beginning finds none of it
    Pump(city.database, city.clock, [HistoryFeed(anew, city.clock)], [], strict=True).drain()
    series = [item.id for item in SeriesRegistry(city.database)]
    assert [row["value"] for row in anew.rows(series, *ALWAYS).to_pylist()] == [3.0, 4.0, 9.0]
    anew.close()


def test_broken_off_between_history_and_stream_it_goes_on(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chengshu.foundation.context import forgetting

    city.to(datetime(2026, 4, 1, tzinfo=UTC))
    due = city.due(GAUGES)

    def dies(*_: object) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "empty_changes", dies)
        with pytest.raises(OSError, match="power"):
            city.retention.delete(due, due.root, LIN)
    assert city.values() == [3.0, 9.0] and city.texts() == ["dry"]  # the store's part was undone
    [done] = city.retention.resume(LIN)
    assert done.state == "proven" and city.queries.proof(done.id).broken == "" and city.texts() == []


def test_large_months_go_in_portions(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chengshu.foundation.context.forgetting._BITE", 1)
    january = round(FIRST.timestamp() * 1000) - 1
    assert city.past.forget("gauges", january, january + 32 * 86_400_000) == 4
    assert city.values() == [9.0] and city.past.sources() == ["others"]


@pytest.mark.slow
def test_not_even_the_databases_file_has_it(city: City, tmp_path: Path) -> None:
    secret = "the resident of number seven called at night " * 200
    city.observe(secret, gauge="g3")
    city.database.close()
    assert secret[:40].encode() in b"".join(path.read_bytes() for path in tmp_path.glob("hub.db*"))
    city.history.close()
    again = City(tmp_path)
    assert again.past.forget("gauges", 0, 4 * 10**12) == 5
    again.history.close()
    again.database.close()
    assert secret[:40].encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("hub.db*"))
