"""Context sources as they register: who holds what, how it is asked, and what may be asked of it.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.2.8 (EntityInfo), 5.2.9 (CsourceRegistration), 5.2.10
(RegistrationInfo), 5.2.11 (TimeInterval), 5.2.34 (RegistrationManagementInfo) and 4.3.6 (the four modes).
Names of types and attributes are absolute IRIs here, as everywhere in the broker.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Mode = Literal["inclusive", "exclusive", "redirect", "auxiliary"]
MODES: tuple[Mode, ...] = ("inclusive", "exclusive", "redirect", "auxiliary")


class EntityInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """Entities that are meant: of (all of) these types, with this id or an id that the pattern finds."""

    types: tuple[str, ...] = ()
    id: str = ""
    id_pattern: str = ""


class Information(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of what a source holds; no ``entities`` means any, no names mean all attributes."""

    entities: tuple[EntityInfo, ...] = ()
    properties: tuple[str, ...] = ()
    relationships: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes, properties first; empty for all."""
        return self.properties + self.relationships


class TimeInterval(msgspec.Struct, frozen=True, omit_defaults=True):
    """From ``start_at`` to ``end_at`` (RFC 3339, as said); without an end it goes on."""

    start_at: str
    end_at: str = ""


class Management(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the source wants to be asked: milliseconds of patience and of rest after a failure."""

    local_only: bool = False
    cache_duration: str = ""
    timeout: int = 0
    cooldown: int = 0


class Registration(msgspec.Struct, frozen=True, omit_defaults=True):
    """A context source registration. ``operations`` as said (groups and single ones); none: the default.

    ``tenant`` is the tenant *at the source*; the tenant it is registered in is kept beside it. ``location``
    and the two spaces are GeoJSON geometries; ``info`` are the headers (and ``jsonldContext``) to send;
    ``properties`` are the source's own (expanded name → value as said). Times of ours in milliseconds UTC.
    """

    id: str
    endpoint: str
    information: tuple[Information, ...]
    mode: Mode = "inclusive"
    operations: tuple[str, ...] = ()
    name: str = ""
    description: str = ""
    tenant: str = ""
    alias: str = ""
    info: tuple[tuple[str, str], ...] = ()
    scopes: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    observation_interval: TimeInterval | None = None
    management_interval: TimeInterval | None = None
    location: dict[str, Any] | None = None
    observation_space: dict[str, Any] | None = None
    operation_space: dict[str, Any] | None = None
    expires_at: str = ""
    refresh_rate: str = ""
    management: Management | None = None
    properties: dict[str, Any] = {}
    created_at: int = 0
    modified_at: int = 0
