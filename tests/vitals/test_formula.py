"""Formulas: FEEL in, SQL out; what is not on the list does not come through."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.errors import Invalid
from chengshu.rules.feel import compile_expression
from chengshu.scenes.vitals.formula import FUNCTIONS, PARTIALS, compile_formula

ROW = {"count": 4.0, "sum": 10.0, "sumsq": 30.0, "min": 1.0, "max": 4.0, "first": 1.0, "last": 4.0}


def computed(text: str, depth: float | None = 2.0) -> float | None:
    formula = compile_formula(text, settings={"level.x": 5}, constants={"window_s": 300.0})
    query = (
        f"SELECT {formula.sql} FROM (SELECT 4 AS n, 10e0 AS s, 30e0 AS q, 1e0 AS mn, 4e0 AS mx, 1e0 AS fi, "
        "4e0 AS la) w, (SELECT CAST(? AS DOUBLE) AS a_depth) x"
    )
    row = duckdb.connect().execute(query, [depth]).fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("max", 4.0),
        ("mean", 2.5),
        ("sum / count", 2.5),
        ("last / entity.depth", 2.0),
        ("max - min", 3.0),
        ("mean * window_s / 3600", 2.5 * 300 / 3600),
        ("last - settings.level.x", -1.0),
        ("-last ** 2", 16.0),
        ("if count > 3 and max >= 4 then max else 0", 4.0),
        ("max(min, 3, last)", 4.0),
        ("min(min, 3)", 1.0),
        ("count > 3", 1.0),
        ("count > 4", 0.0),
        ("count between 3 and 5", 1.0),
        ("sqrt(last)", 2.0),
        ("abs(-3)", 3.0),
        ("floor(mean) + ceiling(mean)", 5.0),
        ("exp(0) + log(1)", 1.0),
        ("stddev", 1.118033988749895),
        ("last / 0", None),
        ("sqrt(-1)", None),
        ("log(0)", None),
        ("1 = 1", 1.0),
        ("0.1 + 0.2", 0.30000000000000004),
    ],
)
def test_value(text: str, value: float | None) -> None:
    assert computed(text) == pytest.approx(value) if value is not None else computed(text) is None


def test_an_attribute_the_entity_has_not_gives_nothing() -> None:
    assert computed("last / entity.depth", None) is None
    assert computed("max(entity.depth, 1)", None) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lst + 1", "did you mean 'last'?"),
        ("1 +", "is missing here"),
        ("settings.level.y", "setting 'level.y' does not exist"),
        ("entity.a.b", "is not known"),
        ('"x"', "String cannot be used here"),
        ("substring(1)", "function 'substring' cannot be used here"),
        ("abs(1, 2)", "abs takes 1 arguments"),
        ("count > 1 + (2 < 3)", "a number is needed"),
        ("if 1 then 2 else 3", "a comparison is needed"),
        ("if 1 > 2 then 2 else 3 > 4", "different kinds"),
        ("[1, 2]", "ListLiteral cannot be used here"),
        ("for i in [1] return i", "For cannot be used here"),
        ("sum; DROP TABLE history", "is not"),
        ("entity.x') --", ""),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        compile_formula(text, where="indicators.yaml:7", settings={"level.x": 5})
    assert said in str(caught.value)
    assert "indicators.yaml:7" in str(caught.value)


numbers = st.sampled_from(["1", "2.5", "0", "7", *PARTIALS.keys() - {"mean", "stddev"}])
arithmetic = st.recursive(
    numbers,
    lambda part: st.one_of(
        st.builds("({} {} {})".format, part, st.sampled_from("+-*/"), part),
        st.builds(
            "(if {} {} {} then {} else {})".format,
            part,
            st.sampled_from(["<", "<=", ">", "=", "!="]),
            part,
            part,
            part,
        ),
        st.builds("{}({})".format, st.sampled_from(sorted(FUNCTIONS.keys() - {"exp", "min", "max"})), part),
        st.builds("-{}".format, part),
    ),
    max_leaves=8,
)


@given(arithmetic)
def test_sql_and_feel_agree(text: str) -> None:
    """The SQL made of a formula gives what FEEL itself gives."""
    feel = compile_expression(text)(ROW)
    sql = computed(text)
    if feel is None or sql is None:
        assert feel is None and sql is None
    elif abs(float(feel)) < 1e12:
        assert sql == pytest.approx(float(feel), rel=1e-9, abs=1e-7)
