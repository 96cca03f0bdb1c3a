"""A letter as a signed call: POST of JSON, for gateways of text messages, of chats, of other systems.

The signature is HMAC-SHA256 over ``<time stamp>.<body>`` with the shared secret; the receiver computes it
again and refuses what is older than it likes, so that nobody can send a call of ours once more later.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from chengshu.foundation.notices.model import letter_of
from chengshu.foundation.notices.wording import body_of, link_of, subject_of
from chengshu.kernel.clock import Clock, iso, millis
from chengshu.kernel.errors import Unavailable
from chengshu.kernel.texts import Text
from chengshu.ports.http import AddressRefused, HttpCalls, HttpRequest, Unreachable
from chengshu.ports.runtime import Rejected

_MOST = 64 * 1024  # bytes of an answer that are read
_AGAIN = frozenset({408, 425, 429})  # answers 4xx that ask to come again
_SLACK_S = 5.0


class HookWay:
    """A channel. The secret is asked for at each call, so that a new one needs no restart."""

    def __init__(
        self,
        calls: HttpCalls,
        url: str,
        secret: Callable[[], str],
        city: str,
        public_url: str,
        clock: Clock,
        zone: ZoneInfo,
        name: Text,
        timeout_s: float = 10.0,
    ) -> None:
        self._calls, self._url, self._secret, self._city = calls, url, secret, city
        self._public_url, self._clock, self._zone, self._name = public_url, clock, zone, name
        self._timeout_s = timeout_s

    def deliver(self, key: str, payload: Mapping[str, Any]) -> None:
        request = self.request(key, payload)
        try:
            answer = self._calls.submit(request).result(self._timeout_s + _SLACK_S)
        except AddressRefused as error:
            raise Unavailable(
                "hook-address",
                f"the hub may not call {self._url}: it is an address of a private network",
                where=self._url,
                remedy="name the host or network with --reach where the hub is started",
            ) from error
        except TimeoutError:
            raise Unreachable(
                "http-timeout", f"no answer within {self._timeout_s:g} s", where=self._url
            ) from None
        if answer.ok:
            return
        said = " ".join(answer.body[:200].decode("utf-8", "replace").split())
        detail = f"{self._url} answered {answer.status}: {said}"
        if 400 <= answer.status < 500 and answer.status not in _AGAIN:
            raise Rejected(
                "hook-rejected", detail, where=self._url, remedy="compare its log with the call's number"
            )
        raise Unavailable("hook-failed", detail, where=self._url, remedy="it is tried again by itself")

    def request(self, key: str, payload: Mapping[str, Any]) -> HttpRequest:
        """The call of a letter, signed at this moment."""
        letter, now = letter_of(payload), self._clock.now()
        body = msgspec.json.encode(
            {
                "key": key,
                "city": self._city,
                "sent": iso(now),
                "to": letter.to,
                "language": letter.language,
                "subject": subject_of(letter, self._name),
                "text": body_of(letter, self._zone, self._public_url),
                "notices": [
                    msgspec.to_builtins(item) | {"link": link_of(item, self._public_url)}
                    for item in letter.items
                ],
            }
        )
        stamp = str(millis(now) // 1000)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{hashlib.sha256(key.encode()).hexdigest()}"',
            "Chengshu-Timestamp": stamp,
            "Chengshu-Signature": f"v1={signature(self._secret(), stamp, body)}",
        }
        return HttpRequest("POST", self._url, headers, body, self._timeout_s, _MOST)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) in hexadecimal over the time stamp (seconds), a full stop, and the body."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
