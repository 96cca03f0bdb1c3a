"""Writing back what an editor changed in a decision table: only the bytes of the change differ.

Comments, diagrams, extensions, layout and the order of attributes stay as they are. An edit is data, so it
can be shown, kept and signed before it is applied. Rules and columns count from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.dmn.reader import read_definitions, version_of
from chengshu.rules.dmn.source import Source, Span
from chengshu.rules.dmn.writer_columns import (
    InsertColumn,
    RemoveColumn,
    SetHitPolicy,
    insert_column,
    remove_column,
    set_hit_policy,
)
from chengshu.rules.dmn.writing import ENTRIES, gap_before, in_range, new_id, xml_text


@dataclass(frozen=True, slots=True)
class SetCell:
    """New text for a cell: ``part`` is input, output or annotation, ``column`` its number in that part."""

    rule: int
    part: str
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class InsertRule:
    """A new row that becomes number ``at``; one more than there are puts it last."""

    at: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """A row is taken out."""

    rule: int


@dataclass(frozen=True, slots=True)
class MoveRule:
    """A row takes another place; those between move up or down by one."""

    rule: int
    to: int


Edit = SetCell | InsertRule | RemoveRule | MoveRule | InsertColumn | RemoveColumn | SetHitPolicy


def edit_table(data: bytes, table: str, edits: Iterable[Edit]) -> bytes:
    """The file with the edits made, in their order, to one decision table.

    ``table`` is the name of the decision or knowledge model (``name (2)`` for the second table in it), or
    the id of the table. The texts are not looked at: read the result with ``read_model``, which says what
    does not parse. Raises DmnError for a table, rule or column that does not exist, for signs that XML
    cannot hold, and for a file that is no DMN model or has a DOCTYPE; then nothing is changed.
    """
    read_definitions(data)
    for edit in edits:
        source = Source(data)
        data = source.encoded(_edited(source, source.table(table), table, edit))
    read_definitions(data)
    return data


def _edited(source: Source, table: Span, place: str, edit: Edit) -> bytes:
    rules = table.of("rule")
    match edit:
        case SetCell():
            in_range(edit.rule, len(rules), "rule", place)
            return _set_cell(source, rules[edit.rule - 1], place, edit)
        case InsertRule():
            in_range(edit.at, len(rules) + 1, "place for a rule", place)
            return _insert(source, table, place, edit)
        case RemoveRule():
            in_range(edit.rule, len(rules), "rule", place)
            return _remove(source.bytes, rules[edit.rule - 1])
        case MoveRule():
            in_range(edit.rule, len(rules), "rule", place)
            in_range(edit.to, len(rules), "rule", place)
            return _move(source.bytes, rules, edit.rule - 1, edit.to - 1)
        case InsertColumn():
            return insert_column(source, table, place, edit)
        case RemoveColumn():
            return remove_column(source, table, place, edit)
        case SetHitPolicy():
            return set_hit_policy(source, table, place, edit)


def _set_cell(source: Source, rule: Span, place: str, edit: SetCell) -> bytes:
    if edit.part not in ENTRIES:
        raise DmnError(f"a rule has no «{edit.part}»", place, f"use {', '.join(ENTRIES)}")
    cells = rule.of(ENTRIES[edit.part])
    in_range(edit.column, len(cells), edit.part, f"{place}, rule {edit.rule}")
    cell, new, data = cells[edit.column - 1], xml_text(edit.text, place), source.bytes
    holder = next(iter(cell.of("text")), None)
    if holder is not None and not holder.empty:
        return data[: holder.inner] + new + data[holder.close :]
    name = (cell.prefix + "text").encode()
    inside = b"<%s>%s</%s>" % (name, new, name)
    if holder is not None:
        return data[: holder.start] + inside + data[holder.end :]
    if cell.empty:
        tag = cell.tag.encode()
        opening = data[cell.start : cell.end - 2].rstrip() + b">"
        return data[: cell.start] + opening + inside + b"</%s>" % tag + data[cell.end :]
    if cell.children:  # a description, say: the text goes behind it
        return data[: cell.close] + inside + data[cell.close :]
    return data[: cell.inner] + inside + data[cell.close :]


def _remove(data: bytes, rule: Span) -> bytes:
    start = rule.start
    while start and data[start - 1 : start].isspace():
        start -= 1
    return data[:start] + data[rule.end :]


def _move(data: bytes, rules: Sequence[Span], rule: int, to: int) -> bytes:
    """The rows change places; what stands between them (line ends, comments) stays where it is."""
    order = [at for at in range(len(rules)) if at != rule]
    order.insert(to, rule)
    parts, done = [], 0
    for slot, at in zip(rules, order, strict=True):
        parts += [data[done : slot.start], data[rules[at].start : rules[at].end]]
        done = slot.end
    return b"".join([*parts, data[done:]])


def _insert(source: Source, table: Span, place: str, edit: InsertRule) -> bytes:
    inputs, outputs = len(table.of("input")), len(table.of("output"))
    if len(edit.inputs) != inputs or len(edit.outputs) != outputs:
        found = f"{len(edit.inputs)} conditions and {len(edit.outputs)} results"
        raise DmnError(f"a rule of {found} in a table of {inputs} and {outputs}", place)
    if edit.annotations and version_of(source.namespace) == "1.1":
        raise DmnError("rules of DMN 1.1 have no annotations", place, "leave them out")
    data, rules = source.bytes, table.of("rule")
    if table.empty:
        raise DmnError("the table has no columns", place, "add inputs and outputs first")
    before = rules[edit.at - 2] if edit.at > 1 else None
    at = before.end if before else _behind_columns(table)
    neighbour = before or (rules[0] if rules else None)
    gap = gap_before(data, (neighbour or table.children[0]).start)
    inner = gap + b"  " if neighbour is None else _inner_gap(data, neighbour, gap)
    return data[:at] + gap + _rule_xml(source, table.prefix, place, edit, gap, inner) + data[at:]


def _behind_columns(table: Span) -> int:
    """Where the first row goes: behind all that a table has before its rows."""
    return max((child.end for child in table.children if child.name != "rule"), default=table.inner)


def _inner_gap(data: bytes, rule: Span, outer: bytes) -> bytes:
    cells = rule.of("inputEntry", "outputEntry")
    return gap_before(data, cells[-1].start) if cells else outer


def _rule_xml(source: Source, prefix: str, place: str, edit: InsertRule, gap: bytes, inner: bytes) -> bytes:
    ident = new_id(source.ids)
    parts = [f'<{prefix}rule id="{ident}">'.encode()]
    for letter, name, texts in (
        ("i", "inputEntry", edit.inputs),
        ("o", "outputEntry", edit.outputs),
        ("", "annotationEntry", edit.annotations),
    ):
        for number, text in enumerate(texts, 1):
            own = f' id="{ident}_{letter}{number}"' if letter else ""
            opening, closing = f"<{prefix}{name}{own}><{prefix}text>", f"</{prefix}text></{prefix}{name}>"
            parts.append(inner + opening.encode() + xml_text(text, place) + closing.encode())
    return b"".join(parts) + gap + f"</{prefix}rule>".encode()
