"""An operation of the API as data: where it is, what it takes and gives, and who does it.

Routing, the check of parameters, content negotiation, ``405`` with ``Allow`` and the OpenAPI document are all
read off these, so that none of them can say something else than the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chengshu.surfaces.ngsi_ld.media import GEO_JSON, JSON, LD_JSON, MERGE_PATCH

PREFIX = "/ngsi-ld/v1"
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
READS = (JSON, LD_JSON)
READS_PATCH = (JSON, LD_JSON, MERGE_PATCH)
GIVES = (JSON, LD_JSON)
GIVES_GEO = (JSON, LD_JSON, GEO_JSON)


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of the query string; ``schema`` is its JSON Schema in the OpenAPI document."""

    name: str
    what: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. ``headers`` are lower-case names with their values."""

    status: int
    body: bytes = b""
    media: str = ""
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Any], Awaitable[Answer]]  # of a Call, which knows its operation


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path (below ``/ngsi-ld/v1/``), e.g. ``entities/{entityId}``.

    ``reads``: formats of the body, none for no body. ``gives``: formats of the answer that are negotiated.
    ``answers``: the answers besides the errors every operation has. ``body`` and ``result`` are JSON Schemas,
    or names in :mod:`schemas`, with ``[]`` after it for an array; an empty result means no body.
    """

    method: Method
    path: str
    handler: Handler
    summary: str
    clause: str
    tag: str
    params: tuple[Param, ...] = ()
    reads: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    answers: Mapping[int, str] = field(default_factory=dict)
    body: str | Mapping[str, Any] = "Any"
    result: str | Mapping[str, Any] = "Any"
    results: Mapping[int, str | Mapping[str, Any]] = field(default_factory=dict)  # where they differ
    empty_body: bool = False  # the body may be left out
    open: bool = False  # for whoever knows the address, which then holds a secret
