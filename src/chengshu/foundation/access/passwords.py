"""Passwords and tokens: Argon2id for what people choose, SHA-256 for what the hub has drawn by lot."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chengshu.kernel.errors import Findings

SHORTEST, LONGEST = 12, 200  # NIST SP 800-63B §5.1.1: length counts, composition rules do not


class Passwords:
    """Argon2id with the library's parameters (RFC 9106), or cheaper ones in tests."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str, login: str) -> str:
        """The stored form. Raises :class:`Invalid` for a password that would not protect."""
        findings = Findings()
        text = unicodedata.normalize("NFKC", password)
        if not SHORTEST <= len(text) <= LONGEST:
            findings.add(
                "password-length",
                f"the password has {len(text)} characters",
                where="password",
                remedy=f"use {SHORTEST} to {LONGEST}; a few words you remember are best",
            )
        elif len(set(text.casefold())) < 6:
            findings.add(
                "password-plain",
                "the password repeats few characters",
                where="password",
                remedy="use a few words you remember",
            )
        elif len(login) > 3 and login.casefold() in text.casefold():
            findings.add(
                "password-login",
                "the password holds the login name",
                where="password",
                remedy="use other words",
            )
        findings.raise_any()
        return self._hasher.hash(text)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; takes as long for nobody as for somebody."""
        try:
            self._hasher.verify(
                stored or self._nobody, unicodedata.normalize("NFKC", password[: LONGEST * 4])
            )
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def digest(token: str) -> str:
    """How a drawn token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The form token of a session: derived, so nothing more needs storing."""
    return hmac.new(token.encode(), b"chengshu csrf", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Comparison in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
