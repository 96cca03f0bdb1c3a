"""The search suite over every engine that implements the port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chengshu.engines.embedded.search import FtsIndex
from chengshu.engines.tantivy import TantivyIndex
from chengshu.ports.search import SearchIndex
from chengshu.ports.suites import SEARCH_CHECKS
from chengshu.ports.suites.search import LAYOUT

ENGINES: dict[str, Callable[[Path], SearchIndex]] = {
    "tantivy": lambda folder: TantivyIndex(folder / "index", LAYOUT),
    "fts5": lambda folder: FtsIndex(folder / "index.db", LAYOUT),
}


@pytest.mark.parametrize("check", SEARCH_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("engine", ENGINES)
def test_search(engine: str, check: Callable[..., None], tmp_path: Path) -> None:
    check(lambda: ENGINES[engine](tmp_path))
