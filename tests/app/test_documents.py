"""The documents that a city has in its folder: taken in at the start, once, and anew where they changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chengshu.app.knowledge import KnowledgeRoom, enter_documents, knowledge_of
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.city import City, read_city
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Invalid
from chengshu.kernel.ids import SequenceIds
from chengshu.resources.knowledge import store
from chengshu.resources.knowledge.readers import STRANGER
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger import store as ledger_store

DECLARED = """
documents:
- id: plan
  title: {en: Flood plan, zh-Hans: 防汛预案, zh-Hant: 防汛預案}
  provider: water
  open: true
  grade: general-1
  editions:
  - {file: plan.md, valid_from: 2026-05-01}
"""
PLAN = "# 预案\n\n第一条 红色预警时封闭下穿通道。\n\n第二条 结束由数据核实。\n"
ID = "urn:chengshu:resource:city:document:plan"


@pytest.fixture
def city(pristine: Path, root: Path, tmp_path: Path) -> City:
    (tmp_path / "documents.yaml").write_text(DECLARED, "utf-8")
    (tmp_path / "plan.md").write_text(PLAN, "utf-8")
    return replace(read_city(pristine, root / "scenarios"), folder=tmp_path)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[KnowledgeRoom]:
    clock = VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    for part in (journal_store, ledger_store, store):
        database.create(part.metadata)
    entries = LedgerQueries(database)
    made = knowledge_of(tmp_path, database, clock, Ledger(database, clock, SequenceIds()), entries)
    yield made
    made.index.close()
    database.close()


def kept(room: KnowledgeRoom) -> list[tuple[int, date]]:
    """Number and first day of each edition."""
    page = room.queries.page(ID, STRANGER)
    assert page.held.resource.title.zh_hans == "防汛预案"
    return [(edition.number, edition.valid_from) for edition in page.editions]


def test_documents_come_in_once_and_anew_where_they_changed(city: City, room: KnowledgeRoom) -> None:
    assert (enter_documents(city, room), enter_documents(city, room)) == (1, 0)
    assert kept(room) == [(1, date(2026, 5, 1))]
    (city.folder / "plan.md").write_text(PLAN + "\n第三条 每年演练一次。\n", "utf-8")
    assert enter_documents(city, room) == 1
    assert kept(room) == [(1, date(2026, 5, 1)), (2, date(2026, 5, 1))]


def test_a_file_that_is_not_there_is_named(city: City, room: KnowledgeRoom) -> None:
    (city.folder / "plan.md").unlink()
    with pytest.raises(Invalid, match=r"'plan' names plan\.md, which is not there"):
        enter_documents(city, room)


def test_without_the_file_there_is_nothing_to_do(city: City, room: KnowledgeRoom) -> None:
    (city.folder / "documents.yaml").unlink()
    assert enter_documents(city, room) == 0
