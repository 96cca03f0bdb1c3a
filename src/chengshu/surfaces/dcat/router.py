"""``/dcat``: the catalogue as DCAT-AP 3.0.1 in Turtle, JSON-LD and RDF/XML, a page at a time."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from rdflib import RDF, Literal, Namespace, URIRef

from chengshu.foundation.city import City
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.surfaces.dcat.graph import CatalogGraph

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
_FORMATS = {
    "ttl": ("turtle", "text/turtle; charset=utf-8"),
    "jsonld": ("json-ld", "application/ld+json"),
    "rdf": ("pretty-xml", "application/rdf+xml"),
}
_PAGE = 200
_TITLE = Text("Data ledger of {city}", "{city}数据一本账", "{city}數據一本賬")
SeesAll = Callable[[Request], bool]


def router(queries: LedgerQueries, city: City, clock: Clock, sees_all: SeesAll) -> APIRouter:
    """The routes of the DCAT surface. Everybody sees open entries; ``sees_all`` says who sees the others."""
    routes = APIRouter(prefix="/dcat", tags=["dcat"])

    @routes.get("/catalog.{form}", response_class=Response)
    def catalog(request: Request, form: str, after: str = "") -> Response:
        """A page of the catalogue, entries ordered by id; ``hydra:next`` leads to the page after it."""
        style = _style(form)
        writing = _writing(request, city, clock)
        found = queries.page(after=after, limit=_PAGE)
        writing.add(item for item in found if _shown(item, sees_all(request)))
        if len(found) == _PAGE:
            here, there = (
                URIRef(f"{writing.base}/dcat/catalog.{form}?after={at}") for at in (after, found[-1].id)
            )
            writing.graph.add((here, RDF.type, HYDRA.PartialCollectionView))
            writing.graph.add((here, HYDRA.next, there))
            writing.graph.add((here, HYDRA.itemsPerPage, Literal(_PAGE)))
        return Response(writing.graph.serialize(format=style[0], encoding="utf-8"), media_type=style[1])

    @routes.get("/dataset/{id_:path}.{form}", response_class=Response)
    def dataset(request: Request, id_: str, form: str) -> Response:
        """One entry, in the catalogue it stands in."""
        style = _style(form)
        item = queries.get(id_)
        if item.state == "retired" or not _shown(item, sees_all(request)):
            raise Missing("resource-missing", f"the catalogue has no entry {id_}")
        writing = _writing(request, city, clock)
        writing.add([item])
        return Response(writing.graph.serialize(format=style[0], encoding="utf-8"), media_type=style[1])

    return routes


def _style(form: str) -> tuple[str, str]:
    if form not in _FORMATS:
        raise Invalid("dcat-form", f"there is no form {form!r}", remedy=f"use one of {', '.join(_FORMATS)}")
    return _FORMATS[form]


def _writing(request: Request, city: City, clock: Clock) -> CatalogGraph:
    now = clock.now()
    name = {language: city.name.say(language) for language in ("en", "zh-Hans", "zh-Hant")}
    title = Text(
        _TITLE.en.format(city=name["en"]),
        _TITLE.zh_hans.format(city=name["zh-Hans"]),
        _TITLE.zh_hant.format(city=name["zh-Hant"]),
    )
    return CatalogGraph(str(request.base_url), title, city.name, issued=now, modified=now)


def _shown(item: Resource, all_of_them: bool) -> bool:
    return item.open or all_of_them
