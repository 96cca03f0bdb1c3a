"""Train the model of Chinese texts on generated values, with one half of the generator's words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.negatives import product, sentence, station
from chengshu.resources.grading.generator.noise import typo
from chengshu.resources.grading.generator.sensitive import address, organisation, person_name, place
from chengshu.resources.grading.generator.words import Words, words
from chengshu.resources.grading.text_features import BUCKETS, CLASSES, features

_RARE = (
    0.4  # share of names made with any character, so that the characters of the list are not learned by heart
)
TRAINED_ON = 0  # the half of the words; figures are taken with the other


def made_texts(seed: int, each: int, half: int) -> tuple[list[str], list[int]]:
    """``each`` texts of every class with their classes; one in thirty has a slip."""
    draw, lists = Draw(seed), words(half)
    texts, classes = [], []
    for number, name in enumerate(CLASSES):
        for at in range(each):
            text = _make(name, draw, lists, at)
            texts.append(typo(text, draw) if draw.chance(0.03) else text)
            classes.append(number)
    return texts, classes


def _make(name: str, draw: Draw, lists: Words, at: int) -> str:
    makers = {
        "person_name": person_name,
        "address": address,
        "organisation": organisation,
        "place": place,
    }
    if name == "person_name" and draw.chance(_RARE):
        return draw.front(lists.surnames) + "".join(
            draw.pick(_common_signs()) for _ in range(draw.pick((1, 2, 2)))
        )
    if name in makers:
        return makers[name](draw, lists)
    if name == "sentence":
        return sentence(draw, lists, at)
    return draw.pick(
        (draw.pick(lists.words), draw.pick(lists.words), product(draw, lists, at), station(draw, lists, at))
    )


@cache
def _common_signs() -> str:
    """The 3,755 common characters (GB 2312, first level): people are named with any of them."""
    return "".join(
        bytes((row, cell)).decode("gb2312")
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFF)
        if (row, cell) <= (0xD7, 0xF9)
    )


def _matrix(texts: list[str]) -> NDArray[np.float32]:
    rows = np.zeros((len(texts), BUCKETS), np.float32)
    for at, text in enumerate(texts):
        rows[at, features(text)] = 1
    return rows


def train_text(path: Path, seed: int = 11, each: int = 2500) -> float:
    """Train, write the weights to ``path`` (.npz) and return the accuracy on texts of the other half's
    words.
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    texts, classes = made_texts(seed, each, TRAINED_ON)
    model = LogisticRegression(C=0.5, max_iter=300).fit(csr_matrix(_matrix(texts)), classes)
    weights = model.coef_.T.astype(np.float16)
    np.savez_compressed(path, weights=weights, bias=model.intercept_.astype(np.float32))
    held, truth = made_texts(seed + 1, 400, 1 - TRAINED_ON)
    scores = _matrix(held) @ weights.astype(np.float32) + model.intercept_
    return float((scores.argmax(axis=1) == np.array(truth)).mean())
