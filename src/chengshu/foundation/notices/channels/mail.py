"""A letter as mail: plain text in the reader's language, the same message each time it is tried."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from chengshu.foundation.notices.model import letter_of
from chengshu.foundation.notices.wording import body_of, subject_of
from chengshu.kernel.clock import Clock
from chengshu.kernel.texts import Text
from chengshu.ports.mail import MailSender


class MailWay:
    """A channel. ``Message-ID`` is made of the key: who gets a message twice can tell."""

    def __init__(
        self, sender: MailSender, address: str, city: Text, zone: ZoneInfo, public_url: str, clock: Clock
    ) -> None:
        self._sender, self._address, self._city = sender, address, city
        self._zone, self._public_url, self._clock = zone, public_url, clock

    def deliver(self, key: str, payload: Mapping[str, Any]) -> None:
        self._sender.send(self.message(key, payload))

    def message(self, key: str, payload: Mapping[str, Any]) -> EmailMessage:
        """The mail of a letter."""
        letter = letter_of(payload)
        message = EmailMessage()
        message["From"] = self._address
        message["To"] = letter.to
        message["Subject"] = subject_of(letter, self._city)
        message["Date"] = format_datetime(self._clock.now())
        domain = self._address.rpartition("@")[2]
        message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered
        message["Content-Language"] = letter.language
        if any(item.urgent for item in letter.items):
            message["Importance"] = "high"
        message.set_content(body_of(letter, self._zone, self._public_url), cte="base64")
        return message
