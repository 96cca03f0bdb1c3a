"""Term definitions of one JSON-LD context object, made into a flat table.

Source: JSON-LD 1.1 Processing Algorithms, section 4.2 (Create Term Definition); scoped contexts are sections
4.1.8 and 4.1.9 of JSON-LD 1.1. What a scope says is read when a name within it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB, is_iri

MOST_TERMS = 50_000  # of one context object
_GEN_DELIMS = frozenset(":/?#[]@")
_SCHEMES = frozenset({"http", "https", "urn"})
_DEEPEST = 64  # definitions that lean on each other


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The context that holds below a term: ``definitions`` in their order, None forgetting those before it.

    ``propagate`` says whether it holds for what is nested deeper too; None leaves it to the kind of scope.
    Two scopes are never equal: one may lie within itself.
    """

    definitions: list[Mapping[str, Any] | None] = field(default_factory=list)

    @property
    def propagate(self) -> bool | None:
        """What the first of its definitions says of ``@propagate``."""
        first = self.definitions[0] if self.definitions else None
        said = first.get("@propagate") if first else None
        return said if isinstance(said, bool) else None


class Term(NamedTuple):
    """What one term means; ``iri`` is '' when the context maps it to nothing, or a JSON-LD keyword.

    ``reverse``: the term is a property read backwards (``@reverse``), which no member of NGSI-LD is.
    """

    iri: str
    coercion: str = ""
    container: str = ""
    prefix: bool = False
    scope: Scope | None = None
    reverse: bool = False


Known = Callable[[str], Term | None]


def define(definition: Mapping[str, Any], known: Known, vocab: str) -> tuple[dict[str, Term], str]:
    """The terms that ``definition`` adds to those ``known``, and the @vocab that holds after it.

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

    def __init__(self, definition: Mapping[str, Any], known: Known, vocab: str) -> None:
        self._definition = definition
        self._known = known
        self._open: list[str] = []
        self.added: dict[str, Term] = {}
        self.vocab = vocab
        if not isinstance(definition.get("@propagate", True), bool):
            raise _wrong("@propagate is neither true nor false", "@context.@propagate", "write true or false")
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
            return self._known(name)
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
        scope = _scope(said, where)
        if "@reverse" in said:
            return self._backwards(said, where)
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
        _check_nest(said, iri, where)
        return Term(iri, coercion, container or "", said.get("@prefix") is True, scope)

    def _backwards(self, said: Mapping[str, Any], where: str) -> Term:
        """A reverse property: it may be defined, and is refused where it is used."""
        target = said["@reverse"]
        if not isinstance(target, str) or "@id" in said or "@nest" in said:
            raise _wrong(
                "@reverse is not an IRI alone", f"{where}.@reverse", "write an IRI, without @id and @nest"
            )
        return Term(self._iri(target, f"{where}.@reverse"), reverse=True)

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


def _scope(said: Mapping[str, Any], where: str) -> Scope | None:
    """The context of a term's definition, which :mod:`flattening` has put in order."""
    scope = said.get("@context")
    if "@context" in said and not isinstance(scope, Scope):
        raise _wrong("the context of a term is no context", f"{where}.@context", "write an object or a URL")
    return scope


def _check_nest(said: Mapping[str, Any], iri: str, where: str) -> None:
    """``@nest`` names where JSON-LD would put the member; NGSI-LD members stand where clause 4.5 has them."""
    nest = said.get("@nest", "@nest")
    if not isinstance(nest, str) or (nest.startswith("@") and nest != "@nest"):
        raise _wrong("@nest is neither a term nor @nest", f"{where}.@nest", 'write a term, or "@nest"')
    if iri == "@nest" and "@context" in said:
        raise _wrong("a nest has no context of its own", f"{where}.@context", "give it to the terms within")


def _wrong(detail: str, where: str, remedy: str) -> BadRequestData:
    return BadRequestData(detail, where=where, remedy=remedy)
