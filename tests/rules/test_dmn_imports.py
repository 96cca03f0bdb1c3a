"""Models of several files: names and types of imports, versions of the namespace, priorities of types."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pytest
from tests.rules.conftest import Builder, decision, input_data, literal

from chengshu.rules.dmn import DmnError, Model, read_model
from chengshu.rules.dmn.reader import version_of

NEW = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def _file(body: str, namespace: str = "urn:test", extra: str = "", version: str = NEW) -> bytes:
    head = f'<definitions xmlns="{version}" name="m" namespace="{namespace}" {extra}>'
    return f"{head}{body}</definitions>".encode()


def _knowledge(name: str, parameter: str, text: str) -> str:
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><variable name="{name}"/><encapsulatedLogic>'
        f'<formalParameter name="{parameter}"/>{literal(text)}</encapsulatedLogic></businessKnowledgeModel>'
    )


LIBRARY = _file(
    '<itemDefinition name="tAge"><typeRef>number</typeRef>'
    "<allowedValues><text>[0..150]</text></allowedValues></itemDefinition>"
    + input_data("age", "tAge")
    + decision("older", literal("age + 1"), ["age"])
    + _knowledge("twice", "n", "n * 2")
    + '<decisionService id="later" name="later"><variable name="later"/><outputDecision href="#older"/>'
    '<inputData href="#age"/></decisionService>',
    "urn:library",
)
NEEDS = "".join(
    f'<{kind}Requirement><required{what} href="urn:library#{ident}"/></{kind}Requirement>'
    for kind, what, ident in (
        ("information", "Decision", "older"),
        ("knowledge", "Knowledge", "twice"),
        ("knowledge", "Knowledge", "later"),
    )
)


def _importing(alias: str, text: str, kind: str = "") -> Model:
    variable = f'<variable name="d" typeRef="{kind}"/>' if kind else '<variable name="d"/>'
    body = f'<import name="{alias}" namespace="urn:library" importType="{NEW}"/>'
    body += f'<decision id="d" name="d">{variable}{NEEDS}{literal(text)}</decision>'
    return read_model(_file(body, extra='xmlns:lib="urn:library"'), {"library.dmn": LIBRARY})


@pytest.mark.parametrize(
    ("alias", "text", "kind", "value"),
    [
        ("lib", "lib.older + lib.twice(4)", "", 14),
        ("", "older + twice(4)", "", 14),
        ("", "later(7)", "", 8),
        ("", "later(age: 7)", "", 8),
        ("lib", "lib.later(7)", "", 8),
        ("", "older", "tAge", 6),
        ("", "older + 200", "tAge", None),
        ("lib", "lib.older + 200", "lib.tAge", None),
        ("other", "other.older + 200", "lib:tAge", None),
        ("other", "other.older", "lib:tAge", 6),
        ("", "older instance of tAge", "", True),
    ],
)
def test_names_and_types_of_an_imported_model(alias: str, text: str, kind: str, value: Any) -> None:
    assert _importing(alias, text, kind).decide("d", {"age": 5}).value == value


def test_several_models_are_imported_without_a_name() -> None:
    second = _file(decision("base", literal("10")), "urn:second")
    body = '<import name="" namespace="urn:library"/><import namespace="urn:second"/>'
    needs = (
        NEEDS + '<informationRequirement><requiredDecision href="urn:second#base"/></informationRequirement>'
    )
    body += f'<decision id="d" name="d"><variable name="d"/>{needs}{literal("older + base")}</decision>'
    model = read_model(_file(body), {"a": LIBRARY, "b": second})
    assert model.decide("d", {"age": 5}).value == 16


def test_a_file_that_nobody_imports_may_be_broken() -> None:
    assert read_model(_file(decision("d", literal("1"))), {"x": b"<foo"}).decide("d").value == 1


def test_a_broken_file_that_is_wanted_says_so() -> None:
    with pytest.raises(DmnError, match="not XML"):
        read_model(_file('<import name="x" namespace="urn:x"/>'), {"x": b"<foo"})


def test_a_later_version_is_read_and_told() -> None:
    later = "https://www.omg.org/spec/DMN/20300101/MODEL/"
    model = read_model(_file(decision("d", literal("1")), version=later))
    assert model.decide("d").value == 1
    assert model.definitions.version == version_of(later) == "later (20300101)"
    assert version_of(NEW) == "1.5"
    with pytest.raises(DmnError, match="the root is"):
        read_model(_file("", version="urn:something"))


@pytest.mark.parametrize("kind", ["xsd:decimal", "feel:number", "f:number"])
def test_types_of_other_prefixes(kind: str) -> None:
    extra = (
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:f="https://www.omg.org/spec/DMN/20230324/FEEL/"'
    )
    model = read_model(_file(decision("d", literal('["1"]'), kind=kind), extra=extra))
    assert model.decide("d").value is None
    model = read_model(_file(decision("d", literal("[1]"), kind=kind), extra=extra))
    assert model.decide("d").value == 1


TREE = (
    '<itemDefinition name="tTree"><itemComponent name="size"><typeRef>number</typeRef></itemComponent>'
    '<itemComponent name="parts" isCollection="true"><typeRef>tBranch</typeRef>'
    "</itemComponent></itemDefinition>"
    '<itemDefinition name="tBranch"><typeRef>tTree</typeRef></itemDefinition>'
)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("{size: 1, parts: []}", True),
        ("{size: 1, parts: [{size: 2, parts: [{size: 3, parts: null}]}]}", True),
        ('{size: 1, parts: [{size: "2", parts: []}]}', False),
        ("{size: 1, parts: [{size: 2, parts: [5]}]}", False),
    ],
)
def test_a_type_that_contains_itself_is_checked_all_the_way_down(text: str, fits: bool) -> None:
    model = read_model(_file(TREE + decision("d", literal(text), kind="tTree")))
    assert (model.decide("d").value is not None) is fits


def test_a_type_made_of_itself_alone_allows_everything() -> None:
    loop = "".join(
        f'<itemDefinition name="{one}"><typeRef>{other}</typeRef></itemDefinition>'
        for one, other in ("ab", "ba")
    )
    assert read_model(_file(loop + decision("d", literal("1"), kind="a"))).decide("d").value == 1


LEVELS = (
    '<itemDefinition name="tLevel"><typeRef>string</typeRef>'
    f"<allowedValues><text>{escape(chr(34) + 'high' + chr(34) + ',' + chr(34) + 'low' + chr(34))}</text>"
    "</allowedValues></itemDefinition>"
)


def _table(policy: str, results: list[str], kind: str = "", aggregation: str = "") -> Any:
    rules = "".join(
        f"<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>{escape(one)}</text></outputEntry></rule>"
        for one in results
    )
    extra = f' aggregation="{aggregation}"' if aggregation else ""
    text = (
        f'<decisionTable hitPolicy="{policy}"{extra}>'
        "<input><inputExpression><text>x</text></inputExpression></input>"
        f'<output typeRef="{kind or "Any"}"/>{rules}</decisionTable>'
    )
    model = read_model(_file(LEVELS + input_data("x") + decision("d", text, ["x"])))
    return model.decide("d", {"x": 1}).value


def test_allowed_values_of_the_type_are_the_order_of_priority() -> None:
    assert _table("PRIORITY", ['"low"', '"high"'], "tLevel") == "high"
    assert _table("OUTPUT ORDER", ['"low"', '"high"'], "tLevel") == ["high", "low"]


@pytest.mark.parametrize(
    ("aggregation", "results", "value"),
    [
        ("SUM", ['"a"'], None),
        ("SUM", ['"a"', '"b"'], None),
        ("SUM", ["1", "null"], None),
        ("SUM", ['@"P1D"', '@"PT1H"'], "P1DT1H"),
        ("MAX", ["true"], None),
        ("MAX", ["null"], None),
        ("MIN", ['"b"', '"a"'], "a"),
        ("COUNT", ["null", "null"], 2),
    ],
)
def test_what_cannot_be_summed_up_is_null(aggregation: str, results: list[str], value: Any) -> None:
    found = _table("COLLECT", results, aggregation=aggregation)
    assert found == value or (value == "P1DT1H" and found.total_seconds() == 90_000)


def test_built_ins_fit_function_types_by_how_they_can_be_called() -> None:
    kind = (
        '<itemDefinition name="tSum"><functionItem outputTypeRef="number">'
        '<parameters name="a" typeRef="number"/><parameters name="b" typeRef="number"/>'
        "</functionItem></itemDefinition>"
    )
    fits = '<formalParameter name="f" typeRef="tSum"/>'
    knowledge = _knowledge("use", "f", "f(1, 2)").replace('<formalParameter name="f"/>', fits)
    for name, value in (("sum", 3), ("max", 2), ("modulo", 1), ("abs", None)):
        body = kind + knowledge + decision("d", literal(f"use({name})"), ["fn:use"])
        assert read_model(_file(body)).decide("d").value == value


def test_a_knowledge_model_is_called_by_name(build: type[Builder]) -> None:
    model = read_model(_file(_knowledge("twice", "n", "n * 2")))
    assert model.call("twice", {"n": 4}).value == Decimal(8)
    assert model.call("twice").value is None
    with pytest.raises(DmnError, match="business knowledge model"):
        model.call("thrice")


@pytest.mark.parametrize(
    ("kind", "cell", "given", "fits"),
    [
        ("number", "> 3", [5], True),
        ("number", "> 3", [5, 6], False),
        ("date and time", '> @"2019-01-01T00:00:00Z"', date(2026, 1, 1), True),
        ("date", '> @"2019-01-01"', date(2026, 1, 1), True),
        ("tMany", "count(?) = 1", 5, True),
    ],
)
def test_inputs_of_tables_are_converted_to_their_types(kind: str, cell: str, given: Any, fits: bool) -> None:
    many = '<itemDefinition name="tMany" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
    text = (
        f'<decisionTable><input><inputExpression typeRef="{kind}"><text>x</text></inputExpression></input>'
        "<output/>"
        f"<rule><inputEntry><text>{escape(cell)}</text></inputEntry>"
        "<outputEntry><text>true</text></outputEntry></rule></decisionTable>"
    )
    model = read_model(_file(many + input_data("x") + decision("d", text, ["x"])))
    assert (model.decide("d", {"x": given}).value is True) is fits


def test_a_function_declared_as_a_number_gives_one() -> None:
    typed = _knowledge("one", "n", "[n]").replace(
        "<encapsulatedLogic>", '<encapsulatedLogic typeRef="number">'
    )
    boxed = '<functionDefinition typeRef="number"><formalParameter name="n"/>' + literal("[n]")
    entry = f'<context><contextEntry><variable name="f"/>{boxed}</functionDefinition></contextEntry>'
    entry += f"<contextEntry>{literal('f(5) + one(6)')}</contextEntry></context>"
    assert read_model(_file(typed + decision("d", entry, ["fn:one"]))).decide("d").value == 11
