"""Agreement beyond chance: published examples, another library, and what must always hold."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from tests.examples import examples

from chengshu.kernel.errors import Invalid
from chengshu.resources.datasets import Judgement, agreement, decide
from chengshu.resources.datasets.agreement import cohen_kappa

# Krippendorff (2011), section C: four observers, twelve units, gaps; the alphas are the paper's own.
OBSERVERS = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}
PAPER = [
    Judgement(f"u{at:02d}", name, value)
    for name, line in OBSERVERS.items()
    for at, value in enumerate(line.split(), 1)
    if value != "."
]
VALUES = tuple("12345")


@pytest.mark.parametrize(("scale", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_the_papers_example(scale: str, alpha: float) -> None:
    found = agreement(PAPER, scale, VALUES)  # type: ignore[arg-type]
    assert found.alpha == pytest.approx(alpha, abs=5e-4)
    assert (found.units, found.paired, found.judgements, found.annotators) == (12, 11, 41, tuple("ABCD"))
    assert found.kappa is None and found.reading == ("tentative" if scale == "nominal" else "reliable")


def test_binary_data_of_the_paper_without_gaps() -> None:
    """Section A: two observers, ten units; alpha 0.095."""
    first, second = "0100000010", "1110010000"
    said = [
        Judgement(f"{at}", name, row[at]) for name, row in (("A", first), ("B", second)) for at in range(10)
    ]
    assert agreement(said, "nominal", ("0", "1")).alpha == pytest.approx(0.095, abs=5e-4)


def test_kappa_of_a_hand_computed_table() -> None:
    """20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, by chance 0.5, kappa 0.4."""
    cells = (("y", "y", 20), ("y", "n", 5), ("n", "y", 10), ("n", "n", 15))
    assert cohen_kappa([(a, b) for a, b, n in cells for _ in range(n)]) == pytest.approx(0.4)


RATINGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40)


@settings(max_examples=examples(100))
@given(RATINGS)
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    ours = cohen_kappa([(str(a), str(b)) for a, b in pairs])
    linear = cohen_kappa([(str(a), str(b)) for a, b in pairs], lambda a, b: abs(int(a) - int(b)))
    if len({value for pair in pairs for value in pair}) == 1:
        assert ours is None and linear is None
        return
    first, second = zip(*pairs, strict=True)
    assert ours == pytest.approx(cohen_kappa_score(first, second, labels=range(4)))
    assert linear == pytest.approx(cohen_kappa_score(first, second, labels=range(4), weights="linear"))


SAID = st.lists(
    st.builds(
        Judgement, st.sampled_from("uvwxyz"), st.sampled_from("abcd"), st.sampled_from(("1", "2", "3"))
    ),
    min_size=2,
    max_size=24,
    unique_by=lambda item: (item.unit, item.annotator),
)


@settings(max_examples=examples(100))
@given(SAID, st.sampled_from(("nominal", "ordinal", "interval")), st.randoms(use_true_random=False))
def test_what_must_always_hold(said: list[Judgement], scale: str, chance: object) -> None:
    found = agreement(said, scale, ("1", "2", "3"))  # type: ignore[arg-type]
    assert found.alpha is None or found.alpha <= 1 + 1e-12
    assert (found.disagreements == ()) == (found.share in (None, 1.0))
    renamed = {"a": "z", "b": "y", "c": "x", "d": "w"}
    other = [Judgement(item.unit, renamed[item.annotator], item.value) for item in said]
    chance.shuffle(other)  # type: ignore[attr-defined]
    again = agreement(other, scale, ("1", "2", "3"))  # type: ignore[arg-type]
    assert again.alpha == (None if found.alpha is None else pytest.approx(found.alpha))
    if found.disagreements == () and found.alpha is not None:
        assert found.alpha == pytest.approx(1)


def test_disagreements_come_the_farthest_apart_first() -> None:
    said = [
        *(Judgement("near", "a", "1"), Judgement("near", "b", "2")),
        *(Judgement("far", "a", "1"), Judgement("far", "b", "9")),
        *(Judgement("same", "a", "5"), Judgement("same", "b", "5"), Judgement("alone", "a", "4")),
    ]
    found = agreement(said, "interval", ()).disagreements
    assert [(item.unit, item.apart) for item in found] == [("far", 1.0), ("near", pytest.approx(1 / 64))]
    assert found[0].said == {"a": "1", "b": "9"}


def test_words_are_no_numbers() -> None:
    with pytest.raises(Invalid, match="'much' is no number"):
        agreement([Judgement("u", "a", "much"), Judgement("u", "b", "1")], "interval", ())


def test_nothing_to_compare() -> None:
    found = agreement([Judgement("u", "a", "1"), Judgement("v", "b", "1")], "nominal", ("1",))
    assert (found.alpha, found.share, found.reading) == (None, None, "unknown")


def test_the_label_of_a_unit() -> None:
    said = [
        *(Judgement("agreed", "a", "1"), Judgement("agreed", "b", "1")),
        *(Judgement("majority", name, value) for name, value in zip("abc", "112", strict=True)),
        *(Judgement("tied", "a", "1"), Judgement("tied", "b", "2")),
        *(Judgement("final", "a", "1"), Judgement("final", "b", "1"), Judgement("final", "judge", "2")),
        Judgement("single", "a", "3"),
    ]
    found = {item.unit: (item.value, item.how) for item in decide(said, ["judge"])}
    assert found == {
        "agreed": ("1", "agreed"),
        "majority": ("1", "majority"),
        "tied": ("", "tied"),
        "final": ("2", "adjudicated"),
        "single": ("3", "single"),
    }
    assert next(item for item in decide(said) if item.unit == "tied").tied == ("1", "2")


def test_the_interval_narrows_as_more_units_are_judged() -> None:
    chance, widths = random.Random(7), []
    for units in (20, 200, 2000):
        said = []
        for at in range(units):
            truth = chance.choice("123")
            for who in "ab":
                said.append(
                    Judgement(f"u{at}", who, truth if chance.random() < 0.9 else chance.choice("123"))
                )
        found = agreement(said, "nominal", tuple("123"))
        assert found.interval is not None and found.alpha is not None
        low, high = found.interval
        assert low < found.alpha < high and agreement(said, "nominal", tuple("123")) == found
        widths.append(high - low)
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


@pytest.mark.slow
def test_the_interval_holds_what_it_promises() -> None:
    """Over many samples of one process its alpha lies within in about 95 of 100."""
    chance = random.Random(11)

    def sample(units: int) -> list[Judgement]:
        found = []
        for at in range(units):
            truth = chance.choice("12")
            for who in "abc":
                found.append(
                    Judgement(f"u{at}", who, truth if chance.random() < 0.8 else chance.choice("12"))
                )
        return found

    true = agreement(sample(20_000), "nominal", ("1", "2")).alpha
    assert true == pytest.approx(0.64, abs=0.01)  # 0.8 squared
    inside = 0
    for _ in range(100):
        interval = agreement(sample(80), "nominal", ("1", "2")).interval
        assert interval is not None
        inside += interval[0] <= true <= interval[1]
    assert 85 <= inside <= 100


def test_no_interval_without_differences_or_units() -> None:
    same = [Judgement(f"u{at}", who, str(at % 2)) for at in range(4) for who in "ab"]
    assert agreement(same, "nominal", ("0", "1")).interval == (1.0, 1.0)
    one = [Judgement("u", "a", "1"), Judgement("u", "b", "2")]
    assert agreement(one, "nominal", ("1", "2")).interval is None
