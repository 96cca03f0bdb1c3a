"""The rule tables that are shipped have no gaps, no overlaps and no rule without effect."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.app.terminal import ROOT

from chengshu.foundation.rulebook.files import around, model_of
from chengshu.rules.dmn.analysis import analyse_model

TABLES = sorted((ROOT / "scenarios").glob("*/rules/**/*.dmn"))


def test_there_are_tables() -> None:
    assert TABLES


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_analysis_finds_nothing(path: Path) -> None:
    """With the settings put in every condition is understood; of null alone nothing is claimed."""
    for name, analysis in analyse_model(model_of(path), around(path).context(date.max)).items():
        assert [finding.text.en for finding in analysis.findings] == [], name
        assert analysis.complete, name
        assert analysis.unread == (("probability",) if name == "severity" else ()), name
