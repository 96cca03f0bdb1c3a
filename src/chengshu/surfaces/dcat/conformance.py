"""Our export against the shapes of DCAT-AP: no violation as it is, and one at least after each mutilation.

Each mutation is a mistake that real catalogues make. A shape file that lets one pass would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from rdflib import DCAT, DCTERMS, FOAF, RDF, SH, SKOS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from chengshu.kernel.errors import Unavailable
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Distribution, Resource
from chengshu.surfaces.dcat.graph import AUTHORITY, CatalogGraph

SHAPES = (
    "shapes.ttl",
    "range.ttl",
    "shapes_recommended.ttl",
    "deprecateduris.ttl",
    "mdr-vocabularies.shape.ttl",
)
Mutation = Callable[[Graph], object]


@dataclass(frozen=True, slots=True)
class Report:
    """How many graphs were judged rightly, and the names of those that were not."""

    suite: str
    passed: int
    failed: int
    total: int
    failing: tuple[str, ...]


def run(path: Path) -> Report:
    """Judge our example catalogue, and each mutation of it, by the shapes in ``path``.

    Raises :class:`Unavailable` without the validator (pyshacl, of the tools for tests).
    """
    shapes = read_shapes(path)
    failing = ["the export itself"] if violations(example(), shapes) else []
    for name, mutate in MUTATIONS.items():
        graph = example()
        mutate(graph)
        if not violations(graph, shapes):
            failing.append(name)
    total = 1 + len(MUTATIONS)
    return Report("DCAT-AP 3.0.1", total - len(failing), len(failing), total, tuple(failing))


def read_shapes(path: Path) -> Graph:
    """The shapes in a folder, or in its folder ``shacl-3.0.1``; those that fetch others are left out.

    Our supplement comes with them: what the profile's text asks and the shapes let pass.
    """
    folder = path / "shacl-3.0.1" if (path / "shacl-3.0.1").is_dir() else path
    graph = Graph()
    for name in SHAPES:
        graph.parse(folder / name)
    graph.parse(data=files(__package__).joinpath("supplement.ttl").read_text("utf-8"), format="turtle")
    return graph


def violations(graph: Graph, shapes: Graph) -> list[str]:
    """The violations of a graph (warnings are left out), as focus and message."""
    try:
        from pyshacl import validate
    except ImportError:
        raise Unavailable(
            "shacl-missing", "the SHACL validator is not installed", remedy="pip install pyshacl, or make dev"
        ) from None
    _, found, _ = validate(graph, shacl_graph=shapes, inference=None, advanced=True, inplace=False)
    results: Any = found
    # only what the report itself names: the parts of a warning are results too
    told = [
        node
        for node in results.objects(None, SH.result)
        if results.value(node, SH.resultSeverity) == SH.Violation
    ]
    return [f"{results.value(node, SH.focusNode)}: {results.value(node, SH.resultMessage)}" for node in told]


def example() -> Graph:
    """A small catalogue with everything an entry can say."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    writing = CatalogGraph(
        "http://hub.example",
        Text("Ledger", "一本账", "一本賬"),
        Text("Bureau", "数据局", "數據局"),
        issued=moment,
        modified=moment,
    )
    full = Resource(
        "urn:chengshu:resource:full",
        "dataset",
        Text("Rain", "雨量", "雨量"),
        summary=Text("Rain of a day", "日雨量", "日雨量"),
        provider="water",
        contact="rain@water.example",
        keywords=("rain",),
        themes=("weather",),
        update_cycle="P1D",
        published_on="2026-01-01",
        updated_on="2026-01-02T03:04:05Z",
        bbox=(113.0, 22.0, 114.0, 23.0),
        temporal=("2020-01-01", "2025-12-31"),
        licence="CC BY 4.0",
        distributions=(Distribution("http://data.example/rain.csv", format="csv", size=12),),
        version=3,
    )
    service = Resource(
        "urn:chengshu:resource:service",
        "api",
        Text("Rain API"),
        distributions=(Distribution("http://data.example/api"),),
    )
    writing.add([full, service, Resource("urn:chengshu:resource:bare", "dataset", Text("Bare"))])
    return writing.graph


def _first(graph: Graph, kind: URIRef) -> Node:
    """The fullest thing of a class."""
    return max(
        graph.subjects(RDF.type, kind), key=lambda node: (len(list(graph.predicate_objects(node))), str(node))
    )


def drop(kind: URIRef, name: URIRef) -> Mutation:
    """Leave a property out."""
    return lambda graph: graph.remove((_first(graph, kind), name, None))


def put(kind: URIRef, name: URIRef, *values: Node) -> Mutation:
    """Say something else."""

    def mutate(graph: Graph) -> None:
        about = _first(graph, kind)
        graph.remove((about, name, None))
        for value in values:
            graph.add((about, name, value))

    return mutate


def also(kind: URIRef, name: URIRef, *values: Node) -> Mutation:
    """Say one thing more."""

    def mutate(graph: Graph) -> None:
        about = _first(graph, kind)
        for value in values:
            graph.add((about, name, value))

    return mutate


def instead(kind: URIRef, name: URIRef, other: URIRef) -> Mutation:
    """Point at a thing of another class."""

    def mutate(graph: Graph) -> None:
        about, node = _first(graph, kind), BNode()
        graph.remove((about, name, None))
        graph.add((about, name, node))
        graph.add((node, RDF.type, other))

    return mutate


def unclass(kind: URIRef) -> Mutation:
    """Forget what something is."""
    return lambda graph: graph.remove((_first(graph, kind), RDF.type, kind))


_A, _B = URIRef("http://a.example/"), URIRef("http://b.example/")
_TWO_DATES = (Literal("2026-01-01", datatype=XSD.date), Literal("2026-01-02", datatype=XSD.date))
_VCARD, _ADMS = Namespace("http://www.w3.org/2006/vcard/ns#"), Namespace("http://www.w3.org/ns/adms#")
_CSV = URIRef(f"{AUTHORITY}/file-type/CSV")
_CATALOG, _DATASET, _WAY, _SERVICE = DCAT.Catalog, DCAT.Dataset, DCAT.Distribution, DCAT.DataService
MUTATIONS: dict[str, Mutation] = {
    "catalogue without title": drop(_CATALOG, DCTERMS.title),
    "catalogue without description": drop(_CATALOG, DCTERMS.description),
    "catalogue without publisher": drop(_CATALOG, DCTERMS.publisher),
    "catalogue title that is an address": put(_CATALOG, DCTERMS.title, _A),
    "catalogue publisher that is a word": put(_CATALOG, DCTERMS.publisher, Literal("water")),
    "catalogue publisher of no class": put(_CATALOG, DCTERMS.publisher, _A),
    "catalogue with two publishers": also(_CATALOG, DCTERMS.publisher, _A),
    "catalogue with a word for a dataset": also(_CATALOG, DCAT.dataset, Literal("rain")),
    "catalogue with a dataset of no class": also(_CATALOG, DCAT.dataset, _A),
    "catalogue issued twice": put(_CATALOG, DCTERMS.issued, *_TWO_DATES),
    "catalogue modified on a word": put(_CATALOG, DCTERMS.modified, Literal("yesterday")),
    "catalogue language that is a word": put(_CATALOG, DCTERMS.language, Literal("zh")),
    "catalogue homepage of no class": put(_CATALOG, FOAF.homepage, _A),
    "dataset without title": drop(_DATASET, DCTERMS.title),
    "dataset without description": drop(_DATASET, DCTERMS.description),
    "dataset title that is an address": put(_DATASET, DCTERMS.title, _A),
    "dataset description that is an address": put(_DATASET, DCTERMS.description, _A),
    "dataset keyword that is an address": put(_DATASET, DCAT.keyword, _A),
    "dataset theme that is a word": put(_DATASET, DCAT.theme, Literal("weather")),
    "dataset theme of no class": put(_DATASET, DCAT.theme, _A),
    "dataset with two publishers": also(_DATASET, DCTERMS.publisher, _A),
    "dataset publisher that is a word": put(_DATASET, DCTERMS.publisher, Literal("water")),
    "dataset contact that is a word": put(_DATASET, DCAT.contactPoint, Literal("call us")),
    "dataset issued twice": put(_DATASET, DCTERMS.issued, *_TWO_DATES),
    "dataset modified twice": put(_DATASET, DCTERMS.modified, *_TWO_DATES),
    "dataset frequency that is a word": put(_DATASET, DCTERMS.accrualPeriodicity, Literal("daily")),
    "dataset with two frequencies": also(_DATASET, DCTERMS.accrualPeriodicity, _A),
    "dataset place that is a word": put(_DATASET, DCTERMS.spatial, Literal("the city")),
    "dataset period that is a word": put(_DATASET, DCTERMS.temporal, Literal("2020")),
    "dataset with two access rights": also(_DATASET, DCTERMS.accessRights, _A),
    "dataset access rights that are a word": put(_DATASET, DCTERMS.accessRights, Literal("public")),
    "dataset distribution that is a word": put(_DATASET, DCAT.distribution, Literal("file")),
    "dataset distribution of no class": put(_DATASET, DCAT.distribution, _A),
    "dataset page of no class": put(_DATASET, DCAT.landingPage, _A),
    "dataset with two versions": also(_DATASET, URIRef(f"{DCAT}version"), Literal("4")),
    "distribution without address": drop(_WAY, DCAT.accessURL),
    "distribution address that is a word": put(_WAY, DCAT.accessURL, Literal("http://data.example")),
    "distribution with two formats": also(_WAY, DCTERMS.format, _A),
    "distribution format that is a word": put(_WAY, DCTERMS.format, Literal("CSV")),
    "distribution media type that is a word": put(_WAY, DCAT.mediaType, Literal("text/csv")),
    "distribution with two licences": also(_WAY, DCTERMS.license, _A),
    "distribution licence that is a word": put(_WAY, DCTERMS.license, Literal("free")),
    "distribution size in words": put(_WAY, DCAT.byteSize, Literal("12 bytes")),
    "distribution size below zero": put(_WAY, DCAT.byteSize, Literal("-1", datatype=XSD.nonNegativeInteger)),
    "service without title": drop(_SERVICE, DCTERMS.title),
    "service without endpoint": drop(_SERVICE, DCAT.endpointURL),
    "service endpoint that is a word": put(_SERVICE, DCAT.endpointURL, Literal("http://data.example")),
    "agent without name": drop(FOAF.Agent, FOAF.name),
    "agent forgotten to be one": unclass(FOAF.Agent),
    "concept without label": drop(SKOS.Concept, SKOS.prefLabel),
    "theme table without title": drop(SKOS.ConceptScheme, DCTERMS.title),
    "place with two boxes": also(DCTERMS.Location, DCAT.bbox, Literal("POLYGON((0 0, 1 0, 1 1, 0 0))")),
    "place with a node for a box": put(DCTERMS.Location, DCAT.bbox, BNode()),
    "period with two ends": also(
        DCTERMS.PeriodOfTime, DCAT.endDate, Literal("2030-01-01", datatype=XSD.date)
    ),
    "catalogue with two licences": put(_CATALOG, DCTERMS.license, _A, _B),
    "catalogue with two homepages": also(_CATALOG, FOAF.homepage, _A),
    "catalogue that has a word for a part": also(_CATALOG, DCTERMS.hasPart, Literal("x")),
    "catalogue with a word for a service": also(_CATALOG, DCAT.service, Literal("x")),
    "catalogue with a word for a record": also(_CATALOG, DCAT.record, Literal("x")),
    "catalogue themes that are a word": put(_CATALOG, DCAT.themeTaxonomy, Literal("x")),
    "catalogue of a time in words": put(_CATALOG, DCTERMS.temporal, Literal("always")),
    "catalogue title said twice in one language": also(_CATALOG, DCTERMS.title, Literal("Other", lang="en")),
    "catalogue forgotten to be one": unclass(_CATALOG),
    "dataset forgotten to be one": unclass(_DATASET),
    "dataset issued on a word": put(_DATASET, DCTERMS.issued, Literal("May")),
    "dataset issued in a number": put(_DATASET, DCTERMS.issued, Literal(2026)),
    "dataset modified at an address": put(_DATASET, DCTERMS.modified, _A),
    "dataset title said twice in one language": also(_DATASET, DCTERMS.title, Literal("Other", lang="en")),
    "dataset version that is a word": put(_DATASET, URIRef(f"{DCAT}hasVersion"), Literal("2")),
    "dataset standard that is a word": put(_DATASET, DCTERMS.conformsTo, Literal("ISO 19115")),
    "dataset provenance that is a word": put(_DATASET, DCTERMS.provenance, Literal("gauges")),
    "dataset identifier that is an address": put(_DATASET, DCTERMS.identifier, _A),
    "dataset sample that is a word": put(_DATASET, _ADMS.sample, Literal("x")),
    "dataset resolution in words": put(_DATASET, DCAT.spatialResolutionInMeters, Literal("ten")),
    "dataset access rights of another list": put(_DATASET, DCTERMS.accessRights, _CSV),
    "dataset frequency of another list": put(_DATASET, DCTERMS.accrualPeriodicity, _CSV),
    "dataset place that is an agent": instead(_DATASET, DCTERMS.spatial, FOAF.Agent),
    "dataset period that is an agent": instead(_DATASET, DCTERMS.temporal, FOAF.Agent),
    "dataset contact that is a page": instead(_DATASET, DCAT.contactPoint, FOAF.Document),
    "distribution forgotten to be one": unclass(_WAY),
    "distribution address without a name": put(_WAY, DCAT.accessURL, BNode()),
    "distribution download that is a word": put(_WAY, DCAT.downloadURL, Literal("http://data.example")),
    "distribution with two sizes": put(_WAY, DCAT.byteSize, *(Literal(n) for n in (1, 2))),
    "distribution rights that are a word": put(_WAY, DCTERMS.rights, Literal("mine")),
    "distribution status that is a word": put(_WAY, _ADMS.status, Literal("done")),
    "distribution format that is an agent": instead(_WAY, DCTERMS.format, FOAF.Agent),
    "distribution language that is a word": put(_WAY, DCTERMS.language, Literal("zh")),
    "service with two licences": put(_SERVICE, DCTERMS.license, _A, _B),
    "service that serves a word": put(_SERVICE, DCAT.servesDataset, Literal("rain")),
    "service contact that is a word": put(_SERVICE, DCAT.contactPoint, Literal("call us")),
    "agent with an address for a name": put(FOAF.Agent, FOAF.name, _A),
    "contact whose mail is a word": put(_VCARD.Kind, _VCARD.hasEmail, Literal("a@b.example")),
    "concept with an address for a label": put(SKOS.Concept, SKOS.prefLabel, _A),
    "period that begins on a word": put(DCTERMS.PeriodOfTime, DCAT.startDate, Literal("then")),
    "period with two beginnings": put(DCTERMS.PeriodOfTime, DCAT.startDate, *_TWO_DATES),
    "place with two middles": also(DCTERMS.Location, DCAT.centroid, Literal("POINT(0 0)")),
    "rights forgotten to be some": unclass(DCTERMS.RightsStatement),
    "licence forgotten to be one": unclass(DCTERMS.LicenseDocument),
    "language forgotten to be one": unclass(DCTERMS.LinguisticSystem),
}
