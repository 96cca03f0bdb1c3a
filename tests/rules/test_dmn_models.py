"""Whole models: requirements, knowledge, services, imports, types, boxed expressions, and bad files."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chengshu.rules.dmn import DmnError, read_model


def test_decisions_use_decisions(build: Any) -> None:
    chain = (
        '<decision id="b" name="b"><variable name="b"/>'
        '<informationRequirement><requiredDecision href="#a"/></informationRequirement>'
        + build.literal("a + 1")
        + "</decision>"
    )
    model = build.model(build.input_data("x"), build.decision("a", build.literal("x * 2"), ["x"]), chain)
    assert model.decide("b", {"x": 5}).value == 11
    assert model.decisions == ("a", "b")
    assert dict(model.inputs) == {"x": ""}


def test_names_with_signs_are_known_from_the_requirements(build: Any) -> None:
    model = build.model(
        build.input_data("Date-Time"), build.decision("d", build.literal("Date-Time.year - 1"), ["Date-Time"])
    )
    assert model.decide("d", {"Date-Time": {"year": 2026}}).value == 2025


def test_knowledge_may_call_itself(build: Any) -> None:
    factorial = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic>'
        '<formalParameter name="n" typeRef="number"/>'
        + build.literal("if n < 2 then 1 else n * f(n - 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    model = build.model(factorial, build.decision("d", build.literal("f(20)"), ["fn:f"]))
    assert model.decide("d").value == 2432902008176640000


def test_endless_calls_end(build: Any) -> None:
    loop = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic>'
        '<formalParameter name="n"/>'
        + build.literal("f(n + 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    outcome = build.model(loop, build.decision("d", build.literal("f(1)"), ["fn:f"])).decide("d")
    assert outcome.value is None
    assert outcome.diagnostics[-1].code == "limit"


def test_services_use_only_what_they_are_given(build: Any) -> None:
    inner = '<informationRequirement><requiredDecision href="#a"/></informationRequirement>'
    elements = (
        build.input_data("x"),
        build.decision("a", build.literal("x * 2"), ["x"]),
        f'<decision id="b" name="b"><variable name="b"/>{inner}{build.literal("a + 1")}</decision>',
        '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#b"/>'
        '<inputDecision href="#a"/></decisionService>',
        build.decision("c", build.literal("s(10)"), ["fn:s"]),
    )
    model = build.model(*elements)
    assert model.decide_service("s", {"a": 7}).value == 8
    assert model.decide("c").value == 11
    assert model.services == ("s",)


def test_imports(build: Any) -> None:
    library = build.wrap(
        '<businessKnowledgeModel id="twice" name="twice of"><variable name="twice of"/><encapsulatedLogic>'
        '<formalParameter name="n"/>'
        + build.literal("n * 2")
        + "</encapsulatedLogic></businessKnowledgeModel>",
        "library",
        "urn:lib",
    )
    user = build.wrap(
        '<import name="lib" namespace="urn:lib" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
        '<decision id="d" name="d"><variable name="d"/>'
        '<knowledgeRequirement><requiredKnowledge href="urn:lib#twice"/></knowledgeRequirement>'
        + build.literal("lib.twice of(21)")
        + "</decision>"
    )
    assert read_model(user, {"library.dmn": library}).decide("d").value == 42
    assert read_model(user, {"library.dmn": read_model(library)}).decide("d").value == 42
    with pytest.raises(DmnError, match=r"«lib» \(urn:lib\) is not given"):
        read_model(user)


TYPES = (
    '<itemDefinition name="Grade"><typeRef>string</typeRef>'
    '<allowedValues><text>"A", "B"</text></allowedValues></itemDefinition>'
    '<itemDefinition name="Gauge"><itemComponent name="id"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="grade"><typeRef>Grade</typeRef></itemComponent></itemDefinition>'
    '<itemDefinition name="Gauges" isCollection="true"><typeRef>Gauge</typeRef></itemDefinition>'
)


@pytest.mark.parametrize(
    ("value", "expected", "note"),
    [
        ([{"id": "G1", "grade": "A"}], 1, None),
        ({"id": "G1", "grade": "A"}, 1, None),
        ([{"id": "G1", "grade": "C"}], None, "type-mismatch"),
        ([{"id": 7, "grade": "A"}], None, "type-mismatch"),
        ([{"id": "G1"}], None, "type-mismatch"),
    ],
)
def test_inputs_are_checked_against_their_types(
    build: Any, value: Any, expected: Any, note: str | None
) -> None:
    model = build.model(
        TYPES, build.input_data("gs", "Gauges"), build.decision("d", build.literal("count(gs)"), ["gs"])
    )
    outcome = model.decide("d", {"gs": value})
    assert outcome.value == expected
    assert note is None or note in {n.code for n in outcome.diagnostics}


def test_results_are_converted_to_their_types(build: Any) -> None:
    model = build.model(build.decision("d", build.literal("[5]"), kind="number"))
    assert model.decide("d").value == 5
    outcome = build.model(build.decision("d", build.literal('"five"'), kind="number")).decide("d")
    assert outcome.value is None
    assert outcome.diagnostics[0].message == "d must be number, not string"


BOXED = {
    "context": (
        '<context><contextEntry><variable name="a"/>{two}</contextEntry>'
        '<contextEntry><variable name="b"/>{a_plus}</contextEntry></context>',
        {"a": 2, "b": 3},
    ),
    "context with result": (
        '<context><contextEntry><variable name="a"/>{two}</contextEntry>'
        "<contextEntry>{a_plus}</contextEntry></context>",
        3,
    ),
    "list": ("<list>{two}{two}</list>", [2, 2]),
    "relation": (
        '<relation><column name="x"/><column name="y"/><row>{two}{two}</row></relation>',
        [{"x": 2, "y": 2}],
    ),
    "conditional": ("<conditional><if>{true}</if><then>{two}</then><else>{three}</else></conditional>", 2),
    "for": ('<for iteratorVariable="i"><in>{list}</in><return>{i_squared}</return></for>', [1, 4, 9]),
    "some": ('<some iteratorVariable="i"><in>{list}</in><satisfies>{i_big}</satisfies></some>', True),
    "every": ('<every iteratorVariable="i"><in>{list}</in><satisfies>{i_big}</satisfies></every>', False),
    "filter": ("<filter><in>{list}</in><match>{item_big}</match></filter>", [3]),
    "invocation": (
        '<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="n"/>{n_plus}'
        "</functionDefinition></contextEntry><contextEntry><invocation>{f}"
        '<binding><parameter name="n"/>{two}</binding></invocation></contextEntry></context>',
        3,
    ),
}
TEXTS = {
    "two": "2",
    "three": "3",
    "true": "true",
    "list": "[1, 2, 3]",
    "a_plus": "a + 1",
    "n_plus": "n + 1",
    "f": "f",
    "i_squared": "i * i",
    "i_big": "i > 2",
    "item_big": "item > 2",
}


@pytest.mark.parametrize("kind", sorted(BOXED))
def test_boxed_expressions(build: Any, kind: str) -> None:
    template, expected = BOXED[kind]
    logic = re.sub(r"\{(\w+)\}", lambda m: build.literal(TEXTS[m.group(1)]), template)
    assert build.model(build.decision("d", logic)).decide("d").value == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no xml", "not XML"),
        (b"<definitions/>", "the root is «definitions»"),
        (b"", "not XML"),
    ],
)
def test_files_that_are_no_models(data: bytes, message: str) -> None:
    with pytest.raises(DmnError, match=message):
        read_model(data)


def test_entities_are_not_expanded(build: Any) -> None:
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + build.wrap(
        build.decision("d", "<literalExpression><text>&b;</text></literalExpression>")
    )
    with pytest.raises(DmnError):
        read_model(bomb)


def test_a_text_that_does_not_parse_is_named(build: Any) -> None:
    bad = build.decision("level", build.literal("1 +"))
    with pytest.raises(DmnError, match="something is missing here") as caught:
        build.model(bad)
    assert caught.value.fault.where == "test: level"
    lenient = read_model(build.wrap(bad), strict=False)
    assert lenient.problems
    assert lenient.decide("level").diagnostics[0].code == "syntax"


def test_a_decision_that_requires_itself_is_refused(build: Any) -> None:
    ring = "".join(
        f'<decision id="{a}" name="{a}"><variable name="{a}"/>'
        f'<informationRequirement><requiredDecision href="#{b}"/></informationRequirement>'
        f"{build.literal('1')}</decision>"
        for a, b in (("x", "y"), ("y", "x"))
    )
    with pytest.raises(DmnError, match="«x» requires itself: x → y → x"):
        read_model(build.wrap(ring))


def test_unknown_names_say_what_there_is(build: Any) -> None:
    model = build.model(build.decision("d", build.literal("1")))
    with pytest.raises(DmnError, match="no decision «e»"):
        model.decide("e")


def test_missing_inputs_are_noted(build: Any) -> None:
    outcome = build.model(build.input_data("x"), build.decision("d", build.literal("x"), ["x"])).decide("d")
    assert outcome.value is None
    assert outcome.diagnostics[0].message == "the input «x» was not given"


def test_the_same_input_gives_the_same_outcome(build: Any) -> None:
    text = build.table(["x"], [("> 1", "x * 2"), ("<= 1", "0")])
    data = build.wrap(build.input_data("x") + build.decision("d", text, ["x"]))
    assert read_model(data).decide("d", {"x": 2.5}) == read_model(data).decide("d", {"x": 2.5})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<decision/>", "an element has no name"),
        (
            '<decision name="d"><variable name="d" typeRef="Litre"/>'
            "<literalExpression><text>1</text></literalExpression></decision>",
            "there is no type «Litre»",
        ),
        (
            '<decision name="d"><informationRequirement><requiredInput href="#gone"/>'
            "</informationRequirement><literalExpression><text>1</text></literalExpression></decision>",
            "it requires «#gone», which does not exist",
        ),
        ('<decision name="d"><invocation/></decision>', "an invocation does not say what it calls"),
        ('<decision name="d"><conditional/></decision>', "«conditional» has no «if»"),
        (
            '<decision name="d"><decisionTable><input/></decisionTable></decision>',
            "an input .* has no expression",
        ),
        (
            '<decision name="d"><decisionTable><output/><rule/></decisionTable></decision>',
            "a rule of 0 conditions and 0 results in a table of 0 and 1",
        ),
        (
            '<decision name="d"><decisionTable hitPolicy="SOME"><output/></decisionTable></decision>',
            "there is no hit policy «SOME »",
        ),
        (
            '<decision name="d"><relation><column name="a"/><row/></relation></decision>',
            "a row of a relation does not have one cell per column",
        ),
        (
            '<itemDefinition name="T"><typeRef>string</typeRef><allowedValues><text>"a</text></allowedValues>'
            '</itemDefinition><inputData name="x"><variable name="x" typeRef="T"/></inputData>',
            "allowed values of «T»",
        ),
        (
            '<itemDefinition name="T"><typeRef>Gone</typeRef></itemDefinition>'
            '<inputData name="x"><variable name="x" typeRef="T"/></inputData>',
            "the type «T» builds on «Gone», which does not exist",
        ),
        ("<decision name='d'>" + "<list>" * 70 + "</list>" * 70 + "</decision>", "nested more than 60 deep"),
    ],
)
def test_models_that_cannot_be_right_are_refused(build: Any, body: str, message: str) -> None:
    with pytest.raises(DmnError, match=message):
        read_model(build.wrap(body))


def test_what_is_lenient_gives_null_with_the_reason(build: Any) -> None:
    table = build.table(["x"], [("> ", "1"), ("> 3", "2 +")], "FIRST", (("", '"a', ""),))
    model = read_model(
        build.wrap(build.input_data("x") + build.decision("d", table, ["x"]) + '<decision id="e" name="e"/>'),
        strict=False,
    )
    assert len(model.problems) == 3
    assert model.decide("d", {"x": 5}).value is None
    assert model.decide("e").diagnostics[0].message == "the decision «e» has no logic"


def test_types_that_contain_themselves(build: Any) -> None:
    tree = (
        '<itemDefinition name="Tree"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
        '<itemComponent name="parts" isCollection="true"><typeRef>Tree</typeRef></itemComponent>'
        "</itemDefinition>"
    )
    logic = build.decision("d", build.literal("t.parts[1].name"), ["t"])
    model = build.model(tree, build.input_data("t", "Tree"), logic)
    value = {"name": "a", "parts": [{"name": "b", "parts": []}]}
    assert model.decide("d", {"t": value}).value == "b"


def test_a_constraint_on_a_whole_list(build: Any) -> None:
    pair = (
        '<itemDefinition name="Pair" isCollection="true"><typeRef>number</typeRef>'
        "<typeConstraint><text>count(?) = 2</text></typeConstraint></itemDefinition>"
    )
    model = build.model(pair, build.input_data("p", "Pair"), build.decision("d", build.literal("p"), ["p"]))
    assert model.decide("d", {"p": [1, 2]}).value == [1, 2]
    assert model.decide("d", {"p": [1]}).diagnostics[0].message == "p must be one of count(?) = 2"


def test_dates_become_moments_where_moments_are_declared(build: Any) -> None:
    model = build.model(build.decision("d", build.literal('@"2026-07-01"'), kind="date and time"))
    assert model.decide("d").value.isoformat() == "2026-07-01T00:00:00+00:00"


def test_the_result_of_knowledge_has_its_type(build: Any) -> None:
    knowledge = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f" typeRef="number"/><encapsulatedLogic>'
        + build.literal('"text"')
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    outcome = build.model(knowledge, build.decision("d", build.literal("f()"), ["fn:f"])).decide("d")
    assert outcome.value is None
    assert outcome.diagnostics[0].message == "f must be number, not string"


def test_models_that_import_each_other_are_refused(build: Any) -> None:
    def importing(own: str, other: str) -> bytes:
        kind = "https://www.omg.org/spec/DMN/20230324/MODEL/"
        return build.wrap(f'<import name="o" namespace="{other}" importType="{kind}"/>', own, own)

    one, two = importing("urn:one", "urn:two"), importing("urn:two", "urn:one")
    with pytest.raises(DmnError, match="imports itself"):
        read_model(one, {"one": one, "two": two})


def test_invoking_what_is_no_function(build: Any) -> None:
    logic = f"<invocation>{build.literal('5')}</invocation>"
    outcome = build.model(build.decision("d", logic)).decide("d")
    assert outcome.diagnostics[0].message == "number cannot be called"


def test_functions_in_other_languages_are_not_called(build: Any) -> None:
    java = (
        '<businessKnowledgeModel id="f" name="f"><variable name="f"/><encapsulatedLogic kind="Java">'
        + build.literal('{class: "java.lang.Math", method signature: "abs(int)"}')
        + "</encapsulatedLogic></businessKnowledgeModel>"
    )
    outcome = build.model(java, build.decision("d", build.literal("f(1)"), ["fn:f"])).decide("d")
    assert outcome.value is None
    assert {note.code for note in outcome.diagnostics} == {"no-logic", "not-a-function"}


@pytest.mark.parametrize(
    ("logic", "place"),
    [
        ("<literalExpression><text>rian &gt; 3</text></literalExpression>", "test: d"),
        ("TABLE", "test: d, rule 1"),
        (
            "<list><literalExpression><text>for x in [rian] return x</text></literalExpression></list>",
            "test: d",
        ),
    ],
)
def test_a_name_that_can_have_no_value_is_found_at_once(build: Any, logic: str, place: str) -> None:
    logic = build.table(["rain"], [("> rian", "1")]) if logic == "TABLE" else logic
    with pytest.raises(DmnError, match="«rian» has no value here; is «rain» meant") as caught:
        build.model(build.input_data("rain"), build.decision("d", logic, ["rain"]))
    assert caught.value.fault.where == place


def test_names_of_members_are_not_mistaken_for_unknown_ones(build: Any) -> None:
    text = "count(gauges[level > 3 and limit < 9]) + count(for g in gauges return g.id)"
    model = build.model(build.input_data("gauges"), build.decision("d", build.literal(text), ["gauges"]))
    boxed = f"<filter><in>{build.literal('gauges')}</in><match>{build.literal('level > 3')}</match></filter>"
    assert build.model(build.input_data("gauges"), build.decision("d", boxed, ["gauges"])).problems == ()
    assert model.decide("d", {"gauges": [{"id": 1, "level": 5, "limit": 8}]}).value == 2


@pytest.mark.parametrize(
    ("value", "taken"),
    [(5, 5), (2, None), (12, None), (None, None)],
    ids=["both", "own", "inherited", "null"],
)
def test_a_type_keeps_the_allowed_values_of_the_one_it_builds_on(
    build: Any, value: int | None, taken: int | None
) -> None:
    types = (
        '<itemDefinition name="some"><typeRef>number</typeRef>'
        "<allowedValues><text>&lt; 10</text></allowedValues></itemDefinition>"
        '<itemDefinition name="few"><typeRef>some</typeRef>'
        "<allowedValues><text>&gt; 3</text></allowedValues></itemDefinition>"
    )
    model = build.model(types, build.input_data("x", "few"), build.decision("d", build.literal("x"), ["x"]))
    assert model.decide("d", {"x": value}).value == taken
