"""Short names for IRIs on surfaces that know no @context: what the context says, or else their last part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

_PARTS = re.compile(r"[/#:]")


class Naming:
    """Names of a closed set of IRIs, both ways; each is a word that fits into a URL.

    Two IRIs with the same last part both get all of their IRI as a word, so that a name never changes its
    meaning by what else there is.
    """

    def __init__(self, iris: Iterable[str], compact: Callable[[str], str]) -> None:
        """``compact`` gives the short name of an IRI, or the IRI."""
        known = sorted(set(iris))
        short = {iri: _short(compact(iri)) for iri in known}
        often = Counter(short.values())
        self._names = {iri: name if often[name] == 1 else _word(iri) for iri, name in short.items()}
        self._iris = {name: iri for iri, name in self._names.items()}

    @property
    def iris(self) -> Mapping[str, str]:
        """Name to IRI."""
        return self._iris

    def name(self, iri: str) -> str:
        """The name of an IRI, of the set or not."""
        return self._names.get(iri) or _word(iri)


def _short(name: str) -> str:
    return _word(_PARTS.split(name.rstrip("/#:"))[-1])


def _word(text: str) -> str:
    return re.sub(r"[^\w-]+", "_", text).strip("_") or "_"
