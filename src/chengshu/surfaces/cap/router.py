"""``/cap``: the feed of warnings, each message as it was issued, and a check for messages of others."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response

from chengshu.foundation.city import City
from chengshu.kernel.errors import Invalid, TooLarge
from chengshu.kernel.texts import LANGUAGES
from chengshu.scenes.vitals import VitalQueries
from chengshu.surfaces.cap.feed import feed
from chengshu.surfaces.cap.reading import MAX_BYTES, read_cap

_ENTRIES = 100


def router(queries: VitalQueries, city: City) -> APIRouter:
    """The routes of the CAP surface. They are public: warnings are for everybody."""
    routes = APIRouter(prefix="/cap", tags=["cap"])

    @routes.get("/alerts.atom", response_class=Response)
    def alerts(request: Request, lang: str = "zh-Hans") -> Response:
        """The newest messages, newest first, as an Atom feed; ``lang`` is en, zh-Hans or zh-Hant."""
        if lang not in LANGUAGES:
            raise Invalid(
                "language-unknown",
                f"there are no texts in {lang!r}",
                where="lang",
                remedy=f"use one of {', '.join(LANGUAGES)}",
            )
        body = feed(queries.bulletins(limit=_ENTRIES), city.id, city.name, lang)
        return _cached(request, body, "application/atom+xml; charset=utf-8", "max-age=15")

    @routes.get("/alerts/{identifier}.xml", response_class=Response)
    def alert(request: Request, identifier: str) -> Response:
        """One message, byte by byte as it was issued. It never changes."""
        body = queries.bulletin(identifier).xml.encode()
        return _cached(request, body, "application/cap+xml; charset=utf-8", "max-age=86400, immutable")

    @routes.post("/check")
    async def check(request: Request) -> dict[str, Any]:
        """Read a CAP message strictly and say what it says, or its mistakes with lines. Keeps nothing."""
        read = read_cap(await _body(request))
        return {
            "valid": True,
            "identifier": read.identifier,
            "sender": read.sender,
            "sent": read.sent.isoformat(),
            "status": read.status,
            "msgType": read.kind,
            "references": list(read.references),
            "signature": "present, not verified" if read.signed else "none",
            "info": [
                {
                    "language": item.language,
                    "event": item.event,
                    "headline": item.headline,
                    "urgency": item.urgency,
                    "severity": item.severity,
                    "certainty": item.certainty,
                    "areas": [area.description for area in item.areas],
                }
                for item in read.infos
            ],
        }

    return routes


def _cached(request: Request, body: bytes, kind: str, control: str) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": control}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise TooLarge("cap-too-large", f"the message has more than {MAX_BYTES:,} bytes")
        parts.append(part)
    return b"".join(parts)
