"""Random entities and random conditions over the same few names and values, so that they often meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from chengshu.foundation.broker.model import Attribute, Entity, Kind
from chengshu.foundation.broker.query.geo import read_geo
from chengshu.foundation.broker.query.model import (
    Compare,
    Condition,
    Every,
    Exists,
    GeoQuery,
    Iri,
    Like,
    Link,
    Moment,
    Number,
    Path,
    Query,
    Range,
    Selector,
    Some,
    Text,
    Truth,
)
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.foundation.broker.query.printing import print_condition

NAMES = ("x:a", "x:b", "https://x.y/c.d")
IRIS = ("urn:e:1", "urn:e:2", "urn:e:3")
TIMES = ("2020-05-01", "2020-05-01T10:00:00Z", "2020-05-01T12:00:00+02:00", "10:00:00Z")
TEXTS = ("", "red", "Red", "5", 'q"\\|;', "紅", "x" * 250, *IRIS, *TIMES)
SCOPES = ("/A", "/A/B", "/A/B/C", "/D")
PATTERNS = ("^r", "e", "ed$", "urn:.*:1", "[;|)]", "(R|r)ed", '"', "^紅$")
CREATED = "https://uri.etsi.org/ngsi-ld/createdAt"

numbers = st.sampled_from([-1, 0, 1, 2, 2.5, 5, 2**53, 2**53 + 1, 10**400])
scalars = st.one_of(numbers, st.sampled_from(TEXTS), st.booleans())
values: st.SearchStrategy[Any] = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.fixed_dictionaries({"k": scalars}),
    st.builds(lambda at: {"@type": "DateTime", "@value": at}, st.sampled_from(TIMES)),
)
degrees = st.sampled_from([-2, -1, -0.5, 0, 0.25, 0.5, 1, 1.5, 2])
points = st.builds(lambda x, y: {"type": "Point", "coordinates": [x, y]}, degrees, degrees)
lines = st.builds(
    lambda a, b: {"type": "LineString", "coordinates": [a["coordinates"], b["coordinates"]]}, points, points
).filter(lambda line: line["coordinates"][0] != line["coordinates"][1])


def _attribute(kind: Kind, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Attribute]:
    inner = st.dictionaries(
        st.sampled_from(NAMES), st.tuples(st.builds(Attribute, st.just("Property"), scalars)), max_size=1
    )
    return st.builds(Attribute, st.just(kind), value, attributes=inner)


attributes = st.one_of(
    _attribute("Property", values),
    _attribute("Property", scalars),
    _attribute("Relationship", st.sampled_from(IRIS)),
    _attribute("ListRelationship", st.lists(st.sampled_from(IRIS), max_size=2)),
    _attribute("VocabProperty", st.sampled_from(IRIS)),
    _attribute("ListProperty", st.lists(scalars, max_size=3)),
    _attribute("JsonProperty", values),
    _attribute("GeoProperty", st.one_of(points, lines)),
    _attribute(
        "LanguageProperty",
        st.dictionaries(
            st.sampled_from(["en", "zh"]),
            st.one_of(st.sampled_from(TEXTS), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2)),
            min_size=1,
        ),
    ),
)


def _instances(items: list[Attribute]) -> tuple[Attribute, ...]:
    """Several instances differ by their dataset."""
    from msgspec.structs import replace

    return tuple(replace(item, dataset=f"urn:d:{at}" if at else "") for at, item in enumerate(items))


entities = st.builds(
    Entity,
    st.sampled_from(IRIS),
    st.lists(st.sampled_from(["T", "U"]), min_size=1, max_size=2, unique=True).map(tuple),
    st.lists(st.sampled_from(SCOPES), max_size=2, unique=True).map(tuple),
    attributes=st.dictionaries(
        st.sampled_from(NAMES), st.lists(attributes, min_size=1, max_size=2).map(_instances), max_size=3
    ),
)

_names = st.sampled_from(NAMES)
_simple_paths = st.builds(Path, st.tuples(_names))
paths = st.one_of(
    _simple_paths,
    _simple_paths,
    st.builds(Path, st.tuples(_names, _names)),
    st.builds(Path, st.tuples(_names), st.sampled_from([("k",), ("*",), ("en",), ("k", "l")])),
    st.builds(
        lambda path, link: Path(path.names, link=link),
        _simple_paths,
        st.builds(Link, _simple_paths, st.sampled_from([(), ("x:T",), ("x:T", "x:U")])),
    ),
    st.just(Path((CREATED,))),
)
_numbers = st.sampled_from([-1, 0, 1, 2.5, 5, 2e20, float(2**53)]).map(Number)
_texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=4).filter(str.isprintable)).map(Text)
_moments = st.sampled_from(TIMES).map(lambda at: Moment(at, *(moment_of(at) or (False, 0))))
_plain = st.one_of(_numbers, _texts, st.sampled_from(IRIS).map(Iri), st.booleans().map(Truth), _moments)
_ranges = st.one_of(
    st.builds(Range, _numbers, _numbers),
    st.builds(Range, _texts, _texts),
    st.builds(Range, _moments, _moments).filter(lambda r: r.low.clock == r.high.clock),
)
terms: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Exists, paths),
    st.builds(
        Compare,
        paths,
        st.sampled_from(["==", "!="]),
        st.one_of(st.tuples(_plain), st.tuples(_ranges), st.lists(_plain, min_size=2, max_size=3).map(tuple)),
    ),
    st.builds(
        Compare,
        paths,
        st.sampled_from([">", ">=", "<", "<="]),
        st.tuples(st.one_of(_numbers, _texts, _moments)),
    ),
    st.builds(Like, paths, st.sampled_from(PATTERNS), st.booleans()),
)


def _joined(kind: type[Every | Some]) -> Any:
    def build(parts: list[Condition]) -> Condition:
        flat: list[Condition] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, kind) else (part,))
        return kind(tuple(flat))

    return build


conditions: st.SearchStrategy[Condition] = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(_joined(Every)),
        st.lists(inner, min_size=2, max_size=3).map(_joined(Some)),
    ),
    max_leaves=6,
)
geos: st.SearchStrategy[GeoQuery] = st.builds(
    lambda georel, at, name: read_geo(georel, "Point", at["coordinates"], name),
    st.sampled_from(
        ["near;maxDistance==90000", "near;minDistance==90000", "equals", "disjoint", "intersects", "contains"]
    ),
    points,
    _names,
) | st.builds(
    lambda georel, x, y, name: read_geo(
        georel, "Polygon", [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]], name
    ),
    st.sampled_from(["within", "intersects", "disjoint", "near;maxDistance==9000"]),
    degrees,
    degrees,
    _names,
)
selectors = st.builds(
    Selector,
    st.lists(st.sampled_from(IRIS), max_size=2, unique=True).map(tuple),
    st.sampled_from(["", "", "^urn", "1$", "e:[12]"]),
    st.sampled_from([(), (("T",),), (("T",), ("U",)), (("T", "U"),)]),
)
scope_groups = st.sampled_from(
    [(), (("/A",),), (("/A/#",),), (("/#",),), (("/+/B",),), (("/A/#", "/D"), ("/A/B",))]
)
queries = st.builds(
    Query,
    st.lists(selectors, max_size=2).map(tuple),
    st.lists(_names, max_size=2, unique=True).map(tuple),
    st.none() | conditions,
    st.none() | geos,
    scope_groups,
)


def printed(condition: Condition) -> str:
    """The text of q with the names as they are."""
    return print_condition(condition, str)
