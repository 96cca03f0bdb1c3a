"""One expression over all rows of an Arrow table: column by column where that gives exactly FEEL's answer.

FEEL computes in decimals, columns hold binary numbers. Comparing a column with a constant of up to 15 digits
is exact all the same, since the shortest decimal of a double keeps their order; so are whole numbers within
53 bits. What is not exact (fractions added up, divisions) and what has no column form goes row by row through
the compiled expression, so the answer never depends on the way it was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chengshu.kernel.errors import Invalid
from chengshu.rules.feel import ast
from chengshu.rules.feel.compile import constant_of
from chengshu.rules.feel.expression import Expression, compile_expression, compile_unary_tests
from chengshu.rules.feel.runtime import MISSING
from chengshu.rules.feel.values import kind_of

EXACT_DIGITS = 15
EXACT_INTEGER = 1 << 53


class NotVectorised(Exception):
    """This part has no exact column form."""


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one kind: number (as double), string, boolean, date, or null (all rows null)."""

    kind: str
    values: Any


def read_column(values: Any) -> Column:
    """A column of a table. Raises NotVectorised for kinds that have no column form."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_null(kind):
        return Column("null", values)
    if pa.types.is_boolean(kind):
        return Column("boolean", values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return Column("string", values.cast(pa.string()))
    if pa.types.is_date32(kind):
        return Column("date", values)
    if pa.types.is_integer(kind):
        return Column("number", _exact_integers(values))
    if pa.types.is_floating(kind):
        doubles = values.cast(pa.float64())
        return Column("number", pc.if_else(pc.is_finite(doubles), doubles, pa.scalar(None, pa.float64())))
    raise NotVectorised(str(kind))


def _exact_integers(values: Any) -> Any:
    ends = pc.min_max(values).as_py()
    if any(end is not None and abs(end) > EXACT_INTEGER for end in ends.values()):
        raise NotVectorised("whole numbers beyond 53 bits")
    return values.cast(pa.float64())


def _constant(value: Any, rows: int) -> Column:
    if value is None:
        return Column("null", pa.nulls(rows))
    kind = kind_of(value)
    if kind == "number":
        if len(value.as_tuple().digits) > EXACT_DIGITS or not -300 < value.adjusted() < 300:
            raise NotVectorised("a number of many digits")
        return Column(kind, pa.scalar(float(value), pa.float64()))
    if kind in ("string", "boolean"):
        return Column(kind, pa.scalar(value))
    if kind == "date" and 1 <= value.year <= 9999:
        return Column(kind, pa.scalar(value.key, pa.int32()).cast(pa.date32()))
    raise NotVectorised(kind)


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_INTEGER_ONLY = {"+": pc.add, "-": pc.subtract, "*": pc.multiply}


class Vectoriser:
    """Evaluates trees over the columns of one table."""

    def __init__(self, table: Any, constants: Mapping[str, Any]) -> None:
        self.table = table
        self.rows = table.num_rows
        self.constants = constants
        self.cache: dict[str, Column] = {}
        self.methods: dict[type[ast.Node], Callable[[Any], Column]] = {
            ast.Name: self._name,
            ast.Comparison: self._comparison,
            ast.Junction: self._junction,
            ast.Between: self._between,
            ast.In: self._in,
            ast.If: self._if,
            ast.Arithmetic: self._arithmetic,
            ast.Call: self._call,
        }

    def nulls(self, kind: str = "boolean") -> Column:
        return Column(kind, pa.nulls(self.rows, pa.bool_() if kind == "boolean" else pa.null()))

    def column(self, node: ast.Node) -> Column:
        """The column of an expression. Raises NotVectorised."""
        known = constant_of(node)
        if known is not MISSING:
            return _constant(known, self.rows)
        method = self.methods.get(type(node))
        if method is None:
            raise NotVectorised(type(node).__name__)
        return method(node)

    def _name(self, node: ast.Name) -> Column:
        if node.name in self.cache:
            return self.cache[node.name]
        if node.name in self.table.column_names:
            found = read_column(self.table[node.name])
        elif node.name in self.constants:
            raise NotVectorised("a name from outside of the table")
        else:
            found = self.nulls("null")
        self.cache[node.name] = found
        return found

    def _comparison(self, node: ast.Comparison) -> Column:
        return self.compare(node.op, self.column(node.left), self.column(node.right))

    def compare(self, op: str, left: Column, right: Column) -> Column:
        """Three-valued comparison; ``=`` and ``!=`` know null, the others do not."""
        if op in ("=", "!="):
            return self._equality(op, left, right)
        if left.kind != right.kind or left.kind in ("null", "boolean"):
            return self.nulls()
        return Column("boolean", self.spread(_COMPARE[op](left.values, right.values)))

    def _equality(self, op: str, left: Column, right: Column) -> Column:
        left_null, right_null = self.spread(pc.is_null(left.values)), self.spread(pc.is_null(right.values))
        any_null, both_null = pc.or_(left_null, right_null), pc.and_(left_null, right_null)
        if "null" in (left.kind, right.kind) or left.kind != right.kind:
            same = pa.nulls(self.rows, pa.bool_())
        else:
            same = self.spread(pc.equal(left.values, right.values))
        same = pc.if_else(any_null, both_null, same)
        return Column("boolean", same if op == "=" else pc.invert(same))

    def spread(self, values: Any) -> Any:
        """An array of one value per row."""
        return pa.repeat(values, self.rows) if isinstance(values, pa.Scalar) else values

    def _junction(self, node: ast.Junction) -> Column:
        join = pc.and_kleene if node.op == "and" else pc.or_kleene
        parts = [self.truth(self.column(operand)) for operand in node.operands]
        result = parts[0]
        for part in parts[1:]:
            result = join(result, part)
        return Column("boolean", result)

    def truth(self, column: Column) -> Any:
        """The column as booleans; what is none is null."""
        return self.spread(column.values) if column.kind == "boolean" else pa.nulls(self.rows, pa.bool_())

    def _between(self, node: ast.Between) -> Column:
        value = self.column(node.operand)
        above = self.compare(">=", value, self.column(node.low)).values
        below = self.compare("<=", value, self.column(node.high)).values
        return Column("boolean", pc.and_(above, below))  # null on either side stays null

    def _in(self, node: ast.In) -> Column:
        return Column("boolean", self.tests(self.column(node.operand), node.tests))

    def tests(self, value: Column, tests: tuple[ast.Test, ...]) -> Any:
        """Whether each value passes one of the tests."""
        result: Any = None
        for test in tests:
            one = self.test(value, test)
            result = one if result is None else pc.or_kleene(result, one)
        return result

    def test(self, value: Column, test: ast.Test) -> Any:
        """One unary test."""
        if test.op == "not" and isinstance(test.value, ast.UnaryTests):
            return pc.invert(self.tests(value, test.value.tests))
        if test.op:
            return self.compare(test.op, value, self.column(test.value)).values
        span = test.value
        if isinstance(span, ast.RangeLiteral):
            low, high = constant_of(span.low), constant_of(span.high)
            if not (isinstance(low, Decimal) and isinstance(high, Decimal) and low <= high):
                raise NotVectorised("a range that is not between two numbers")
            above = self.compare(">=" if span.low_included else ">", value, _constant(low, self.rows)).values
            below = self.compare(
                "<=" if span.high_included else "<", value, _constant(high, self.rows)
            ).values
            return pc.and_(above, below)
        known = constant_of(span)
        if known is MISSING:
            raise NotVectorised("a test that must be computed")
        constant = _constant(known, self.rows)
        same = self.compare("=", value, constant).values
        if known is True and value.kind not in ("boolean", "null"):
            return pc.if_else(self.spread(pc.is_null(value.values)), None, pa.scalar(False))
        if known is True:
            return pc.if_else(self.spread(pc.is_null(value.values)), pa.scalar(None, pa.bool_()), same)
        return same

    def _if(self, node: ast.If) -> Column:
        condition = self.column(node.condition)
        then, otherwise = self.column(node.then), self.column(node.otherwise)
        kinds = {then.kind, otherwise.kind} - {"null"}
        if condition.kind not in ("boolean", "null") or len(kinds) != 1:
            raise NotVectorised("branches of different kinds")
        chosen = pc.fill_null(self.truth(condition), False)
        kind = kinds.pop()
        branches = [self._typed(part, kind) for part in (then, otherwise)]
        return Column(kind, pc.if_else(chosen, *branches))

    def _typed(self, column: Column, kind: str) -> Any:
        types = {"number": pa.float64(), "string": pa.string(), "boolean": pa.bool_(), "date": pa.date32()}
        return pa.nulls(self.rows, types[kind]) if column.kind == "null" else self.spread(column.values)

    def _arithmetic(self, node: ast.Arithmetic) -> Column:
        """Whole numbers only, and only while every result is exact in 53 bits."""
        left, right = self.column(node.left), self.column(node.right)
        if node.op not in _INTEGER_ONLY or {left.kind, right.kind} != {"number"}:
            raise NotVectorised(f"«{node.op}»")
        result = self.spread(_INTEGER_ONLY[node.op](left.values, right.values))
        for part in (left.values, right.values, result):
            if not self._whole(part):
                raise NotVectorised("fractions are added in decimals")
        return Column("number", result)

    def _whole(self, values: Any) -> bool:
        whole = pc.and_(
            pc.equal(pc.floor(values), values), pc.less_equal(pc.abs(values), float(EXACT_INTEGER))
        )
        if isinstance(whole, pa.Scalar):
            return whole.as_py() is not False
        return pc.all(whole).as_py() is not False

    def _call(self, node: ast.Call) -> Column:
        if (
            not isinstance(node.function, ast.Name)
            or node.names
            or node.function.name in self.table.column_names
        ):
            raise NotVectorised("a call")
        name = node.function.name
        if name == "not" and len(node.arguments) == 1:
            return Column("boolean", pc.invert(self.truth(self.column(node.arguments[0]))))
        searches = {"contains": pc.match_substring, "starts with": pc.starts_with, "ends with": pc.ends_with}
        if name in searches and len(node.arguments) == 2:
            text, wanted = self.column(node.arguments[0]), constant_of(node.arguments[1])
            if text.kind == "string" and isinstance(wanted, str):
                return Column("boolean", searches[name](self.spread(text.values), wanted))
        raise NotVectorised(name)


def evaluate_rows(text: str, table: Any, constants: Mapping[str, Any] | None = None) -> Any:
    """The value of an expression for every row of a ``pyarrow.Table``, as an Arrow array; numbers as doubles.

    ``constants`` are further names, the same for all rows. Raises FeelSyntaxError, and Invalid when the rows
    give values of different kinds.
    """
    expression = compile_expression(text, names=table.column_names)
    fixed = constants or {}
    try:
        vectoriser = Vectoriser(table, fixed)
        return vectoriser.spread(vectoriser.column(expression.tree).values)
    except NotVectorised:
        return _array([expression({**fixed, **row}) for row in table.to_pylist()], expression)


def passes(text: str, values: Any, constants: Mapping[str, Any] | None = None) -> Any:
    """Which values of an Arrow array pass a cell of a decision table: an array of true, false and null."""
    cell = compile_unary_tests(text)
    if cell.tree.any:
        return pa.repeat(pa.scalar(True), len(values))
    try:
        table = pa.table({"?": values})
        vectoriser = Vectoriser(table, constants or {})
        return vectoriser.spread(vectoriser.tests(read_column(values), cell.tree.tests))
    except NotVectorised:
        return pa.array([cell(value, constants or {}) for value in values.to_pylist()], pa.bool_())


def _array(values: list[Any], expression: Expression) -> Any:
    plain = [float(value) if isinstance(value, Decimal) else value for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise Invalid(
            "feel-kinds",
            f"«{expression.text}» gives values of different kinds, or of one that has no column",
            remedy="make the branches of the expression agree",
        ) from error
