"""Builders of DMN models for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import pytest

from chengshu.rules.dmn import Model, read_model


def wrap(body: str, name: str = "test", namespace: str = "urn:test") -> bytes:
    """A DMN 1.5 file around some elements."""
    model = "https://www.omg.org/spec/DMN/20230324/MODEL/"
    head = f'<definitions xmlns="{model}" name="{name}" namespace="{namespace}">'
    return f"{head}{body}</definitions>".encode()


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def decision(name: str, logic: str, requires: Sequence[str] = (), kind: str = "") -> str:
    """A decision; ``requires`` are names, used as ids; those of knowledge begin with ``fn:``."""
    needs = "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{r[3:]}"/></knowledgeRequirement>'
        if r.startswith("fn:")
        else f'<informationRequirement><requiredInput href="#{r}"/></informationRequirement>'
        for r in requires
    )
    type_ref = f" typeRef={quoteattr(kind)}" if kind else ""
    return f'<decision id="{name}" name="{name}"><variable name="{name}"{type_ref}/>{needs}{logic}</decision>'


def input_data(name: str, kind: str = "") -> str:
    type_ref = f" typeRef={quoteattr(kind)}" if kind else ""
    return f'<inputData id="{name}" name="{name}"><variable name="{name}"{type_ref}/></inputData>'


def table(
    inputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    policy: str = "UNIQUE",
    outputs: Sequence[tuple[str, str, str]] = (("", "", ""),),
    aggregation: str = "",
    allowed: Sequence[str] = (),
) -> str:
    """A decision table; an output is (name, values by priority, default)."""
    parts = [
        f'<decisionTable hitPolicy="{policy}"' + (f' aggregation="{aggregation}">' if aggregation else ">")
    ]
    for at, expression in enumerate(inputs):
        values = f"<inputValues><text>{escape(allowed[at])}</text></inputValues>" if at < len(allowed) else ""
        parts.append(
            f"<input><inputExpression><text>{escape(expression)}</text></inputExpression>{values}</input>"
        )
    for name, values, default in outputs:
        inner = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
        inner += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
        parts.append(f'<output name="{name}">{inner}</output>')
    for number, cells in enumerate(rules, 1):
        tests, results = cells[: len(inputs)], cells[len(inputs) :]
        entries = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in tests)
        entries += "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in results)
        parts.append(f'<rule id="r{number}">{entries}</rule>')
    return "".join(parts) + "</decisionTable>"


@pytest.fixture
def build() -> type[Builder]:
    """The builders above."""
    return Builder


class Builder:
    """Names for the builders, so that tests need one fixture only."""

    wrap = staticmethod(wrap)
    literal = staticmethod(literal)
    decision = staticmethod(decision)
    input_data = staticmethod(input_data)
    table = staticmethod(table)

    @staticmethod
    def model(*elements: str) -> Model:
        return read_model(wrap("".join(elements)))

    @staticmethod
    def of_table(inputs: Sequence[str], text: str) -> Model:
        """A model of one decision ``d`` with this table."""
        return read_model(wrap("".join(map(input_data, inputs)) + decision("d", text, inputs)))
