"""A plan as SQL over the indexes: which entities can meet it, in order of their keys, and how many.

Each probe reads one run of one index. ``AND`` sifts its keys: values are looked up key by key, others are
filtered by their keys; ``OR`` is a union. The rows of an index say the type set, so the documents are touched
only for what is given back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from chengshu.foundation.broker import plan as plans
from chengshu.foundation.broker import store
from chengshu.foundation.broker.indexing import MORE, NUMBER, SIZES, TEXT, TRUTH, Box, cut, ranges, scope_path
from chengshu.foundation.broker.plan import TEXT_INDEXED, Plan

_COLLECTED = 4  # keys of one more probe are collected in the time in which one document is looked at
_RUNS = 100  # type sets of one statement
_VALUES = (plans.Has, plans.Numbers, plans.Texts, plans.Truths)  # that lie in the index of values
_COMMON = 5000  # matches of a probe from which reading in order of the keys is likely to be cheaper


class Piece(NamedTuple):
    """SQL with its parameters; ``single`` when it gives no key twice."""

    sql: str
    parameters: tuple[Any, ...] = ()
    single: bool = False


class Search(NamedTuple):
    """Where to look: the keys of all candidates; ``exact`` when each of them is a match.

    ``plain``: the types are all there is to it. ``common``: so many are candidates that reading documents
    in order soon finds enough of them.
    """

    keys: Piece
    exact: bool
    plain: bool
    common: bool
    typesets: tuple[int, ...]


def prepare(
    connection: Connection, tenant: str, plan: Plan, exact: bool, now: int, *, whole: bool = False
) -> Search | None:
    """How to answer ``plan`` in this tenant; None when nothing can meet it.

    Probes that let much through are left out beside one that does not: it is cheaper to look at its
    candidates than to collect theirs; the more so when a page is wanted and not the ``whole`` answer.
    """
    return _Translation(connection, tenant, now, whole).search(plan, exact)


class _Translation:
    def __init__(self, connection: Connection, tenant: str, now: int, whole: bool) -> None:
        self._connection = connection
        self._tenant = tenant
        self._sets = store.typesets_of(connection, tenant)
        self._now = now
        self._whole = whole
        self._exact = True
        self._known_sizes: dict[tuple[int, tuple[int, ...]], frozenset[int]] = {}

    def search(self, plan: Plan, exact: bool) -> Search | None:
        parts, groups = [], None
        for part in _flat(plan):
            if isinstance(part, plans.Typed):
                groups = [part.groups] if groups is None else [*groups, part.groups]
            else:
                parts.append(part)
        wanted = [
            number
            for number, types in self._sets
            if all(any(set(group) <= set(types) for group in choice) for choice in groups or ())
        ]
        if not wanted:
            return None
        typed = _Typed(wanted)
        keys, common = self._measured(parts, typed)
        plain = not parts
        if (due := store.next_expiry(self._connection)) is not None and due <= self._now:
            sql = (
                f"SELECT key FROM ({keys.sql}) AS k "
                "WHERE key NOT IN (SELECT key FROM linked_entities WHERE expires <= ?)"
            )
            keys, plain = Piece(sql, (*keys.parameters, self._now), keys.single), False
        return Search(keys, exact and self._exact, plain, common, tuple(wanted))

    def _measured(self, parts: Sequence[Plan], typed: _Typed) -> tuple[Piece, bool]:
        """Keys that meet every part, the narrowest probe first; whether all of them let much through."""
        positive = [part for part in parts if not isinstance(part, plans.Lacks)]
        probes = [self._one(part, typed) for part in positive]
        sizes = [self._size(probe, part) for part, probe in zip(positive, probes, strict=True)]
        common = all(size >= _COMMON for size in sizes)
        if common and self._whole and len(probes) > 1:
            sizes = [self._count(probe, _COMMON * _COLLECTED) for probe in probes]
        order = sorted(range(len(probes)), key=sizes.__getitem__)
        if probes and not common:
            limit = max(_COLLECTED * sizes[order[0]] if self._whole else _COMMON, 1)
            kept = [n for n in order if n == order[0] or _by_key(positive[n]) or sizes[n] < limit]
            self._exact = self._exact and len(kept) == len(order)
            order = kept
        lacking = [part for part in parts if isinstance(part, plans.Lacks)]
        first = probes[order[0]] if order else None
        return self._sifted(first, [*(positive[n] for n in order[1:]), *lacking], typed), common

    def _size(self, piece: Piece, part: Plan) -> int:
        """How many keys a probe gives, so far as it matters: one that can be asked key by key is never worth
        leaving out."""
        return self._count(piece, _COMMON * (_COLLECTED if self._whole and not _by_key(part) else 1))

    def _count(self, piece: Piece, most: int) -> int:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM ({piece.sql} LIMIT {most}) AS k) AS n"
        return int(store.rows(self._connection, sql, piece.parameters)[0][0])

    def _all(self, parts: Sequence[Plan], typed: _Typed) -> Piece:
        """Keys that meet every part."""
        positive = sorted((part for part in parts if not isinstance(part, plans.Lacks)), key=_breadth)
        lacking = [part for part in parts if isinstance(part, plans.Lacks)]
        first = self._one(positive[0], typed) if positive else None
        return self._sifted(first, [*positive[1:], *lacking], typed)

    def _sifted(self, first: Piece | None, others: Sequence[Plan], typed: _Typed) -> Piece:
        """The first probe gives keys (none: all there are), the others let them through or not."""
        if first is None:
            sql = f"SELECT key FROM linked_entities WHERE {typed.sql}"
            first = Piece(sql, typed.parameters, single=True)
        if not others:
            return first
        conditions = [self._condition(part, typed) for part in others]
        sql = f"SELECT key FROM ({first.sql}) AS o WHERE {' AND '.join(item.sql for item in conditions)}"
        values = (value for item in conditions for value in item.parameters)
        return Piece(sql, (*first.parameters, *values), first.single)

    def _condition(self, part: Plan, typed: _Typed) -> Piece:
        """Whether ``o.key`` meets a part: values are looked up by the key, others have theirs collected."""
        match part:
            case plans.Lacks(name):
                there = self._condition(plans.Has(name), typed)
                return Piece(f"NOT {there.sql}", there.parameters)
            case plans.Some(parts) | plans.Every(parts) if parts and all(map(_by_key, parts)):
                inner = [self._condition(item, typed) for item in parts]
                sign = " OR " if isinstance(part, plans.Some) else " AND "
                sql = f"({sign.join(item.sql for item in inner)})"
                return Piece(sql, tuple(value for item in inner for value in item.parameters))
        keys = self._one(part, typed)
        if isinstance(part, _VALUES):
            return Piece(f"EXISTS ({keys.sql} AND key = o.key)", keys.parameters)
        return Piece(f"o.key IN ({keys.sql})", keys.parameters)

    def _one(self, plan: Plan, typed: _Typed) -> Piece:
        """Keys that meet one part, as a SELECT to which ``AND …`` can be added."""
        match plan:
            case plans.Every(parts):
                return _wrapped(self._all(parts, typed))
            case plans.Some(parts):
                return self._any(parts, typed)
            case plans.Has(name):
                return self._values(name, typed, "")
            case plans.Lacks():
                return _wrapped(self._all([plan], typed))
            case plans.Numbers(name, low, high, low_open, high_open):
                return self._values(name, typed, *_bounds("num", NUMBER, low, high, low_open, high_open))
            case plans.Texts(name, low, high, low_open, high_open):
                return self._texts(name, typed, low, high, low_open, high_open)
            case plans.Truths(name, value):
                return self._values(name, typed, " AND rank = ? AND num = ?", (TRUTH, float(value)))
            case plans.Places(name, west, south, east, north):
                return self._places(name, typed, Box(west, south, east, north))
            case plans.Scoped(scope, below):
                return _scoped(scope, below, typed)
            case plans.Ids(ids):
                return self._ids(ids, typed)
            case plans.Typed(groups):
                inner = [n for n, types in self._sets if any(set(group) <= set(types) for group in groups)]
                narrowed = _Typed([number for number in inner if number in typed.numbers] or [-1])
                sql = f"SELECT key FROM linked_entities WHERE {narrowed.sql}"
                return Piece(sql, narrowed.parameters, single=True)
        raise TypeError(f"no plan: {plan!r}")

    def _any(self, parts: Sequence[Plan], typed: _Typed) -> Piece:
        if not parts:
            return Piece("SELECT key FROM linked_entities WHERE key < 0")
        if len(parts) == 1:
            return self._one(parts[0], typed)
        pieces = [self._one(part, typed) for part in parts]
        sql = " UNION ALL ".join(piece.sql for piece in pieces)
        return _wrapped(Piece(sql, tuple(value for piece in pieces for value in piece.parameters)))

    def _values(self, name: str, typed: _Typed, sql: str, parameters: tuple[Any, ...] = ()) -> Piece:
        number = store.find_name(self._connection, name)
        base = f"SELECT key FROM linked_values WHERE {typed.sql} AND name = ?"
        several = store.has_several(self._connection, typed.parameters, number)
        piece = Piece(base + sql, (*typed.parameters, number, *parameters), not several)
        if not sql:
            return piece
        more = Piece(f"{base} AND rank = ?", (*typed.parameters, number, MORE))
        if not store.rows(self._connection, f"{more.sql} LIMIT 1", more.parameters):
            return piece
        self._exact = False  # some lists are too long to be indexed: they must be looked at
        return _wrapped(Piece(f"{piece.sql} UNION ALL {more.sql}", (*piece.parameters, *more.parameters)))

    def _texts(
        self, name: str, typed: _Typed, low: str | None, high: str | None, low_open: bool, high_open: bool
    ) -> Piece:
        """Texts are kept cut: a bound that may have been cut is widened and the plan is no longer exact."""
        for bound in (low, high):
            if bound is not None and (len(bound) >= TEXT_INDEXED or "\0" in bound):
                self._exact = False
                low_open = high_open = False
        low, high = (None if bound is None else cut(bound) for bound in (low, high))
        return self._values(name, typed, *_bounds("txt", TEXT, low, high, low_open, high_open))

    def _places(self, name: str, typed: _Typed, box: Box) -> Piece:
        """One run of the index for each range of cells; not every engine looks at an ``OR`` run by run."""
        number = store.find_name(self._connection, name)
        run = (
            f"SELECT key FROM linked_places WHERE {typed.sql} AND name = ? AND size = ? "
            "AND z BETWEEN ? AND ? AND west <= ? AND east >= ? AND south <= ? AND north >= ?"
        )
        sizes = self._sizes(number, typed)
        cells = [cell for cell in ranges(box) if cell[0] in sizes]
        if not cells:
            return Piece("SELECT key FROM linked_places WHERE key < 0")
        bounds = (box.east, box.west, box.north, box.south)
        values = tuple(value for cell in cells for value in (*typed.parameters, number, *cell, *bounds))
        return _wrapped(Piece(" UNION ALL ".join([run] * len(cells)), values))

    def _sizes(self, name: int, typed: _Typed) -> frozenset[int]:
        """The classes of size that there are: nearly always the points alone."""
        key = (name, typed.parameters)
        if key not in self._known_sizes:
            one = (
                "SELECT {0} AS size WHERE EXISTS "
                f"(SELECT 1 FROM linked_places WHERE {typed.sql} AND name = ? AND size = {{0}})"
            )
            sql = " UNION ALL ".join(one.format(size) for size in range(SIZES))
            found = store.rows(self._connection, sql, (*typed.parameters, name) * SIZES)
            self._known_sizes[key] = frozenset(row[0] for row in found)
        return self._known_sizes[key]

    def _ids(self, ids: Sequence[str], typed: _Typed) -> Piece:
        clause = " OR ".join(f"id IN ({store.marks(len(part))})" for part in store.portions(ids)) or "1 = 0"
        sql = f"SELECT key FROM linked_entities WHERE tenant = ? AND ({clause}) AND {typed.sql}"
        return Piece(sql, (self._tenant, *ids, *typed.parameters), single=True)


class _Typed:
    """The condition on the type set, the same for every index."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = frozenset(numbers)
        if len(numbers) == 1:
            self.sql = "typeset = ?"
        else:
            self.sql = f"typeset IN ({store.marks(len(numbers))})"
        self.parameters = tuple(numbers)


def _flat(plan: Plan) -> Iterator[Plan]:
    """The parts that must all hold, through nested conjunctions."""
    if isinstance(plan, plans.Every):
        for part in plan.parts:
            yield from _flat(part)
    else:
        yield plan


def _wrapped(piece: Piece) -> Piece:
    return Piece(f"SELECT key FROM ({piece.sql}) AS part WHERE 1 = 1", piece.parameters, piece.single)


def _bounds(
    column: str, rank: int, low: Any, high: Any, low_open: bool, high_open: bool
) -> tuple[str, tuple[Any, ...]]:
    """A run of the index: the part of a rank between the bounds."""
    fixed = " AND num = 0" if column == "txt" else ""
    if low is not None and low == high and not (low_open or high_open):
        return f" AND rank = ?{fixed} AND {column} = ?", (rank, low)
    sql, parameters = f" AND rank = ?{fixed}", [rank]
    if low is not None:
        sql, parameters = f"{sql} AND {column} {'>' if low_open else '>='} ?", [*parameters, low]
    if high is not None:
        sql, parameters = f"{sql} AND {column} {'<' if high_open else '<='} ?", [*parameters, high]
    return sql, tuple(parameters)


def _scoped(scope: str, below: bool, typed: _Typed) -> Piece:
    base, scope = f"SELECT key FROM linked_scopes WHERE {typed.sql}", scope_path(scope)
    if not below:
        return Piece(f"{base} AND scope = ?", (*typed.parameters, scope), single=True)
    start, end = f"{scope}/", f"{scope}0"  # "0" comes after "/": all texts that begin with scope/
    return Piece(
        f"{base} AND (scope = ? OR scope >= ? AND scope < ?)", (*typed.parameters, scope, start, end)
    )


def _by_key(plan: Plan) -> bool:
    """Whether a key alone can be asked if it meets the plan."""
    if isinstance(plan, plans.Some | plans.Every):
        return bool(plan.parts) and all(map(_by_key, plan.parts))
    return isinstance(plan, (*_VALUES, plans.Lacks))


def _breadth(plan: Plan) -> int:
    """How much a probe lets through, roughly: the narrowest goes first."""
    match plan:
        case plans.Ids():
            return 0
        case plans.Texts(_, low, high) | plans.Numbers(_, low, high) if low is not None and low == high:
            return 1
        case plans.Places():
            return 2
        case plans.Texts() | plans.Numbers() | plans.Scoped():
            return 3
        case plans.Has() | plans.Truths():
            return 5
    return 4


# ---- running ---------------------------------------------------------------------------------------------


def total(connection: Connection, search: Search) -> int:
    """How many candidates there are."""
    if search.plain:
        typed = _Typed(search.typesets)
        sql = (
            "SELECT coalesce(sum(entities), 0) FROM linked_counts "
            f"WHERE {typed.sql} AND name = 0 AND kind = 0"
        )
        return int(store.rows(connection, sql, typed.parameters)[0][0])
    what = "count(*)" if search.keys.single else "count(DISTINCT key)"
    sql = f"SELECT {what} FROM ({search.keys.sql}) AS k"
    return int(store.rows(connection, sql, search.keys.parameters)[0][0])


def page(connection: Connection, search: Search, limit: int, offset: int) -> list[tuple[int, bytes]]:
    """Documents of candidates in order of the keys."""
    if search.plain:
        found = in_order(connection, search.typesets, 0, offset + limit)[offset:]
    else:
        sql = f"{_ordered(search)} LIMIT ? OFFSET ?"
        found = [row[0] for row in store.rows(connection, sql, (*search.keys.parameters, limit, offset))]
    return store.documents(connection, found)


def all_keys(connection: Connection, search: Search) -> list[int]:
    """The keys of all candidates, in order."""
    if search.plain:
        return in_order(connection, search.typesets, 0, 1 << 60)
    return [row[0] for row in store.rows(connection, _ordered(search), search.keys.parameters)]


def _ordered(search: Search) -> str:
    distinct = "" if search.keys.single else "DISTINCT "
    return f"SELECT {distinct}key FROM ({search.keys.sql}) AS k ORDER BY key"


def in_order(connection: Connection, typesets: Sequence[int], after: int, limit: int) -> list[int]:
    """The next keys of the type sets above a key. Each type set has its own run of the index: they are
    merged.
    """
    found: list[int] = []
    for part in store.portions(typesets, _RUNS):
        run = "SELECT key FROM linked_entities WHERE typeset = ? AND key > ? ORDER BY key LIMIT ?"
        sql = " UNION ALL ".join([f"SELECT key FROM ({run}) AS run"] * len(part))
        rows = store.rows(connection, sql, [value for number in part for value in (number, after, limit)])
        found += [row[0] for row in rows]
    return sorted(found)[:limit]
