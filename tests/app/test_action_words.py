"""Every action that the source writes into the journal has words in three languages; none is left over."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from tests.app.journalled import Source
from tests.app.terminal import ROOT

from chengshu.app.view.words import TYPES
from chengshu.app.view.words_actions import ACTIONS

PUT_TOGETHER = {  # from values that reading the source does not give: of an enumeration, of a table
    *(f"process.{kind}_sent" for kind in ("message", "signal", "error", "escalation")),
    "linked.changed",
}


@pytest.fixture(scope="module")
def written() -> Iterator[set[str]]:
    gc.disable()  # a million objects are made and none goes
    try:
        yield Source(ROOT / "src" / "chengshu").actions()
    finally:
        gc.enable()


def test_the_reader_of_the_source_finds_actions_however_they_are_handed_in(written: set[str]) -> None:
    said = {"retention.held", "sharing.granted", "warning.escalated", "work_order.accepted", "task.completed"}
    assert said <= written
    assert len(written) > 150


def test_every_action_has_words_and_no_words_are_left_over(written: set[str]) -> None:
    known = set(TYPES) | set(ACTIONS)
    assert sorted((written | PUT_TOGETHER) - known) == []
    assert sorted(known - written - PUT_TOGETHER) == []
    assert not set(TYPES) & set(ACTIONS)


def test_the_words_are_those_of_each_language() -> None:
    for action, text in {**TYPES, **ACTIONS}.items():
        assert text.en and text.en.isascii() and "." not in text.en, action
        assert text.zh_hans and text.zh_hant and not text.zh_hans.isascii(), action
