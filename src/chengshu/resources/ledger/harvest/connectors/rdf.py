"""DCAT documents in Turtle, RDF/XML and JSON-LD → entries. Nothing that a document names is fetched."""

from __future__ import annotations

import json
from typing import Any
from xml.sax import SAXException

from lxml import etree
from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, Graph, Literal, URIRef
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import Node

from chengshu.kernel.texts import Text
from chengshu.resources.ledger.model import Distribution, Resource

_NEXT = URIRef("http://www.w3.org/ns/hydra/core#next")
_MOST = 64 * 1024 * 1024
_CONTEXT = {  # for documents whose @context lies elsewhere: prefixes everybody uses
    "dcat": str(DCAT),
    "dct": str(DCTERMS),
    "dcterms": str(DCTERMS),
    "foaf": str(FOAF),
    "skos": str(SKOS),
    "rdfs": str(RDFS),
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
_LANGUAGES = {
    "en": "en",
    "zh": "zh-Hans",
    "zh-hans": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-hant": "zh-Hant",
    "zh-tw": "zh-Hant",
}


def datasets_of(body: bytes, media_type: str, base: str = "") -> tuple[list[tuple[str, Resource]], str]:
    """(native id, entry) for every dataset and service, by id; and the address of the next page, or "".

    ``base``: what relative addresses in it are relative to. Raises ValueError for what is no RDF.
    """
    if len(body) > _MOST:
        raise ValueError(f"over {_MOST:,} bytes")
    graph = _parse(body, media_type, base)
    found = [
        (str(node), _resource(graph, node, service))
        for service, kind in ((False, DCAT.Dataset), (True, DCAT.DataService))
        for node in graph.subjects(RDF.type, kind)
        if isinstance(node, URIRef)
    ]
    following = next(graph.objects(None, _NEXT), None)
    return sorted(found, key=lambda pair: pair[0]), str(following) if following is not None else ""


def _parse(body: bytes, media_type: str, base: str) -> Graph:
    try:
        if "json" in media_type or body.lstrip()[:1] in (b"{", b"["):
            local = json.dumps(_local(json.loads(body)))
            return Graph().parse(data=local, format="json-ld", publicID=base or None)
        if "xml" in media_type or body.lstrip()[:5] == b"<?xml":
            if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
                raise ValueError("a document type is not read here")
            etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
            return Graph().parse(data=body, format="xml", publicID=base or None)
        return Graph().parse(data=body, format="turtle", publicID=base or None)
    except (BadSyntax, SAXException, etree.XMLSyntaxError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error).splitlines()[0] if str(error) else type(error).__name__) from None


def _local(value: Any, depth: int = 0) -> Any:
    """The document with every ``@context`` that lies elsewhere replaced by the common prefixes."""
    if depth > 64:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_local(part, depth + 1) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _contexts(part) if key == "@context" else _local(part, depth + 1) for key, part in value.items()
    }


def _contexts(value: Any) -> Any:
    if isinstance(value, str):
        return _CONTEXT
    return [_contexts(part) for part in value] if isinstance(value, list) else value


def _resource(graph: Graph, node: URIRef, service: bool) -> Resource:
    ways = DCAT.endpointURL if service else DCAT.distribution
    publisher = graph.value(node, DCTERMS.publisher)
    themes = graph.objects(node, DCAT.theme)
    return Resource(
        "",
        "api" if service else "dataset",
        _text(graph, node, DCTERMS.title) or Text.of(str(node)),
        summary=_text(graph, node, DCTERMS.description) or Text(),
        provider=_name(graph, publisher),
        keywords=tuple(sorted({str(word) for word in graph.objects(node, DCAT.keyword)})),
        themes=tuple(sorted({_label(graph, theme) for theme in themes})),
        published_on=_plain(graph, node, DCTERMS.issued),
        updated_on=_plain(graph, node, DCTERMS.modified),
        licence=_plain(graph, node, DCTERMS.license),
        distributions=tuple(
            sorted(
                (
                    Distribution(str(way)) if service else _distribution(graph, way)
                    for way in graph.objects(node, ways)
                ),
                key=lambda way: (way.url, way.format),
            )
        ),
    )


def _distribution(graph: Graph, node: Node) -> Distribution:
    url = graph.value(node, DCAT.downloadURL) or graph.value(node, DCAT.accessURL) or node
    form, media = graph.value(node, DCTERMS.format), graph.value(node, DCAT.mediaType)
    size = graph.value(node, DCAT.byteSize)
    number = str(size) if size is not None else ""
    return Distribution(
        str(url),
        _text(graph, node, DCTERMS.title) or Text(),
        str(form).rsplit("/", 1)[-1].lower() if form is not None else "",
        str(media).partition("media-types/")[2] or str(media) if media is not None else "",
        int(float(number)) if number.replace(".", "", 1).isdigit() else 0,
    )


def _text(graph: Graph, node: Node, name: URIRef) -> Text | None:
    said: dict[str, str] = {}
    for value in graph.objects(node, name):
        if isinstance(value, Literal):
            language = _LANGUAGES.get((value.language or "").lower(), "")
            said.setdefault(language or "en", str(value))
    return Text.of(said) if said else None


def _name(graph: Graph, node: Node | None) -> str:
    if node is None:
        return ""
    name = _text(graph, node, FOAF.name)
    return name.say("en") if name else str(node)


def _label(graph: Graph, node: Node) -> str:
    label = _text(graph, node, SKOS.prefLabel)
    return label.say("en") if label else str(node).rsplit("/", 1)[-1]


def _plain(graph: Graph, node: Node, name: URIRef) -> str:
    value = graph.value(node, name)
    return "" if value is None else str(value)
