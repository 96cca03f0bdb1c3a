"""``python -m benchmarks``: one or all, in processes of their own, going on when one fails."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from benchmarks import __main__ as benchmarks
from benchmarks import _peers, ledger
from benchmarks._asking import Spent
from rich.console import Console


def test_every_benchmark_can_be_named_and_run_alone() -> None:
    assert {"dispatch", "drill", "forecast", "ingest", "rules", "vitals"} <= set(benchmarks.names())
    for name in benchmarks.names():
        text = (benchmarks.HERE / f"{name}.py").read_text("utf-8")
        assert 'if __name__ == "__main__":' in text, f"{name} cannot be run"


def test_the_line_above_a_table_says_where_and_when() -> None:
    assert re.match(
        r"\d+ cores.*Python 3\.\d+\.\d+, chengshu \d.*; \d{4}-\d\d-\d\d \d\d:\d\d UTC", benchmarks.machine()
    )


def test_an_unknown_name_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["dril"]) == 2
    assert "did you mean 'drill'?" in capsys.readouterr().err


def test_when_one_fails_the_rest_still_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def process(words: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(words[2])
        return subprocess.CompletedProcess(words, 3 if words[2].endswith("forecast") else 0)

    monkeypatch.setattr(benchmarks.subprocess, "run", process)
    assert benchmarks.main([]) == 1
    assert asked == [f"benchmarks.{name}" for name in benchmarks.names()]
    said = capsys.readouterr()
    assert "forecast: FAILED with status 3" in said.out and "rules: done" in said.out
    assert said.err.strip() == "failed: forecast"


def test_peers_that_cannot_be_installed_are_named_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken() -> Path:
        raise RuntimeError("no such package")

    monkeypatch.setattr(_peers, "environment", broken)
    spent = Spent(np.array([1.0, 2.0]), 2, 2)
    screen = Console(width=160, record=True, file=io.StringIO())
    screen.print(ledger.beside(tmp_path, tmp_path, 1_000_000, spent, peers=True))
    said = screen.export_text()
    assert said.count("skipped: cannot be installed (no such package)") == 2
    assert "datasette" in said and "pycsw" in said
