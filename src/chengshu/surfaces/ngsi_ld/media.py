"""Which formats a request brings and which it wants (ETSI GS CIM 009 V1.8.1, clauses 6.3.4 and 6.3.5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from chengshu.kernel.errors import ChengshuError

JSON = "application/json"
LD_JSON = "application/ld+json"
GEO_JSON = "application/geo+json"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM = "application/problem+json"
CONTEXT_REL = "http://www.w3.org/ns/json-ld#context"
_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w*!-]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


class NotAcceptable(ChengshuError):
    """No format the client takes is one the operation gives."""

    status: ClassVar[int] = 406
    title: ClassVar[str] = "None of the formats asked for is given here"


class UnsupportedMedia(ChengshuError):
    """The body has a format the operation does not read."""

    status: ClassVar[int] = 415
    title: ClassVar[str] = "The format is not read here"


def media_of(content_type: str) -> str:
    """The media type of a ``Content-Type`` without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


@lru_cache(maxsize=512)
def negotiate(accept: str, produces: tuple[str, ...]) -> str:
    """The format to answer in: the most wanted of ``produces``, the first of equals.

    No ``Accept`` means anything, hence the first. Raises :class:`NotAcceptable` (406).
    """
    if not accept or not produces:
        return produces[0] if produces else JSON
    best, best_rank = "", (0.0, 0, 0)
    for place, media in enumerate(produces):
        exact, quality = max(_wish(part, media) for part in accept.split(","))
        rank = (quality, exact, -place)
        if quality > 0 and (not best or rank > best_rank):
            best, best_rank = media, rank
    if not best:
        raise NotAcceptable(
            "not-acceptable",
            f"nothing of {accept!r} is given here",
            where="Accept",
            remedy=f"ask for one of {', '.join(produces)}",
        )
    return best


def _wish(part: str, media: str) -> tuple[int, float]:
    """How exactly one range of an ``Accept`` header names ``media`` (-1: not), and how much it is wanted."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    name = name.lower()
    if name == media:
        exact = 2
    elif name == "*/*" or (name.endswith("/*") and media.startswith(name[:-1])):
        exact = 0 if name == "*/*" else 1
    else:
        return (-1, 0.0)
    quality = 1.0
    for parameter in parameters:
        if parameter.lower().startswith("q="):
            try:
                quality = float(parameter[2:])
            except ValueError:
                quality = 0.0
    return (exact, quality)


@lru_cache(maxsize=512)
def context_link(header: str) -> str:
    """The address of the JSON-LD context in a ``Link`` header, or the empty string (clause 6.3.5)."""
    for match in _LINK.finditer(header):
        rel = _REL.search(match[2])
        if rel is not None and CONTEXT_REL in (rel[1] or rel[2] or "").split():
            return match[1].strip()
    return ""


@lru_cache(maxsize=512)
def link_to_context(address: str) -> str:
    """The ``Link`` header that names ``address`` as the context of a JSON answer (clause 6.3.6)."""
    return f'<{address}>; rel="{CONTEXT_REL}"; type="{LD_JSON}"'


def wants_plain(accept: str) -> bool:
    """Whether a client takes errors only as plain ``application/json``."""
    return JSON in accept and PROBLEM not in accept and "*/*" not in accept


def check_content_type(content_type: str, read: Sequence[str]) -> str:
    """The media type of the body, JSON when it says none.

    Raises :class:`UnsupportedMedia` (415) when it is not one of ``read``.
    """
    media = media_of(content_type) or JSON
    if media not in read:
        raise UnsupportedMedia(
            "unsupported-media-type",
            f"{media} is not read here",
            where="Content-Type",
            remedy=f"send one of {', '.join(read)}",
        )
    return media
