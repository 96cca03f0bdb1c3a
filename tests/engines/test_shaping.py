"""Every room's tables: made, found as they are, and brought up from a data folder that kept no digests."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, inspect, text
from tests.engines.postgres.server import fresh_schema

import chengshu
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.postgres import PostgresDatabase
from chengshu.kernel.errors import Conflict
from chengshu.ports.database import Database


def metadatas() -> Iterator[tuple[str, MetaData]]:
    """What the stores of all rooms declare."""
    for found in pkgutil.walk_packages(chengshu.__path__, "chengshu."):
        if found.name.rsplit(".", 1)[-1].startswith("store"):
            module = importlib.import_module(found.name)
            metadata = getattr(module, "metadata", None)
            if isinstance(metadata, MetaData) and metadata.tables:
                yield found.name, metadata


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    yield database
    database.close()


def same_after_forgetting(database: Database) -> None:
    """Make all tables, forget their digests as an old data folder would lack them, and ask again."""
    declared = dict(metadatas())
    assert len(declared) > 15
    for metadata in declared.values():
        database.create(metadata)
    before = described(database)
    database.write(lambda connection: connection.execute(text("DROP TABLE table_shapes")))
    for name, metadata in declared.items():
        try:
            database.create(metadata)
        except Conflict as error:
            pytest.fail(f"{name}: {error}")
    assert described(database) == before


def described(database: Database) -> list[tuple[str, ...]]:
    """Every table and index by name and definition."""
    with database.read() as connection:
        inspector = inspect(connection)
        return sorted(
            (table, *(str(column) for column in inspector.get_columns(table)), str(index))
            for table in inspector.get_table_names()
            for index in [sorted(str(item["name"]) for item in inspector.get_indexes(table))]
        )


@pytest.mark.slow
def test_tables_of_every_room_are_found_as_they_were_made(database: SqliteDatabase) -> None:
    same_after_forgetting(database)


@pytest.mark.slow
def test_also_on_postgresql() -> None:
    with fresh_schema() as url:
        database = PostgresDatabase(url, durable=False)
        same_after_forgetting(database)
        database.close()
