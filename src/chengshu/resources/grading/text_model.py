"""The trained model where rules end: what kind of Chinese text is this? A table of weights, used with numpy
only.

It is trained on generated columns (:mod:`chengshu.resources.grading.text_training`) and shipped as text.npz.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from chengshu.resources.grading.checksums import Flags
from chengshu.resources.grading.folding import simplified
from chengshu.resources.grading.surnames import surnames
from chengshu.resources.grading.text_features import CLASSES, features, has_chinese
from chengshu.resources.grading.values import Values

LOOKED_AT = 300  # values of a column; the share of one kind is then known to within some 3 %
_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,8}(?:·[\u4e00-\u9fff]{1,8}){1,3}")


@cache
def _weights() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    with as_file(files("chengshu.resources.grading") / "lists" / "text.npz") as path, np.load(path) as stored:
        return stored["weights"].astype(np.float32), stored["bias"].astype(np.float32)


def kinds(values: list[str]) -> NDArray[np.intp]:
    """The class (a place in CLASSES) of each text; -1 for those without a Chinese character."""
    weights, bias = _weights()
    found = np.full(len(values), -1, np.intp)
    for at, value in enumerate(values):
        if has_chinese(value):
            found[at] = int(np.argmax(weights[features(value)].sum(axis=0) + bias))
    return found


def text_flags(values: Values, category: str) -> Flags:
    """Which of the first values are of a category, as the model sees them; a name needs a surname besides."""
    looked = values.plain[:LOOKED_AT]
    if not any(map(has_chinese, looked[:20])):
        return np.zeros(len(looked), bool)
    found = values.kinds if values.kinds is not None else kinds(looked)
    values.kinds = found
    flags: Flags = found == CLASSES.index(category)
    if category == "person_name":
        flags = flags & np.array([_can_be_name(value) for value in looked], bool)
    return flags


def _can_be_name(value: str) -> bool:
    if not _NAME.fullmatch(value):
        return False
    return "·" in value or bool(surnames().of(simplified(value)))
