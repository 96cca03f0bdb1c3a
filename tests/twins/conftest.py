"""The laboratory city, and one engine for all tests of the room."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chengshu.engines.swmm.twin import SwmmEngine


def _lab() -> ModuleType:
    spec = importlib.util.spec_from_file_location("twins_lab", Path(__file__).with_name("lab.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["twins_lab"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def lab_module() -> ModuleType:
    return _lab()


@pytest.fixture(scope="session")
def engine() -> Iterator[SwmmEngine]:
    engine = SwmmEngine(workers=2)
    yield engine
    engine.close()


@pytest.fixture
def open_lab(engine: SwmmEngine, tmp_path: Path, lab_module: ModuleType) -> Callable[..., Any]:
    count = iter(range(100))

    def opener(toml: str = lab_module.TWIN_TOML) -> Any:
        folder = tmp_path / f"lab{next(count)}"
        folder.mkdir()
        return lab_module.Lab(folder, engine, lab_module.little_city(folder, toml))

    return opener
