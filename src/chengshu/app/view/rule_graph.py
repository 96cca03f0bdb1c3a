"""The requirements graph of a rule file for the page of a rule."""

from __future__ import annotations

from collections.abc import Callable

from chengshu.console.model import rules as page
from chengshu.kernel.texts import Text
from chengshu.rules.dmn import Model
from chengshu.rules.dmn.analysis import tables_of
from chengshu.rules.dmn.decide import Node
from chengshu.rules.dmn.model import Decision, InputData, Knowledge

_KINDS: dict[type, page.RequirementKind] = {
    InputData: "input",
    Decision: "decision",
    Knowledge: "knowledge",
}


def requirements(model: Model, place: str, called: Callable[[str], Text]) -> tuple[page.Requirement, ...]:
    """Every element of a model with what it needs; those of imported models where they are needed."""
    tables = {element.id: table for table, (element, _) in reversed(tables_of(model.definitions).items())}
    here = tables_of(model.definitions)[place][0].id
    nodes: dict[str, Node] = {}
    waiting = [(ident, node) for ident, node in reversed(model.nodes.items())]
    while waiting:
        ident, node = waiting.pop()
        if ident not in nodes:
            nodes[ident] = node
            waiting += [(_ident(model, one), one) for _, one in _needed(node)]
    ranks: dict[str, int] = {}
    return tuple(
        page.Requirement(
            ident,
            node.element.name,
            called(node.element.name),
            _KINDS.get(type(node.element), "service"),
            _rank(model, node, ranks),
            tuple(dict.fromkeys(_ident(model, one) for _, one in _needed(node))),
            tables.get(ident, ""),
            ident == here,
        )
        for ident, node in nodes.items()
    )


def _needed(node: Node) -> list[tuple[str | None, Node]]:
    return node.required


def _ident(model: Model, node: Node) -> str:
    own = node.element.id
    return own if node.model is model else f"{node.model.namespace}#{own}"


def _rank(model: Model, node: Node, ranks: dict[str, int]) -> int:
    """One more than the highest of what is needed; knowledge that needs itself stays where it is."""
    ident = _ident(model, node)
    if ident not in ranks:
        ranks[ident] = 0
        ranks[ident] = max(
            (1 + _rank(model, one, ranks) for _, one in _needed(node) if one is not node), default=0
        )
    return ranks[ident]
