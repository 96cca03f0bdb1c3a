"""The promises of :class:`chengshu.ports.search.SearchIndex`."""

from __future__ import annotations

from collections.abc import Callable

from chengshu.kernel.errors import Invalid
from chengshu.ports.search import Ask, Document, Layout, SearchIndex, Term
from chengshu.ports.suites.promise import expect, expect_raises

Factory = Callable[[], SearchIndex]  # opens the same index each time, laid out as LAYOUT
LAYOUT = Layout({"head": 3.0, "body": 1.0}, ("kind", "theme"))


def _document(id_: str, head: str, body: str = "", kind: str = "dataset", themes: str = "") -> Document:
    return Document(
        id_, {"head": head.split(), "body": body.split()}, {"kind": [kind], "theme": themes.split()}
    )


_SHELF = (
    _document("a", "water level", "depth of the river", themes="water sensors"),
    _document("b", "river flow", "water and rain", themes="water"),
    _document("c", "rain", "gauges on roofs", "stream", "weather sensors"),
    _document("d", "parking", "cars", themes="traffic"),
)


def _ids(index: SearchIndex, ask: Ask) -> list[str]:
    return [id_ for id_, _ in index.search(ask).hits]


def _filled(factory: Factory) -> SearchIndex:
    index = factory()
    index.put(_SHELF)
    index.commit(7)
    return index


def check_empty(factory: Factory) -> None:
    """A new index is empty, at position 0."""
    index = factory()
    expect(index.position(), 0, "a new index stands at 0")
    expect(index.search(Ask((Term("water"),))).total, 0, "a new index finds nothing")
    index.close()


def check_weights_rank(factory: Factory) -> None:
    """A word in a heavier field ranks higher; a document without any of the words is no hit."""
    index = _filled(factory)
    expect(_ids(index, Ask((Term("water"),))), ["a", "b"], "the head weighs more than the body")
    expect(_ids(index, Ask((Term("river"), Term("rain")))), ["b", "c", "a"], "more and heavier words first")
    expect(_ids(index, Ask((Term("water", fields=("body",)),))), ["b"], "only the field named")
    index.close()


def check_everything(factory: Factory) -> None:
    """No terms: every document, by id; pages do not overlap."""
    index = _filled(factory)
    expect(_ids(index, Ask(limit=3)), ["a", "b", "c"], "the first page, by id")
    expect(_ids(index, Ask(limit=3, offset=3)), ["d"], "the second page")
    expect(index.search(Ask(limit=1)).total, 4, "the total counts all pages")
    index.close()


def check_alternatives(factory: Factory) -> None:
    """An alternative stands in for the word, with less weight."""
    index = _filled(factory)
    found = index.search(Ask((Term("precipitation", (("rain", 0.8),)),)))
    expect(sorted(id_ for id_, _ in found.hits), ["b", "c"], "a synonym finds what the word would")
    full = dict(index.search(Ask((Term("rain"),))).hits)
    expect(all(score < full[id_] for id_, score in found.hits), True, "a synonym weighs less than the word")
    index.close()


def check_edits_and_prefixes(factory: Factory) -> None:
    """A letter may differ where the question allows it; a word may go on where it allows that."""
    index = _filled(factory)
    expect(_ids(index, Ask((Term("parkng"),))), [], "no typo unless allowed")
    expect(_ids(index, Ask((Term("parkng", edits=1),))), ["d"], "one letter may be missing")
    expect(_ids(index, Ask((Term("gaug", prefix=True),))), ["c"], "a beginning finds the word")
    index.close()


def check_needed(factory: Factory) -> None:
    """A needed term is in every hit."""
    index = _filled(factory)
    terms = (Term("rain"), Term("water", needed=True))
    expect(sorted(_ids(index, Ask(terms))), ["a", "b"], "hits without the needed word are left out")
    index.close()


def check_unwanted(factory: Factory) -> None:
    """What has all terms of an unwanted group is left out of hits and counts."""
    index = _filled(factory)
    flow = Ask((Term("water"),), facets=("theme",), unwanted=((Term("river"), Term("flow")),))
    expect(_ids(index, flow), ["a"], "only what has both words is left out")
    expect(index.search(flow).facets["theme"], {"sensors": 1, "water": 1}, "nor is it counted")
    alone = Ask(unwanted=((Term("rain"),), (Term("cars", fields=("body",)),)))
    expect(_ids(index, alone), ["a"], "without other terms: everything but")
    index.close()


def check_filters_and_facets(factory: Factory) -> None:
    """Filters are exact; values of one facet are alternatives, facets add up; counts follow the filters."""
    index = _filled(factory)
    expect(_ids(index, Ask(filters={"kind": ["stream"]})), ["c"], "one facet")
    expect(_ids(index, Ask(filters={"theme": ["water", "traffic"]})), ["a", "b", "d"], "any of the values")
    both = Ask(filters={"theme": ["sensors"], "kind": ["dataset"]})
    expect(_ids(index, both), ["a"], "both facets")
    expect(_ids(index, Ask(without={"theme": ["sensors", "traffic"]})), ["b"], "values no hit may have")
    rain = Ask((Term("rain"),), {"kind": ["dataset", "stream"]}, without={"kind": ["stream"]})
    expect(_ids(index, rain), ["b"], "what is left out is left out, filter or not")
    found = index.search(Ask((Term("water"), Term("rain")), facets=("kind", "theme")))
    expect(dict(found.facets["kind"]), {"dataset": 2, "stream": 1}, "counts of the hits by kind")
    wanted = [("sensors", 2), ("water", 2), ("weather", 1)]
    expect(list(found.facets["theme"].items()), wanted, "most first, then by value")
    index.close()


def check_facets_count_what_is_hit(factory: Factory) -> None:
    """Counts are of the hits, whatever made them hits: stand-ins, slips, beginnings, needed words."""
    index = _filled(factory)
    ways = (
        Term("precipitation", (("rain", 0.5),)),
        Term("parkng", edits=1),
        Term("riv", prefix=True, fields=("body",)),
    )
    for terms in (ways, (*ways, Term("water", needed=True)), (Term("nobody"),)):
        found = index.search(Ask(terms, facets=("kind",)))
        expect(sum(found.facets["kind"].values()), found.total, "each hit is counted once")
    index.close()


def check_replaces_and_removes(factory: Factory) -> None:
    """A document put again replaces the earlier one; a removed one is gone."""
    index = _filled(factory)
    index.put([_document("d", "charging")])
    index.remove(["a", "nobody"])
    index.commit(8)
    expect(_ids(index, Ask((Term("parking"),))), [], "the old text is gone")
    expect(_ids(index, Ask((Term("charging"),))), ["d"], "the new text is found")
    expect(index.search(Ask()).total, 3, "one was removed, none doubled")
    index.put([_document("d", "parking"), _document("d", "charging")])
    index.commit(9)
    expect(index.search(Ask()).total, 3, "twice in one batch is still one document")
    index.close()


def check_survives(factory: Factory) -> None:
    """What was committed is there after a restart, with its position; what was not is gone."""
    index = _filled(factory)
    index.put([_document("e", "tide")])
    index.close()
    again = factory()
    expect(again.position(), 7, "the position of the last commit")
    expect(again.search(Ask()).total, 4, "what was committed, no more")
    again.close()


def check_unknown_names(factory: Factory) -> None:
    """A field or facet that does not exist is refused."""
    index = _filled(factory)
    expect_raises(Invalid, lambda: index.search(Ask((Term("x", fields=("tail",)),))), "an unknown field")
    expect_raises(Invalid, lambda: index.search(Ask(facets=("colour",))), "an unknown facet")
    expect_raises(Invalid, lambda: index.search(Ask(filters={"colour": ["red"]})), "an unknown filter")
    expect_raises(Invalid, lambda: index.search(Ask(without={"colour": ["red"]})), "an unknown exclusion")
    index.close()


def check_any_text(factory: Factory) -> None:
    """Tokens of any script and any sign are words like others, never syntax."""
    index = factory()
    words = ["水位", "a-b", "AND", "NOT", '"', "*", "field:x", "(", "é", "𠮷"]
    index.put([Document(str(n), {"head": [word], "body": []}, {}) for n, word in enumerate(words)])
    index.commit(1)
    for n, word in enumerate(words):
        expect(_ids(index, Ask((Term(word),))), [str(n)], f"the word {word!r} finds itself alone")
    index.close()


SEARCH_CHECKS = (
    check_empty,
    check_weights_rank,
    check_everything,
    check_alternatives,
    check_edits_and_prefixes,
    check_needed,
    check_unwanted,
    check_filters_and_facets,
    check_facets_count_what_is_hit,
    check_replaces_and_removes,
    check_survives,
    check_unknown_names,
    check_any_text,
)
