"""Mail to the outside: one message handed to a server, or one typed failure that says what to mend."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol

from chengshu.kernel.errors import Unavailable


class MailUnsent(Unavailable):
    """The server did not take the message now. Trying again may help, or the settings must be mended."""

    title = "The mail server did not take it"


class MailSender(Protocol):
    """Hands messages to a mail server. Safe to use from one thread at a time."""

    def send(self, message: EmailMessage) -> None:
        """Hand over ``message`` to the addresses of its ``To``.

        Raises :class:`MailUnsent` when it was not taken now (no connection, no encryption, a wrong password,
        a busy server), and :class:`chengshu.ports.runtime.Rejected` when the server will never take it for
        this address.
        """
        ...
