"""The catalogue of words on screen: one YAML file per language, the same keys in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from chengshu.kernel.texts import LANGUAGES, Text

_FOLDER = Path(__file__).parent / "locale"


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All words of a language (a tag of LANGUAGES) by key."""
    path = _FOLDER / f"{language.replace('-', '_')}.yaml"
    words: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return words


@dataclass(frozen=True, slots=True)
class Words:
    """Says things in one language."""

    language: str

    def __call__(self, key: str, /, **values: object) -> str:
        """The words for ``key`` with ``{name}`` places filled. Raises KeyError for an unknown key.

        With ``count`` given, ``key.one`` is used for exactly one where the language has it.
        """
        words = catalogue(self.language)
        if values.get("count") == 1 and f"{key}.one" in words:
            key = f"{key}.one"
        return words[key].format(**values) if values else words[key]

    def say(self, text: Text | None) -> str:
        """A declared text in this language; empty for None."""
        return text.say(self.language) if text is not None else ""


def choose_language(cookie: str | None, accept: str | None) -> str:
    """The language to use: the person's choice, else the browser's first that fits, else English."""
    if cookie in LANGUAGES:
        return str(cookie)
    for part in (accept or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            traditional = any(mark in tag for mark in ("hant", "-tw", "-hk", "-mo"))
            return "zh-Hant" if traditional else "zh-Hans"
        if tag.startswith("en"):
            return "en"
    return "en"
