"""A real catalogue, 768 entries in two languages: harvested, found, exported and valid."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.journal import Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Ledger, LedgerQueries, store
from chengshu.resources.ledger.harvest import Harvester, HarvestSource
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.ledger.harvest.connectors.records import RecordsConnector
from chengshu.resources.ledger.harvest.declared import Records
from chengshu.resources.ledger.search import LAYOUT, LedgerSearch
from chengshu.surfaces.dcat import CatalogGraph
from chengshu.surfaces.dcat.conformance import read_shapes, violations

pytestmark = pytest.mark.external
NOW = datetime(2026, 7, 1, tzinfo=UTC)
DECLARED = Records(
    kind="records",
    path="firstdata_all-sources.json.gz",
    each="sources",
    id="id",
    parts={
        "title.en": "name.en",
        "title.zh-Hans": "name.zh",
        "summary.en": "description.en",
        "summary.zh-Hans": "description.zh",
        "url": "data_url",
        "keywords": "tags",
        "themes": "domains",
        "provider": "authority_level",
    },
)


def test_harvested_found_exported(shared: Path, tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    for part in (journal_store, store, harvest_store):
        database.create(part.metadata)
    clock = VirtualClock(NOW)
    ledger, queries = Ledger(database, clock, SequenceIds()), LedgerQueries(database)
    source = HarvestSource(id="first", connector=DECLARED)
    connector = RecordsConnector(DECLARED, shared / "data" / "catalog")
    run = Harvester(database, clock, ledger, [source], {"first": connector}).run("first")
    assert (run.state, run.added, run.problems) == ("done", 768, 0)

    search = LedgerSearch(TantivyIndex(tmp_path / "index", LAYOUT), queries)
    Pump(database, clock, [search], [], strict=True).drain()
    for words in ("genome", "基因组", "基因組", "genomme"):
        titles = [hit.resource.title.en for hit in search.ask(words, limit=5).hits]
        assert any("Genom" in title for title in titles), (words, titles)

    graph = CatalogGraph("http://hub.example", Text("Ledger"), Text("Bureau"), issued=NOW, modified=NOW)
    graph.add(queries.below("urn:chengshu:resource:first:"))
    assert violations(graph.graph, read_shapes(shared / "checks" / "dcat")) == []
