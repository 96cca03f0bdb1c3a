"""A subscription placed at a context source (ETSI GS CIM 009 V1.8.1, clauses 5.8.1 and 4.3.6)."""

from __future__ import annotations

from hashlib import blake2s
from typing import Literal

import msgspec

State = Literal["placing", "standing", "refused", "leaving"]
"""Yet to be placed (again); placed; not taken by the source; yet to be taken back."""


class Relay(msgspec.Struct, frozen=True, omit_defaults=True):
    """``key`` is the secret part of the address where the source's notifications come in.

    ``number`` is that of the subscription; ``body`` what the source is sent, without its id; ``headers`` go
    with every request to it. Times are milliseconds UTC.
    """

    key: str
    tenant: str
    subscription: str
    number: int
    registration: str
    endpoint: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    state: State = "placing"
    failures: int = 0
    retry_at: int = 0
    error: str = ""

    @property
    def remote(self) -> str:
        """The id of the subscription at the source; it does not tell the key."""
        return f"urn:ngsi-ld:Subscription:{blake2s(self.key.encode(), digest_size=16).hexdigest()}"

    @property
    def pair(self) -> tuple[int, str]:
        """Which subscription is placed by which registration."""
        return self.number, self.registration
