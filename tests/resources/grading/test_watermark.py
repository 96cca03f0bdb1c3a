"""Watermarks: they survive losses, tell the recipient, and accuse nobody else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.watermark import CERTAIN, decoys, detect, find_decoys, mark

KEY = b"0123456789abcdef"
RECIPIENTS = [f"department-{at}" for at in range(40)]
CHANCE = np.random.default_rng(8)
VALUES = [f"{value:.2f}" for value in CHANCE.uniform(100, 900, 4000)]
PLACES = [f"{value:.7f}" for value in CHANCE.uniform(121, 122, 4000)]


@given(st.lists(st.decimals(-(10**6), 10**6, places=3).map(str), max_size=40), st.sampled_from(RECIPIENTS))
def test_no_value_moves_by_more_than_one_unit_in_the_last_place(values: list[str], recipient: str) -> None:
    marked = mark(values, recipient, KEY)
    for before, after in zip(values, marked, strict=True):
        assert after is not None and len(after) == len(before)
        assert abs(round(float(before) * 1000) - round(float(after) * 1000)) <= 1
    assert mark(marked, recipient, KEY) == marked


def test_what_cannot_bear_a_mark_stays() -> None:
    values = [None, "", "12", "9.1", "abc", "1e5", "2026-07-01", "京A12345"]
    assert mark(values, "x", KEY) == values


@pytest.mark.parametrize("kept", [4000, 1000, 200])
def test_a_part_of_the_rows_in_another_order_tells(kept: int) -> None:
    marked = mark(VALUES, RECIPIENTS[3], KEY)
    leaked = np.random.default_rng(kept).permutation(np.array(marked))[:kept].tolist()
    first, second = detect([leaked], RECIPIENTS, KEY)[:2]
    assert first.recipient == RECIPIENTS[3] and first.named and first.chance <= 1e-15
    assert not second.named


@pytest.mark.slow
def test_one_of_two_columns_tells_and_so_do_values_that_were_half_changed() -> None:
    marked = mark(PLACES, RECIPIENTS[5], KEY)
    assert detect([marked], RECIPIENTS, KEY)[0].recipient == RECIPIENTS[5]
    mixed = [new if at % 2 else old for at, (old, new) in enumerate(zip(PLACES, marked, strict=True))]
    first = detect([mixed, ["text", None]], RECIPIENTS, KEY)[0]
    assert first.recipient == RECIPIENTS[5] and first.named


@pytest.mark.slow
def test_data_without_a_mark_accuse_nobody() -> None:
    """The stated chance is right: over 2,000 questions about honest data, few look like one in a hundred."""
    asked = found = 0
    for trial in range(50):
        honest = [f"{value:.2f}" for value in np.random.default_rng(trial).uniform(100, 999, 300)]
        for one in detect([honest], RECIPIENTS, KEY):
            asked += 1
            found += one.chance / len(RECIPIENTS) <= 0.01
            assert one.chance > CERTAIN
    assert asked == 2000 and found <= 40


def test_copies_of_one_value_prove_nothing() -> None:
    leaked = [mark(["123.45"], RECIPIENTS[0], KEY)[0]] * 1000
    assert all(one.looked <= 1 and not one.named for one in detect([leaked], RECIPIENTS, KEY))


def test_another_key_finds_nothing() -> None:
    marked = mark(VALUES, RECIPIENTS[3], KEY)
    assert not any(one.named for one in detect([marked], RECIPIENTS, KEY[::-1]))


ROWS = [(f"企业{at % 37}", f"地址{at % 41}", f"{at % 43}") for at in range(400)]


@settings(max_examples=examples(20))
@given(st.integers(0, 10**6), st.sampled_from([(0, 1, 2), (0, 1), (1, 2), (2, 0)]))
def test_decoys_tell_though_rows_and_columns_are_dropped(seed: int, kept: tuple[int, ...]) -> None:
    known = {name: decoys(ROWS, name, KEY, 20) for name in RECIPIENTS[:4]}
    given_out = [*ROWS, *known[RECIPIENTS[2]]]
    order = np.random.default_rng(seed).permutation(len(given_out))[:300]
    leaked = [tuple(given_out[row][at] for at in kept) for row in order]
    found = find_decoys(leaked, kept, known, ROWS)
    assert max(found, key=lambda name: found[name]) == RECIPIENTS[2]
    assert sum(found.values()) == found[RECIPIENTS[2]] > 0
    assert not any(find_decoys([tuple(r[at] for at in kept) for r in ROWS], kept, known, ROWS).values())


def test_decoys_are_made_of_the_tables_own_values() -> None:
    made = decoys(ROWS, "x", KEY, 10)
    assert made == decoys(ROWS, "x", KEY, 10) and len(set(made)) == 10 and not set(made) & set(ROWS)
    for at in range(3):
        assert {row[at] for row in made} <= {row[at] for row in ROWS}
    with pytest.raises(Invalid, match="only 0 of 5"):
        decoys([("a", "b")] * 9, "x", KEY, 5)
    with pytest.raises(Invalid, match="only 0 of 1"):
        decoys([], "x", KEY, 1)


@pytest.mark.parametrize("short", [b"", b"123456789012345"])
def test_a_short_key_is_refused(short: bytes) -> None:
    with pytest.raises(Invalid, match="16 bytes"):
        mark(["123.45"], "x", short)
    with pytest.raises(Invalid, match="16 bytes"):
        detect([["123.45"]], ["x"], short)
