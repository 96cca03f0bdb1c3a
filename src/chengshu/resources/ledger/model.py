"""What the ledger keeps of a resource: the core metadata of a city's data, and who answers for it.

Sources: 政務信息資源目錄編制指南 (core metadata), DCAT-AP 3.0.1 (names of the export), 政務數據共享條例
(sharing classes).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from chengshu.kernel.texts import Text

Kind = Literal[
    "dataset",
    "stream",
    "api",
    "model",
    "component",
    "document",
    "certificate_library",
    "indicator",
    "event_type",
    "service",
    "scenario",
]
KINDS: tuple[Kind, ...] = Kind.__args__  # type: ignore[attr-defined]
BaseLibrary = Literal["", "population", "legal_persons", "geography", "certificates", "credit"]
BASE_LIBRARIES: tuple[str, ...] = ("population", "legal_persons", "geography", "certificates", "credit")
SourceClass = Literal["government", "enterprise", "social", "personal"]
SOURCE_CLASSES: tuple[SourceClass, ...] = SourceClass.__args__  # type: ignore[attr-defined]
Sharing = Literal["unconditional", "conditional", "none"]
SHARING: tuple[Sharing, ...] = Sharing.__args__  # type: ignore[attr-defined]
State = Literal["active", "stale", "vanished", "retired"]


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One information item (信息項): a column, attribute or parameter. ``grade`` as grading decided it."""

    name: str
    type: str = ""
    title: Text = Text()
    description: str = ""
    nullable: bool = True
    key: bool = False
    unit: str = ""
    category: str = ""
    grade: str = ""
    sharing: Sharing | None = None  # where this item differs from its resource


class Distribution(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to get at the resource: an address, or a place only the hub can reach (``local``)."""

    url: str
    title: Text = Text()
    format: str = ""
    media_type: str = ""
    size: int = 0  # bytes
    local: bool = False


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a harvested entry came from; ``checksum`` is that of the record at its source."""

    source: str
    native_id: str
    checksum: str = ""


class Resource(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of the ledger.

    ``code`` is the 政務信息資源代碼; ``class_path`` its 類/項/目/細目 in words. ``update_cycle`` is an ISO
    8601 duration (``P1D``) or empty when nothing is promised; ``published_on``, ``updated_on`` are RFC 3339.
    ``areas`` are area ids of the city; ``bbox`` west, south, east, north in degrees. ``version`` counts the
    changes of the entry, from 1. ``said`` names the parts that people wrote by hand: no harvest changes them.
    """

    id: str
    kind: Kind
    title: Text
    summary: Text = Text()
    code: str = ""
    class_path: tuple[str, ...] = ()
    base_library: BaseLibrary = ""
    themes: tuple[str, ...] = ()
    source_class: SourceClass = "government"
    provider: str = ""
    owner: str = ""
    steward: str = ""
    contact: str = ""
    purpose: str = ""
    format: str = ""
    fields: tuple[Field, ...] = ()
    sharing: Sharing = "conditional"
    sharing_condition: str = ""
    sharing_mode: str = ""
    open: bool = False
    open_condition: str = ""
    update_cycle: str = ""
    published_on: str = ""
    updated_on: str = ""
    distributions: tuple[Distribution, ...] = ()
    areas: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float] | None = None
    temporal: tuple[str, str] | None = None
    licence: str = ""
    keywords: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    origin: Origin | None = None
    grade: str = ""
    rows: int | None = None
    state: State = "active"
    version: int = 0
    extra: dict[str, str] = {}
    said: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The form of files, APIs and versions; empty parts are left out."""
        found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return found

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Resource:
        """The inverse of :meth:`as_dict`. Raises ``msgspec.ValidationError``."""
        return msgspec.convert(dict(body), cls)


def encode(resource: Resource) -> bytes:
    """The entry as JSON; equal entries give equal bytes."""
    return msgspec.json.encode(resource, order="deterministic")


def fingerprint(resource: Resource) -> str:
    """SHA-256 of what the entry says, apart from its version: equal content, equal fingerprint."""
    return hashlib.sha256(encode(msgspec.structs.replace(resource, version=0))).hexdigest()


class Version(msgspec.Struct, frozen=True):
    """One version of an entry: ``at`` in milliseconds UTC, by whom, and what it did."""

    id: str
    version: int
    at: int
    actor: str
    what: Literal["added", "changed", "retired", "restored"]
    body: Resource
