"""The three catalogues say the same things, and no page asks for words that are not there."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.console.model.access import SecretKind
from chengshu.console.model.common import FreshnessState
from chengshu.console.model.corrections import CorrectionState
from chengshu.console.model.grading import DIMENSIONS, StepKind
from chengshu.console.model.holdings import CrossingName, CrossingState, LibraryName, PathHow, ValuePart
from chengshu.console.model.ledger import EntryState, MatchHow, Move
from chengshu.console.model.life import FactName, StageName
from chengshu.console.model.notices import Scope as NoticeScope
from chengshu.console.model.response import EndBasis, EventState, OrderState, OrderVerb
from chengshu.console.model.retention import DestructionState, ItemOutcome
from chengshu.console.model.rules import CellPart, ChangeStateName, RequirementKind
from chengshu.console.model.sharing import (
    ClockKind,
    DeskScope,
    Manner,
    MissingItem,
    Outcome,
    SharingAct,
    SharingState,
    Treatment,
)
from chengshu.console.model.situation import WarningState
from chengshu.console.pages.choices import SCOPES, STATES
from chengshu.console.pages.datasets import SCALES
from chengshu.console.pages.ledger import FACETS, SHOWS
from chengshu.console.preferences import SIZES, THEMES
from chengshu.console.words import Words, catalogue, choose_language
from chengshu.foundation.access.clients import RIGHTS
from chengshu.foundation.access.model import ROLES
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import LANGUAGES
from chengshu.resources.ledger import KINDS, SHARING
from chengshu.resources.ledger.model import SOURCE_CLASSES
from chengshu.resources.libraries.declared import KeyKind

FACTS = (
    *("code", "class_path", "provider", "owner", "steward", "contact", "purpose", "format", "rows"),
    *("condition", "grade", "cycle", "published_on", "updated_on", "licence", "keywords", "origin"),
)
WANTING = (
    *("summary", "provider", "owner", "steward", "format", "update_cycle", "purpose", "distributions"),
    *("fields", "condition", "basis"),
)
FAMILIES = {
    "level": [level.word for level in Level],
    "fresh": get_args(FreshnessState),
    "warning_state": get_args(WarningState),
    "event_state": get_args(EventState),
    "event_end": get_args(EndBasis),
    "order_state": get_args(OrderState),
    "verb": get_args(OrderVerb),
    "task_state": ("open", "claimed", "completed", "cancelled"),
    "state": STATES,
    "scope": SCOPES,
    "size": SIZES,
    "theme": THEMES,
    "language": LANGUAGES,
    "month": [str(number) for number in range(1, 13)],
    "problem": [
        kind + end
        for kind in ("denied", "missing", "conflict", "invalid", "unavailable", "broken")
        for end in ("", "_text")
    ],
    "map": [f"layer_{name}" for name in ("sensors", "nodes", "underpasses", "units", "drainage", "roads")],
    "time": [
        *(f"back_{step}" for step in ("6h", "1h", "10min")),
        *(f"on_{step}" for step in ("1h", "10min")),
    ],
    "nav": ["overview", "vitals", "warnings", "events", "orders"],
    "tabs": ["state", "scope", "show"],
    "show": SHOWS,
    "dimension": DIMENSIONS,
    "dimension_text": DIMENSIONS,
    "step": [step.replace(" ", "_") for step in get_args(StepKind)],
    "difference": ("added", "changed", "retired", "restored", "same", "absent"),
    "facet": FACETS,
    "resource_kind": KINDS,
    "value_part": get_args(ValuePart),
    "stage": get_args(StageName),
    "life_fact": get_args(FactName),
    "life_none": get_args(StageName),
    "crossing": get_args(CrossingName),
    "library": get_args(LibraryName),
    "library_key": get_args(KeyKind),
    "crossing_text": get_args(CrossingName),
    "crossing_state": get_args(CrossingState),
    "crossings": get_args(PathHow),
    "source_class": SOURCE_CLASSES,
    "resource_sharing": SHARING,
    "entry_state": get_args(EntryState),
    "match_part": ("title", "keywords", "text"),
    "match_how": get_args(MatchHow),
    "harvest_state": ("running", "done", "broken", "never"),
    "move": get_args(Move),
    "fact": FACTS,
    "wanting": WANTING,
    "corrections": [f"state_{state}" for state in get_args(CorrectionState)]
    + ["waiting", "asked_by_us", "told_us", "others"],
    "retention": [f"state_{state}" for state in get_args(DestructionState)]
    + [f"outcome_{outcome}" for outcome in get_args(ItemOutcome)],
    "notices": [f"{kind}_{scope}" for kind in ("scope", "none") for scope in get_args(NoticeScope)]
    + [f"outcome_{outcome}" for outcome in ("done", "failed", "rejected")]
    + ["kind_smtp", "kind_webhook"],
    "labels": [f"scale_{scale}" for scale in SCALES],
    "role": ROLES,
    "access": [f"right_{right}" for right in RIGHTS] + [f"secret_{kind}" for kind in get_args(SecretKind)],
    "sharing_scope": get_args(DeskScope),
    "sharing_state": get_args(SharingState),
    "sharing_act": get_args(SharingAct),
    "clock_kind": get_args(ClockKind),
    "treatment": get_args(Treatment),
    "manner": get_args(Manner),
    "manner_text": get_args(Manner),
    "missing_item": get_args(MissingItem),
    "outcome": get_args(Outcome),
    "reader": ("official", "analyst"),
    "term": ("P30D", "P90D", "P6M", "P1Y"),
    "rule_part": get_args(CellPart),
    "requirement": get_args(RequirementKind),
    "rule_state": get_args(ChangeStateName),
    "rule_mark": ("matched", "near", "added", "finding"),
    "rule_finding": ("gap", "overlap", "unreachable"),
    "rule_difference": ("added", "removed", "moved", "column", "policy"),
}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_catalogues_have_the_same_keys_and_places() -> None:
    english = catalogue("en")
    for language in LANGUAGES[1:]:
        other = catalogue(language)
        assert list(other) == list(english)
        for key, text in english.items():
            if key.startswith("format."):
                assert places(other[key]) <= {"day", "month", "number", "year"}
            elif not key.endswith(".one") and "%" not in text:
                assert places(other[key]) == places(text), key


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_value_a_page_may_show_has_words(family: str) -> None:
    for value in FAMILIES[family]:
        assert f"{family}.{value}" in catalogue("en")


def test_templates_use_only_keys_that_exist_and_no_key_is_left_over(root: Path) -> None:
    folder = root / "src/chengshu/console"
    sources = [*folder.glob("p*/*.html"), *folder.glob("**/*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    asked = {
        key for key in re.findall(r"""\bt\(\s*['"]([a-z_]+\.[a-z_0-9]+)['"]""", text) if not key.endswith("_")
    }
    assert asked <= set(catalogue("en")), sorted(asked - set(catalogue("en")))
    known = {f"{family}.{value}" for family, values in FAMILIES.items() for value in values}
    quoted = set(re.findall(r"""['"]([a-z_]+\.[a-z_0-9]+)['"]""", text))
    left = {key for key in catalogue("en") if key.removesuffix(".one") not in quoted | known}
    assert not left, sorted(left)


def test_one_is_said_as_one() -> None:
    assert Words("en")("overview.stale_count", count=1) == "1 stale source"
    assert Words("en")("overview.stale_count", count=2) == "2 stale sources"
    assert "1" in Words("zh-Hans")("overview.stale_count", count=1)


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        ("zh-Hant", "en", "zh-Hant"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant"),
        (None, "zh-CN", "zh-Hans"),
        (None, "zh-HK;q=0.9", "zh-Hant"),
        (None, "fr,en;q=0.5", "en"),
        ("xx", "zh", "zh-Hans"),
        (None, None, "en"),
    ],
)
def test_the_language_follows_choice_then_browser(
    cookie: str | None, accept: str | None, language: str
) -> None:
    assert choose_language(cookie, accept) == language


@given(st.text(), st.text())
def test_any_header_gives_a_language_of_the_house(cookie: str, accept: str) -> None:
    assert choose_language(cookie, accept) in LANGUAGES
