"""What the journal keeps, and how its chain is computed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chengshu.kernel.clock import millis

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, a part of the hub (``hub:vitals``) or a device (``source:gauges``)."""

    id: str
    name: str = ""

    @classmethod
    def hub(cls, part: str) -> Actor:
        """The hub itself, acting by one of its parts."""
        return cls(f"hub:{part}", part)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal. ``hash`` covers every other field and the hash before it."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    reason: Mapping[str, Any]
    policy: str
    body: Mapping[str, Any]
    previous: str
    hash: str


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal data, equal bytes (RFC 8785 for the types used here)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def chain_hash(
    previous: str,
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    reason: str,
    policy: str,
    body: str,
) -> str:
    """SHA-256 over the previous hash and the fields of an entry (``reason`` and ``body`` canonical)."""
    text = canonical([previous, seq, millis(at), actor, action, subject, reason, policy, body])
    return hashlib.sha256(text.encode()).hexdigest()
