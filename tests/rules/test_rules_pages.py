"""What the pages about rules say is so: every built-in function has an example, and each example is right."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chengshu.kernel.clock import VirtualClock
from chengshu.rules.dmn.explain import shown
from chengshu.rules.feel import compile_expression, compile_unary_tests
from chengshu.rules.feel.builtins import BUILTINS

ROW = re.compile(r"^\| `(.+)` \| `(.+)` \|$", re.MULTILINE)
CLOCK = VirtualClock(datetime(2026, 7, 17, tzinfo=UTC))


def page(root: Path, language: str) -> str:
    return (root / "docs" / language / "rules.md").read_text("utf-8")


def test_the_examples_are_right_and_complete(root: Path) -> None:
    rows = ROW.findall(page(root, "en"))
    for expression, value in rows:
        assert shown(compile_expression(expression)({}, clock=CLOCK)) == value, expression
    called = {expression.partition("(")[0] for expression, _ in rows}
    assert called == set(BUILTINS)
    assert ROW.findall(page(root, "zh")) == rows


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_cells_shown_are_cells(root: Path, language: str) -> None:
    table = page(root, language).split("|---|---|\n")[2].split("\n\n")[0]
    cells = [cell for line in table.splitlines() for cell in re.findall(r"`([^`]+)`", line.split(" | ")[0])]
    assert len(cells) >= 12
    for cell in cells:
        assert compile_unary_tests(cell).text == cell
