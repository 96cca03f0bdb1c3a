"""Term definitions of one JSON-LD context object, made into a flat table.

Source: JSON-LD 1.1 Processing Algorithms, section 4.2 (Create Term Definition).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB, is_iri

MOST_TERMS = 50_000  # of one context object
_GEN_DELIMS = frozenset(":/?#[]@")
_SCHEMES = frozenset({"http", "https", "urn"})
_DEEPEST = 64  # definitions that lean on each other


class Term(NamedTuple):
    """What one term means; ``iri`` is '' when the context maps it to nothing, or a JSON-LD keyword."""

    iri: str
    coercion: str = ""
    container: str = ""
    prefix: bool = False


def define(
    definition: Mapping[str, Any], known: Mapping[str, Term], vocab: str
) -> tuple[dict[str, Term], str]:
    """The terms that ``definition`` adds to ``known``, and the @vocab that holds after it.

    Raises :class:`BadRequestData` where it is not a JSON-LD context: a definition neither string nor object,
    terms defined by each other in a circle, a scheme such as ``urn`` taken as a prefix, or too many terms.
    """
    if len(definition) > MOST_TERMS:
        raise _wrong(
            f"a context may define {MOST_TERMS} terms, not {len(definition)}", "@context", "split it"
        )
    reader = _Definitions(definition, known, vocab)
    for name in definition:
        if not name.startswith("@"):
            reader.term(name)
    return reader.added, reader.vocab


class _Definitions:
    """One context object while it is read; its terms may lean on each other in any order."""

    def __init__(self, definition: Mapping[str, Any], known: Mapping[str, Term], vocab: str) -> None:
        self._definition = definition
        self._known = known
        self._open: list[str] = []
        self.added: dict[str, Term] = {}
        self.vocab = vocab
        if "@vocab" in definition:
            said = definition["@vocab"]
            if said is not None and not isinstance(said, str):
                raise _wrong("@vocab is not an IRI", "@context.@vocab", "write an IRI or null")
            self.vocab = self._iri(said, "@vocab") if said else ""

    def term(self, name: str) -> Term | None:
        """The meaning of ``name``, defining it now if it is one of these; None when nothing defines it."""
        if name in self.added:
            return self.added[name]
        if name not in self._definition:
            return self._known.get(name)
        if name in self._open or len(self._open) >= _DEEPEST:
            raise _wrong(
                f"the terms {', '.join(self._open[:5])} are defined by each other in a circle",
                f"@context.{name}",
                "give one of them an IRI",
            )
        self._open.append(name)
        term = self._read(name, self._definition[name])
        self._open.pop()
        if term.prefix and name in _SCHEMES:
            raise _wrong(
                f"'{name}' is a scheme of IRIs and cannot be a prefix", f"@context.{name}", "choose another"
            )
        if not is_iri(term.iri):
            raise _wrong("the IRI has control signs or is too long", f"@context.{name[:80]}", "mend it")
        self.added[name] = term
        return term

    def _read(self, name: str, said: Any) -> Term:
        where = f"@context.{name}"
        if said is None:
            return Term("")
        if isinstance(said, str):
            iri = self._iri(said, where)
            return Term(iri, prefix=iri != "" and (iri[-1] in _GEN_DELIMS or iri.startswith("_:")))
        if not isinstance(said, dict):
            raise _wrong("a term is defined by a string, an object or null", where, "write an IRI")
        if "@reverse" in said:
            return Term("")  # no NGSI-LD member is a reverse property: saying so when it is used is enough
        target = said.get("@id", name)
        if target is None:
            return Term("")
        if not isinstance(target, str):
            raise _wrong("@id is not a string", f"{where}.@id", "write an IRI, a compact IRI or a term")
        iri = self._own(name, where) if target == name else self._iri(target, f"{where}.@id")
        coercion = said.get("@type", "")
        if not isinstance(coercion, str):
            raise _wrong("@type is not a string", f"{where}.@type", "write @id, @vocab, @json or an IRI")
        if coercion and not coercion.startswith("@"):
            coercion = self._iri(coercion, f"{where}.@type")
        container = said.get("@container", "")
        if isinstance(container, list):
            container = next((part for part in container if part != "@set"), "@set")
        if container is not None and not isinstance(container, str):
            raise _wrong(
                "@container is not a string", f"{where}.@container", "write @list, @set or @language"
            )
        return Term(iri, coercion, container or "", said.get("@prefix") is True)

    def _own(self, name: str, where: str) -> str:
        """The IRI of a term that names no other: a compact IRI, or a word of the vocabulary."""
        prefix, colon, rest = name.partition(":")
        if not colon:
            return (self.vocab or DEFAULT_VOCAB) + name
        term = None if rest.startswith("//") else self.term(prefix)
        return term.iri + rest if term and term.iri else name

    def _iri(self, text: str, where: str) -> str:
        """Expand the right-hand side of a definition."""
        if text.startswith("@"):
            return text
        term = self.term(text)
        if term is not None:
            return term.iri
        prefix, colon, rest = text.partition(":")
        if not colon:
            if not text:
                raise _wrong("an empty string is not an IRI", where, "write an IRI or null")
            return (self.vocab or DEFAULT_VOCAB) + text
        term = None if rest.startswith("//") or prefix == "_" else self.term(prefix)
        return term.iri + rest if term and term.iri else text


def _wrong(detail: str, where: str, remedy: str) -> BadRequestData:
    return BadRequestData(detail, where=where, remedy=remedy)
