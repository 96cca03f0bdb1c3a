"""A JSON-LD @context compiled once to a table of terms: expanding and compacting a name is then a look-up.

Source: JSON-LD 1.1 (context processing, IRI expansion and compaction) as far as ETSI GS CIM 009 V1.8.1
needs it, clauses 4.4 and 5.5.7: the core context stands last and cannot be overridden, by scoped contexts
neither, and a term that no context knows gets the default vocabulary. What a term's own context adds lies as
a layer over the table, made when it is first needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.core import CORE_URL, DEFAULT_VOCAB, core_document, is_core, is_iri
from chengshu.foundation.broker.ld.terms import Scope, Term, define

_TYPES = re.compile(r"[^,;|()\s]+")
_WORD = re.compile(r"\w{1,256}")
_IRI = re.compile(r"[^\s\x00-\x1f\x7f<>\"'{}|\\^`()=;]{1,2048}")
_MOST_CACHED = 50_000  # names remembered per context; more than any real vocabulary has
_LEAST = 8  # what a layer takes besides its terms, in terms
_LEAST_LAYERS = 64
CORE_TERMS, _ = define(core_document()["@context"], lambda _name: None, "")


class LdContext:
    """What the names of one request mean. Immutable but for its caches; safe to share between threads.

    ``document`` is what stands for it in ``@context`` of an answer, ``links`` the URLs when it consists of
    nothing else (empty when something was written inline), ``terms`` all it defines, the core included.
    ``scoped`` is whether any of its terms has a context of its own; ``nests`` are the names that mean
    ``@nest``; ``size`` is how many terms it may come to hold, its scopes included.
    """

    __slots__ = (
        "_below",
        "_compacted",
        "_expanded",
        "_inverse",
        "_layers",
        "_names",
        "_previous",
        "_vocab",
        "document",
        "links",
        "nests",
        "scoped",
        "size",
        "terms",
    )

    def __init__(
        self,
        terms: Mapping[str, Term],
        document: str | Sequence[Any],
        links: tuple[str, ...] = (),
        *,
        vocab: str = "",
        below: LdContext | None = None,
        previous: LdContext | None = None,
    ) -> None:
        """``below`` is what this one is a layer over, ``previous`` what holds again one object deeper."""
        self.document = document
        self.links = links
        self.terms = dict(terms) if below is not None else dict(terms) | CORE_TERMS
        self.size = len(self.terms) + _size_of_scopes(self.terms)
        self.scoped: bool = (
            self.size > len(self.terms) or previous is not None or (below is not None and below.scoped)
        )
        own = {name for name, term in self.terms.items() if term.iri == "@nest"}
        kept = {name for name in below.nests if name not in self.terms} if below is not None else {"@nest"}
        self.nests: frozenset[str] = frozenset(own | kept)
        self._vocab, self._below, self._previous = vocab, below, previous
        self._layers: _Layers = below._layers if below is not None else _Layers(self.size)
        self._inverse: dict[str, str] | None = None
        self._expanded: dict[str, str] = {}
        self._compacted: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def term(self, name: str) -> Term | None:
        """What is defined for ``name``, here or below; None when nothing is."""
        found = self.terms.get(name)
        return found if found is not None or self._below is None else self._below.term(name)

    # --- scopes (JSON-LD 1.1, sections 4.1.8 and 4.1.9) -------------------------------------------------

    def inside(self, name: str) -> LdContext:
        """The context of what stands under ``name``: that of the term's own definition over this one.

        What held for the object of a type alone (:meth:`typed`) holds no longer.
        """
        if not self.scoped:
            return self
        term = self.term(name)
        base = self._previous or self
        return base if term is None or term.scope is None else base._over(term.scope, keeps=True)

    def typed(self, names: Any) -> LdContext:
        """The context of the members of an object of these types, as they are written (one, or a list)."""
        if not self.scoped:
            return self
        said = [names] if isinstance(names, str) else names if isinstance(names, list) else []
        context = self
        for name in sorted(one for one in said if isinstance(one, str)):
            term = self.term(name)
            if term is not None and term.scope is not None:
                context = context._over(term.scope, keeps=False)
        return context

    def asked(self, types: str) -> LdContext:
        """As :meth:`typed`, by the text of a type selection (clause 4.17)."""
        return self.typed(_TYPES.findall(types)) if self.scoped and types else self

    def of(self, types: Iterable[str]) -> LdContext:
        """As :meth:`typed`, by the IRIs of the types."""
        return self.typed([self.compact(iri) for iri in types]) if self.scoped else self

    def lifted(self, said: dict[str, Any]) -> dict[str, Any]:
        """``said`` with what lies in its nests put beside its other members.

        Raises :class:`BadRequestData` for a nest that is no object, or a member that is said twice by it.
        """
        if self.nests.isdisjoint(said):
            return said
        found: dict[str, Any] = {}
        for name, value in said.items():
            if name in self.nests:
                for inner in value if isinstance(value, list) else [value]:
                    _join(found, self.lifted(_nested(inner, name)), name)
            else:
                _join(found, {name: value}, name)
        return found

    def _over(self, scope: Scope, *, keeps: bool) -> LdContext:
        """``scope`` as a layer over this context; one that does not keep ends with the object it is for."""
        found = self._layers.get((self, scope, keeps))
        if found is None:
            found = self._layers.put((self, scope, keeps), self._layer(scope, keeps))
        return found

    def _layer(self, scope: Scope, keeps: bool) -> LdContext:
        terms: dict[str, Term] = {}
        below, vocab = self, self._vocab
        for definition in scope.definitions:
            if definition is None:
                terms, below, vocab = {}, CORE, ""
            else:
                added, vocab = define(definition, partial(_known, terms, below), vocab)
                terms = terms | added
        own = {name: term for name, term in terms.items() if name not in CORE_TERMS}
        propagate = scope.propagate if scope.propagate is not None else keeps
        previous = self._previous if propagate else self._previous or self
        layer = LdContext(own, self.document, self.links, vocab=vocab, below=below, previous=previous)
        layer._layers = self._layers
        return layer

    # --- names ------------------------------------------------------------------------------------------

    def expand(self, name: str) -> str:
        """The IRI that a term, a compact IRI or an IRI stands for (clause 5.5.7).

        Raises :class:`BadRequestData` for what cannot be a name: empty, a JSON-LD keyword, or a term that
        the context maps to nothing.
        """
        iri = self._expanded.get(name)
        return iri if iri is not None else self._remember_expanded(name)

    def name(self, name: str) -> str:
        """As :meth:`expand`, for a name of a type or an attribute in a payload: its form is checked as well.

        Raises :class:`BadRequestData` when it breaks clause 4.6.2: letters, digits and ``_`` only, unless the
        context defines the term or it is an IRI.
        """
        iri = self._names.get(name)
        return iri if iri is not None else self._remember_name(name)

    def compact(self, iri: str) -> str:
        """The shortest name of ``iri`` that expands to it again; the IRI itself when there is none."""
        name = self._compacted.get(iri)
        return name if name is not None else self._remember_compacted(iri)

    def coercion(self, name: str) -> str:
        """The ``@type`` that the context gives to values of a term (``@id``, ``@vocab``, an IRI), or ''."""
        term = self.term(name)
        return term.coercion if term else ""

    def container(self, name: str) -> str:
        """The ``@container`` of a term (``@list``, ``@set``, ``@language`` …), or ''."""
        term = self.term(name)
        return term.container if term else ""

    def _remember_expanded(self, name: str) -> str:
        if len(self._expanded) >= _MOST_CACHED:
            self._expanded = {}
        iri = self._expanded[name] = self._expand(name)
        return iri

    def _remember_name(self, name: str) -> str:
        iri = self.expand(name)
        formed = self.term(name) is not None or (_IRI if ":" in name else _WORD).fullmatch(name)
        if not formed or not is_iri(iri):
            raise BadRequestData(
                f"'{name[:80]}' is not a name", where=name[:80], remedy="use letters, digits and _, or an IRI"
            )
        if len(self._names) >= _MOST_CACHED:
            self._names = {}
        self._names[name] = iri
        return iri

    def _remember_compacted(self, iri: str) -> str:
        if len(self._compacted) >= _MOST_CACHED:
            self._compacted = {}
        name = self._compacted[iri] = self._compact(iri)
        return name

    def _expand(self, name: str) -> str:
        term = self.term(name)
        if term is not None and term.reverse:
            raise BadRequestData(
                f"'{name[:80]}' is a property read backwards (@reverse), which NGSI-LD does not have",
                where=name[:80],
                remedy="say it at the other entity, as a Relationship to this one",
            )
        iri = term.iri if term else self._expand_other(name)
        if not iri or iri[0] == "@":
            raise BadRequestData(
                f"'{name[:80]}' cannot be the name of a type or an attribute",
                where=name[:80],
                remedy="use a term, a compact IRI or an IRI",
            )
        return iri

    def _expand_other(self, name: str) -> str:
        prefix, colon, rest = name.partition(":")
        if not colon:
            return "" if not name or name[0] == "@" else DEFAULT_VOCAB + name
        term = self.term(prefix)
        if term is None or not term.prefix or not term.iri or rest.startswith("//"):
            return name if prefix else ""
        return term.iri + rest

    def _compact(self, iri: str) -> str:
        """Of a layer: its own term, else the name from below, unless that means something else here."""
        if self._inverse is None:
            self._inverse = _inverse(self.terms)
        name = self._inverse.get(iri)
        if name is None and self._below is not None:
            name = self._below.compact(iri)
        if name is not None and (self._below is None or self._is(name, iri)):
            return name
        if iri.startswith(DEFAULT_VOCAB):
            rest = iri[len(DEFAULT_VOCAB) :]
            if self._is(rest, iri):
                return rest
        found = [
            f"{prefix}:{iri[len(start) :]}"
            for prefix, start in self._prefixes()
            if iri.startswith(start) and len(iri) > len(start)
        ]
        fitting = [name for name in found if self._is(name, iri)]
        return min(fitting, key=lambda name: (len(name), name)) if fitting else iri

    def _prefixes(self) -> Iterator[tuple[str, str]]:
        """The terms that may begin a compact IRI; on a layer those from below as well."""
        yield from ((name, term.iri) for name, term in self.terms.items() if term.prefix and term.iri)
        if self._below is not None:
            yield from self._below._prefixes()

    def _is(self, name: str, iri: str) -> bool:
        term = self.term(name)
        if term is not None and term.reverse:
            return False
        return (term.iri if term else self._expand_other(name)) == iri


class _Layers:
    """The layers over one context, as many as hold about as many terms as it: the rest is made again."""

    def __init__(self, room: int) -> None:
        self._room, self._taken = room, 0
        self._kept: dict[tuple[LdContext, Scope, bool], LdContext] = {}

    def get(self, key: tuple[LdContext, Scope, bool]) -> LdContext | None:
        return self._kept.get(key)

    def put(self, key: tuple[LdContext, Scope, bool], layer: LdContext) -> LdContext:
        size = len(layer.terms) + _LEAST
        if self._taken + size > self._room + _LEAST * _LEAST_LAYERS:
            self._kept, self._taken = {}, 0
        self._kept[key] = layer
        self._taken += size
        return layer


def _known(terms: Mapping[str, Term], below: LdContext, name: str) -> Term | None:
    found = terms.get(name)
    return found if found is not None else below.term(name)


def _nested(said: Any, name: str) -> dict[str, Any]:
    if not isinstance(said, dict) or "@value" in said:
        raise BadRequestData(
            f"'{name[:80]}' is a nest (@nest) and holds no members",
            where=name[:80],
            remedy="write an object of members",
        )
    return said


def _join(found: dict[str, Any], more: Mapping[str, Any], nest: str) -> None:
    twice = next((name for name in more if name in found), None)
    if twice is not None:
        raise BadRequestData(
            f"'{twice[:80]}' is said twice, once within '{nest[:80]}'", where=twice[:80], remedy="say it once"
        )
    found.update(more)


def _scopes_of(terms: Mapping[str, Term]) -> Iterator[Scope]:
    """Every scope that can come to hold below these terms, each once."""
    waiting = [term.scope for term in terms.values() if term.scope is not None]
    seen = set(waiting)
    while waiting:
        scope = waiting.pop()
        yield scope
        for definition in scope.definitions:
            for said in (definition or {}).values():
                inner = said.get("@context") if type(said) is dict else None
                if isinstance(inner, Scope) and inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)


def _size_of_scopes(terms: Mapping[str, Term]) -> int:
    return sum(1 + sum(map(len, filter(None, scope.definitions))) for scope in _scopes_of(terms))


def _inverse(terms: Mapping[str, Term]) -> dict[str, str]:
    """For each IRI the best of its terms: one without a container or odd type, then short, then first."""
    best: dict[str, tuple[bool, int, str]] = {}
    for name, term in terms.items():
        if not term.iri or term.iri[0] == "@" or term.reverse:
            continue
        rank = (term.container != "" or term.coercion not in {"", "@id", "@vocab"}, len(name), name)
        if term.iri not in best or rank < best[term.iri]:
            best[term.iri] = rank
    return {iri: rank[2] for iri, rank in best.items()}


def compile_context(definitions: Iterable[Mapping[str, Any] | None], source: Any = None) -> LdContext:
    """Compile local contexts, in their order, to one table; later ones win, the core wins over all.

    ``definitions`` are objects of term definitions (URLs already replaced by what they hold); ``None``
    forgets what came before it. ``source`` is what the request said, for ``document`` and ``links``.
    Raises :class:`BadRequestData` for a definition that is not JSON-LD.
    """
    terms = CORE_TERMS  # from the start too, so that definitions may use its prefixes
    vocab = ""
    for definition in definitions:
        if definition is None:
            terms, vocab = CORE_TERMS, ""
        else:
            added, vocab = define(definition, terms.get, vocab)
            terms = terms | added
    for scope in _scopes_of(terms):  # what is wrong in a scope is wrong now, not when it is first used
        for definition in filter(None, scope.definitions):
            define(definition, terms.get, vocab)
    document, links = _as_said(source)
    return LdContext(terms, document, links, vocab=vocab)


def _as_said(source: Any) -> tuple[str | list[Any], tuple[str, ...]]:
    """What stands for the context in an answer, and its URLs: as said, with the core URL at the end."""
    said = source if isinstance(source, list) else [] if source is None else [source]
    cores = [part for part in said if isinstance(part, str) and is_core(part)]
    own = [part for part in said if not (isinstance(part, str) and is_core(part))]
    core = cores[-1] if cores else CORE_URL
    if not own:
        return core, (core,)
    links = tuple(own) if all(isinstance(part, str) for part in own) else ()
    return [*own, core], links


CORE = compile_context(())
