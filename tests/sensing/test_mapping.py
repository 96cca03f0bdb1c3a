"""Expressions on the fast path give what FEEL gives; declarations say what is wrong with them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.sensing.declared import json_schema, read_sources
from chengshu.foundation.sensing.getters import compile_getter
from chengshu.foundation.sensing.payload import read_payload
from chengshu.kernel.errors import Invalid
from chengshu.rules.feel import compile_expression

GOOD = """
sources:
  - id: gauges
    name: {en: Gauges, zh-Hans: 雨量站, zh-Hant: 雨量站}
    connector: {kind: mqtt, topic: demo/rain/+}
    type: RainGauge
    entity: '"urn:ngsi-ld:RainGauge:" + gauge'
    observed_at: time
    attributes:
      rainIntensity: {value: mm_h, unit: mm/h, range: [0, 500]}
    interval: PT5M
"""

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**6), 10**6), st.text("ab1 :", max_size=4), st.floats(-1e6, 1e6)
)
RECORDS = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.one_of(SCALARS, st.dictionaries(st.sampled_from(["a", "b"]), SCALARS, max_size=2)),
    max_size=2,
)
EXPRESSIONS = [
    "a",
    "a.b",
    "b.a.b",
    '"x:" + a',
    '"x:" + a.b',
    '"x:" + string(a)',
    "topic[1]",
    "topic[-1]",
    "topic[3]",
    '"x:" + topic[2]',
    '"" + string(b.a)',
]


def as_floats(value: Any) -> Any:
    """``value`` with every number in it as a float."""
    if isinstance(value, dict):
        return {key: as_floats(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


@pytest.mark.parametrize("text", EXPRESSIONS)
@given(record=RECORDS, topic=st.lists(st.text("ab", max_size=3), max_size=3))
def test_the_fast_path_gives_what_feel_gives(text: str, record: dict[str, Any], topic: list[str]) -> None:
    fast = compile_getter(text, "here")(record, {"message": None, "topic": topic})
    slow = compile_expression(text)({"message": None, "topic": topic, **record, "record": record})
    assert as_floats(fast) == as_floats(slow)  # FEEL's numbers are decimals, the raw ones are not


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(GOOD, encoding="utf-8")
    (source,) = read_sources(path)
    assert (source.id, source.silence.total_seconds(), source.title.say("zh-Hant")) == (
        "gauges",
        900.0,
        "雨量站",
    )
    assert source.attributes["rainIntensity"].kept_unit == "mm/h"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("demo/rain/+", "demo/#/rain", "# may only stand alone"),
        ("demo/rain/+", "demo/r+", "+ must stand alone"),
        ("unit: mm/h", "unit: mph", "'mph' is not known"),
        ("unit: mm/h", "unit: mm/h, keep: m", "mm/h is a intensity, m is a length"),
        ("unit: mm/h", "unit_from: u", "say in keep"),
        ("value: mm_h", "value: mm_h, field: x", "either value"),
        ("range: [0, 500]", "range: [5, 1]", "the lower bound comes first"),
        ("interval: PT5M", "zone: Mars/Base", "no time zone"),
        ("observed_at: time", "observed_at: {value: t, format: YYYY}", "use auto, s, ms or a pattern"),
        ("type: RainGauge", "tipe: RainGauge", "tipe"),
        ("id: gauges", "id: Gauges!", "id"),
    ],
)
def test_mistakes_are_named_with_file_and_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        read_sources(path)
    text = str(caught.value) + str(caught.value.extra)
    assert words in text
    assert "sources.yaml:" in text


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(GOOD + GOOD.replace("\nsources:\n", ""), encoding="utf-8")
    with pytest.raises(Invalid, match="'gauges' is declared twice"):
        read_sources(path)


def test_a_bad_expression_is_named_with_its_place() -> None:
    with pytest.raises(Invalid) as caught:
        compile_getter("a +", "source gauges entity")
    assert caught.value.fault.where == "source gauges entity"


def test_the_schema_names_every_key() -> None:
    properties = json_schema()["$defs"]["Source"]["properties"]
    assert {"id", "connector", "each", "entity", "observed_at", "attributes", "zone", "limits"} <= set(
        properties
    )


@given(st.binary(max_size=200), st.sampled_from(["json", "jsonl", "csv"]))
def test_no_bytes_make_reading_fail(body: bytes, format_: str) -> None:
    payload = read_payload(body, format_)
    assert all(item.code == "malformed" and item.detail for item in payload.rejects)
