"""Types as written after ``instance of`` and for parameters (DMN 1.5, 10.3.1.2 rule 54)."""

from __future__ import annotations

from chengshu.rules.feel.ast import TypeRef
from chengshu.rules.feel.reader import TokenReader


def read_type(parser: TokenReader) -> TypeRef:
    """The type at the parser's place. Raises FeelSyntaxError."""
    return parser.nested(lambda: _type(parser))


def _type(parser: TokenReader) -> TypeRef:
    pos = parser.here.start
    name = _type_name(parser)
    if not parser.is_op("<") or name not in ("list", "range", "context", "function"):
        return TypeRef(name, pos=pos)
    parser.take()
    keys: list[str] = []
    args: list[TypeRef] = []
    while not parser.is_op(">"):
        if name == "context":
            keys.append(parser.free_name((":",), "a context type"))
            parser.expect(":", "a context type")
        args.append(read_type(parser))
        if not parser.is_op(","):
            break
        parser.take()
    parser.expect(">", f"a {name} type")
    if name in ("list", "range") and len(args) != 1:
        raise parser.fail(f"a {name} type has one member type, as in {name}<number>")
    result = None
    if name == "function":
        parser.expect("->", "a function type")
        result = read_type(parser)
    return TypeRef(name, tuple(args), tuple(keys), result, pos=pos)


def _type_name(parser: TokenReader) -> str:
    if parser.is_word("function"):
        parser.take()
        return "function"
    known = parser.known.match(parser.tokens, parser.at)
    if known is not None:
        parser.at += known[1]
        return known[0]
    parts = [parser.name("a type")]
    while parser.is_op("."):
        parser.take()
        parts.append(parser.name("a type"))
    return ".".join(parts)
