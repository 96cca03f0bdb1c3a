"""The grammar of q: what is said, what is refused, and where."""

from __future__ import annotations

import pytest

from chengshu.foundation.broker.errors import BadRequestData, TooComplexQuery
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.model import (
    Compare,
    Every,
    Exists,
    Iri,
    Like,
    Link,
    Moment,
    Number,
    Path,
    Range,
    Some,
    Text,
    Truth,
)

DAY = 86_400_000_000


def read(text: str, **more: object) -> object:
    return read_q(text, lambda name: f"x:{name}", **more)  # type: ignore[arg-type]


def path(*names: str, trail: tuple[str, ...] = (), link: Link | None = None) -> Path:
    return Path(tuple(f"x:{name}" for name in names), trail, link)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("temperature", Exists(path("temperature"))),
        ("temperature==20", Compare(path("temperature"), "==", (Number(20),))),
        ('brandName!="Mercedes"', Compare(path("brandName"), "!=", (Text("Mercedes"),))),
        ('a=="x\\u0041\\"|;"', Compare(path("a"), "==", (Text('xA"|;'),))),
        ("a==urn:ngsi-ld:City:Pisa", Compare(path("a"), "==", (Iri("urn:ngsi-ld:City:Pisa"),))),
        ("a==http://x.y/z(1),true", Compare(path("a"), "==", (Iri("http://x.y/z(1)"), Truth(True)))),
        ("a==10..20", Compare(path("a"), "==", (Range(Number(10), Number(20)),))),
        ("a!=-1.5..2e3", Compare(path("a"), "!=", (Range(Number(-1.5), Number(2000.0)),))),
        ('a=="b".."d"', Compare(path("a"), "==", (Range(Text("b"), Text("d")),))),
        ("a>=1970-01-02", Compare(path("a"), ">=", (Moment("1970-01-02", False, DAY),))),
        (
            "t.observedAt<1970-01-01T00:00:01.5Z",
            Compare(path("t", "observedAt"), "<", (Moment("1970-01-01T00:00:01.5Z", False, 1_500_000),)),
        ),
        ("a==00:00:01Z", Compare(path("a"), "==", (Moment("00:00:01Z", True, 1_000_000),))),
        ('address[city]=="Berlin"', Compare(path("address", trail=("city",)), "==", (Text("Berlin"),))),
        ("s.raw[air.pm]==40", Compare(path("s", "raw", trail=("air", "pm")), "==", (Number(40),))),
        ('c[*]=="r"', Compare(path("c", trail=("*",)), "==", (Text("r"),))),
        ("name~=^Eif(fel|el)?$", Like(path("name"), "^Eif(fel|el)?$")),
        ('name!~="a;b|c"', Like(path("name"), "a;b|c", negated=True)),
        ("n~=[;|)]x;b", Every((Like(path("n"), "[;|)]x"), Exists(path("b"))))),
        ("s{humidity}==40", Compare(path("s", link=Link(path("humidity"))), "==", (Number(40),))),
        (
            "s{Device,Gauge:in{Room:floor}}",
            Exists(
                path(
                    "s",
                    link=Link(path("in", link=Link(path("floor"), ("x:Room",))), ("x:Device", "x:Gauge")),
                )
            ),
        ),
        ("<https://a.b/c.d>.e==1", Compare(Path(("https://a.b/c.d", "x:e")), "==", (Number(1),))),
        ("https://a.b/c.d==1", Compare(Path(("https://a.b/c.d",)), "==", (Number(1),))),
        ("a == 1 ; b", Every((Compare(path("a"), "==", (Number(1),)), Exists(path("b"))))),
        ("氣溫>=20", Compare(path("氣溫"), ">=", (Number(20),))),
    ],
)
def test_what_is_said(text: str, expected: object) -> None:
    assert read(text) == expected


def test_and_binds_closer_than_or_and_brackets_closer_still() -> None:
    a, b, c = (Exists(path(name)) for name in "abc")
    assert read("a|b;c") == Some((a, Every((b, c))))
    assert read("(a|b);c") == Every((Some((a, b)), c))
    assert read("((a|b);c)") == Every((Some((a, b)), c))
    assert read("a;(b;c)") == Every((a, b, c))


def test_words_are_expanded_only_where_the_query_says_so() -> None:
    expected = Compare(path("gender"), "==", (Text("Male", "x:Male"),))
    assert read("gender==Male", expand_values=["x:gender"]) == expected
    assert read('gender=="Male"', expand_values=["x:gender"]) == expected
    with pytest.raises(BadRequestData) as refused:
        read("gender==Male")
    assert "double quotes" in refused.value.fault.remedy
    assert refused.value.fault.where == "q, character 9"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", 1),
        ("==1", 1),
        ("a==", 4),
        ("a=1", 2),
        ("a;", 3),
        ("a||b", 3),
        ("(a;b", 5),
        ("a)", 2),
        ("a[b", 4),
        ("a{b", 4),
        ('a=="b', 4),
        ('a=="\\x"', 4),
        ("a>true", 7),
        ("a>1,2", 6),
        ("a<urn:x:y", 10),
        ("a==1..true", 11),
        ('a==1.."b"', 10),
        ("a==1..2,3", 10),
        ("a==1e999", 4),
        ("a==2020-13-01", 4),
        ("a~=", 4),
        ("a~=(b", 4),
        ("a~=(b)\\1", 4),
        ("a.b.", 5),
        ("5a", 1),
        ("<a", 2),
    ],
)
def test_what_is_refused_and_where(text: str, where: int) -> None:
    with pytest.raises(BadRequestData) as refused:
        read(text)
    fault = refused.value.fault
    assert fault.code == "bad-request-data"
    assert fault.where == f"q, character {where}"
    assert fault.remedy


@pytest.mark.parametrize(
    "bomb",
    ["a" * 20_000, "(" * 60 + "a" + ")" * 60, ";".join("a" * 600), "a{" * 60, "a==" + ",".join("1" * 600)],
)
def test_bombs_are_too_complex(bomb: str) -> None:
    with pytest.raises(TooComplexQuery):
        read(bomb)
