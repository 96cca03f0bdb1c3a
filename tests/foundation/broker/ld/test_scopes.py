"""Contexts that hold below a term alone, nests, backward properties; also beside another JSON-LD reader."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext, compile_context
from chengshu.foundation.broker.ld.core import NGSI_LD, core_document
from chengshu.foundation.broker.ld.flattening import Flattening
from chengshu.foundation.broker.ld.patches import PatchReader
from chengshu.foundation.broker.ld.reading import read_attribute, read_entity
from chengshu.foundation.broker.ld.rendering import render
from chengshu.foundation.broker.model import Attribute
from chengshu.foundation.broker.query.grammar import read_q

Tree = dict[str, Any]
SCOPED = {
    "Pump": {"@id": "http://a/Pump", "@context": {"speed": "http://pump/speed"}},
    "speed": {"@id": "http://a/speed", "@context": {"by": "http://speed/by"}},
    "by": "http://a/by",
    "measured": "@nest",
    "feeds": {"@reverse": "http://a/fedBy"},
}


def context_of(source: Any, documents: dict[str, Any] | None = None) -> LdContext:
    flattening = Flattening((documents or {}).__getitem__)
    flattening.add(source)
    return compile_context(flattening.definitions, source)


def prop(**inner: Any) -> dict[str, Any]:
    return {"type": "Property", "value": 1, **inner}


def tree(attributes: dict[str, tuple[Attribute, ...]]) -> Tree:
    """The names of attributes and of what they hold."""
    return {name: tree(instances[0].attributes) for name, instances in attributes.items()}


def read(source: Any, **members: Any) -> Tree:
    return tree(read_entity({"id": "urn:a:1", "type": "T"} | members, context_of(source)).attributes)


def test_the_context_of_a_name_holds_below_it() -> None:
    said = {"speed": prop(by=prop(by=prop())), "by": prop()}
    assert read(SCOPED, **said) == {
        "http://a/speed": {"http://speed/by": {"http://speed/by": {}}},
        "http://a/by": {},
    }


def test_the_context_of_a_type_holds_for_its_object_alone() -> None:
    said = {"type": "Pump", "speed": prop(speed=prop())}
    assert read(SCOPED, **said) == {"http://pump/speed": {"http://a/speed": {}}}


@pytest.mark.parametrize(
    ("propagate", "inner"), [(True, "http://speed/by"), (False, "http://a/by"), (None, "http://speed/by")]
)
def test_a_scope_may_say_how_deep_it_reaches(propagate: bool | None, inner: str) -> None:
    scope = {"by": "http://speed/by"} | ({} if propagate is None else {"@propagate": propagate})
    source = {"speed": {"@id": "http://a/speed", "@context": scope}, "by": "http://a/by"}
    assert read(source, speed=prop(by=prop(by=prop()))) == {
        "http://a/speed": {"http://speed/by": {inner: {}}}
    }


def test_a_scope_that_is_null_forgets_all_but_the_core() -> None:
    source = {"speed": {"@id": "http://a/speed", "@context": None}, "by": "http://a/by"}
    found = read(source, speed=prop(by=prop(), location={"type": "Property", "value": 1}))
    assert found == {"http://a/speed": {NGSI_LD + "default-context/by": {}, NGSI_LD + "location": {}}}


def test_a_scope_may_be_the_document_it_stands_in() -> None:
    url = "http://a/c.jsonld"
    documents = {url: {"@context": {"deep": {"@id": "http://a/deep", "@context": url}}}}
    context = context_of(url, documents)
    entity = read_entity({"id": "urn:a:1", "type": "T", "deep": prop(deep=prop(deep=prop()))}, context)
    assert tree(entity.attributes) == {"http://a/deep": {"http://a/deep": {"http://a/deep": {}}}}


def test_what_lies_in_a_nest_lies_beside_it() -> None:
    assert read(SCOPED, measured={"by": prop(measured={"speed": prop()})}) == {
        "http://a/by": {"http://a/speed": {}}
    }


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"feeds": prop()}, "feeds"),
        ({"measured": 7}, "measured"),
        ({"measured": {"by": prop()}, "by": prop()}, "by"),
    ],
)
def test_what_has_no_meaning_is_refused_where_it_is(members: dict[str, Any], where: str) -> None:
    with pytest.raises(BadRequestData) as caught:
        read(SCOPED, **members)
    assert caught.value.fault.where == where
    assert caught.value.fault.remedy


@pytest.mark.parametrize(
    ("definition", "where"),
    [
        ({"@id": "http://a/x", "@context": 7}, "@context"),
        ({"@id": "http://a/x", "@context": {"y": 7}}, "@context.y"),
        ({"@id": "http://a/x", "@context": {"@propagate": "yes"}}, "@context.@propagate"),
        ({"@id": "@nest", "@context": {}}, "@context.x.@context"),
        ({"@id": "http://a/x", "@nest": "@id"}, "@context.x.@nest"),
        ({"@reverse": "http://a/x", "@id": "http://a/y"}, "@context.x.@reverse"),
    ],
)
def test_what_is_wrong_in_a_scope_is_said_at_once(definition: dict[str, Any], where: str) -> None:
    with pytest.raises(BadRequestData) as caught:
        context_of({"x": definition})
    assert caught.value.fault.where == where


def test_names_in_questions_and_fragments_mean_the_same() -> None:
    context = context_of(SCOPED)
    assert "http://speed/by" in str(read_q("speed.by>1", context.expand, inside=context))
    assert tree({"x": read_attribute(prop(by=prop()), context, name="speed")}) == {
        "x": {"http://speed/by": {}}
    }
    patch = PatchReader(context).under("speed").instance({"by": prop()})
    assert list(patch.attributes) == ["http://speed/by"]
    assert context.asked("Pump|Other").expand("speed") == "http://pump/speed"


# --- beside another reader of JSON-LD -------------------------------------------------------------------

_TERMS = ["a", "b", "c", "d"]
_iris = st.sampled_from([f"http://x/{letter}" for letter in "pqrstuvw"])
_definitions = st.recursive(
    _iris | _iris.map(lambda iri: {"@id": iri}),
    lambda inner: st.fixed_dictionaries(
        {"@id": _iris, "@context": st.dictionaries(st.sampled_from(_TERMS), inner, max_size=3)}
    ),
    max_leaves=8,
)
_flat = st.dictionaries(st.sampled_from(_TERMS), _iris, max_size=3)
_types = st.fixed_dictionaries({"@id": _iris, "@context": _flat})
_scopes_of_names = st.dictionaries(st.sampled_from(_TERMS), _definitions, max_size=4)
_scopes_of_types = st.builds(
    dict.__or__,
    st.dictionaries(st.sampled_from(_TERMS), _iris, max_size=4),
    st.dictionaries(st.sampled_from(["T", "U"]), _types, max_size=2),
)
_sources = st.builds(dict.__or__, _scopes_of_types, _scopes_of_names)
_properties: st.SearchStrategy[Tree] = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(st.sampled_from(_TERMS), inner, min_size=1, max_size=3),
    max_leaves=8,
)


def attributes(names: Tree) -> dict[str, Any]:
    return {name: prop(**attributes(inner)) for name, inner in names.items()}


def graph_tree(graph: rdflib.Graph, node: Any) -> list[Any]:
    """As :func:`tree` of a whole graph, in order; two names of one meaning stand beside each other."""
    skipped = {str(rdflib.RDF.type), NGSI_LD + "hasValue"}
    return sorted(
        [str(p), graph_tree(graph, o)] for p, o in graph.predicate_objects(node) if str(p) not in skipped
    )


def ordered(names: Tree) -> list[Any]:
    return sorted([name, ordered(inner)] for name, inner in names.items())


def twice(found: list[Any]) -> bool:
    names = [name for name, _ in found]
    return len(set(names)) < len(names) or any(twice(inner) for _, inner in found)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@given(_scopes_of_names | _scopes_of_types, _properties, st.sampled_from(["T", "U"]))
def test_names_mean_what_another_reader_says(source: Tree, names: Tree, kind: str) -> None:
    """As far as it goes: of several types it takes the scope of the first alone, and within the scope of
    a name it lets that of a type go on (against section 5.1.2, step 7, of the algorithms)."""
    said = {"id": "urn:a:1", "type": kind} | attributes(names)
    vocabulary = {"@vocab": NGSI_LD + "default-context/"}
    document = said | {"@context": [vocabulary, source, core_document()["@context"]]}
    graph = rdflib.Graph().parse(data=json.dumps(document), format="json-ld")
    expected = graph_tree(graph, rdflib.URIRef("urn:a:1"))
    context = context_of(source)
    if twice(expected):
        return  # NGSI-LD has one attribute of a name
    assert ordered(tree(read_entity(said, context).attributes)) == expected


@given(_sources, _properties, st.sampled_from(["T", "U"]))
def test_what_is_read_is_written_so_that_it_reads_the_same(source: Tree, names: Tree, kind: str) -> None:
    context = context_of(source)
    try:
        entity = read_entity({"id": "urn:a:1", "type": kind} | attributes(names), context)
    except BadRequestData as error:
        assert "twice" in error.fault.detail
        return
    assert read_entity(render(entity, context), context) == entity


@given(st.lists(_sources, min_size=1, max_size=3))
def test_a_context_never_holds_more_layers_than_its_size_says(sources: list[Tree]) -> None:
    context = context_of(sources)
    for name in [*context.terms] * 2:
        context.inside(name).typed(["T", "U"]).inside("a").inside("b")
    assert context._layers._taken <= context.size + 8 * 64
