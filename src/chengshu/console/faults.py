"""What errors say, in the person's language: rendered late, from the words they were raised with.

Errors are raised in English. The catalogue (``locale/faults/*.yaml``) holds, by the code of the error, each
template as it stands in the source, ``{name}`` for what is filled in, with its renderings. A message is
matched against the templates of its code, those with most literal text first, and what was filled in is
carried over. A message that no template fits stays as it is. A test keeps catalogue and source together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, TypeAlias

import yaml

from chengshu.kernel.errors import ChengshuError, Fault
from chengshu.kernel.texts import LANGUAGES, Text
from chengshu.rules.feel.syntax_words import in_words

FOLDER = Path(__file__).parent / "locale" / "faults"
ANY = "any"  # the section of words that errors of several codes share
Parts: TypeAlias = tuple[tuple[str, str | None], ...]  # literal text and the hole after it, in order
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MORE = re.compile(r" \(and [0-9]+ more\)$")  # what Findings adds to the first of several faults
_LINE = re.compile(r"(?P<told>.*?)(?: — (?P<cure>.*))? \[(?P<code>[a-z0-9.-]+)\]", re.DOTALL)
_NESTED = frozenset({"detail", "problem", "remedy"})  # the holes that hold another error's message
_LONGEST = 1000  # signs of a message of the FEEL parser
_TELLING = 8  # so many letters tell a message of another code apart from a chance likeness


@dataclass(frozen=True, slots=True)
class Rendering:
    """One message: its English template and what it is in the other languages."""

    text: Text
    parts: Parts
    weight: int  # letters of literal text

    @classmethod
    def of(cls, text: Text) -> Rendering:
        """Read the template. Raises ValueError for braces that do not fit."""
        parts = tuple((literal, name) for literal, name, _, _ in Formatter().parse(text.en))
        return cls(text, parts, sum(letter.isalpha() for literal, _ in parts for letter in literal))

    def match(self, message: str) -> dict[str, str] | None:
        """What fills the holes of ``message``; None when it is not of this template. Linear in its length."""
        found: dict[str, str] = {}
        hole: str | None = None  # the one still to be filled, which began at ``start``
        at = start = 0
        for index, (literal, name) in enumerate(self.parts):
            last = index == len(self.parts) - 1 and name is None
            if hole is None:
                begins = at if message.startswith(literal, at) else -1
            elif last:
                begins = len(message) - len(literal) if message.endswith(literal) else -1
            else:
                begins = message.find(literal, at)
            if begins < at:
                return None
            if hole is not None:
                found[hole] = message[start:begins]
            at = start = begins + len(literal)
            hole = name
        if hole is not None:
            found[hole] = message[start:]
            return found
        return found if at == len(message) else None


@cache
def catalogue() -> Mapping[str, tuple[Rendering, ...]]:
    """Every rendering by the code of its error, those with most literal text first."""
    found: dict[str, list[Rendering]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        sections = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506  one of the two safe loaders
        for code, texts in sections.items():
            found.setdefault(code, []).extend(Rendering.of(Text.of(text)) for text in texts)
    return {code: tuple(_heaviest_first(renderings)) for code, renderings in found.items()}


@lru_cache(4096)
def _of(code: str) -> tuple[Rendering, ...]:
    """Renderings a code has for itself, and those telling ones it shares."""
    own = catalogue().get(code, ()) if code != ANY else ()
    return tuple(
        _heaviest_first([*own, *(one for one in catalogue().get(ANY, ()) if one.weight >= _TELLING)])
    )


@cache
def _others() -> tuple[Rendering, ...]:
    """Renderings of every code that are told apart by their words alone; then the short ones codes share."""
    every = (rendering for renderings in catalogue().values() for rendering in renderings)
    return tuple(
        _heaviest_first(
            rendering for rendering in every if rendering.weight >= _TELLING or rendering in _shared()
        )
    )


@cache
def _shared() -> frozenset[Rendering]:
    return frozenset(catalogue().get(ANY, ()))


def _heaviest_first(renderings: Iterable[Rendering]) -> list[Rendering]:
    return sorted(renderings, key=lambda rendering: -rendering.weight)  # else in order


def find(code: str, message: str) -> tuple[Rendering, dict[str, str]] | None:
    """The rendering that fits a message, and what fills its holes: its own code's before any other's.

    None when there is none, and for what the parser of FEEL says: that has its words with it.
    """
    found = _first(_of(code), message)
    if found is None and _parsed(message) is None:
        found = _first(_others(), message)
    return found


def _first(renderings: Iterable[Rendering], message: str) -> tuple[Rendering, dict[str, str]] | None:
    for rendering in renderings:
        filled = rendering.match(message)
        if filled is not None:
            return rendering, filled
    return None


def _parsed(message: str) -> Text | None:
    said = in_words(message) if len(message) <= _LONGEST else Text.of(message)
    return said if said.zh_hans != message else None


def say(code: str, message: str, language: str) -> str:
    """A message of an error in ``language`` (a tag of LANGUAGES); as it stands when no template fits it."""
    if language == "en" or not message:
        return message
    if tail := _MORE.search(message):
        return say(code, message[: tail.start()], language) + _say(ANY, tail.group(), language)
    return _say(code, message, language)


def _say(code: str, message: str, language: str) -> str:
    found = find(code, message)
    if found is None:
        parsed = _parsed(message)
        return parsed.say(language) if parsed else message
    rendering, filled = found
    inner = {
        name: say(code, filled[name], language)
        for name in _NESTED & filled.keys()
        if len(filled[name]) < len(message)
    }
    return rendering.text.say(language).format(**filled | inner)


def say_line(line: str, language: str) -> str:
    """A fault that was kept as one line (``str(fault)``: place, detail, remedy, code) in ``language``."""
    kept = _LINE.fullmatch(line)
    if kept is None:
        return line
    code, told, cure = kept["code"], kept["told"], kept["cure"]
    begins = [0, *(found.end() for found in re.finditer(": ", told))]  # what comes before is the place
    begin = next((at for at in begins if _first(_of(code), told[at:])), 0)
    remedy = f" — {say(code, cure, language)}" if cure else ""
    return f"{told[:begin]}{say(code, told[begin:], language)}{remedy} [{code}]"


def texts(code: str, message: str) -> Text:
    """A message of an error in every language."""
    return Text(*(say(code, message, language) for language in LANGUAGES))


def in_language(fault: Fault, language: str) -> Fault:
    """The fault with detail and remedy in ``language``; code and place as they are."""
    return replace(
        fault,
        detail=say(fault.code, fault.detail, language),
        remedy=say(fault.code, fault.remedy, language),
    )


def told(error: ChengshuError, language: str) -> Fault:
    """What an error says in ``language``: in the words it brings itself, else by the catalogue."""
    fault = in_language(error.fault, language)
    return replace(fault, detail=brought(error.extra, language) or fault.detail)


def brought(extra: Mapping[str, Any], language: str) -> str:
    """The words an error brings in every language, as ``text`` or with its reason; else empty."""
    reason = extra.get("reason")
    said = extra.get("text") or (reason.get("text") if isinstance(reason, Mapping) else None)
    return Text.of(said).say(language) if isinstance(said, Mapping) else ""
