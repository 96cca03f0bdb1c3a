"""Catalogues on the web: CKAN, DCAT, OGC API and NGSI-LD, a page at a time through the hub's HTTP port."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from chengshu.kernel.errors import Unavailable
from chengshu.kernel.texts import Text
from chengshu.ports.http import HttpAnswer, HttpCalls, HttpRequest
from chengshu.resources.ledger.harvest.connectors.rdf import datasets_of
from chengshu.resources.ledger.harvest.declared import Web
from chengshu.resources.ledger.harvest.model import Page, Problem, Record
from chengshu.resources.ledger.model import Distribution, Field, Resource, encode

_PAGE = 100
_MOST_PAGES = 100_000
_TIMEOUT_S = 30.0
_MOST_MOVES = 5  # redirections followed for one page
_PIECES = (10, 1)  # records asked for at a time where a page of CKAN is broken
Json = Mapping[str, Any]


_MOVED = (301, 302, 303, 307, 308)


class _Strange(Unavailable):
    """The other side answers, but not as it should."""


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
            problems: list[Problem] = []
            try:
                found = self._ckan_records(start, _PAGE)
                following = start + len(found)
            except _Strange as broken:
                found = list(self._around(start, problems, broken))
                following = start + _PAGE
            if not found and not problems:
                return
            start = following
            page = _page(found, _of_ckan, str(start))
            yield Page(page.records, (*problems, *page.problems), page.cursor)

    def _ckan_records(self, start: int, rows: int) -> list[Any]:
        query = urlencode({"rows": rows, "start": start, "sort": "name asc"})
        result = _object(self._json(f"{self._base()}/api/3/action/package_search?{query}")).get("result")
        found = _object(result).get("results")
        if not isinstance(found, list):
            raise self._strange("it does not answer as CKAN does")
        return found

    def _around(self, start: int, problems: list[Problem], broken: _Strange) -> Iterator[Any]:
        """The records of a broken page without those that break it, which are told as problems.

        Raises ``broken`` when no smaller piece of the page can be read either.
        """
        many, one = _PIECES
        read = False
        for piece in range(start, start + _PAGE, many):
            try:
                yield from self._ckan_records(piece, many)
                read = True
                continue
            except _Strange:
                if piece > start and not read:
                    raise broken from None
            for place in range(piece, piece + many):
                try:
                    yield from self._ckan_records(place, one)
                    read = True
                except _Strange as error:
                    detail = f"record {place + 1} of the catalogue breaks its page: {error.fault.detail}"
                    problems.append(Problem(str(place), "harvest-record", detail, "mend it at its source"))
        if not read:
            raise broken

    def _dcat(self, cursor: str) -> Iterator[Page]:
        address: str | None = cursor or self._declared.url
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            self._not_again(address, seen)
            answer = self._get(address, "text/turtle, application/ld+json;q=0.9, application/rdf+xml;q=0.8")
            try:
                found, following = datasets_of(answer[0], answer[1], address)
            except ValueError as error:
                raise self._strange(f"it cannot be read as RDF: {error}") from None
            address = urljoin(address, following) if following else None
            yield Page(tuple(_record(native, item) for native, item in found), cursor=address or "")

    def _ogc(self, cursor: str) -> Iterator[Page]:
        address: str | None = cursor or f"{self._base()}/collections?f=json"
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            self._not_again(address, seen)
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
        first = urlsplit(url)[:2]
        for _ in range(1 + _MOST_MOVES):
            answer = self._calls.submit(HttpRequest("GET", url, headers, timeout_s=_TIMEOUT_S)).result()
            moved = answer.headers.get("location") if answer.status in _MOVED else None
            if not moved:
                break
            url = urljoin(url, moved)
            if urlsplit(url)[:2] != first:
                headers = {"accept": accept}  # a token is for the host it was given for
        else:
            raise self._strange(f"it sends from address to address, more than {_MOST_MOVES} times")
        if not answer.ok:
            raise self._refusal(answer)
        return answer.body, answer.headers.get("content-type", "").partition(";")[0].strip()

    def _refusal(self, answer: HttpAnswer) -> Unavailable:
        wait = answer.headers.get("retry-after", "").strip()
        if answer.status in (429, 503) and wait:
            return Unavailable(
                "harvest-busy",
                f"it answers {answer.status} and asks to wait (Retry-After: {wait[:40]})",
                where=self._declared.url,
                remedy="the next run goes on from this page; look less often, or ask for a higher limit",
            )
        return self._strange(f"it answers {answer.status}")

    def _not_again(self, address: str, seen: set[str]) -> None:
        if address in seen:
            raise self._strange(f"its pages go round in a circle, back to {address[:200]}")
        seen.add(address)

    def _strange(self, what: str) -> _Strange:
        return _Strange(
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
                _size(part.get("size")),
            )
            for part in item.get("resources") or ()
            if part.get("url")
        ),
    )


def _size(told: object) -> int:
    """A file's bytes; 0 for what portals write instead: 1.2 MB, unknown."""
    text = str(told or "").strip()
    return int(float(text)) if _BYTES.fullmatch(text) else 0


_BYTES = re.compile(r"\d{1,15}(?:\.0+)?", re.ASCII)


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
