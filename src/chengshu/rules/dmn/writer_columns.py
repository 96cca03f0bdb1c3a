"""Columns and hit policy of a decision table, changed in the text of the file: nothing else differs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.dmn.reader import version_of
from chengshu.rules.dmn.source import Source, Span
from chengshu.rules.dmn.writing import ENTRIES, gap_before, in_range, new_id, xml_text

POLICIES = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATORS = ("", "SUM", "MIN", "MAX", "COUNT")


@dataclass(frozen=True, slots=True)
class InsertColumn:
    """A new column that becomes number ``at`` of its part (input, output, annotation), ``cell`` in each rule.

    ``name`` is the expression of an input, the name of an output or annotation.
    """

    part: str
    at: int
    name: str
    cell: str = "-"
    type_ref: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class RemoveColumn:
    """A column is taken out, with its cell in each rule."""

    part: str
    column: int


@dataclass(frozen=True, slots=True)
class SetHitPolicy:
    """What happens when several rules match; ``aggregation`` for COLLECT only."""

    policy: str
    aggregation: str = ""


Splice = tuple[int, int, bytes]


def insert_column(source: Source, table: Span, place: str, edit: InsertColumn) -> bytes:
    """The text with the column. Raises DmnError for a part or place that there is not."""
    _known_part(edit.part, place)
    if not edit.name.strip():
        raise DmnError("a column needs a name", place, "give the expression or the name")
    if edit.part == "annotation" and version_of(source.namespace) == "1.1":
        raise DmnError("rules of DMN 1.1 have no annotations", place, "leave them out")
    rules, heads = table.of("rule"), table.of(edit.part)
    entries = [rule.of(ENTRIES[edit.part]) for rule in rules]
    count = len(entries[0]) if entries else len(heads)
    in_range(edit.at, count + 1, f"place for an {edit.part}", place)
    ident = new_id(source.ids, edit.part)
    splices = [_beside(source.bytes, table, _HEADS, edit.part, edit.at, _head(table, ident, edit, place))]
    name = f"{table.prefix}{ENTRIES[edit.part]}"
    for number, rule in enumerate(rules, 1):
        own = "" if edit.part == "annotation" else f' id="{ident}_{number}"'
        inside = f"<{table.prefix}text>".encode() + xml_text(edit.cell, place)
        cell = f"<{name}{own}>".encode() + inside + f"</{table.prefix}text></{name}>".encode()
        splices.append(_beside(source.bytes, rule, _CELLS, ENTRIES[edit.part], edit.at, cell))
    return _spliced(source.bytes, splices)


def remove_column(source: Source, table: Span, place: str, edit: RemoveColumn) -> bytes:
    """The text without the column. Raises DmnError for one that there is not, and for the last output."""
    _known_part(edit.part, place)
    heads = table.of(edit.part)
    entries = [rule.of(ENTRIES[edit.part]) for rule in table.of("rule")]
    count = max([len(heads), *map(len, entries)])
    in_range(edit.column, count, edit.part, place)
    if edit.part == "output" and count == 1:
        raise DmnError("a table keeps at least one output", place, "add another first")
    gone = [one[edit.column - 1] for one in (heads, *entries) if edit.column <= len(one)]
    return _spliced(source.bytes, [_without(source.bytes, span) for span in gone])


def set_hit_policy(source: Source, table: Span, place: str, edit: SetHitPolicy) -> bytes:
    """The text with another hit policy. Raises DmnError for one that DMN does not have."""
    if edit.policy not in POLICIES:
        raise DmnError(f"there is no hit policy «{edit.policy}»", place, f"use one of {', '.join(POLICIES)}")
    if edit.aggregation not in AGGREGATORS or (edit.aggregation and edit.policy != "COLLECT"):
        raise DmnError(
            f"«{edit.policy}» does not go with «{edit.aggregation}»",
            place,
            "SUM, MIN, MAX and COUNT go with COLLECT",
        )
    data = source.bytes
    end = table.inner if not table.empty else table.end
    tag = data[table.start : end]
    for name, value in (("hitPolicy", edit.policy), ("aggregation", edit.aggregation)):
        tag = _with_attribute(tag, name, value)
    return data[: table.start] + tag + data[end:]


def _with_attribute(tag: bytes, name: str, value: str) -> bytes:
    found = re.search(rb"""\s%s\s*=\s*("[^"]*"|'[^']*')""" % name.encode(), tag)
    new = f' {name}="{value}"'.encode() if value else b""
    if found:
        return tag[: found.start()] + new + tag[found.end() :]
    close = b"/>" if tag.endswith(b"/>") else b">"
    return tag[: -len(close)].rstrip() + new + close


_HEADS = ("input", "output", "annotation", "rule")
_CELLS = ("inputEntry", "outputEntry", "annotationEntry")


def _known_part(part: str, place: str) -> None:
    if part not in ENTRIES:
        raise DmnError(f"a table has no «{part}»", place, f"use {', '.join(ENTRIES)}")


def _head(table: Span, ident: str, edit: InsertColumn, place: str) -> bytes:
    prefix = table.prefix
    kind = f" typeRef={quoteattr(edit.type_ref)}" if edit.type_ref else ""

    def text(value: str) -> str:
        return f"<{prefix}text>{xml_text(value, place).decode()}</{prefix}text>"

    if edit.part == "annotation":
        return f"<{prefix}annotation name={quoteattr(edit.name.strip())}/>".encode()
    values = f"{edit.part}Values"
    allowed = f"<{prefix}{values}>{text(edit.values)}</{prefix}{values}>" if edit.values.strip() else ""
    if edit.part == "output":
        opening = f'<{prefix}output id="{ident}" name={quoteattr(edit.name.strip())}{kind}'
        return (f"{opening}>{allowed}</{prefix}output>" if allowed else f"{opening}/>").encode()
    inside = f"<{prefix}inputExpression{kind}>{text(edit.name)}</{prefix}inputExpression>"
    return f'<{prefix}input id="{ident}">{inside}{allowed}</{prefix}input>'.encode()


def _beside(data: bytes, parent: Span, order: tuple[str, ...], name: str, at: int, new: bytes) -> Splice:
    """Where a new child goes: beside those of its name, else where the schema has it."""
    same = parent.of(name)
    if at <= len(same):
        start = same[at - 1].start
        return (start, start, new + gap_before(data, start))
    later = order[order.index(name) + 1 :]
    following = parent.of(*later)
    if same:
        return (same[-1].end, same[-1].end, gap_before(data, same[-1].start) + new)
    if following:
        start = following[0].start
        return (start, start, new + gap_before(data, start))
    if parent.empty or not parent.children:
        raise DmnError("the table has no columns yet", parent.name, "write its first columns in an editor")
    last = parent.children[-1]
    return (last.end, last.end, gap_before(data, last.start) + new)


def _without(data: bytes, span: Span) -> Splice:
    return (span.start - len(gap_before(data, span.start)), span.end, b"")


def _spliced(data: bytes, splices: list[Splice]) -> bytes:
    for start, end, new in sorted(splices, reverse=True):
        data = data[:start] + new + data[end:]
    return data
