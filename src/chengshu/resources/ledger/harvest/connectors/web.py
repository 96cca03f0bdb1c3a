"""Catalogues on the web: CKAN, DCAT, OGC API and NGSI-LD, a page at a time through the hub's HTTP port."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from chengshu.kernel.errors import Unavailable
from chengshu.kernel.texts import Text
from chengshu.ports.http import HttpCalls, HttpRequest
from chengshu.resources.ledger.harvest.connectors.rdf import datasets_of
from chengshu.resources.ledger.harvest.declared import Web
from chengshu.resources.ledger.harvest.model import Page, Problem, Record
from chengshu.resources.ledger.model import Distribution, Field, Resource, encode

_PAGE = 100
_MOST_PAGES = 100_000
_TIMEOUT_S = 30.0
Json = Mapping[str, Any]


class WebConnector:
    """Reads one catalogue; the cursor is the address, or the number, of the next page."""

    def __init__(self, declared: Web, calls: HttpCalls) -> None:
        self._declared, self._calls = declared, calls

    def pages(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
        """Everything the catalogue lists. Raises :class:`Unavailable` when it answers otherwise."""
        readers = {"ckan": self._ckan, "dcat": self._dcat, "ogc": self._ogc, "ngsi-ld": self._ngsi}
        yield from readers[self._declared.kind](cursor)

    def _ckan(self, cursor: str) -> Iterator[Page]:
        start = int(cursor or 0)
        for _ in range(_MOST_PAGES):
            query = urlencode({"rows": _PAGE, "start": start, "sort": "name asc"})
            body = self._json(f"{self._base()}/api/3/action/package_search?{query}")
            found = (_object(body).get("result") or {}).get("results")
            if not isinstance(found, list):
                raise self._strange("it does not answer as CKAN does")
            if not found:
                return
            start += len(found)
            yield _page(found, _of_ckan, str(start))

    def _dcat(self, cursor: str) -> Iterator[Page]:
        address: str | None = cursor or self._declared.url
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            answer = self._get(address, "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8")
            try:
                found, following = datasets_of(answer[0], answer[1], address)
            except ValueError as error:
                raise self._strange(f"it cannot be read as RDF: {error}") from None
            address = urljoin(address, following) if following else None
            yield Page(tuple(_record(native, item) for native, item in found), cursor=address or "")

    def _ogc(self, cursor: str) -> Iterator[Page]:
        address: str | None = cursor or f"{self._base()}/collections?f=json"
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            body = self._json(address)
            if not isinstance(_object(body).get("collections"), list):
                raise self._strange("it does not answer as an OGC API does")
            links = [link for link in body.get("links") or () if isinstance(link, dict)]
            following = next((link.get("href") for link in links if link.get("rel") == "next"), None)
            address = urljoin(address, following) if following else None
            yield _page(body["collections"], _of_ogc, address or "")

    def _ngsi(self, cursor: str) -> Iterator[Page]:
        body = self._json(f"{self._base()}/types?details=true", "application/json")
        if not isinstance(body, list):
            raise self._strange("it does not answer as NGSI-LD does")
        base = self._base()
        yield _page([{**item, "_base": base} for item in body if isinstance(item, dict)], _of_ngsi, "")

    def _base(self) -> str:
        return self._declared.url.rstrip("/")

    def _json(self, url: str, accept: str = "application/json") -> Any:
        body, _ = self._get(url, accept)
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise self._strange("its answer is no JSON") from None

    def _get(self, url: str, accept: str) -> tuple[bytes, str]:
        headers = {"accept": accept}
        if self._declared.token_env:
            headers["authorization"] = f"Bearer {os.environ.get(self._declared.token_env, '')}"
        answer = self._calls.submit(HttpRequest("GET", url, headers, timeout_s=_TIMEOUT_S)).result()
        if not answer.ok:
            raise self._strange(f"it answers {answer.status}")
        return answer.body, answer.headers.get("content-type", "").partition(";")[0].strip()

    def _strange(self, what: str) -> Unavailable:
        return Unavailable(
            "harvest-web",
            what,
            where=self._declared.url,
            remedy="check the address and the kind of the source",
        )


def _object(body: Any) -> Json:
    return body if isinstance(body, dict) else {}


def _page(found: list[Any], reader: Any, cursor: str) -> Page:
    records: list[Record] = []
    problems: list[Problem] = []
    for item in found:
        try:
            native, resource = reader(item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = str(item.get("id") or item.get("name") or "") if isinstance(item, dict) else ""
            detail = f"the record is not as it should be: {type(error).__name__} {error}"
            problems.append(Problem(name, "harvest-record", detail, "mend it at its source"))
        else:
            records.append(_record(native, resource))
    return Page(tuple(records), tuple(problems), cursor)


def _record(native: str, resource: Resource) -> Record:
    return Record(native, hashlib.sha256(encode(resource)).hexdigest(), resource)


def _of_ckan(item: Json) -> tuple[str, Resource]:
    organisation = item.get("organization") or {}
    return str(item["id"]), Resource(
        "",
        "dataset",
        Text.of(str(item.get("title") or item["name"])),
        summary=Text.of(str(item.get("notes") or "")),
        provider=str(organisation.get("title") or organisation.get("name") or ""),
        themes=tuple(str(part["name"]) for part in item.get("groups") or ()),
        keywords=tuple(str(part["name"]) for part in item.get("tags") or ()),
        licence=str(item.get("license_title") or item.get("license_id") or ""),
        published_on=str(item.get("metadata_created") or ""),
        updated_on=str(item.get("metadata_modified") or ""),
        open=bool(item.get("isopen", False)),
        distributions=tuple(
            Distribution(
                str(part["url"]),
                Text.of(str(part.get("name") or "")),
                str(part.get("format") or "").lower(),
                str(part.get("mimetype") or ""),
                int(part.get("size") or 0),
            )
            for part in item.get("resources") or ()
            if part.get("url")
        ),
    )


def _of_ogc(item: Json) -> tuple[str, Resource]:
    box = (((item.get("extent") or {}).get("spatial") or {}).get("bbox") or [None])[0]
    flat = tuple(float(part) for part in box) if box else ()
    if len(flat) == 6:
        flat = (flat[0], flat[1], flat[3], flat[4])
    return str(item["id"]), Resource(
        "",
        "dataset",
        Text.of(str(item.get("title") or item["id"])),
        summary=Text.of(str(item.get("description") or "")),
        keywords=tuple(str(word) for word in item.get("keywords") or ()),
        format="geojson",
        bbox=flat if len(flat) == 4 else None,
        distributions=tuple(
            Distribution(str(link["href"]), format="geojson", media_type=str(link.get("type") or ""))
            for link in item.get("links") or ()
            if link.get("rel") == "items"
        ),
    )


def _of_ngsi(item: Json) -> tuple[str, Resource]:
    names = item.get("attributeNames") or ()
    return str(item["id"]), Resource(
        "",
        "stream",
        Text.of(str(item.get("typeName") or item["id"])),
        format="ngsi-ld",
        fields=tuple(Field(str(name), "ngsi-ld attribute") for name in names),
        distributions=(
            Distribution(f"{item['_base']}/entities?{urlencode({'type': item['id']})}", format="json"),
        ),
    )
