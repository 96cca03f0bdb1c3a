"""The rule tables that are shipped have no gaps, no overlaps and no rule without effect."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from tests.app.terminal import ROOT

from chengshu.foundation.rulebook.files import around, model_of, read_names
from chengshu.rules.dmn.analysis import analyse_model

TABLES = sorted((ROOT / "scenarios").glob("*/rules/**/*.dmn"))


def test_there_are_tables() -> None:
    assert TABLES


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_analysis_finds_nothing(path: Path) -> None:
    """With the settings put in every condition is understood, those that ask for null too."""
    for name, analysis in analyse_model(model_of(path), around(path).context(date.max)).items():
        assert [finding.text.en for finding in analysis.findings] == [], name
        assert analysis.complete, name
        assert not analysis.unread, name


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_reasons_are_said_in_every_language(path: Path) -> None:
    """A sentence in an output column ``reason`` is a key of names.yaml."""
    names = read_names(next(folder for folder in path.parents if folder.name == "rules") / "names.yaml")
    for sentence in re.findall(r'<text>"([^"]* [^"]*)"</text></outputEntry>', path.read_text("utf-8")):
        said = names[sentence]
        assert said.en and said.zh_hans and said.zh_hant, sentence
