"""Properties: what is printed reads back; what the store finds is what the matcher says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.foundation.broker.query import strategies as some

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.edit import DeleteEntity, Upsert
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.query.geo import read_geo
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Condition, Not, Query
from chengshu.foundation.broker.query.planning import plan_query
from chengshu.foundation.broker.query.printing import print_body, print_condition, print_parameters
from chengshu.foundation.broker.query.selection import read_scopes, read_selectors, read_types
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock

ACTOR = Actor("tester", "test")


@given(some.conditions)
def test_what_is_printed_reads_back(condition: Condition) -> None:
    assert read_q(some.printed(condition), str) == condition


@given(some.conditions)
def test_what_is_printed_in_short_names_reads_back(condition: Condition) -> None:
    short = {"x:a": "a", "x:T": "T", some.CREATED: "createdAt"}
    long = {name: iri for iri, name in short.items()}
    text = print_condition(condition, lambda iri: short.get(iri, iri))
    assert read_q(text, lambda name: long.get(name, name)) == condition


@given(some.queries)
def test_a_body_reads_back(query: Query) -> None:
    body = print_body(query, str)
    if "entities" in body:
        read = read_selectors(body["entities"], str)
        for entity in (Entity(iri, types) for iri in some.IRIS for types in (("T",), ("T", "U"))):
            one, other = Query(selectors=read), Query(selectors=query.selectors)
            assert compile_query(one)(entity) == compile_query(other)(entity)
    if query.geo:
        geo = body["geoQ"]
        assert read_geo(geo["georel"], geo["geometry"], geo["coordinates"], geo["geoproperty"]) == query.geo


@given(some.queries.filter(lambda query: len(query.selectors) <= 1))
def test_parameters_read_back(query: Query) -> None:
    said = print_parameters(query, str)
    if "q" in said:
        assert read_q(said["q"], str) == query.q
    if "scopeQ" in said:
        assert read_scopes(said["scopeQ"]) == query.scopes
    if "type" in said:
        assert read_types(said["type"], str) == query.selectors[0].types


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, BrokerQueries]]:
    folder: Path = tmp_path_factory.mktemp("broker")
    database = SqliteDatabase(folder / "state.db", durable=False)
    clock = VirtualClock(datetime(2026, 5, 1, tzinfo=UTC))
    for metadata in (journal_store.metadata, store.metadata):
        database.create(metadata)
    yield Broker(database, clock), BrokerQueries(database, clock)
    database.close()


@settings(max_examples=examples(150))
@given(
    st.lists(some.entities, max_size=3, unique_by=lambda entity: entity.id),
    st.lists(some.queries, min_size=3, max_size=6),
    st.booleans(),
)
def test_the_store_finds_what_the_matcher_says(
    rooms: tuple[Broker, BrokerQueries], entities: list[Entity], queries: list[Query], negated: bool
) -> None:
    broker, found = rooms
    broker.submit("", [DeleteEntity(iri) for iri in some.IRIS], ACTOR).result()
    broker.submit("", [Upsert(entity) for entity in entities], ACTOR).result()
    kept = {entity.id: entity for entity in found.many("", list(some.IRIS))} if entities else {}
    for query in queries:
        if negated and query.q is not None:
            query = Query(query.selectors, query.attrs, Not(query.q), query.geo, query.scopes)  # noqa: PLW2901
        matches = compile_query(query, kept.get)
        expected = {iri for iri, entity in kept.items() if matches(entity)}
        page = found.find("", query, limit=100, count=True)
        assert {entity.id for entity in page.entities} == expected, plan_query(query)
        assert page.total == len(expected), plan_query(query)
