"""The constructs that begin with a word: if, for, some, every, function."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from chengshu.rules.feel import ast
from chengshu.rules.feel.grammar import Grammar
from chengshu.rules.feel.type_syntax import read_type


def _if(parser: Grammar) -> ast.Node:
    token = parser.take()
    condition = parser.expression()
    parser.expect("then", "«if … then … else …»")
    then = parser.expression()
    parser.expect("else", "«if … then … else …»")
    return ast.If(condition, then, parser.expression(), pos=token.start)


def _iterations(parser: Grammar, kind: str) -> tuple[ast.Iteration, ...]:
    """``x in xs, y in 1..3``; each name is known to what follows it."""
    iterations: list[ast.Iteration] = []
    while True:
        pos = parser.here.start
        name = parser.name(f"«{kind}»")
        parser.expect("in", f"«{kind} … in …»")
        source = parser.expression()
        end = None
        if parser.is_op(".."):
            parser.take()
            end = parser.expression()
        iterations.append(ast.Iteration(name, source, end, pos=pos))
        parser.known.add(name)
        if not parser.is_op(","):
            return tuple(iterations)
        parser.take()


def _for(parser: Grammar) -> ast.Node:
    token = parser.take()

    def read() -> ast.Node:
        iterations = _iterations(parser, "for")
        parser.expect("return", "«for … in … return …»")
        return ast.For(iterations, parser.expression(), pos=token.start)

    return parser.with_names((), read)


def _quantified(parser: Grammar) -> ast.Node:
    token = parser.take()

    def read() -> ast.Node:
        iterations = _iterations(parser, token.text)
        parser.expect("satisfies", f"«{token.text} … in … satisfies …»")
        return ast.Quantified(token.text, iterations, parser.expression(), pos=token.start)

    return parser.with_names((), read)


def _function(parser: Grammar) -> ast.Node:
    token = parser.take()
    parser.expect("(", "a function")
    parameters: list[ast.Parameter] = []
    while not parser.is_op(")"):
        pos = parser.here.start
        name = parser.free_name((":", ",", ")"), "the parameters of a function")
        kind = None
        if parser.is_op(":"):
            parser.take()
            kind = read_type(parser)
        parameters.append(ast.Parameter(name, kind, pos=pos))
        if not parser.is_op(","):
            break
        parser.take()
    parser.expect(")", "a function")
    external = parser.is_word("external")
    if external:
        parser.take()
    body = parser.with_names((p.name for p in parameters), parser.expression)
    return ast.FunctionDefinition(tuple(parameters), body, external, pos=token.start)


class Parser(Grammar):
    """The whole grammar."""

    constructs: ClassVar[dict[str, Callable[[Grammar], ast.Node]]] = {
        "if": _if,
        "for": _for,
        "some": _quantified,
        "every": _quantified,
        "function": _function,
    }
