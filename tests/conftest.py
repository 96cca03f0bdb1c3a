"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test data and external checks; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CHENGSHU_SHARED", ROOT.parent / "shared"))
    if not (folder / "checks").is_dir():
        pytest.skip("needs the shared data folder (set CHENGSHU_SHARED), which is not here")
    return folder
