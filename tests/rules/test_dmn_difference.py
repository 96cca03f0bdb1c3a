"""What two versions of a table have different, told place by place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.dmn.difference import Difference, differences
from chengshu.rules.dmn.model import Rule, Table, TableInput, TableOutput

CELLS = st.sampled_from(["-", "1", "> 2", "[3..4]"])


def table(*rules: tuple[str, str, str], policy: str = "FIRST", inputs: int = 1) -> Table:
    made = tuple(Rule((cell,) * inputs, (result,), ident) for ident, cell, result in rules)
    heads = tuple(TableInput(f"x{at}") for at in range(inputs))
    return Table(heads, (TableOutput("y"),), made, policy)


def test_the_same_differs_in_nothing() -> None:
    one = table(("a", "1", "2"), ("", "-", "3"))
    assert differences(one, one) == []


def test_cells_rules_moves_and_policy() -> None:
    old = table(("a", "1", "10"), ("b", "2", "20"), ("c", "3", "30"))
    new = table(("b", "2", "21"), ("a", "1", "10"), ("d", "4", "40"), policy="ANY")
    assert differences(old, new) == [
        Difference("policy", before="FIRST", after="ANY"),
        Difference("moved", 1, 2),
        Difference("cell", 1, 2, "output", 1, "20", "21"),
        Difference("added", 3, after="4 → 40"),
        Difference("removed", 0, 3, before="3 → 30"),
    ]


def test_rules_without_ids_are_paired_by_what_they_say() -> None:
    old = table(("", "1", "10"), ("", "2", "20"), ("", "3", "30"))
    new = table(("", "1", "10"), ("", "2", "25"), ("", "3", "30"))
    assert differences(old, new) == [Difference("cell", 2, 2, "output", 1, "20", "25")]


def test_other_columns_are_told_and_cells_are_not_mixed_up() -> None:
    found = differences(table(("a", "1", "2")), table(("a", "1", "2"), inputs=2))
    assert found == [Difference("column", part="input", column=2, after="x1")]


@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=6),
    st.lists(st.tuples(CELLS, CELLS), max_size=6),
    st.booleans(),
)
def test_every_change_is_told(
    before: list[tuple[str, str]], after: list[tuple[str, str]], named: bool
) -> None:
    def made(rules: list[tuple[str, str]]) -> Table:
        return table(*((f"r{at}" if named else "", *rule) for at, rule in enumerate(rules)))

    found = differences(made(before), made(after))
    assert (found == []) == (before == after)
    assert len(before) - sum(d.kind == "removed" for d in found) + sum(
        d.kind == "added" for d in found
    ) == len(after)
