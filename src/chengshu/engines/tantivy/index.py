"""Search on tantivy (BM25, segments on disk). Tokens come cut; the index splits them at one control sign."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from chengshu.kernel.errors import Invalid
from chengshu.ports.search import Answer, Ask, Document, Layout, Term

_HEAP = 64_000_000  # bytes the writer may hold before it writes a segment by itself
_JOIN = "\x1f"  # between tokens: no text has it
_POSITION = "position"
_DEEPEST = 10_000  # hits looked at beyond which pages are cut off


class TantivyIndex:
    """One index in one folder; ``folder`` None keeps it in memory. One process owns it."""

    def __init__(self, folder: Path | None, layout: Layout) -> None:
        self._folder, self._layout = folder, layout
        self._schema = _schema(layout)
        self._index = _open(self._schema, folder)
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(f"[^{_JOIN}]+")).build()
        self._index.register_tokenizer("cut", analyzer)
        self._lock = threading.Lock()
        self._writer: tantivy.IndexWriter | None = None
        self._position = self._read_position()

    def position(self) -> int:
        return self._position

    def put(self, documents: Iterable[Document]) -> None:
        with self._lock:
            writer = self._writing()
            for item in documents:
                writer.delete_documents_by_term("id", item.id)
                made = tantivy.Document()
                made.add_text("id", item.id)
                for name in self._layout.fields:
                    made.add_text(f"t_{name}", _JOIN.join(item.tokens.get(name, ())))
                for name in self._layout.facets:
                    for value in item.facets.get(name, ()):
                        made.add_text(f"f_{name}", value)
                writer.add_document(made)

    def remove(self, ids: Iterable[str]) -> None:
        with self._lock:
            writer = self._writing()
            for id_ in ids:
                writer.delete_documents_by_term("id", id_)

    def commit(self, position: int) -> None:
        with self._lock:
            if self._writer is not None:
                self._writer.commit()
                self._index.reload()
            # the note comes after: a kill between the two replays changes that are there already
            if self._folder is not None:
                beside = self._folder / f"{_POSITION}.new"
                beside.write_text(str(position))
                beside.replace(self._folder / _POSITION)
            self._position = position

    def search(self, ask: Ask) -> Answer:
        self._check(ask)
        searcher = self._index.searcher()
        query = self._query(ask)
        facets = self._facets(searcher, ask)
        wanted = ask.offset + ask.limit
        if not ask.terms:
            return Answer(*self._in_order(searcher, query, ask), facets)
        # one more than a page needs, so that ties at its edge fall by id and not by segment
        result = searcher.search(query, limit=min(max(wanted + 1, 1), _DEEPEST), count=True)
        found = [(searcher.doc(address)["id"][0], score) for score, address in result.hits]
        found.sort(key=lambda hit: (-hit[1], hit[0]))
        total: int = result.count  # type: ignore[attr-defined]  # missing in the stubs
        return Answer(total, tuple(found[ask.offset : wanted]), facets)

    def close(self) -> None:
        with self._lock:
            if self._writer is not None:
                self._writer.rollback()
                self._writer.wait_merging_threads()
                self._writer = None

    def _writing(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        return self._writer

    def _in_order(
        self, searcher: tantivy.Searcher, query: Query, ask: Ask
    ) -> tuple[int, tuple[tuple[str, float], ...]]:
        result = searcher.search(
            query,
            limit=max(ask.limit, 1),
            offset=ask.offset,
            count=True,
            order_by_field="id",
            order=tantivy.Order.Asc,
        )
        hits = tuple((searcher.doc(address)["id"][0], 0.0) for _, address in result.hits[: ask.limit])
        total: int = result.count  # type: ignore[attr-defined]  # missing in the stubs
        return total, hits

    def _query(self, ask: Ask) -> Query:
        parts: list[tuple[Occur, Query]] = []
        for term in ask.terms:
            parts.append((Occur.Must if term.needed else Occur.Should, self._term(term)))
        return self._filtered(Query.boolean_query(parts) if parts else Query.all_query(), ask)

    def _counting(self, ask: Ask) -> Query:
        """What :meth:`_query` hits, without a thought for scores: half the work when hits are many."""
        parts: list[tuple[Occur, Query]] = []
        for term in ask.terms:
            ways = [(Occur.Should, way) for way, *_ in self._ways(term)]
            parts += [(Occur.Must, Query.boolean_query(ways))] if term.needed else ways
        return self._filtered(Query.boolean_query(parts) if parts else Query.all_query(), ask)

    def _filtered(self, words: Query, ask: Ask) -> Query:
        parts = [
            (Occur.Must, Query.const_score_query(self._having(name, values), 0.0))
            for name, values in ask.filters.items()
        ]
        parts += [(Occur.MustNot, self._having(name, values)) for name, values in ask.without.items()]
        parts += [(Occur.MustNot, self._all_of(group)) for group in ask.unwanted if group]
        return Query.boolean_query([(Occur.Must, words), *parts]) if parts else words

    def _all_of(self, terms: Sequence[Term]) -> Query:
        ways = [Query.boolean_query([(Occur.Should, way) for way, *_ in self._ways(term)]) for term in terms]
        return Query.boolean_query([(Occur.Must, way) for way in ways])

    def _having(self, facet: str, values: Sequence[str]) -> Query:
        if len(values) == 1:
            return Query.term_query(self._schema, f"f_{facet}", values[0], "basic")
        return Query.term_set_query(self._schema, f"f_{facet}", list(values))

    def _term(self, term: Term) -> Query:
        ways = [
            Query.boost_query(way, boost) if exact else Query.const_score_query(way, boost * 0.5)
            for way, boost, exact in self._ways(term)
        ]
        return Query.disjunction_max_query(ways, 0.1)

    def _ways(self, term: Term) -> Iterator[tuple[Query, float, bool]]:
        """What may be hit for a term, each with its boost, and whether it is a word or only near to one."""
        for name in term.fields or self._layout.fields:
            field, boost = f"t_{name}", self._layout.fields[name] * term.weight
            yield Query.term_query(self._schema, field, term.token, "freq"), boost, True
            for token, weight in term.alternatives:
                yield Query.term_query(self._schema, field, token, "freq"), boost * weight, True
            if term.edits or term.prefix:
                loose = Query.fuzzy_term_query(
                    self._schema, field, term.token, distance=term.edits, prefix=term.prefix
                )
                yield loose, boost, False

    def _facets(self, searcher: tantivy.Searcher, ask: Ask) -> Mapping[str, Mapping[str, int]]:
        if not ask.facets:
            return {}
        wanted = {
            name: {"terms": {"field": f"f_{name}", "size": 1000, "segment_size": 10_000}}
            for name in ask.facets
        }
        found = searcher.aggregate(self._counting(ask), wanted)
        return {name: _counts(found[name]["buckets"], ask.most_facets) for name in ask.facets}

    def _check(self, ask: Ask) -> None:
        asked = [*ask.terms, *(term for group in ask.unwanted for term in group)]
        fields = {name for term in asked for name in term.fields} - self._layout.fields.keys()
        facets = ({*ask.filters} | {*ask.without} | {*ask.facets}) - {*self._layout.facets}
        if fields or facets:
            raise Invalid(
                "search-field",
                f"the index has no {', '.join(sorted(fields | facets))}",
                remedy=f"fields: {', '.join(self._layout.fields)}; facets: {', '.join(self._layout.facets)}",
            )

    def _read_position(self) -> int:
        note = self._folder / _POSITION if self._folder else None
        return int(note.read_text()) if note is not None and note.is_file() else 0


def _open(schema: tantivy.Schema, folder: Path | None) -> tantivy.Index:
    """The index there is, or a new one: one of another layout is thrown away, as it can be built anew."""
    if folder is None:
        return tantivy.Index(schema)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return tantivy.Index(schema, path=str(folder))
    except ValueError:
        shutil.rmtree(folder)
        folder.mkdir()
        return tantivy.Index(schema, path=str(folder))


def _schema(layout: Layout) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    for name in layout.fields:
        builder.add_text_field(f"t_{name}", tokenizer_name="cut", index_option="freq")
    for name in layout.facets:
        builder.add_text_field(f"f_{name}", fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _counts(buckets: list[dict[str, object]], most: int) -> dict[str, int]:
    pairs = [(str(item["key"]), int(str(item["doc_count"]))) for item in buckets]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:most])
