"""One engine for all tests of SWMM: its workers are reused, as in service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chengshu.engines.swmm.twin import SwmmEngine, SwmmTwin
from chengshu.ports.twin import TwinSetup

Opener = Callable[..., SwmmTwin]


@pytest.fixture(scope="session")
def engine() -> Iterator[SwmmEngine]:
    engine = SwmmEngine(workers=2)
    yield engine
    engine.close()


@pytest.fixture
def open_twin(engine: SwmmEngine, tmp_path: Path) -> Opener:
    def opener(text: str, **setup: Any) -> SwmmTwin:
        path = tmp_path / "model.inp"
        path.write_text(text, encoding="utf-8")
        return engine.open(TwinSetup(path, **setup))

    return opener
