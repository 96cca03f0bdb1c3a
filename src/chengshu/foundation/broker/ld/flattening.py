"""From what a request says its @context is to the term definitions it comes to, in their order.

Source: JSON-LD 1.1, section 4.1 (context processing): arrays, remote contexts, ``@import``, and the scoped
contexts of terms. Contexts that contain each other, and more or deeper ones than any request needs, are
refused; a scope alone may name the document it stands in, and is then the same scope again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from chengshu.foundation.broker.errors import BadRequestData, LdContextNotAvailable
from chengshu.foundation.broker.ld.core import is_core
from chengshu.foundation.broker.ld.terms import Scope

MOST_DOCUMENTS = 64
DEEPEST = 16
MOST_SCOPES = 5_000
_SCHEMES = frozenset({"http", "https"})
Definitions = list[Mapping[str, Any] | None]


class Flattening:
    """One resolution: ``load`` gives the document at a URL; ``used`` collects the URLs that were needed."""

    def __init__(self, load: Callable[[str], Any]) -> None:
        self._load = load
        self._open: list[str] = []
        self._scopes: dict[str, Scope] = {}  # by the URL that alone is the scope
        self._scoped = 0
        self.used: dict[str, None] = {}
        self.definitions: Definitions = []

    def add(self, source: Any, base: str = "") -> None:
        """Append what ``source`` comes to. Raises :class:`BadRequestData` where it is no context.

        Raises :class:`LdContextNotAvailable` where a URL in it cannot be had.
        """
        if source is None:
            self.definitions.append(None)
        elif isinstance(source, str):
            self._url(urljoin(base, source) if base else source)
        elif isinstance(source, list):
            for part in source:
                if isinstance(part, list):
                    raise _no_context(part)
                self.add(part, base)
        elif isinstance(source, dict):
            self._object(source, base)
        else:
            raise _no_context(source)
        if len(self.definitions) > 4 * MOST_DOCUMENTS:
            raise BadRequestData("the @context has too many parts", where="@context", remedy="join them")

    def _object(self, source: dict[str, Any], base: str) -> None:
        imported = source.get("@import")
        if imported is not None:
            if not isinstance(imported, str):
                raise _no_context(imported)
            self.add(imported, base)
        if any(type(said) is dict and "@context" in said for said in source.values()):
            source = {
                name: said | {"@context": self._scope(said["@context"], base)}
                if type(said) is dict and "@context" in said
                else said
                for name, said in source.items()
            }
        self.definitions.append(source)

    def _scope(self, source: Any, base: str) -> Scope:
        """The context of a term, flattened by itself."""
        if isinstance(source, Scope):
            return source
        named = urljoin(base, source) if isinstance(source, str) else ""
        if named in self._scopes:
            return self._scopes[named]
        self._scoped += 1
        if self._scoped > MOST_SCOPES:
            raise BadRequestData(
                f"more than {MOST_SCOPES} terms have contexts of their own",
                where="@context",
                remedy="join them",
            )
        scope = Scope()
        if named:
            self._scopes[named] = scope
        outer = self.definitions, self._open
        self.definitions, self._open = scope.definitions, []
        self.add(source, base)
        self.definitions, self._open = outer
        return scope

    def _url(self, url: str) -> None:
        if is_core(url):
            return
        if url in self._open or len(self._open) >= DEEPEST:
            raise BadRequestData(
                "contexts name each other in a circle" if url in self._open else "contexts nest too deep",
                where=f"@context: {url[:200]}",
                remedy="let none of them name itself through others",
            )
        self.used[url] = None
        if len(self.used) > MOST_DOCUMENTS:
            raise BadRequestData(
                f"the @context names more than {MOST_DOCUMENTS} documents",
                where="@context",
                remedy="join them",
            )
        document = self._load(url)
        if not isinstance(document, dict) or "@context" not in document:
            raise LdContextNotAvailable(
                "the document has no @context", where=url[:200], remedy="name a JSON-LD context document"
            )
        self._open.append(url)
        self.add(document["@context"], url if urlsplit(url).scheme in _SCHEMES else "")
        self._open.pop()


def _no_context(said: Any) -> BadRequestData:
    return BadRequestData(
        f"a {type(said).__name__} is not a JSON-LD context",
        where="@context",
        remedy="write a URL, an object of terms, or a list of both",
    )
