"""How alike two words are."""

from __future__ import annotations


def within(one: str, other: str, edits: int) -> bool:
    """Whether two words differ by at most ``edits`` letters, swaps counting as one (Damerau 1964)."""
    if abs(len(one) - len(other)) > edits:
        return False
    before, row = list(range(len(other) + 1)), []
    earlier: list[int] = []
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > edits:
            return False
        earlier, before = before, row
    return before[-1] <= edits
