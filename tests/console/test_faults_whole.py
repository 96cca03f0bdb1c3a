"""Every sentence an error can say has its words in 简体 and 繁體, and no rendering is left over."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

import pytest
from tests.console import spoken

from chengshu.console.faults import Rendering, catalogue, find
from chengshu.rules.feel.syntax_words import in_words

PROTOCOL = ("foundation/broker/", "surfaces/ngsi_ld/")
"""Folders whose errors go out in bodies of NGSI-LD alone: programs read them, by their type, in English."""
PEOPLE = "foundation/broker/ld/"
"""What of these a person reads too: ``chengshu entity lint``."""

pytestmark = pytest.mark.slow


@cache
def _said() -> tuple[tuple[spoken.Said, Rendering | None], ...]:
    """Each template of the source with the rendering its message is given."""
    return tuple((one, _rendering(one)) for one in spoken.said())


def _rendering(one: spoken.Said) -> Rendering | None:
    found = find(one.code or "", _filled(one))
    if found is None or any(len(re.findall("[A-Za-z]+", filled)) > 1 for filled in found[1].values()):
        return None  # none fits, or words of the sentence would be carried over as if they were filled in
    return found[0]


def _filled(one: spoken.Said) -> str:
    names = [name for _, name, _, _ in Formatter().parse(one.template) if name is not None]
    return one.template.format(**{name: str(7001 + index) for index, name in enumerate(names)})


def _parsed(message: str) -> bool:
    """Whether the parser of FEEL says it, which has its words with it."""
    return in_words(message).zh_hans != message


def test_every_sentence_of_an_error_has_its_words() -> None:
    lacking = {
        f"{one.place}: {one.code or 'any'}: {one.template}"
        for one, rendering in _said()
        if rendering is None
        and not _parsed(_filled(one))
        and (one.place.startswith(PEOPLE) or not one.place.startswith(PROTOCOL))
    }
    assert lacking == set(), "put these into src/chengshu/console/locale/faults:\n" + "\n".join(
        sorted(lacking)
    )


def test_no_rendering_is_of_a_sentence_that_is_gone() -> None:
    used = {id(rendering) for _, rendering in _said()}
    left = {
        f"{code}: {rendering.text.en}"
        for code, renderings in catalogue().items()
        for rendering in renderings
        if id(rendering) not in used
    }
    assert left == set(), "take these out of src/chengshu/console/locale/faults:\n" + "\n".join(sorted(left))


def test_the_folders_left_out_are_there() -> None:
    """An exception that has become stale fails."""
    for folder in (*PROTOCOL, PEOPLE):
        assert any(one.place.startswith(folder) for one, _ in _said()), folder


def test_the_source_is_read_as_it_speaks() -> None:
    """What the reader finds of errors whose words come by other ways than one plain f-string."""
    found = {(one.code, one.template) for one, _ in _said()}
    assert ("rule-change-missing", "there is no change {change}") in found  # an f-string
    assert ("client-right", "a program without rights can do nothing") in found  # a literal
    assert ("suite-unknown", "did you mean {near}?") in found  # one branch of a choice
    assert ("bpmn-dead-end", "no flow leaves it: the process would stop here unnoticed") in found  # a helper
    assert ("feel-syntax", "this string has no end") in found  # a code given by the class
    assert (None, "It has changed meanwhile") in found  # a title
    assert ("request-invalid", "The request is not valid") in found  # a problem written as it goes out
    assert len(found) > 1000
