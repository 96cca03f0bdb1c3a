"""The compiled evaluator agrees with a slow interpreter written apart from it, after the tables of DMN
1.5 (10.3.2), on random expressions over numbers, strings, booleans, lists and contexts."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.rules.feel import ast, compile_expression
from chengshu.rules.feel.printer import print_tree

CONTEXT = decimal.Context(prec=34, Emin=-6143, Emax=6144, rounding=decimal.ROUND_HALF_EVEN)


def is_number(value: Any) -> bool:
    return isinstance(value, Decimal)


def same_kind(a: Any, b: Any) -> bool:
    return type(a) is type(b)


def slow_equal(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return a is None and b is None
    if not same_kind(a, b):
        return None
    if isinstance(a, list | dict):
        if isinstance(a, dict):
            if sorted(a) != sorted(b):
                return False
            pairs = [(a[k], b[k]) for k in a]
        else:
            if len(a) != len(b):
                return False
            pairs = list(zip(a, b, strict=True))
        answers = [slow_equal(x, y) for x, y in pairs]
        return False if False in answers else None if None in answers else True
    return a == b


def slow_compare(op: str, a: Any, b: Any) -> Any:
    if op == "=":
        return slow_equal(a, b)
    if op == "!=":
        answer = slow_equal(a, b)
        return None if answer is None else not answer
    if not same_kind(a, b) or not isinstance(a, Decimal | str):
        return None
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def slow_arithmetic(op: str, a: Any, b: Any) -> Any:
    if op == "+" and isinstance(a, str) and isinstance(b, str):
        return a + b
    if not (is_number(a) and is_number(b)):
        return None
    if op == "/" and b == 0:
        return None
    work = {"+": CONTEXT.add, "-": CONTEXT.subtract, "*": CONTEXT.multiply, "/": CONTEXT.divide}[op]
    result = work(a, b)
    return result if result.is_finite() else None


def member_at(items: list[Any], position: Decimal) -> Any:
    if position != int(position) or position == 0 or abs(position) > len(items):
        return None
    return items[int(position) - 1 if position > 0 else int(position)]


class Slow:
    """Walks the tree; variables are searched through a list of scopes from the inside out."""

    def eval(self, node: ast.Node, scopes: list[dict[str, Any]]) -> Any:
        return getattr(self, "on_" + type(node).__name__)(node, scopes)

    def on_Number(self, node: ast.Number, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        return CONTEXT.plus(node.value)

    def on_String(self, node: ast.String, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        return node.value

    on_Boolean = on_String  # noqa: N815

    def on_Null(self, node: ast.Null, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        return None

    def on_Name(self, node: ast.Name, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        for scope in reversed(scopes):
            if node.name in scope:
                return scope[node.name]
        return None

    def on_Negation(self, node: ast.Negation, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        value = self.eval(node.operand, scopes)
        return -value if is_number(value) else None

    def on_Arithmetic(self, node: ast.Arithmetic, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        return slow_arithmetic(node.op, self.eval(node.left, scopes), self.eval(node.right, scopes))

    def on_Comparison(self, node: ast.Comparison, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        return slow_compare(node.op, self.eval(node.left, scopes), self.eval(node.right, scopes))

    def on_Junction(self, node: ast.Junction, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        values = [self.eval(operand, scopes) for operand in node.operands]
        values = [value if isinstance(value, bool) else None for value in values]
        if node.op == "and":
            return False if False in values else None if None in values else True
        return True if True in values else None if None in values else False

    def on_Between(self, node: ast.Between, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        value = self.eval(node.operand, scopes)
        answers = [
            slow_compare(">=", value, self.eval(node.low, scopes)),
            slow_compare("<=", value, self.eval(node.high, scopes)),
        ]
        return None if None in answers else all(answers)

    def on_In(self, node: ast.In, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        value = self.eval(node.operand, scopes)
        answers = [slow_compare(test.op, value, self.eval(test.value, scopes)) for test in node.tests]
        return True if True in answers else None if None in answers else False

    def on_If(self, node: ast.If, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        chosen = self.eval(node.condition, scopes)
        if chosen is True:
            return self.eval(node.then, scopes)
        return self.eval(node.otherwise, scopes) if chosen is False or chosen is None else None

    def rounds(self, iterations: tuple[ast.Iteration, ...], scopes: list[dict[str, Any]]) -> Any:
        if not iterations:
            yield scopes
            return
        first = iterations[0]
        source = self.eval(first.source, scopes)
        if source is None:
            raise LookupError
        for item in source if isinstance(source, list) else [source]:
            yield from self.rounds(iterations[1:], [*scopes, {first.name: item}])

    def on_For(self, node: ast.For, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        try:
            return [self.eval(node.body, inner) for inner in self.rounds(node.iterations, scopes)]
        except LookupError:
            return None

    def on_Quantified(self, node: ast.Quantified, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        answers: list[Any] = []
        try:
            for inner in self.rounds(node.iterations, scopes):
                answer = self.eval(node.condition, inner)
                if answer is not None and not isinstance(answer, bool):
                    return None
                if answer is (node.kind == "some"):
                    return answer
                answers.append(answer)
        except LookupError:
            return None
        return None if None in answers else node.kind == "every"

    def on_Path(self, node: ast.Path, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        return self.step(self.eval(node.source, scopes), node.name)

    def step(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self.step(item, name) for item in value]
        return value.get(name) if isinstance(value, dict) else None

    def on_Filter(self, node: ast.Filter, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        source = self.eval(node.source, scopes)
        items = source if isinstance(source, list) else [] if source is None else [source]
        constant = node.condition.operand if isinstance(node.condition, ast.Negation) else node.condition
        if isinstance(constant, ast.Number):
            return member_at(items, self.eval(node.condition, scopes))
        if not items:
            return None if is_number(self.eval(node.condition, [*scopes, {"item": None}])) else []
        kept: list[Any] = []
        for item in items:
            inner = {"item": item} | (item if isinstance(item, dict) else {})
            chosen = self.eval(node.condition, [*scopes, inner])
            if is_number(chosen):
                return member_at(items, chosen)
            if chosen is not None and not isinstance(chosen, bool):
                return None
            if chosen:
                kept.append(item)
        return kept

    def on_ListLiteral(self, node: ast.ListLiteral, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        return [self.eval(item, scopes) for item in node.items]

    def on_ContextLiteral(self, node: ast.ContextLiteral, scopes: list[dict[str, Any]]) -> Any:  # noqa: N802
        result: dict[str, Any] = {}
        for entry in node.entries:
            if entry.key in result:
                return None
            result[entry.key] = self.eval(entry.value, [*scopes, result])
        return result


NAMES = st.sampled_from(["a", "b", "s", "t", "xs", "cs", "c", "missing"])
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
LEAVES = st.one_of(
    st.decimals(min_value=0, max_value=1000, places=2).map(ast.Number),
    st.sampled_from(["", "red", "blue"]).map(ast.String),
    st.booleans().map(ast.Boolean),
    st.just(ast.Null()),
    NAMES.map(ast.Name),
    NAMES.map(ast.Name),
)


def _extend(inner: st.SearchStrategy[ast.Node]) -> st.SearchStrategy[ast.Node]:
    tests = st.builds(ast.Test, OPERATORS, inner)
    iterations = st.lists(
        st.builds(ast.Iteration, st.sampled_from(["a", "item", "z"]), inner), min_size=1, max_size=2
    ).map(tuple)
    return st.one_of(
        st.builds(ast.Negation, inner),
        st.builds(ast.Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
        st.builds(ast.Comparison, OPERATORS, inner, inner),
        st.builds(ast.Junction, st.sampled_from(["and", "or"]), st.tuples(inner, inner)),
        st.builds(ast.Between, inner, inner, inner),
        st.builds(ast.In, inner, st.tuples(tests, tests)),
        st.builds(ast.If, inner, inner, inner),
        st.builds(ast.For, iterations, inner),
        st.builds(ast.Quantified, st.sampled_from(["some", "every"]), iterations, inner),
        st.builds(ast.Path, inner, NAMES),
        st.builds(ast.Filter, inner, inner),
        st.builds(ast.ListLiteral, st.lists(inner, max_size=3).map(tuple)),
        st.builds(ast.ContextLiteral, st.lists(st.builds(ast.Entry, NAMES, inner), max_size=3).map(tuple)),
    )


TREES = st.recursive(LEAVES, _extend, max_leaves=14)
VALUES = {
    "a": Decimal("2"),
    "b": Decimal("-3.5"),
    "s": "red",
    "t": True,
    "xs": [Decimal(1), Decimal(2), None, Decimal(3)],
    "cs": [{"a": Decimal(1), "s": "blue"}, {"a": Decimal(5)}],
    "c": {"a": Decimal(7), "xs": [Decimal(9)]},
}


def plain(value: Any) -> Any:
    """With kinds made visible: True is not 1."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return (type(value).__name__, value)


@settings(max_examples=examples(400))
@given(TREES)
def test_both_interpreters_agree(tree: ast.Node) -> None:
    text = print_tree(tree)
    assert plain(compile_expression(text)(VALUES)) == plain(Slow().eval(tree, [VALUES])), text
