"""A context compiled to a table: JSON-LD as far as NGSI-LD needs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import CORE, compile_context
from chengshu.foundation.broker.ld.core import CORE_URL, DEFAULT_VOCAB, NGSI_LD, core_document, is_core

ETSI = {
    "Building": "https://ngsi-ld-test-suite/context#Building",
    "almostFull": "https://ngsi-ld-test-suite/context#almostFull",
    "schema": "https://schema.org/",
    "street": "schema:streetAddress",
    "owner": {"@id": "schema:owner", "@type": "@id"},
    "parts": {"@id": "https://example.org/parts", "@container": ["@list", "@set"]},
    "bare": {"@type": "@vocab"},
    "nothing": None,
}
CONTEXT = compile_context([ETSI], "https://example.org/c.jsonld")


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("Building", "https://ngsi-ld-test-suite/context#Building"),
        ("street", "https://schema.org/streetAddress"),
        ("schema:name", "https://schema.org/name"),
        ("schema://name", "schema://name"),  # a prefix does not stand before //
        ("https://x.org/y", "https://x.org/y"),
        ("urn:x:y", "urn:x:y"),
        ("location", NGSI_LD + "location"),
        ("title", "http://purl.org/dc/terms/title"),
        ("unknown", DEFAULT_VOCAB + "unknown"),
        ("水位", DEFAULT_VOCAB + "水位"),
        ("ngsi-ld:default-context/x", DEFAULT_VOCAB + "x"),
        ("bare", DEFAULT_VOCAB + "bare"),
    ],
)
def test_a_name_expands(name: str, iri: str) -> None:
    assert CONTEXT.expand(name) == iri


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://ngsi-ld-test-suite/context#Building", "Building"),
        ("https://schema.org/streetAddress", "street"),
        ("https://schema.org/name", "schema:name"),
        ("https://other.org/name", "https://other.org/name"),
        (DEFAULT_VOCAB + "unknown", "unknown"),
        # a short name that means something else here cannot stand for it (ETSI 001_05_02)
        (DEFAULT_VOCAB + "almostFull", "ngsi-ld:default-context/almostFull"),
        (DEFAULT_VOCAB + "a:b", "ngsi-ld:default-context/a:b"),
        (NGSI_LD + "location", "location"),
    ],
)
def test_an_iri_compacts_to_what_expands_again(iri: str, name: str) -> None:
    assert CONTEXT.compact(iri) == name
    assert CONTEXT.expand(name) == iri


def test_coercions_and_containers() -> None:
    assert CONTEXT.coercion("owner") == "@id"
    assert CONTEXT.coercion("observedAt") == NGSI_LD + "DateTime"
    assert CONTEXT.container("parts") == "@list"
    assert (CONTEXT.coercion("unknown"), CONTEXT.container("unknown")) == ("", "")


@pytest.mark.parametrize("name", ["", "@id", "@type", "nothing", "id", "type", ":x"])
def test_what_cannot_be_a_name(name: str) -> None:
    with pytest.raises(BadRequestData) as caught:
        CONTEXT.expand(name)
    assert caught.value.fault.remedy


@pytest.mark.parametrize("name", ["a b", "a-b", "a.b", "x'y", "http://x/<>", "x" * 300, "(a)"])
def test_the_form_of_names_in_payloads(name: str) -> None:
    with pytest.raises(BadRequestData):
        CONTEXT.name(name)


def test_a_term_of_the_context_may_have_any_form() -> None:
    assert compile_context([{"PM2.5": "https://x/pm25"}]).name("PM2.5") == "https://x/pm25"


def test_later_contexts_win_and_the_core_wins_over_all() -> None:
    first, second = {"a": "https://x/1", "b": "https://x/b"}, {"a": "https://x/2", "location": "https://x/l"}
    context = compile_context([first, second, {"@vocab": "https://own/"}])
    assert context.expand("a") == "https://x/2"
    assert context.expand("b") == "https://x/b"
    assert context.expand("location") == NGSI_LD + "location"
    assert context.expand("other") == DEFAULT_VOCAB + "other"
    assert compile_context([first, None, second]).expand("b") == DEFAULT_VOCAB + "b"


def test_vocab_holds_for_the_definitions_after_it() -> None:
    context = compile_context([{"@vocab": "https://own/", "x": "y", "z": {"@type": "@id"}}])
    assert context.expand("x") == "https://own/y"
    assert context.expand("z") == "https://own/z"


@pytest.mark.parametrize(
    "definition",
    [
        {"a": 7},
        {"a": "b", "b": "c", "c": "a"},
        {"a": {"@id": 7}},
        {"a": {"@type": 7}},
        {"a": {"@container": 7}},
        {"a": ""},
        {"urn": "https://x/"},
        {"a": "https://x/\0"},
        {"a": "https://x/" + "y" * 2_048},
        {"@vocab": 7},
        {f"t{n}": f"t{n + 1}" for n in range(200)},
    ],
)
def test_a_context_that_is_none(definition: dict[str, object]) -> None:
    with pytest.raises(BadRequestData) as caught:
        compile_context([definition])
    assert caught.value.fault.where.startswith("@context")


def test_what_stands_for_it_in_an_answer() -> None:
    url = "https://example.org/c.jsonld"
    assert CORE.document == CORE_URL
    assert CONTEXT.document == [url, CORE_URL]
    assert CONTEXT.links == (url,)
    newer = CORE_URL.replace("1.8", "1.9")
    assert compile_context([ETSI], [url, newer]).document == [url, newer]
    assert compile_context([{"a": "https://x/a"}], {"a": "https://x/a"}).links == ()


@pytest.mark.external
def test_the_core_table_says_what_the_published_contexts_say(shared: Path) -> None:
    changed = {"attributeCount", "attributeDetails", "objects", "entityMap"}  # between versions
    ours = core_document()["@context"]
    for path in (shared / "data/contexts/core").glob("*.jsonld"):
        theirs = json.loads(path.read_text())["@context"]
        differing = {name for name, said in theirs.items() if ours.get(name) != said}
        assert differing <= changed | {"ngsildproof"}, path.name


def test_any_version_of_the_core_is_built_in() -> None:
    base = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
    assert all(is_core(base + end) for end in (".jsonld", "-v1.3.jsonld", "-v1.9.jsonld"))
    assert not is_core("https://uri.etsi.org/ngsi-ld/v2/x.jsonld")


words = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True)
iris = st.builds(lambda host, path: f"https://{host.lower()}.org/{path}", words, words)
tables = st.dictionaries(
    words.filter(lambda word: word not in {"urn", "http", "https"}),
    st.one_of(iris, iris.map(lambda iri: iri + "/"), iris.map(lambda iri: {"@id": iri, "@type": "@id"})),
    max_size=8,
)


@given(tables, st.one_of(iris, words.map(lambda word: DEFAULT_VOCAB + word)))
def test_compact_then_expand_is_the_same(table: dict[str, object], iri: str) -> None:
    context = compile_context([table])
    assert context.expand(context.compact(iri)) == iri


@given(tables)
def test_every_term_expands_and_comes_back_to_a_name_of_it(table: dict[str, object]) -> None:
    context = compile_context([table])
    for name in table:
        if name not in CORE.terms:
            iri = context.expand(name)
            assert context.expand(context.compact(iri)) == iri
