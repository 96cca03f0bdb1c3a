"""How fast rules are: ``python benchmarks/rules.py`` prints one line per measurement."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa

from chengshu.rules.dmn import read_model
from chengshu.rules.dmn.boxed import compile_text
from chengshu.rules.dmn.model import Rule, Table, TableInput, TableOutput
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.table import CompiledTable
from chengshu.rules.dmn.vector import decide_rows
from chengshu.rules.feel import compile_expression, compile_unary_tests
from chengshu.rules.feel.runtime import Budget, Run
from chengshu.rules.feel.types import SIMPLE
from chengshu.rules.feel.vector import evaluate_rows

SECONDS = 0.5


MODEL = b"""<definitions
xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="bench" namespace="urn:bench">
<inputData id="rain" name="rain"><variable name="rain" typeRef="number"/></inputData>
<decision id="level" name="level"><variable name="level" typeRef="string"/>
<informationRequirement><requiredInput href="#rain"/></informationRequirement>
<decisionTable hitPolicy="FIRST"><input><inputExpression><text>rain</text></inputExpression></input><output/>
<rule><inputEntry><text>&gt;= 80</text></inputEntry><outputEntry><text>"red"</text></outputEntry></rule>
<rule><inputEntry><text>[50..80)</text></inputEntry><outputEntry><text>"orange"</text></outputEntry></rule>
<rule><inputEntry><text>[30..50)</text></inputEntry><outputEntry><text>"yellow"</text></outputEntry></rule>
<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"blue"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


PERSON_RULES = "eligibility of a population, person-rules"
PERSONS = 200_000
BENEFITS = (
    ("< 3", "-", "-", "nursery"),
    ("[3..6)", "-", "-", "kindergarten"),
    ("[6..18)", "< 30000", "-", "school meals"),
    ("[18..25)", "< 20000", '"student"', "grant"),
    (">= 80", "-", "-", "care"),
    ("[65..80)", "< 40000", "-", "supplement"),
    ("-", "< 12000", '"unemployed"', "allowance"),
    ("[25..60]", "-", '"disabled", "carer"', "support"),
    ("[50..65)", "< 25000", 'not("employed")', "retraining"),
    ("-", "-", "-", "none"),
)


def _eligibility() -> bytes:
    """A model as it is written in service: declared types, values that an input may have."""
    kinds = {"age": "number", "income": "number", "status": "string"}
    data = "".join(
        f'<inputData id="{n}" name="{n}"><variable name="{n}" typeRef="{k}"/></inputData>'
        for n, k in kinds.items()
    )
    needs = "".join(
        f'<informationRequirement><requiredInput href="#{n}"/></informationRequirement>' for n in kinds
    )
    heads = "".join(
        f'<input><inputExpression typeRef="{k}"><text>{n}</text></inputExpression>'
        + ("<inputValues><text>[0..130]</text></inputValues>" if n == "age" else "")
        + "</input>"
        for n, k in kinds.items()
    )
    rules = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells)
        + f'<outputEntry><text>"{benefit}"</text></outputEntry></rule>'
        for *cells, benefit in BENEFITS
    )
    table = f'<decisionTable hitPolicy="FIRST">{heads}<output typeRef="string"/>{rules}</decisionTable>'
    decision = f'<decision id="d" name="benefit"><variable name="benefit" typeRef="string"/>{needs}{table}'
    model = "https://www.omg.org/spec/DMN/20230324/MODEL/"
    head = f'<definitions xmlns="{model}" name="benefits" namespace="urn:benefits">'
    return f"{head}{data}{decision}</decision></definitions>".encode()


ELIGIBILITY = _eligibility()


def population_of(size: int) -> Any:
    """Made-up persons, the same at each run."""
    chance = random.Random(7)
    states = ("employed", "student", "unemployed", "disabled", "carer")
    return pa.table(
        {
            "age": [chance.randrange(100) for _ in range(size)],
            "income": [chance.randrange(80_000) * 1.0 for _ in range(size)],
            "status": [chance.choice(states) for _ in range(size)],
        }
    )


def rate(work: Callable[[int], Any]) -> float:
    """Calls per second of ``work`` over half a second; it is given a running number."""
    warm = time.perf_counter()
    work(0)
    batch = 200 if time.perf_counter() - warm < 0.001 else 1
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        for at in range(batch):
            work(count + at)
        count += batch
    return count / (time.perf_counter() - start)


def table(rows: int, indexed: bool) -> CompiledTable:
    """``rows`` rules over five inputs: two numbers, two texts, a boolean."""
    rules = tuple(
        Rule(
            (
                f"[{at * 100 / rows}..{(at + 1) * 100 / rows})",
                "-" if at % 3 else "> 5",
                f'"area {at % 7}", "area {at % 5}"' if at % 2 else "-",
                "-",
                "true" if at % 4 == 0 else "-",
            ),
            (f'"level {at}"',),
        )
        for at in range(rows)
    )
    inputs = tuple(TableInput(name) for name in ("rain", "level", "area", "kind", "night"))
    scope = LogicScope(frozenset(), SIMPLE.get, "bench", lambda place, problem: None)
    compiled = CompiledTable(
        Table(inputs, (TableOutput(),), rules, "FIRST", name="bench"),
        scope,
        lambda text, place, inside: compile_text(text, inside),
        [None],
    )
    if not indexed:
        compiled.index = None
    return compiled


def measurements() -> list[tuple[str, Callable[[int], Any]]]:
    """Names and work of all measurements."""
    above, among = compile_unary_tests("> 30"), compile_unary_tests('"red", "orange", "yellow"')
    alarm = compile_expression("fill > 0.8 and rain_1h >= 30")
    nested = compile_expression("gauge.level.value - gauge.limit")
    chosen = compile_expression("count(gauges[level > 3])")
    gauges = {"gauges": [{"id": f"G{i}", "level": i % 7} for i in range(100)]}
    small, small_plain, large = table(20, True), table(20, False), table(5000, True)

    def ask(compiled: CompiledTable, at: int) -> Any:
        values = {"rain": at * 7 % 100, "level": 6, "area": f"area {at % 7}", "kind": "k", "night": True}
        return compiled({}, Run(values, Budget()))

    model = read_model(MODEL)
    people = pa.table(
        {"age": [at % 100 for at in range(100_000)], "income": [at * 1.5 for at in range(100_000)]}
    )
    eligible = "age >= 65 and income < 60000 or age < 18"

    eligibility, population = read_model(ELIGIBILITY), population_of(PERSONS)

    return [
        ("unary test: number above a bound", lambda at: above(at % 60)),
        ("unary test: one of three texts", lambda at: among("yellow")),
        ("expression: two comparisons", lambda at: alarm({"fill": 0.9, "rain_1h": at % 60})),
        (
            "expression: paths into nested data",
            lambda at: nested({"gauge": {"level": {"value": 3.2}, "limit": 3, "name": "G1"}}),
        ),
        ("expression: filter of 100 members", lambda at: chosen(gauges)),
        ("table of 20 rules by 5 inputs", lambda at: ask(small, at)),
        ("the same, every rule tried", lambda at: ask(small_plain, at)),
        ("decision of a model, explained", lambda at: model.decide("level", {"rain": at % 100})),
        ("table of 5,000 rules by 5 inputs", lambda at: ask(large, at)),
        ("expression over 100,000 rows of a table", lambda at: evaluate_rows(eligible, people)),
        (PERSON_RULES, lambda at: decide_rows(eligibility, "benefit", population)),
    ]


def main() -> None:
    print(f"{'measurement':42} {'per second':>12} {'microseconds':>13}")
    for name, work in measurements():
        found = rate(work)
        if name == PERSON_RULES:
            found *= PERSONS * len(BENEFITS)
        print(f"{name:42} {found:12,.0f} {1e6 / found:13.4f}")


if __name__ == "__main__":
    main()
