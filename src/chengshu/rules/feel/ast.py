"""The tree of a FEEL expression. Positions are kept for messages and do not take part in equality."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""

    pos: int = field(default=-1, compare=False, kw_only=True)

    def children(self) -> Iterator[Node]:
        """The nodes directly below this one, from left to right."""
        for item in fields(self):
            yield from _nodes(getattr(self, item.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _nodes(part)


@dataclass(frozen=True, slots=True)
class Number(Node):
    """``30``, ``.5``, ``1.5e3``."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class String(Node):
    """``"red"``, with its escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    """``null``."""


@dataclass(frozen=True, slots=True)
class AtLiteral(Node):
    """``@"2026-07-01"``: a date, time, date and time, or duration."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable or function by name; several words are one name."""

    name: str


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """``-operand``."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """``op`` is one of + - * / **."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """``op`` is one of = != < <= > >=."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Junction(Node):
    """``op`` is ``and`` or ``or``, over two or more operands."""

    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """``operand between low and high``, both ends included."""

    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One unary test: a comparison ``op`` with a value, ``not`` with tests, or (op empty) an expression."""

    op: str
    value: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """``operand in …``: one of the tests must hold."""

    operand: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class TypeRef(Node):
    """A type as written: ``list<number>`` is name ``list`` with one argument; contexts keep entry names."""

    name: str
    args: tuple[TypeRef, ...] = ()
    keys: tuple[str, ...] = ()
    result: TypeRef | None = None


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """``operand instance of type``."""

    operand: Node
    type: TypeRef


@dataclass(frozen=True, slots=True)
class If(Node):
    """``if condition then … else …``."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """``name in source`` or, with ``end``, ``name in source..end``."""

    name: str
    source: Node
    end: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """``for … return body``; the last iteration turns fastest."""

    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """``kind`` is ``some`` or ``every``."""

    kind: str
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a function, perhaps with a type."""

    name: str
    type: TypeRef | None = None


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Node):
    """``function(parameters) body``; ``external`` ones are written in another language.

    ``name`` is that of the context entry whose value it is: by it the function can call itself.
    """

    parameters: tuple[Parameter, ...]
    body: Node
    external: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Path(Node):
    """``source.name``."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """``source[condition]``: by condition, or by number."""

    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``names`` is empty for positional arguments, else as long as ``arguments``."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """One entry of a context."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    """``{a: 1, b: a + 1}``; later entries see earlier ones."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """``[low..high]``, ``(low..high)`` and their mixtures."""

    low: Node
    high: Node
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True)
class UnaryRange(Node):
    """``(< 10)``, ``(>= 5)``, ``(= 3)``, ``(!= 3)``: a range with one stated end."""

    op: str
    value: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of a decision table: any (``-``), or tests of which one must hold."""

    tests: tuple[Test, ...]
    any: bool = False


@dataclass(frozen=True, slots=True)
class Opaque(Node):
    """A part that is compiled already: a boxed expression within one of FEEL's constructs."""

    code: Callable[..., Any]


def mentioned(node: Node) -> frozenset[str] | None:
    """All names that occur in a tree; None when a part cannot be looked into."""
    names: set[str] = set()
    for part in walk(node):
        if isinstance(part, Opaque):
            return None
        if isinstance(part, Name):
            names.add(part.name)
    return frozenset(names)


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(list(current.children())))
