"""Every conformance suite over every engine that implements its port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory
from chengshu.ports.suites import DATABASE_CHECKS, HISTORY_CHECKS, Broken

DATABASES: dict[str, Callable[[Path], SqliteDatabase]] = {
    "sqlite": lambda folder: SqliteDatabase(folder / "hub.db"),
    "sqlite-drill": lambda folder: SqliteDatabase(folder / "hub.db", durable=False, threaded=False),
}


@pytest.mark.parametrize("check", DATABASE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("engine", DATABASES)
def test_database(engine: str, check: Callable[..., None], tmp_path: Path) -> None:
    check(lambda: DATABASES[engine](tmp_path))


@pytest.mark.parametrize("check", HISTORY_CHECKS, ids=lambda check: check.__name__)
def test_history(check: Callable[..., None], tmp_path: Path) -> None:
    check(lambda: DuckHistory(tmp_path / "history.duckdb"))


@pytest.mark.parametrize(
    "check",
    [check for check in HISTORY_CHECKS if "survives" not in check.__name__],
    ids=lambda check: check.__name__,
)
def test_history_in_memory(check: Callable[..., None]) -> None:
    check(lambda: DuckHistory(None))


class _Forgetful(DuckHistory):
    """A history that breaks its promise: it forgets to ignore a replay."""

    def append(self, seq: int, rows: Any) -> None:
        self._applied = seq - 1
        super().append(seq, rows)


def test_a_suite_notices_a_broken_engine() -> None:
    with pytest.raises(Broken, match="not above applied"):
        next(check for check in HISTORY_CHECKS if "replay" in check.__name__)(lambda: _Forgetful(None))
