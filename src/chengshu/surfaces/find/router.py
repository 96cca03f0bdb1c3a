"""``/find``: questions in words, answered as JSON: hits best first, why each was hit, counts by facet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from chengshu.kernel.errors import Invalid
from chengshu.resources.knowledge.queries import KnowledgeQueries
from chengshu.resources.knowledge.readers import Reader
from chengshu.resources.knowledge.search import KnowledgeSearch
from chengshu.resources.ledger.search import FACETS, Hit, LedgerSearch, Results

SeesAll = Callable[[Request], bool]
ReaderOf = Callable[[Request], Reader]
_SHOWN = ("kind", "provider", "sharing", "theme")
_DEEPEST = 10_000  # hits one may leaf through; beyond, narrow the question
_NOT_FILTERS = frozenset({"q", "facet", "limit", "offset"})


def router(
    ledger: LedgerSearch,
    sees_all: SeesAll,
    documents: KnowledgeSearch,
    pages: KnowledgeQueries,
    reader: ReaderOf,
    today: Callable[[], date],
) -> APIRouter:
    """The routes of search. Everybody finds what is open; ``sees_all`` says who finds the rest of the
    ledger, ``reader`` what grade of documents somebody may read, ``today`` what day it is in the city.
    """
    routes = APIRouter(prefix="/find", tags=["find"])
    _add_ledger(routes, ledger, sees_all)
    _add_documents(routes, documents, pages, reader, today)
    return routes


def _add_ledger(routes: APIRouter, ledger: LedgerSearch, sees_all: SeesAll) -> None:
    @routes.get("/ledger", response_class=Response)
    def entries(
        request: Request,
        q: str = "",
        facet: Annotated[list[str] | None, Query(description="facets to count")] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0, lt=_DEEPEST)] = 0,
    ) -> Response:
        """Entries of the ledger. Any facet is a filter too: ``kind=dataset&provider=water``; values of one
        facet are alternatives. Retired entries come with ``state=retired`` only.
        """
        found = ledger.ask(
            q,
            filters=_filters(request),
            facets=tuple(facet) if facet is not None else _SHOWN,
            limit=limit,
            offset=offset,
            open_only=not sees_all(request),
        )
        return _json(_results(found))


def _add_documents(
    routes: APIRouter,
    documents: KnowledgeSearch,
    pages: KnowledgeQueries,
    reader: ReaderOf,
    today: Callable[[], date],
) -> None:
    @routes.get("/documents", response_class=Response)
    def answers(
        request: Request, q: str, day: date | None = None, limit: Annotated[int, Query(ge=1, le=50)] = 10
    ) -> Response:
        """Passages that answer, each with its clause, of the editions that hold on ``day`` (none: today);
        ``found`` is false when nothing answers.
        """
        found = documents.ask(q, reader(request), day or today(), limit=limit)
        return _json(found.as_dict())

    @routes.get("/documents/{document:path}", response_class=Response)
    def passages(
        request: Request,
        document: str,
        day: date | None = None,
        edition: Annotated[int | None, Query(ge=1)] = None,
        after: Annotated[int, Query(ge=-1)] = -1,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> Response:
        """A document passage by passage: the edition named, or the one that holds on ``day``, else today."""
        when = (day or today()) if edition is None else None
        found = pages.page(document, reader(request), day=when, edition=edition, after=after, limit=limit)
        return _json(found.as_dict())


def _json(body: Any) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")


def _filters(request: Request) -> dict[str, list[str]]:
    asked = request.query_params
    names = set(asked.keys()) - _NOT_FILTERS
    if unknown := sorted(names - {*FACETS}):
        raise Invalid(
            "find-filter", f"there is no facet {', '.join(unknown)}", remedy=f"use one of {', '.join(FACETS)}"
        )
    return {name: asked.getlist(name) for name in sorted(names)}


def _results(found: Results) -> dict[str, Any]:
    return {"total": found.total, "hits": [_hit(item) for item in found.hits], "facets": found.facets}


def _hit(hit: Hit) -> dict[str, Any]:
    item = hit.resource
    return {
        "id": item.id,
        "kind": item.kind,
        "title": item.title.as_dict(),
        "summary": item.summary.as_dict(),
        "provider": item.provider,
        "sharing": item.sharing,
        "open": item.open,
        "grade": item.grade,
        "state": item.state,
        "themes": item.themes,
        "score": round(hit.score, 4),
        "why": [{"part": match.part, "word": match.word, "how": match.how} for match in hit.why],
    }
