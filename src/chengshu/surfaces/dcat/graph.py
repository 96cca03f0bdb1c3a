"""Entries of the ledger as DCAT-AP 3.0.1, every thing with its class and every code with its scheme.

The application profile asks for a class on whatever a property points at, and for the Publications Office's
code lists; both are written out, so that the graph can be checked without fetching anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import quote

from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Distribution, Resource

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_VERSION = URIRef(f"{DCAT}version")  # of DCAT 3, newer than the vocabulary file of the library
AUTHORITY = "http://publications.europa.eu/resource/authority"
IANA = "https://www.iana.org/assignments/media-types/"
_UNPRINTABLE = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FREQUENCIES = (  # the longest update cycle, in hours, that still counts as this frequency
    (0.1, "CONT"),
    (1.5, "HOURLY"),
    (36, "DAILY"),
    (24 * 9, "WEEKLY"),
    (24 * 20, "BIWEEKLY"),
    (24 * 45, "MONTHLY"),
    (24 * 120, "QUARTERLY"),
    (24 * 250, "ANNUAL_2"),
    (24 * 500, "ANNUAL"),
)
_DURATION = re.compile(
    r"P(?:\d{1,9}(?:\.\d{1,9})?[YMWD]){0,4}(?:T(?:\d{1,9}(?:\.\d{1,9})?[HMS]){1,3})?", re.ASCII
)
_HOURS = {"Y": 8766.0, "M": 730.5, "W": 168.0, "D": 24.0}
_FORMATS = {
    "csv": ("CSV", "text/csv"),
    "json": ("JSON", "application/json"),
    "jsonl": ("JSON", "application/x-ndjson"),
    "geojson": ("GEOJSON", "application/geo+json"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "xls": ("XLS", "application/vnd.ms-excel"),
    "parquet": ("PARQUET", "application/vnd.apache.parquet"),
    "xml": ("XML", "application/xml"),
    "pdf": ("PDF", "application/pdf"),
    "html": ("HTML", "text/html"),
    "zip": ("ZIP", "application/zip"),
    "txt": ("TXT", "text/plain"),
}
_ACCESS = {"unconditional": "PUBLIC", "conditional": "RESTRICTED", "none": "NON_PUBLIC"}
_LANGUAGES = (("en", "ENG"), ("zh-Hans", "ZHO"), ("zh-Hant", "ZHO"))
_SERVICES = ("api", "service")


class CatalogGraph:
    """A catalogue being written. ``base`` is the hub's own address."""

    def __init__(
        self, base: str, title: Text, publisher: Text, *, issued: datetime, modified: datetime
    ) -> None:
        self.base = base.rstrip("/")
        self.graph = Graph()
        for prefix, space in (
            ("dcat", DCAT),
            ("dct", DCTERMS),
            ("foaf", FOAF),
            ("skos", SKOS),
            ("vcard", VCARD),
        ):
            self.graph.bind(prefix, space)
        self.catalog = URIRef(f"{self.base}/dcat/catalog")
        self._class(self.catalog, DCAT.Catalog)
        self._words(self.catalog, DCTERMS.title, title)
        self._words(self.catalog, DCTERMS.description, title)
        self._add(self.catalog, DCTERMS.publisher, self._agent(publisher))
        self._add(self.catalog, DCTERMS.issued, _moment(issued.isoformat()))
        self._add(self.catalog, DCTERMS.modified, _moment(modified.isoformat()))
        home = URIRef(f"{self.base}/ledger")
        self._class(home, FOAF.Document)
        self._add(self.catalog, FOAF.homepage, home)
        self._themes = URIRef(f"{self.base}/dcat/themes")
        self._class(self._themes, SKOS.ConceptScheme)
        self._words(self._themes, DCTERMS.title, Text("Themes", "主题", "主題"))
        self._add(self.catalog, DCAT.themeTaxonomy, self._themes)
        for _, code in dict.fromkeys(_LANGUAGES):
            self._add(self.catalog, DCTERMS.language, self._code("language", code, DCTERMS.LinguisticSystem))

    def add(self, resources: Iterable[Resource]) -> None:
        """Write entries: services as data services, all else as datasets; retired ones are left out."""
        for item in resources:
            if item.state != "retired":
                self._resource(item)

    def _resource(self, item: Resource) -> None:
        about = _address(item.id, self.base)
        service = item.kind in _SERVICES
        self._class(about, DCAT.DataService if service else DCAT.Dataset)
        self._add(self.catalog, DCAT.service if service else DCAT.dataset, about)
        title = item.title if _said(item.title) else Text.of(item.id)
        self._words(about, DCTERMS.title, title)
        self._words(about, DCTERMS.description, item.summary if _said(item.summary) else title)
        self._add(about, DCTERMS.identifier, Literal(item.id))
        for word in item.keywords:
            self._add(about, DCAT.keyword, Literal(_printable(word)))
        for theme in item.themes:
            self._add(about, DCAT.theme, self._theme(theme))
        if item.provider:
            self._add(about, DCTERMS.publisher, self._agent(Text.of(item.provider)))
        if item.contact:
            self._add(about, DCAT.contactPoint, self._contact(item.contact))
        self._add(about, DCTERMS.accessRights, self._rights(item))
        if service:
            for way in item.distributions:
                self._add(about, DCAT.endpointURL, self._resource_at(way.url))
            if not item.distributions:
                self._add(about, DCAT.endpointURL, self._resource_at(about))
            if item.licence:
                self._add(about, DCTERMS.license, self._licence(item.licence))
            return
        self._dataset(about, item)

    def _dataset(self, about: URIRef, item: Resource) -> None:
        for name, value in ((DCTERMS.issued, item.published_on), (DCTERMS.modified, item.updated_on)):
            if (moment := _moment(value)) is not None:
                self._add(about, name, moment)
        if (frequency := _frequency(item.update_cycle)) is not None:
            self._add(
                about, DCTERMS.accrualPeriodicity, self._code("frequency", frequency, DCTERMS.Frequency)
            )
        if item.bbox is not None:
            self._add(about, DCTERMS.spatial, self._place(item.bbox))
        if item.temporal is not None:
            self._add(about, DCTERMS.temporal, self._period(*item.temporal))
        self._add(about, _VERSION, Literal(str(item.version)))
        page = URIRef(page_of(self.base, item.id))
        self._class(page, FOAF.Document)
        self._add(about, DCAT.landingPage, page)
        for number, way in enumerate(item.distributions):
            self._add(about, DCAT.distribution, self._distribution(about, number, way, item))

    def _distribution(self, about: URIRef, number: int, way: Distribution, item: Resource) -> URIRef:
        node = URIRef(f"{about}#distribution-{number + 1}")
        self._class(node, DCAT.Distribution)
        # a place only the hub reaches is no address for others: they are sent to the entry's page
        url = page_of(self.base, item.id) if way.local else way.url
        self._add(node, DCAT.accessURL, self._resource_at(url))
        if _said(way.title):
            self._words(node, DCTERMS.title, way.title)
        if way.size > 0:
            self._add(node, DCAT.byteSize, Literal(way.size, datatype=XSD.nonNegativeInteger))
        file_type, media = _FORMATS.get(way.format.lower(), ("", ""))
        if file_type:
            self._add(node, DCTERMS.format, self._code("file-type", file_type, DCTERMS.MediaTypeOrExtent))
        if media := way.media_type or media:
            kind = URIRef(IANA + quote(media, safe="/+.-"))
            self._class(kind, DCTERMS.MediaType)
            self._add(node, DCAT.mediaType, kind)
        if item.licence:
            self._add(node, DCTERMS.license, self._licence(item.licence))
        return node

    def _rights(self, item: Resource) -> URIRef:
        return self._code("access-right", _ACCESS[item.sharing], DCTERMS.RightsStatement)

    def _licence(self, text: str) -> URIRef:
        node = URIRef(text) if _is_web(text) else URIRef(f"{self.base}/dcat/licence/{quote(text, safe='')}")
        self._class(node, DCTERMS.LicenseDocument)
        self._add(node, RDFS.label, Literal(_printable(text)))
        return node

    def _agent(self, name: Text) -> URIRef:
        node = URIRef(f"{self.base}/dcat/agent/{quote(name.say('en'), safe='')}")
        self._class(node, FOAF.Agent)
        self._words(node, FOAF.name, name)
        return node

    def _contact(self, text: str) -> Node:
        node = BNode()
        self._class(node, VCARD.Kind)
        self._add(node, VCARD.fn, Literal(_printable(text)))
        if "@" in text and " " not in text:
            self._add(node, VCARD.hasEmail, URIRef(f"mailto:{quote(text, safe='@')}"))
        return node

    def _theme(self, word: str) -> URIRef:
        node = URIRef(f"{self.base}/dcat/theme/{quote(word, safe='')}")
        self._class(node, SKOS.Concept)
        self._add(node, SKOS.prefLabel, Literal(_printable(word)))
        self._add(node, SKOS.inScheme, self._themes)
        return node

    def _place(self, box: tuple[float, float, float, float]) -> Node:
        west, south, east, north = box
        ring = ", ".join(
            f"{x:g} {y:g}"
            for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))
        )
        node = BNode()
        self._class(node, DCTERMS.Location)
        wkt = URIRef("http://www.opengis.net/ont/geosparql#wktLiteral")
        self._add(node, DCAT.bbox, Literal(f"POLYGON(({ring}))", datatype=wkt))
        middle = f"POINT({(west + east) / 2:g} {(south + north) / 2:g})"
        self._add(node, DCAT.centroid, Literal(middle, datatype=wkt))
        return node

    def _period(self, start: str, end: str) -> Node:
        node = BNode()
        self._class(node, DCTERMS.PeriodOfTime)
        for name, value in ((DCAT.startDate, start), (DCAT.endDate, end)):
            if (moment := _moment(value)) is not None:
                self._add(node, name, moment)
        return node

    def _code(self, table: str, code: str, kind: URIRef) -> URIRef:
        node, scheme = URIRef(f"{AUTHORITY}/{table}/{code}"), URIRef(f"{AUTHORITY}/{table}")
        self._class(node, kind)
        self._add(node, SKOS.inScheme, scheme)
        return node

    def _resource_at(self, url: str) -> URIRef:
        node = URIRef(_clean(url) if _is_web(url) else f"{self.base}/{quote(url.lstrip('/'), safe='/')}")
        self._class(node, RDFS.Resource)
        return node

    def _words(self, about: Node, name: URIRef, text: Text) -> None:
        for language, said in (("en", text.en), ("zh-Hans", text.zh_hans), ("zh-Hant", text.zh_hant)):
            if said:
                self._add(about, name, Literal(_printable(said), lang=language))

    def _class(self, about: Node, kind: URIRef) -> None:
        self.graph.add((about, RDF.type, kind))

    def _add(self, about: Node, name: URIRef, value: Node | None) -> None:
        if value is not None:
            self.graph.add((about, name, value))


def page_of(base: str, id_: str) -> str:
    """The address of an entry's page."""
    return f"{base.rstrip('/')}/ledger/{quote(id_, safe='')}"


def _address(id_: str, base: str) -> URIRef:
    return URIRef(_clean(id_)) if _is_web(id_) or id_.startswith("urn:") else URIRef(page_of(base, id_))


def _is_web(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _clean(url: str) -> str:
    """The address with whatever may not stand in an IRI escaped."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")


def _printable(text: str) -> str:
    """The text without signs that XML 1.0 cannot carry."""
    return _UNPRINTABLE.sub("", text)


def _said(text: Text) -> bool:
    return bool(text.en or text.zh_hans or text.zh_hant)


def _moment(text: str) -> Literal | None:
    """A date or a time as a typed literal; None for what is neither."""
    try:
        if len(text) == 10:
            return Literal(date.fromisoformat(text), datatype=XSD.date)
        return Literal(datetime.fromisoformat(text), datatype=XSD.dateTime)
    except ValueError:
        return None


def _frequency(cycle: str) -> str | None:
    """The EU frequency nearest above an ISO 8601 duration such as ``P1D``."""
    if not _DURATION.fullmatch(cycle):
        return None
    hours, number, in_time = 0.0, "", False
    for sign in cycle.removeprefix("P"):
        if sign == "T":
            in_time = True
        elif sign.isdigit() or sign == ".":
            number += sign
        else:
            size = {"H": 1.0, "M": 1 / 60, "S": 1 / 3600}.get(sign, 0.0) if in_time else _HOURS.get(sign, 0.0)
            hours += float(number or 0) * size
            number = ""
    return next((code for limit, code in _FREQUENCIES if hours <= limit), "IRREG")
