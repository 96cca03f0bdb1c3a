"""What is kept for a while: found while it lives, by its tenant alone, and forgotten by the next one kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker.errors import AlreadyExists, ResourceNotFound, TooManyResults
from chengshu.foundation.broker.keeping import commands, store
from chengshu.foundation.broker.keeping.commands import Keeping
from chengshu.foundation.broker.keeping.model import Copied, EntityMap, Snapshot
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import millis

WHO = Actor("tester")


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 8, 21, 6, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def keeping(tmp_path: Path, clock: Hand) -> Keeping:
    database = SqliteDatabase(tmp_path / "kept.sqlite", durable=False)
    database.create(journal_store.metadata)
    return Keeping(database, clock)


def of(keeping: Keeping, name: str, tenant: str = "", seconds: int = 60) -> EntityMap:
    one = EntityMap(name, tenant, keeping.now() + seconds * 1000, (("urn:a", ("@none",)),))
    keeping.keep_map(one, WHO)
    return one


def test_what_is_kept_is_found_until_it_is_over(keeping: Keeping, clock: Hand) -> None:
    one = of(keeping, "urn:m:1")
    assert keeping.map("", "urn:m:1") == one
    with pytest.raises(ResourceNotFound):
        keeping.map("other", "urn:m:1")
    keeping.extend_map("", "urn:m:1", millis(clock.at) + 120_000, WHO)
    clock.at += timedelta(seconds=119)
    assert keeping.map("", "urn:m:1").entries == one.entries
    clock.at += timedelta(seconds=1)
    for use in (keeping.map, lambda t, n: keeping.delete_map(t, n, WHO)):
        with pytest.raises(ResourceNotFound):
            use("", "urn:m:1")


def test_what_is_over_is_forgotten_by_the_next(keeping: Keeping, clock: Hand) -> None:
    of(keeping, "urn:m:1", seconds=1)
    clock.at += timedelta(seconds=1)
    of(keeping, "urn:m:2")
    with keeping._database.read() as connection:
        assert store.MAPS.find(connection, "", "urn:m:1") is None
    of(keeping, "urn:m:1")  # its name is free again
    with pytest.raises(AlreadyExists):
        of(keeping, "urn:m:1")


def test_a_tenant_keeps_only_so_many(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST", 2)
    of(keeping, "urn:m:1")
    of(keeping, "urn:m:2")
    of(keeping, "urn:m:3", tenant="other")
    with pytest.raises(TooManyResults):
        of(keeping, "urn:m:3")


def test_a_snapshot_gives_its_entities_as_they_were(keeping: Keeping) -> None:
    entity = Entity("urn:a", ("http://x/T",), attributes={"http://x/a": (Attribute("Property", [1, "水"]),)})
    one = Snapshot("urn:s:1", "", keeping.now(), keeping.now() + 1000, count=1)
    keeping.keep_snapshot(one, Copied((entity,)), WHO)
    assert keeping.snapshot("", "urn:s:1") == one
    assert keeping.held("", "urn:s:1").entities == (entity,)
    keeping.delete_snapshot("", "urn:s:1", WHO)
    with pytest.raises(ResourceNotFound):
        keeping.held("", "urn:s:1")
