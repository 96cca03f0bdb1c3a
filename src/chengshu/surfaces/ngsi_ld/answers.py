"""Answers as the API gives them: in the format asked for, with the context of their names."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.core import CORE_URL
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.geojson import collection
from chengshu.surfaces.ngsi_ld.media import GEO_JSON, JSON, LD_JSON, link_to_context
from chengshu.surfaces.ngsi_ld.operation import PREFIX, Answer

Headers = tuple[tuple[str, str], ...]
encode = msgspec.json.Encoder().encode
_NO_CONTENT = Answer(204)
_SAFE_PART = ":-._~!$&'()*+,;=@"
_SAFE = _SAFE_PART + "/"


def no_content(headers: Headers = ()) -> Answer:
    """``204``."""
    return Answer(204, headers=headers) if headers else _NO_CONTENT


def created(path: str, *parts: str) -> Answer:
    """``201`` with the ``Location`` of what was made: ``path`` below the prefix, and its ids."""
    return Answer(201, headers=(("location", location(path, *parts)),))


def location(path: str, *parts: str) -> str:
    """The address of a resource; ``parts`` are ids or names."""
    return "/".join((PREFIX, path, *(quote(part, safe=_SAFE_PART) for part in parts)))


def give(call: Call, value: Any, context: LdContext, *, status: int = 200, headers: Headers = ()) -> Answer:
    """``value`` (an object, or a list of objects) in the format asked for (clauses 6.3.5, 6.3.6).

    In ``application/ld+json`` every object carries ``@context``, in GeoJSON the whole does (unless
    ``Prefer: body=json``); otherwise a ``Link`` header names it.
    """
    media = call.media or JSON
    if media == LD_JSON:
        return Answer(status, encode(in_context(value, context)), media, headers)
    if media == GEO_JSON and isinstance(value, list):  # one entity with those it links to
        value = collection(value)
    if media == GEO_JSON and "body=json" not in call.headers.get("prefer", "").replace(" ", ""):
        return Answer(status, encode(value | {"@context": said(context)}), media, headers)
    return Answer(
        status, encode(value), media, (("link", link_to_context(_address(call, context))), *headers)
    )


def in_context(value: Any, context: LdContext) -> Any:
    """``value`` with its ``@context`` in every object of a list, or in itself."""
    if isinstance(value, list):
        spoken = said(context)
        return [item | {"@context": spoken} if isinstance(item, dict) else item for item in value]
    return value | {"@context": said(context)} if isinstance(value, dict) else value


def said(context: LdContext) -> Any:
    """What stands for the context in ``@context``: as it was said; the core context goes without saying."""
    if not context.links:
        return context.document
    return context.links[0] if len(context.links) == 1 else list(context.links)


def _address(call: Call, context: LdContext) -> str:
    """The address by which a ``Link`` header names the context."""
    return call.kept_at or call.link or (context.links[0] if context.links else CORE_URL)


def page_headers(call: Call, *, limit: int, offset: int, more: bool, count: int | None = None) -> Headers:
    """``Link`` to the pages before and after (clause 6.3.10) and, when counted, ``NGSILD-Results-Count``."""
    headers: list[tuple[str, str]] = []
    if count is not None:
        headers.append(("ngsild-results-count", str(count)))
    if limit:
        if more:
            headers.append(("link", _page(call, limit, offset + limit, "next")))
        if offset > 0:
            headers.append(("link", _page(call, limit, max(offset - limit, 0), "prev")))
    return tuple(headers)


def _page(call: Call, limit: int, offset: int, rel: str) -> str:
    pairs = parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name not in ("limit", "offset")]
    query = urlencode([*kept, ("limit", str(limit)), ("offset", str(offset))])
    path = quote(call.scope["path"].rstrip("/"), safe=_SAFE)
    return f'<{path}?{query}>;rel="{rel}";type="{call.media or JSON}"'
