"""Mail handed to a server by SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the start (RFC 8314)."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Literal

from chengshu.ports.mail import MailUnsent
from chengshu.ports.runtime import Rejected

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_SHOWN = 200  # signs of what a server answered that are told


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. ``authorities``: a PEM file of the city's own certificate authority."""

    host: str
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    authorities: str = ""
    timeout_s: float = 20.0

    @property
    def at(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port or _PORTS[self.security]}"


class SmtpSender:
    """One connection per message: a server that was restarted, or a new password, needs no restart here.

    ``password`` is asked for at each message. Without encryption nothing is sent where it was asked for.
    """

    def __init__(self, server: SmtpServer, password: Callable[[], str]) -> None:
        self._server, self._password = server, password

    def send(self, message: EmailMessage) -> None:
        password = self._password() if self._server.user else ""
        with self._connected() as connection:
            self._enter(connection, password)
            self._hand_over(connection, message)

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        port = server.port or _PORTS[server.security]
        try:
            if server.security == "tls":
                return smtplib.SMTP_SSL(server.host, port, timeout=server.timeout_s, context=self._trust())
            return smtplib.SMTP(server.host, port, timeout=server.timeout_s)
        except ssl.SSLError as error:
            raise self._insecure(error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnsent(
                "mail-unreachable",
                f"no connection to the mail server {server.at}: {_words(error)}",
                where=server.at,
                remedy="check host, port and firewall, and whether the server is up",
            ) from error

    def _enter(self, connection: smtplib.SMTP, password: str) -> None:
        server = self._server
        try:
            connection.ehlo()
            if server.security == "starttls":
                if not connection.has_extn("starttls"):
                    raise MailUnsent(
                        "mail-unencrypted",
                        f"the mail server {server.at} offers no encryption",
                        where=server.at,
                        remedy="use security: tls, or have STARTTLS switched on at the server",
                    )
                connection.starttls(context=self._trust())
                connection.ehlo()
            if server.user:
                _sign_in(connection, server.user, password)
        except ssl.SSLError as error:
            raise self._insecure(error) from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailUnsent(
                "mail-login",
                f"the mail server {server.at} refuses user {server.user}: {_answer(error)}",
                where=server.at,
                remedy="check the user, and the password in the environment or file that notices.yaml names",
            ) from error
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            raise self._broken(error) from error

    def _hand_over(self, connection: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            address, (code, said) = next(iter(error.recipients.items()))
            raise self._refused(code, address, _decoded(said)) from error
        except smtplib.SMTPSenderRefused as error:
            raise MailUnsent(
                "mail-sender",
                f"the mail server {self._server.at} does not let {error.sender} send: {_answer(error)}",
                where=self._server.at,
                remedy="correct sender in notices.yaml, or allow it at the server",
            ) from error
        except smtplib.SMTPDataError as error:
            whom = ", ".join(address for _, address in getaddresses(message.get_all("To", [])))
            raise self._refused(error.smtp_code, whom, _decoded(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._broken(error) from error

    def _refused(self, code: int, whom: str, said: str) -> MailUnsent | Rejected:
        """What the server says of one message: 4xx asks to come again, 5xx is for good (RFC 5321, 4.2.1)."""
        detail = f"the mail server {self._server.at} does not take mail for {whom}: {code} {said}"
        if 400 <= code < 500:
            return MailUnsent("mail-later", detail, where=whom, remedy="it is tried again by itself")
        return Rejected("mail-refused", detail, where=whom, remedy="correct the address in notices.yaml")

    def _insecure(self, error: ssl.SSLError) -> MailUnsent:
        return MailUnsent(
            "mail-certificate",
            f"the encryption of the mail server {self._server.at} cannot be trusted: {_words(error)}",
            where=self._server.at,
            remedy="check the host's name and certificate; name the city's own authority in authorities",
        )

    def _broken(self, error: Exception) -> MailUnsent:
        return MailUnsent(
            "mail-broken",
            f"the mail server {self._server.at} broke off: {_words(error)}",
            where=self._server.at,
            remedy="look at the mail server's log",
        )

    def _trust(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._server.authorities or None)
        except OSError as error:
            raise MailUnsent(
                "mail-authorities",
                f"the file of certificate authorities cannot be read: {_words(error)}",
                where=self._server.authorities,
                remedy="correct authorities in notices.yaml: a PEM file that the hub may read",
            ) from error


def _sign_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    """AUTH PLAIN in UTF-8 (RFC 4616) where it is offered: the standard library sends it in ASCII alone."""
    offered = str(connection.esmtp_features.get("auth", "")).upper().split()
    if "PLAIN" not in offered:
        connection.login(user, password)
        return
    secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, said = connection.docmd("AUTH", f"PLAIN {secret}")
    if code not in (235, 503):  # 503: it knows us already
        raise smtplib.SMTPAuthenticationError(code, said)


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:_SHOWN]


def _answer(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_decoded(error.smtp_error)}"


def _decoded(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:_SHOWN]
