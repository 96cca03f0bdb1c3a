"""What a word is when the ledger is searched: one cut for Chinese, one form for 繁體 and 简体, any case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import opencc
import rjieba
import yaml

_WORD = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]+|[a-z0-9]+(?:'[a-z]+)?|[^\W_a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STOP = frozenset("的了和与及或") | {"the", "of", "and", "a", "an", "in", "on", "for", "to"}
_LONGEST = 64  # letters of one token


@cache
def _simplifier() -> Any:
    return opencc.OpenCC("t2s")


def plain(text: str) -> str:
    """The text in its one form: compatibility forms folded, simplified, lower case."""
    folded = unicodedata.normalize("NFKC", _CAMEL.sub(" ", text))
    if any(sign >= "\u3400" for sign in folded):
        folded = str(_simplifier().convert(folded))
    return folded.lower()


def cut(text: str) -> list[str]:
    """The tokens of a text as they lie in the index: words, and the shorter words within long ones."""
    return [token[:_LONGEST] for token in _tokens(plain(text)) if token not in _STOP]


def _tokens(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        part = match[0]
        if _is_han(part):
            yield from rjieba.cut_for_search(part)
        else:
            yield stem(part)


def stem(word: str) -> str:
    """English plurals and ``-ing`` off, so that gauges find gauge; other words as they are."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def pairs(text: str) -> list[str]:
    """Neighbouring Chinese signs of a text: a title is found even with one sign wrong."""
    found: list[str] = []
    for match in _WORD.finditer(plain(text)):
        if _is_han(part := match[0]):
            found += [part[at : at + 2] for at in range(len(part) - 1)]
    return found


def _is_han(part: str) -> bool:
    return part[0] >= "\u3400"


@cache
def synonyms() -> Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Phrases that mean the same, as tokens: terms in English and Chinese (``synonyms.yaml``)."""
    text = files("chengshu.resources.ledger").joinpath("synonyms.yaml").read_text("utf-8")
    table: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for group in yaml.safe_load(text)["same"]:
        forms = list(dict.fromkeys(tuple(cut(form)) for form in group))
        for form in forms:
            table.setdefault(form, []).extend(other for other in forms if other != form)
    return {form: tuple(dict.fromkeys(found)) for form, found in table.items()}


def stand_ins(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """For the known phrases in ``tokens``, longest first, what may stand for them."""
    known = synonyms()
    longest = max((len(form) for form in known), default=0)
    found: list[tuple[str, ...]] = []
    at = 0
    while at < len(tokens):
        for size in range(min(longest, len(tokens) - at), 0, -1):
            if others := known.get(tuple(tokens[at : at + size])):
                found += others
                at += size - 1
                break
        at += 1
    return list(dict.fromkeys(found))
