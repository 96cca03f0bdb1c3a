"""Entities of every shape, as payloads a client might send."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

words = st.from_regex(r"[a-z][A-Za-z0-9_]{0,6}", fullmatch=True)
uris = words.map(lambda word: f"urn:ngsi-ld:Thing:{word}")
times = st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + "Z")
texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=8)
numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False))
scalars = st.one_of(texts, numbers, st.booleans())
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
positions = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(list)
geometries = st.one_of(
    st.builds(lambda at: {"type": "Point", "coordinates": at}, positions),
    st.builds(
        lambda at: {"type": "LineString", "coordinates": at}, st.lists(positions, min_size=2, max_size=4)
    ),
    st.builds(
        lambda at: {"type": "Polygon", "coordinates": [[*at, at[0]]]},
        st.lists(positions, min_size=3, max_size=4),
    ),
)
languages = st.sampled_from(["en", "fr-CH", "zh-Hant", "@none"])
terms = words.filter(lambda word: word not in ("id", "type"))  # aliases of keywords name nothing else
VALUES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "Property": ("value", json_values),
    "Relationship": ("object", st.one_of(uris, st.lists(uris, min_size=1, max_size=3))),
    "GeoProperty": ("value", geometries),
    "LanguageProperty": ("languageMap", st.dictionaries(languages, texts, min_size=1)),
    "VocabProperty": ("vocab", st.one_of(terms, st.lists(terms, min_size=1, max_size=3, unique=True))),
    "ListProperty": ("valueList", st.lists(json_values, max_size=3)),
    "ListRelationship": ("objectList", st.lists(uris.map(lambda uri: {"object": uri}), max_size=3)),
    "JsonProperty": ("json", st.dictionaries(texts, st.one_of(json_values, st.none()), max_size=3)),
}
RESERVED = {"id", "type", "scope", "value", "object", "json", "vocab", "entity", "dataset", "location"}
names = words.filter(lambda word: word not in RESERVED).map(lambda word: f"{word}_")


@st.composite
def instances(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    """One normalized attribute instance, without datasetId."""
    kind = draw(st.sampled_from(sorted(VALUES)))
    member, values = VALUES[kind]
    said = {"type": kind, member: draw(values)}
    if draw(st.booleans()):
        said["observedAt"] = draw(times)
    if kind == "Property" and draw(st.booleans()):
        said["unitCode"] = draw(words)
    if kind == "Relationship" and draw(st.booleans()):
        said["objectType"] = draw(terms)
    if depth:
        said |= draw(st.dictionaries(names, instances(depth - 1), max_size=2))
    return said


@st.composite
def attributes(draw: st.DrawFn) -> Any:
    """All instances of one attribute: one, or several of different datasets."""
    many = draw(st.lists(instances(), min_size=1, max_size=3))
    datasets = draw(st.lists(uris, min_size=len(many), max_size=len(many), unique=True))
    for item, dataset in zip(many[1:], datasets[1:], strict=True):
        item["datasetId"] = dataset
    return many[0] if len(many) == 1 else many


@st.composite
def entities(draw: st.DrawFn) -> dict[str, Any]:
    """A whole normalized entity."""
    types = draw(st.lists(terms, min_size=1, max_size=3, unique=True))
    said: dict[str, Any] = {"id": draw(uris), "type": types[0] if len(types) == 1 else types}
    scopes = draw(st.lists(words.map(lambda word: f"/a/{word}"), max_size=2, unique=True))
    if scopes:
        said["scope"] = scopes[0] if len(scopes) == 1 else scopes
    if draw(st.booleans()):
        said["location"] = {"type": "GeoProperty", "value": draw(geometries)}
    return said | draw(st.dictionaries(names, attributes(), max_size=4))
