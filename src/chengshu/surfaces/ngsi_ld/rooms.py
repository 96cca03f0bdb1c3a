"""What the surface needs of the hub, handed in by the wiring."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.ld.library import ContextLibrary
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock
from chengshu.surfaces.ngsi_ld.limits import Limits

ANYONE = Actor("ngsi-ld", "NGSI-LD")
Scope = MutableMapping[str, Any]


def anyone(_scope: Scope) -> Actor:
    """Everybody may do everything: for tests and benchmarks, never for a hub in service."""
    return ANYONE


@dataclass(frozen=True, slots=True)
class Rooms:
    """``who`` says who calls, from the ASGI scope of a request; it raises :class:`Unauthenticated` or
    :class:`Denied`. ``alias``: the pseudonym of this broker in ``Via`` headers."""

    broker: Broker
    queries: BrokerQueries
    contexts: ContextLibrary
    clock: Clock
    who: Callable[[Scope], Actor] = anyone
    limits: Limits = field(default_factory=Limits)
    alias: str = "chengshu"
