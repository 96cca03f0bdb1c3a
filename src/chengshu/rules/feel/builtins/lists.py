"""Built-in functions on lists (DMN 1.5, 10.3.4.4) and ``sort`` (10.3.4.6)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from chengshu.rules.feel.arithmetic import calculate, divide
from chengshu.rules.feel.builtins.numbers import mean as mean_of
from chengshu.rules.feel.builtins.numbers import total
from chengshu.rules.feel.builtins.signature import Library, whole
from chengshu.rules.feel.call import call_function
from chengshu.rules.feel.compare import equal, order
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.temporal import Duration, Months
from chengshu.rules.feel.values import ARITHMETIC, Function, kind_of

LIBRARY = Library()


def _numbers(name: str, items: list[Any]) -> list[Decimal]:
    found = [item for item in items if type(item) is Decimal]
    if len(found) != len(items):
        raise FeelError("bad-value", name=name, value="a list with members that are not numbers")
    return found


def _index(name: str, items: list[Any], position: Decimal, beyond: int = 0) -> int:
    """A position (1 is the first, -1 the last) as an index. Raises FeelError."""
    place = whole(position, "position")
    if place == 0 or abs(place) > len(items) + (beyond if place > 0 else 0):
        raise FeelError("out-of-range", what=f"position of {name}")
    return place - 1 if place > 0 else len(items) + place


def _same(left: Any, right: Any) -> bool:
    return equal(left, right) is True


@LIBRARY.add("list contains", "list: list; element: any")
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    """Whether an element equals a member."""
    run.spend(len(items))
    return any(_same(item, element) for item in items)


@LIBRARY.add("count", "list: list")
def count(_run: Run, items: list[Any]) -> Decimal:
    """How many members there are."""
    return Decimal(len(items))


def _extreme(name: str, sign: int, run: Run, items: list[Any]) -> Any:
    run.spend(len(items))
    if not items:
        raise FeelError("bad-value", name=name, value="an empty list")
    best = items[0]
    if order(best, best) is None:
        raise FeelError("bad-value", name=name, value=f"members of kind {kind_of(best)}")
    for item in items[1:]:
        towards = order(item, best)
        if towards is None:
            raise FeelError("not-comparable", left=kind_of(best), right=kind_of(item))
        if towards == sign:
            best = item
    return best


@LIBRARY.add("min", "*list: any")
def minimum(run: Run, items: list[Any]) -> Any:
    """The least of values that compare."""
    return _extreme("min", -1, run, items)


@LIBRARY.add("max", "*list: any")
def maximum(run: Run, items: list[Any]) -> Any:
    """The greatest of values that compare."""
    return _extreme("max", 1, run, items)


@LIBRARY.add("sum", "*list: number|duration|months")
def summed(run: Run, items: list[Any]) -> Any:
    """The sum of numbers or of durations."""
    if items and type(items[0]) in (Duration, Months):
        result = items[0]
        for item in items[1:]:
            result = calculate("+", result, item)
        return result
    if not items:
        raise FeelError("bad-value", name="sum", value="an empty list")
    return total(run, _numbers("sum", items))


@LIBRARY.add("mean", "*list: number")
def mean(run: Run, items: list[Any]) -> Decimal:
    """The arithmetic mean."""
    return mean_of(run, _numbers("mean", _filled("mean", items)))


def _filled(name: str, items: list[Any]) -> list[Any]:
    if not items:
        raise FeelError("bad-value", name=name, value="an empty list")
    return items


@LIBRARY.add("product", "*list: number")
def product(run: Run, items: list[Any]) -> Decimal:
    """The product of numbers."""
    run.spend(len(items))
    result = Decimal(1)
    for number in _numbers("product", _filled("product", items)):
        result = calculate("*", result, number)
    return result


@LIBRARY.add("median", "*list: number")
def median(run: Run, items: list[Any]) -> Decimal | None:
    """The middle number, or the mean of the two in the middle; null of an empty list."""
    numbers = sorted(_numbers("median", items))
    run.spend(len(numbers))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return divide(calculate("+", numbers[middle - 1], numbers[middle]), Decimal(2))


@LIBRARY.add("stddev", "*list: number")
def stddev(run: Run, items: list[Any]) -> Decimal:
    """Standard deviation of a sample."""
    numbers = _numbers("stddev", items)
    if len(numbers) < 2:
        raise FeelError("bad-value", name="stddev", value="fewer than two numbers")
    middle = mean_of(run, numbers)
    squares = [calculate("**", calculate("-", number, middle), Decimal(2)) for number in numbers]
    return ARITHMETIC.sqrt(divide(total(run, squares), Decimal(len(numbers) - 1)))


@LIBRARY.add("mode", "*list: number")
def mode(run: Run, items: list[Any]) -> list[Decimal]:
    """The most frequent numbers, ascending."""
    counts: dict[Decimal, int] = {}
    for number in _numbers("mode", items):
        counts[number] = counts.get(number, 0) + 1
    run.spend(len(items))
    most = max(counts.values(), default=0)
    return sorted(number for number, times in counts.items() if times == most)


@LIBRARY.add("all", "*list: boolean")
def all_of(run: Run, items: list[Any]) -> bool | None:
    """Whether every member is true."""
    return _junction("all", run, items, decisive=False)


@LIBRARY.add("any", "*list: boolean")
def any_of(run: Run, items: list[Any]) -> bool | None:
    """Whether a member is true."""
    return _junction("any", run, items, decisive=True)


def _junction(name: str, run: Run, items: Any, decisive: bool) -> bool | None:
    run.spend(len(items))
    unknown = False
    for item in items:
        if type(item) is bool:
            if item == decisive:
                return decisive
        else:
            unknown = True
            if item is not None:
                run.note("not-boolean", where=name, type=kind_of(item))
    return None if unknown else not decisive


@LIBRARY.add("sublist", "list: list; start position: number; [length: number]")
def sublist(run: Run, items: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any]:
    """So many members from a position on, or all of them."""
    begin = _index("sublist", items, start)
    if length is None:
        return run.made_list(items[begin:])
    size = whole(length, "length")
    if size < 1 or begin + size > len(items):
        raise FeelError("out-of-range", what="length")
    return run.made_list(items[begin : begin + size])


@LIBRARY.add("append", "list: list; +item: any")
def append(run: Run, items: list[Any], more: list[Any]) -> list[Any]:
    """The list with further members at its end."""
    run.may_make(len(items) + len(more))
    return items + more


@LIBRARY.add("concatenate", "+list: any")
def concatenate(run: Run, lists: list[Any]) -> list[Any]:
    """The members of several lists, one list after another."""
    if any(part is None for part in lists):
        raise FeelError("not-a-list", where="concatenate", type="null")
    parts = [part if type(part) is list else [part] for part in lists]
    run.may_make(sum(map(len, parts)))
    return [item for part in parts for item in part]


@LIBRARY.add("insert before", "list: list; position: number; newItem: any")
def insert_before(run: Run, items: list[Any], position: Decimal, new: Any) -> list[Any]:
    """The list with a member added before a position."""
    at = _index("insert before", items, position)
    return run.made_list([*items[:at], new, *items[at:]])


@LIBRARY.add("remove", "list: list; position: number")
def remove(run: Run, items: list[Any], position: Decimal) -> list[Any]:
    """The list without the member at a position."""
    at = _index("remove", items, position)
    return run.made_list([*items[:at], *items[at + 1 :]])


@LIBRARY.add(
    "list replace", "list: list; position: number; newItem: any", "list: list; match: function; newItem: any"
)
def list_replace(run: Run, items: list[Any], which: Decimal | Function, new: Any) -> list[Any]:
    """The list with the member at a position, or the members chosen by a function, replaced."""
    if isinstance(which, Decimal):
        at = _index("list replace", items, which)
        return run.made_list([*items[:at], new, *items[at + 1 :]])
    if not which.accepts(2):
        raise FeelError("arguments", name="list replace", problem="its function takes (item, newItem)")
    result: list[Any] = []
    for item in items:
        chosen = call_function(run, which, [item, new])
        if type(chosen) is not bool:
            raise FeelError("not-boolean", where="list replace", type=kind_of(chosen))
        result.append(new if chosen else item)
    return run.made_list(result)


@LIBRARY.add("reverse", "list: list")
def reverse(run: Run, items: list[Any]) -> list[Any]:
    """The list backwards."""
    return run.made_list(items[::-1])


@LIBRARY.add("index of", "list: list; match: any")
def index_of(run: Run, items: list[Any], match: Any) -> list[Decimal]:
    """The positions of the members that equal a value."""
    run.spend(len(items))
    return [Decimal(at) for at, item in enumerate(items, 1) if _same(item, match)]


def _distinct(run: Run, items: Iterable[Any]) -> list[Any]:
    """The first of each group of equal values; hashed by value where that is FEEL's equality."""
    seen: set[Any] = set()
    others: list[Any] = []
    result: list[Any] = []
    for item in items:
        run.spend(1)
        kind = type(item)
        if kind in (Decimal, str, bool, type(None)):
            key = (kind, item)
            if key in seen:
                continue
            seen.add(key)
        else:
            run.spend(len(others))
            if any(_same(item, other) for other in others):
                continue
            others.append(item)
        result.append(item)
    return run.made_list(result)


@LIBRARY.add("union", "+list: any")
def union(run: Run, lists: list[Any]) -> list[Any]:
    """The members of several lists without repetition."""
    return _distinct(run, concatenate(run, lists))


@LIBRARY.add("distinct values", "list: list")
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    """The members without repetition."""
    return _distinct(run, items)


@LIBRARY.add("duplicate values", "list: list")
def duplicate_values(run: Run, items: list[Any]) -> list[Any]:
    """Each value that occurs more than once, in order of first occurrence."""
    return [
        item
        for item in _distinct(run, items)
        if sum(_same(item, other) for other in run.made_list(items)) > 1
    ]


@LIBRARY.add("flatten", "list: list")
def flatten(run: Run, items: list[Any]) -> list[Any]:
    """The members of lists within lists, as one list."""
    result: list[Any] = []
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            run.spend(1)
            if type(item) is list:
                waiting.append(iter(item))
                break
            result.append(item)
        else:
            waiting.pop()
    return run.made_list(result)


@LIBRARY.add("sort", "list: list; precedes: function")
def sort(run: Run, items: list[Any], precedes: Function) -> list[Any]:
    """Stable; ``precedes(a, b)`` says whether a comes before b."""

    def by(left: Any, right: Any) -> int:
        if call_function(run, precedes, [left, right]) is True:
            return -1
        return 1 if call_function(run, precedes, [right, left]) is True else 0

    if not precedes.accepts(2):
        raise FeelError("arguments", name="sort", problem="its function takes two values")
    return run.made_list(sorted(items, key=cmp_to_key(by)))


@LIBRARY.add("sort", "list: list")
def sort_naturally(run: Run, items: list[Any]) -> list[Any]:
    """Ascending, by the order of the values."""
    kinds = {type(item) for item in items}
    if len(kinds) > 1 or (items and order(items[0], items[0]) is None):
        raise FeelError("bad-value", name="sort", value="members that have no common order")
    return run.made_list(sorted(items, key=cmp_to_key(lambda a, b: order(a, b) or 0)))
