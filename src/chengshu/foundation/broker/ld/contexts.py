"""A JSON-LD @context compiled once to a table of terms: expanding and compacting a name is then a look-up.

Source: JSON-LD 1.1 (context processing, IRI expansion and compaction) as far as ETSI GS CIM 009 V1.8.1
needs it, clauses 4.4 and 5.5.7: the core context stands last and cannot be overridden, and a term that no
context knows gets the default vocabulary. Scoped contexts, ``@reverse``, ``@nest`` do not occur in NGSI-LD.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.core import CORE_URL, DEFAULT_VOCAB, core_document, is_core, is_iri
from chengshu.foundation.broker.ld.terms import Term, define

_WORD = re.compile(r"\w{1,256}")
_IRI = re.compile(r"[^\s\x00-\x1f\x7f<>\"'{}|\\^`()=;]{1,2048}")
_MOST_CACHED = 50_000  # names remembered per context; more than any real vocabulary has
CORE_TERMS, _ = define(core_document()["@context"], {}, "")


class LdContext:
    """What the names of one request mean. Immutable but for its caches; safe to share between threads.

    ``document`` is what stands for it in ``@context`` of an answer, ``links`` the URLs when it consists of
    nothing else (empty when something was written inline), ``terms`` all it defines, the core included.
    """

    __slots__ = ("_compacted", "_expanded", "_inverse", "_names", "_prefixes", "document", "links", "terms")

    def __init__(
        self, terms: Mapping[str, Term], document: str | Sequence[Any], links: tuple[str, ...] = ()
    ) -> None:
        self.document = document
        self.links = links
        self.terms = dict(terms) | CORE_TERMS
        self._inverse = _inverse(self.terms)
        self._prefixes = tuple((name, t.iri) for name, t in self.terms.items() if t.prefix and t.iri)
        self._expanded: dict[str, str] = {}
        self._compacted: dict[str, str] = {}
        self._names: dict[str, str] = {}

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
        term = self.terms.get(name)
        return term.coercion if term else ""

    def container(self, name: str) -> str:
        """The ``@container`` of a term (``@list``, ``@set``, ``@language`` …), or ''."""
        term = self.terms.get(name)
        return term.container if term else ""

    def _remember_expanded(self, name: str) -> str:
        if len(self._expanded) >= _MOST_CACHED:
            self._expanded = {}
        iri = self._expanded[name] = self._expand(name)
        return iri

    def _remember_name(self, name: str) -> str:
        iri = self.expand(name)
        formed = name in self.terms or (_IRI if ":" in name else _WORD).fullmatch(name)
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
        term = self.terms.get(name)
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
        term = self.terms.get(prefix)
        if term is None or not term.prefix or not term.iri or rest.startswith("//"):
            return name if prefix else ""
        return term.iri + rest

    def _compact(self, iri: str) -> str:
        name = self._inverse.get(iri)
        if name is not None:
            return name
        if iri.startswith(DEFAULT_VOCAB):
            rest = iri[len(DEFAULT_VOCAB) :]
            if self._is(rest, iri):
                return rest
        found = [
            f"{prefix}:{iri[len(start) :]}"
            for prefix, start in self._prefixes
            if iri.startswith(start) and len(iri) > len(start)
        ]
        fitting = [name for name in found if self._is(name, iri)]
        return min(fitting, key=lambda name: (len(name), name)) if fitting else iri

    def _is(self, name: str, iri: str) -> bool:
        term = self.terms.get(name)
        return (term.iri if term else self._expand_other(name)) == iri


def _inverse(terms: Mapping[str, Term]) -> dict[str, str]:
    """For each IRI the best of its terms: one without a container or odd type, then short, then first."""
    best: dict[str, tuple[bool, int, str]] = {}
    for name, term in terms.items():
        if not term.iri or term.iri[0] == "@":
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
            added, vocab = define(definition, terms, vocab)
            terms = terms | added
    document, links = _as_said(source)
    return LdContext(terms, document, links)


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
