"""Tokens: the same value gives the same token under one key, and nobody without the key can go back."""

from __future__ import annotations

import base64
import hashlib
import hmac

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.folding import folded, tight

SHORTEST_KEY = 16
_LOOSE = frozenset(["identity_number", "uscc", "mobile", "bank_card", "plate", "passport"])


def tokenise(value: str, category: str, key: bytes, *, length: int = 20) -> str:
    """HMAC-SHA-256 of the value in its comparable form, base 32 in small letters, ``length`` signs (5 bits
    each).

    The category is part of it, so that equal values of different kinds do not meet. With 20 signs (100 bits)
    two of a thousand million values share a token with a chance below 10⁻¹². Raises Invalid for a key of
    less than 16 bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise Invalid(
            "key-short",
            f"the key has {len(key)} bytes; at least {SHORTEST_KEY} are needed",
            where="key",
            remedy="draw a new key, for example 32 random bytes",
        )
    plain = tight(folded(value)) if category in _LOOSE else folded(value)
    digest = hmac.new(key, f"{category}\0{plain}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:length]
