"""What a model file contains, as the port's nodes and actuators in SI."""

from __future__ import annotations

from chengshu.engines.swmm.inp import Inp, Row, number
from chengshu.engines.swmm.units import Units
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import Actuator, Node

MOBILE = "mobile:"
_NODE_KINDS = {"JUNCTION": "junction", "OUTFALL": "outfall", "STORAGE": "storage", "DIVIDER": "divider"}
_LINK_KINDS = {"PUMP": "pump", "ORIFICE": "orifice", "WEIR": "weir", "OUTLET": "outlet"}


def nodes_of(inp: Inp, units: Units) -> tuple[Node, ...]:
    """All nodes in the file's order. Raises :class:`Invalid` when there are none or one stands twice."""
    places = {tokens[0]: _place(tokens, row, inp.name) for row, tokens in inp.rows("COORDINATE")}
    nodes: dict[str, Node] = {}
    for section in inp.sections:
        kind = _NODE_KINDS.get(section.name)
        if kind is None:
            continue
        for row in section.rows:
            if not (tokens := row.tokens):
                continue
            if tokens[0] in nodes:
                raise Invalid(
                    "model-node-double",
                    f"node {tokens[0]!r} is declared twice",
                    where=f"{inp.name}:{row.line}",
                    remedy="remove or rename one of them",
                )
            x, y = places.get(tokens[0], (None, None))
            nodes[tokens[0]] = Node(
                tokens[0],
                kind,
                _metres(tokens, 1, row, inp, units, "invert elevation"),
                0.0 if kind == "outfall" else _full_depth(kind, tokens, row, inp, units),
                x,
                y,
            )
    if not nodes:
        raise Invalid(
            "model-empty",
            "the model has no nodes",
            where=inp.name,
            remedy="give it [JUNCTIONS] and [OUTFALLS]",
        )
    return tuple(nodes.values())


def _full_depth(kind: str, tokens: list[str], row: Row, inp: Inp, units: Units) -> float:
    if kind == "divider":
        # [DIVIDERS] has the depth after the divider's own parameters: CUTOFF and TABULAR one, WEIR three.
        at = {"OVERFLOW": 4, "WEIR": 7}.get(tokens[3].upper() if len(tokens) > 3 else "", 5)
        return _metres(tokens, at, row, inp, units, "depth")
    return _metres(tokens, 2, row, inp, units, "depth")


def _metres(tokens: list[str], at: int, row: Row, inp: Inp, units: Units, meaning: str) -> float:
    return number(tokens[at], row, inp.name, meaning) * units.length if len(tokens) > at else 0.0


def _place(tokens: list[str], row: Row, name: str) -> tuple[float | None, float | None]:
    if len(tokens) < 3:
        return None, None
    return number(tokens[1], row, name, "x coordinate"), number(tokens[2], row, name, "y coordinate")


def actuators_of(inp: Inp) -> tuple[Actuator, ...]:
    """Pumps, orifices, weirs and outlets of the file, in its order."""
    return tuple(
        Actuator(tokens[0], _LINK_KINDS[section.name], tokens[1], 0.0, 1.0, "1")
        for section in inp.sections
        if section.name in _LINK_KINDS
        for tokens in (row.tokens for row in section.rows)
        if len(tokens) > 2
    )


def ponding_of(inp: Inp, nodes: tuple[Node, ...]) -> tuple[bool, ...]:
    """Per node: may water stand above it (ALLOW_PONDING and a ponded area)?"""
    if inp.option("ALLOW_PONDING", "NO") != "YES":
        return (False,) * len(nodes)
    ponds = {
        tokens[0]
        for row, tokens in inp.rows("JUNCTION")
        if len(tokens) > 5 and number(tokens[5], row, inp.name, "ponded area") > 0
    }
    return tuple(node.id in ponds for node in nodes)
