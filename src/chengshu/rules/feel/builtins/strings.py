"""Built-in functions on strings (DMN 1.5, 10.3.4.3). Positions count characters, not UTF-16 units."""

from __future__ import annotations

from decimal import Decimal

from chengshu.rules.feel.builtins.signature import Library, whole
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.patterns import Pattern, compile_pattern
from chengshu.rules.feel.runtime import Run

LIBRARY = Library()


@LIBRARY.add("substring", "string: string; start position: number; [length: number]")
def substring(_run: Run, text: str, start: Decimal, length: Decimal | None = None) -> str:
    """So many characters from a position on; negative positions count from the end."""
    first = whole(start, "start position")
    if first == 0 or abs(first) > max(len(text), 1):
        if first == 0 or first < 0:
            raise FeelError("out-of-range", what="start position")
        return ""
    begin = first - 1 if first > 0 else len(text) + first
    if length is None:
        return text[begin:]
    count = whole(length, "length")
    if count < 1:
        raise FeelError("out-of-range", what="length")
    return text[begin : begin + count]


@LIBRARY.add("string length", "string: string")
def string_length(_run: Run, text: str) -> Decimal:
    """How many characters there are."""
    return Decimal(len(text))


@LIBRARY.add("upper case", "string: string")
def upper_case(run: Run, text: str) -> str:
    """In capitals."""
    return run.made_text(text.upper())


@LIBRARY.add("lower case", "string: string")
def lower_case(run: Run, text: str) -> str:
    """In small letters."""
    return run.made_text(text.lower())


@LIBRARY.add("substring before", "string: string; match: string")
def substring_before(_run: Run, text: str, match: str) -> str:
    """What stands before the first occurrence; empty when there is none."""
    at = text.find(match)
    return text[:at] if at >= 0 else ""


@LIBRARY.add("substring after", "string: string; match: string")
def substring_after(_run: Run, text: str, match: str) -> str:
    """What stands after the first occurrence; empty when there is none."""
    at = text.find(match)
    return text[at + len(match) :] if at >= 0 else ""


@LIBRARY.add("contains", "string: string; match: string")
def contains(_run: Run, text: str, match: str) -> bool:
    """Whether one text occurs in the other."""
    return match in text


@LIBRARY.add("starts with", "string: string; match: string")
def starts_with(_run: Run, text: str, match: str) -> bool:
    """Whether a text begins so."""
    return text.startswith(match)


@LIBRARY.add("ends with", "string: string; match: string")
def ends_with(_run: Run, text: str, match: str) -> bool:
    """Whether a text ends so."""
    return text.endswith(match)


@LIBRARY.add("string join", "list: list; [delimiter: string|null]")
def string_join(run: Run, parts: list[object], delimiter: str | None = None) -> str:
    """The strings of a list, nulls left out."""
    words = [part for part in parts if part is not None]
    run.spend(len(parts))
    texts = [word for word in words if isinstance(word, str)]
    if len(texts) != len(words):
        raise FeelError("bad-value", name="string join", value="a list with members that are not strings")
    size = sum(map(len, texts)) + len(delimiter or "") * max(len(texts) - 1, 0)
    if size > run.budget.limits.text:
        return run.made_text("x" * (run.budget.limits.text + 1))  # raises the limit
    return run.made_text((delimiter or "").join(texts))


def _pattern(pattern: str, flags: str | None) -> Pattern:
    return compile_pattern(pattern, flags or "")


@LIBRARY.add("matches", "input: string; pattern: string; [flags: string|null]")
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool:
    """Whether a part of the text matches the regular expression (XPath 3.1, 5.6.3)."""
    return _pattern(pattern, flags).search(text, run.spend) is not None


@LIBRARY.add("replace", "input: string; pattern: string; replacement: string; [flags: string|null]")
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> str:
    """Every match replaced; ``$1`` in the replacement is the first group (XPath 3.1, 5.6.4)."""
    limit = run.budget.limits.text
    return run.made_text(_pattern(pattern, flags).replace(text, replacement, run.spend, limit))


@LIBRARY.add("split", "string: string; delimiter: string")
def split(run: Run, text: str, delimiter: str) -> list[str]:
    """The pieces between matches of a regular expression (XPath 3.1, 5.6.5)."""
    pieces: list[str] = run.made_list(_pattern(delimiter, "").split(text, run.spend))
    return pieces
