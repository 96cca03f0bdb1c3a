"""Column lineage read from SQL (sqlglot), for any dialect it knows. Nothing is run.

A column is written ``table.column`` in lower case as the SQL names it. Steps: copy, compute, aggregate, join
and condition (a column that only decides which rows there are reaches every output), tokenise and mask by
the names of the functions used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.lineage import Step

_LONGEST = 1_000_000
_MOST_COLUMNS = 2_000
_TOKENS = frozenset({"md5", "sha", "sha1", "sha2", "sha224", "sha256", "sha384", "sha512", "hmac", "hash"})
_MASKS = frozenset(
    {"mask", "mask_first_n", "mask_last_n", "mask_hash", "left", "right", "substring", "overlay"}
)
Schema = Mapping[str, Mapping[str, str]]  # table → column → type


@dataclass(frozen=True, slots=True)
class Job:
    """A statement that makes a table: its target, the tables it reads, and the steps between columns."""

    target: str
    sources: tuple[str, ...]
    steps: tuple[Step, ...]


def steps_of_sql(
    text: str, *, dialect: str = "", schema: Schema | None = None, target: str = ""
) -> list[Job]:
    """Every CREATE TABLE AS, CREATE VIEW, INSERT … SELECT and MERGE-free SELECT of a script.

    ``schema``: columns of the tables read, needed to resolve ``*`` and names without table; ``target``: what
    a plain SELECT makes. Raises :class:`Invalid` for SQL that cannot be read.
    """
    if len(text) > _LONGEST:
        raise Invalid("lineage-sql-long", f"over {_LONGEST:,} letters of SQL", remedy="split the script")
    try:
        statements = sqlglot.parse(text, read=dialect or None)
    except (SqlglotError, RecursionError) as error:
        raise Invalid(
            "lineage-sql",
            f"the SQL cannot be read: {str(error).splitlines()[0][:200]}",
            remedy="check it, and say its dialect",
        ) from None
    known: dict[str, dict[str, str]] = {name: dict(columns) for name, columns in (schema or {}).items()}
    jobs: list[Job] = []
    for statement in statements:
        if statement is None:
            continue
        found = _target(statement, target)
        if found is None:
            continue
        name, query, columns = found
        job, made = _job(name, query, columns, dialect, known)
        known[name] = dict.fromkeys(made, "unknown")
        jobs.append(job)
    return jobs


def tables_in(text: str, dialect: str = "") -> list[str]:
    """Every table a script names, as the SQL names it in lower case. Nothing for SQL that cannot be read."""
    try:
        statements = sqlglot.parse(text[:_LONGEST], read=dialect or None)
    except (SqlglotError, RecursionError):
        return []
    found = (table for one in statements if one is not None for table in one.find_all(exp.Table))
    return sorted({_name(table) for table in found})


def _target(statement: exp.Expr, target: str) -> tuple[str, exp.Query, list[str]] | None:
    if isinstance(statement, exp.Query):
        return (target, statement, []) if target else None
    if not isinstance(statement, exp.Create | exp.Insert) or not isinstance(statement.expression, exp.Query):
        return None
    into = statement.this
    columns = [part.name.lower() for part in into.expressions] if isinstance(into, exp.Schema) else []
    table = into.this if isinstance(into, exp.Schema) else into
    return _name(table), statement.expression, columns


def _name(table: exp.Expr) -> str:
    parts = [part.name for part in table.parts] if isinstance(table, exp.Table) else [table.name]
    return ".".join(parts).lower()


def _job(
    target: str, query: exp.Query, columns: Sequence[str], dialect: str, schema: Mapping[str, Any]
) -> tuple[Job, list[str]]:
    nested = _nested(schema)
    try:
        clear = qualify(query.copy(), schema=nested, dialect=dialect or None, validate_qualify_columns=False)
        made = [part.alias_or_name for part in clear.selects][:_MOST_COLUMNS]
        names = list(columns) if len(columns) == len(made) else [name.lower() for name in made]
        steps: dict[tuple[str, str], Step] = {}
        for name, output in zip(names, made, strict=True):
            if output == "*":
                continue
            node = lineage(output, clear.copy(), schema=nested, dialect=dialect or None)
            for step in _steps(node, f"{target}.{name}"):
                steps.setdefault((step.source, step.target), step)
    except (SqlglotError, RecursionError, ValueError, KeyError) as error:
        raise Invalid(
            "lineage-sql",
            f"what makes {target} cannot be followed: {str(error).splitlines()[0][:200]}",
            where=target,
            remedy="give the columns of the tables it reads",
        ) from None
    for step in _deciding(clear, target, names):
        steps.setdefault((step.source, step.target), step)
    tables = sorted({_name(table) for table in clear.find_all(exp.Table)} - _made_inside(clear))
    return Job(target, tuple(tables), tuple(steps.values())), names


def _nested(schema: Mapping[str, Any]) -> dict[str, Any]:
    """``a.b`` → ``{a: {b: …}}`` when every table has as many parts; else by the last part."""
    depths = {name.count(".") for name in schema}
    if len(depths) > 1:
        return {name.rsplit(".", 1)[-1]: dict(columns) for name, columns in schema.items()}
    tree: dict[str, Any] = {}
    for name, columns in schema.items():
        at = tree
        *path, last = name.split(".")
        for part in path:
            at = at.setdefault(part, {})
        at[last] = dict(columns)
    return tree


def _steps(root: Node, target: str) -> Iterator[Step]:
    """From the leaves of an output's tree; the gravest change on the way names the step."""
    stack: list[tuple[Node, str]] = [(root, "copy")]
    while stack:
        node, transform = stack.pop()
        transform = _graver(transform, _transform(node.expression))
        if not node.downstream and isinstance(node.expression, exp.Table):
            column = node.name.rsplit(".", 1)[-1].strip('"`[]').lower()
            yield Step(f"{_name(node.expression)}.{column}", target, transform)
        stack += [(below, transform) for below in node.downstream]


_ORDER = ("copy", "compute", "aggregate", "mask", "tokenise")


def _graver(one: str, other: str) -> str:
    return max(one, other, key=_ORDER.index)


def _transform(expression: exp.Expr) -> str:
    body = expression.unalias()
    if isinstance(body, exp.Column | exp.Table | exp.Query | exp.Star):
        return "copy"
    names = {_function(part) for part in body.find_all(exp.Func)}
    if names & _TOKENS:
        return "tokenise"
    if names & _MASKS:
        return "mask"
    return "aggregate" if body.find(exp.AggFunc) else "compute"


def _function(part: exp.Func) -> str:
    return (part.name if isinstance(part, exp.Anonymous) else part.sql_name()).lower()


def _deciding(query: exp.Expr, target: str, names: Sequence[str]) -> Iterator[Step]:
    """Columns that decide which rows there are reach every output."""
    places = ((exp.Where, "condition"), (exp.Having, "condition"), (exp.Join, "join"))
    sources = {table.alias_or_name: _name(table) for table in query.find_all(exp.Table)}
    for kind, transform in places:
        for place in query.find_all(kind):
            on = place.args.get("on") if kind is exp.Join else place
            for column in on.find_all(exp.Column) if on is not None else ():
                table = sources.get(column.table)
                if table:
                    for name in names:
                        yield Step(f"{table}.{column.name.lower()}", f"{target}.{name}", transform)


def _made_inside(query: exp.Expr) -> set[str]:
    return {part.alias.lower() for part in query.find_all(exp.CTE)}
