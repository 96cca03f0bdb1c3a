"""The generator makes the same from the same seed; the classifiers do well on what they have never seen."""

from __future__ import annotations

import pytest

from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.generator import Settings, make_columns
from chengshu.resources.grading.generator.negatives import NEGATIVES
from chengshu.resources.grading.generator.noise import Noise
from chengshu.resources.grading.generator.sensitive import MAKERS
from chengshu.resources.grading.generator.words import words
from chengshu.resources.grading.measure import measure
from chengshu.resources.grading.text_training import TRAINED_ON

HELD = 1 - TRAINED_ON
KINDS = len(MAKERS) + len(NEGATIVES)


def test_the_same_seed_makes_the_same() -> None:
    small = Settings(rows=20)
    assert list(make_columns(4, 1, small)) == list(make_columns(4, 1, small))
    assert list(make_columns(4, 1, small)) != list(make_columns(5, 1, small))


def test_every_category_is_made() -> None:
    assert set(MAKERS) == set(catalogue().categories)


def test_the_halves_of_the_words_share_nothing() -> None:
    one, other = words(TRAINED_ON), words(HELD)
    for name in ("given", "streets", "trade", "firm", "public", "words", "sentences", "districts"):
        assert getattr(one, name) and not set(getattr(one, name)) & set(getattr(other, name)), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "f1", "alarms"),
    [
        (Settings(half=HELD, rows=250), 0.98, 0.01),
        (Settings(half=HELD, rows=250, said=0.0), 0.98, 0.01),
        (Settings(half=HELD, rows=250, mixed=1.0), 0.98, 0.01),
        (Settings(half=HELD, rows=250, noise=Noise(0.15, 0.09, 0.09, 0.06, 0.06)), 0.95, 0.01),
    ],
    ids=["as usual", "names say nothing", "mixed", "thrice the noise"],
)
def test_unseen_columns_are_classified(settings: Settings, f1: float, alarms: float) -> None:
    score = measure(make_columns(977, 3, settings))
    assert score.negatives >= 90 and score.columns == 3 * KINDS
    assert score.f1 >= f1, score.mistakes
    assert score.false_alarm_rate <= alarms, score.mistakes


@pytest.mark.slow
def test_the_figure_that_is_stated_holds_over_many_columns() -> None:
    score = measure(make_columns(20_261_122, 20, Settings(half=HELD)))
    assert score.f1 >= 0.99 and score.false_alarm_rate <= 0.005, score.mistakes
