"""Tokens to tree: the grammar of FEEL (DMN 1.5, 10.3.1.2), by recursive descent with binding powers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from chengshu.rules.feel import ast
from chengshu.rules.feel.lexer import Token
from chengshu.rules.feel.names import RESERVED, STOPS
from chengshu.rules.feel.reader import TokenReader
from chengshu.rules.feel.type_syntax import read_type

MAX_CHAIN = 250
"""Longest run of operators without brackets, for operators that are not flattened."""

COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_POWERS = {"+": 4, "-": 4, "*": 5, "/": 5, "**": 6}
_OR, _AND, _COMPARE, _ADD = 1, 2, 3, 4
_MISTAKES = {
    "==": "write = instead of ==",
    "=>": "write >= instead of =>",
    "=<": "write <= instead of =<",
    "<>": "write != instead of <>",
    "'": 'write texts in "…"',
}
"""Operators of other languages, by the token before and the one that does not fit."""

_ENDS = frozenset({")", "]", "}", ",", ":", "..", "=", "!=", "<", "<=", ">", ">=", "+", "*", "/", "**", "."})
_LITERALS: dict[str, Callable[[int], ast.Node]] = {
    "true": lambda pos: ast.Boolean(True, pos=pos),
    "false": lambda pos: ast.Boolean(False, pos=pos),
    "null": lambda pos: ast.Null(pos=pos),
}


def _number(text: str) -> Decimal:
    """A number as written; an exponent that no decimal can hold is one that is merely far out of range."""
    try:
        return Decimal(text)
    except InvalidOperation:
        mantissa, _, exponent = text.lower().partition("e")
        if not Decimal(mantissa):
            return Decimal(0)
        return Decimal("1e-999999" if exponent.startswith("-") else "1e999999")


class Grammar(TokenReader):
    """The rules, one method each. Constructs that begin with a word register themselves in ``constructs``."""

    constructs: ClassVar[dict[str, Callable[[Grammar], ast.Node]]] = {}

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        super().__init__(text, names)
        self.brackets = {"(": self.bracket, "[": self.square, "{": self.context, "]": self.open_range}

    # -- whole texts -------------------------------------------------------------------------------------

    def whole_expression(self) -> ast.Node:
        node = self.expression()
        self.end()
        return node

    def whole_unary_tests(self) -> ast.UnaryTests:
        if self.is_op("-") and self.tokens[self.at + 1].kind == "end":
            self.take()
            return ast.UnaryTests((), any=True, pos=0)
        tests = self.tests()
        self.end()
        return ast.UnaryTests(tests, pos=0)

    def end(self) -> None:
        if self.here.kind != "end":
            hint = "separate alternatives with commas" if self.here.text in ("and", "or") else ""
            raise self.fail(f"«{self.here.text}» does not fit here", hint)

    def tests(self) -> tuple[ast.Test, ...]:
        """One or more positive unary tests."""
        tests = [self.test()]
        while self.is_op(","):
            self.take()
            tests.append(self.test())
        return tuple(tests)

    def test(self) -> ast.Test:
        pos = self.here.start
        if self.here.kind == "op" and self.here.text in COMPARISONS:
            op = self.take().text
            return ast.Test(op, self.nested(lambda: self.binary(_ADD)), pos=pos)
        if self.is_word("not") and self.tokens[self.at + 1].text == "(" and self.closes_test():
            self.at += 2
            tests = self.nested(self.tests)
            self.expect(")", "«not(…)»")
            return ast.Test("not", ast.UnaryTests(tests, pos=pos), pos=pos)
        return ast.Test("", self.nested(self.expression), pos=pos)

    def closes_test(self) -> bool:
        """Whether the bracket after the word here closes at the end of a test."""
        level = 0
        for index in range(self.at + 1, len(self.tokens) - 1):
            text = self.tokens[index].text if self.tokens[index].kind == "op" else ""
            level += (text == "(") - (text == ")")
            if level == 0:
                return self.tokens[index + 1].kind == "end" or self.tokens[index + 1].text in (",", ")")
        return False

    # -- expressions -------------------------------------------------------------------------------------

    def expression(self) -> ast.Node:
        return self.binary(_OR)

    def binary(self, power: int, left: ast.Node | None = None) -> ast.Node:
        """An expression of operators that bind at least as strongly as ``power``; ``left`` may be read."""
        left = left or self.unary()
        chain = 0
        while True:
            chain += 1
            if chain > MAX_CHAIN:
                raise self.fail(f"more than {MAX_CHAIN} operators in a row", "use a list and sum() or any()")
            token = self.here
            if token.kind == "op":
                if token.text in _POWERS and _POWERS[token.text] >= power:
                    self.take()
                    right = self.binary(_POWERS[token.text] + 1)
                    left = ast.Arithmetic(token.text, left, right, pos=token.start)
                    continue
                if token.text in COMPARISONS and power <= _COMPARE:
                    self.take()
                    left = ast.Comparison(token.text, left, self.binary(_ADD), pos=token.start)
                    continue
            elif token.kind == "name":
                joined = self.word_operator(left, token, power)
                if joined is not None:
                    left = joined
                    continue
            return left

    def word_operator(self, left: ast.Node, token: Token, power: int) -> ast.Node | None:
        """``and or between in`` after ``left``, when they bind at least as strongly as ``power``."""
        word = token.text
        if word in ("and", "or"):
            own = _AND if word == "and" else _OR
            if power > own:
                return None
            operands = [left]
            while self.is_word(word):
                self.take()
                operands.append(self.binary(own + 1))
            return ast.Junction(word, tuple(operands), pos=token.start)
        if power > _COMPARE:
            return None
        if word == "between":
            self.take()
            low = self.binary(_ADD)
            self.expect("and", "«between … and …»")
            return ast.Between(left, low, self.binary(_ADD), pos=token.start)
        if word == "in":
            self.take()
            return ast.In(left, self.in_tests(), pos=token.start)
        return None

    def in_tests(self) -> tuple[ast.Test, ...]:
        """What follows ``in``: one test, or several in brackets."""
        pos = self.here.start
        if self.here.kind == "op" and self.here.text in COMPARISONS:
            return (self.test(),)
        if not self.is_op("("):
            return (ast.Test("", self.binary(_ADD), pos=pos),)
        opening = self.take()
        first = self.nested(self.test)
        if not first.op and not self.is_op(","):  # one expression in brackets, or a range
            if self.is_op(".."):
                node = self.nested(lambda: self.range_rest(first.value, False, opening))
            else:
                self.expect(")", "the test after «in»")
                node = first.value
            return (ast.Test("", self.binary(_ADD, self.postfix(node)), pos=pos),)
        tests = [first]
        while self.is_op(","):
            self.take()
            tests.append(self.nested(self.test))
        self.expect(")", "the tests after «in»")
        return tuple(tests)

    def unary(self) -> ast.Node:
        """A signed operand; the sign of a number is part of the number (rule 37), so it binds before
        ``instance of``."""
        if self.is_op("-"):
            token = self.take()
            if self.here.kind != "number":
                return ast.Negation(self.nested(self.unary), pos=token.start)
            node: ast.Node = ast.Negation(self.postfix(self.primary()), pos=token.start)
        else:
            node = self.postfix(self.primary())
        while self.is_word("instance"):
            token = self.take()
            self.expect("of", "«instance of»")
            node = ast.InstanceOf(node, read_type(self), pos=token.start)
        return node

    def postfix(self, node: ast.Node) -> ast.Node:
        """Paths, filters and calls after ``node``."""
        chain = 0
        while self.here.kind == "op":
            chain += 1
            if chain > MAX_CHAIN:
                raise self.fail(f"more than {MAX_CHAIN} steps in a row", "split the expression")
            token = self.here
            if token.text == ".":
                self.take()
                node = ast.Path(node, self.name("a path"), pos=token.start)
            elif token.text == "[" and not (self.in_range_end and self.ends_range()):
                self.take()
                condition = self.nested(self.expression)
                self.expect("]", "a filter")
                node = ast.Filter(node, condition, pos=token.start)
            elif token.text == "(":
                node = self.call(node)
            else:
                break
        return node

    def ends_range(self) -> bool:
        """Whether the ``[`` here closes a range rather than opening a filter."""
        after = self.tokens[self.at + 1]
        return after.kind == "end" or after.text in _ENDS or after.text in STOPS

    def primary(self) -> ast.Node:
        token = self.here
        if token.kind == "number":
            self.take()
            return ast.Number(_number(token.text), pos=token.start)
        if token.kind == "string":
            self.take()
            return ast.String(token.value, pos=token.start)
        if token.kind == "at":
            self.take()
            return ast.AtLiteral(token.value, pos=token.start)
        if token.kind == "name":
            return self.word(token)
        if token.kind == "op" and token.text in "([{]":
            return self.nested(self.brackets[token.text])
        if token.kind == "end":
            raise self.fail("something is missing here" if self.text.strip() else "there is no expression")
        before = self.tokens[self.at - 1].text if self.at else ""
        hint = _MISTAKES.get(before + token.text) or _MISTAKES.get(token.text, "")
        raise self.fail(f"«{token.text}» does not fit here", hint)

    def word(self, token: Token) -> ast.Node:
        """A literal, a construct that begins with a word, or a name."""
        known = self.known.match(self.tokens, self.at)
        if token.text in RESERVED and known is None:
            if token.text in _LITERALS:
                self.take()
                return _LITERALS[token.text](token.start)
            if token.text in self.constructs:
                return self.nested(lambda: self.constructs[token.text](self))
            raise self.fail(f"«{token.text}» does not fit here")
        following = self.tokens[self.at + 1]
        if token.text == "not" and known is None and following.kind == "name" and following.text not in STOPS:
            raise self.fail("«not» takes brackets", "write not(…)")
        return ast.Name(self.name("an expression"), pos=token.start)

    # -- brackets ----------------------------------------------------------------------------------------

    def bracket(self) -> ast.Node:
        token = self.take()
        if self.here.kind == "op" and self.here.text in COMPARISONS:
            op = self.take().text
            value = self.binary(_ADD)
            self.expect(")", "a range")
            return ast.UnaryRange(op, value, pos=token.start)
        node = self.expression()
        if self.is_op(".."):
            return self.range_rest(node, False, token)
        self.expect(")", "brackets")
        return node

    def square(self) -> ast.Node:
        token = self.take()
        if self.is_op("]"):
            self.take()
            return ast.ListLiteral((), pos=token.start)
        items = [self.expression()]
        if self.is_op(".."):
            return self.range_rest(items[0], True, token)
        while self.is_op(","):
            self.take()
            items.append(self.expression())
        self.expect("]", "a list")
        return ast.ListLiteral(tuple(items), pos=token.start)

    def open_range(self) -> ast.Node:
        token = self.take()
        return self.range_rest(self.binary(_ADD), False, token)

    def range_rest(self, low: ast.Node, low_included: bool, token: Token) -> ast.Node:
        self.expect("..", "a range")
        self.in_range_end = True
        high = self.binary(_ADD)
        self.in_range_end = False
        if not self.is_op("]", ")", "["):
            raise self.fail("a range ends with ], ) or [")
        closing = self.take().text
        return ast.RangeLiteral(low, high, low_included, closing == "]", pos=token.start)

    def context(self) -> ast.Node:
        token = self.take()
        entries: list[ast.Entry] = []

        def read() -> None:
            while not self.is_op("}"):
                pos = self.here.start
                key = self.take().value if self.here.kind == "string" else self.free_name((":",), "a context")
                self.expect(":", "a context, after the name of an entry")
                value = self.expression()
                if isinstance(value, ast.FunctionDefinition):
                    value = replace(value, name=key)
                entries.append(ast.Entry(key, value, pos=pos))
                self.known.add(key)
                if not self.is_op(","):
                    break
                self.take()
                if self.is_op("}"):
                    raise self.fail("an entry is missing after this comma")

        self.with_names((), read)
        self.expect("}", "a context")
        for entry in entries:
            self.known.add(entry.key)  # so that a path after the context can name it
        return ast.ContextLiteral(tuple(entries), pos=token.start)

    def call(self, function: ast.Node) -> ast.Node:
        token = self.take()
        names: list[str] = []
        arguments: list[ast.Node] = []

        def read() -> None:
            while True:
                if self.names_argument():
                    if arguments and not names:
                        raise self.fail("named and positional arguments cannot be mixed")
                    names.append(self.free_name((":",), "a call"))
                    self.take()
                elif names:
                    raise self.fail("named and positional arguments cannot be mixed")
                arguments.append(self.expression())
                if not self.is_op(","):
                    return
                self.take()

        if not self.is_op(")"):
            self.nested(read)
        self.expect(")", "a call")
        return ast.Call(function, tuple(arguments), tuple(names), pos=token.start)

    def names_argument(self) -> bool:
        """Whether a name and a colon come next."""
        at = self.at
        if self.here.kind != "name":
            return False
        while self.is_name_part():
            self.at += 1
        found = self.is_op(":")
        self.at = at
        return found
