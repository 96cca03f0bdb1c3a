"""A mail server for tests, on a port of its own: EHLO, STARTTLS, AUTH PLAIN and LOGIN, MAIL, RCPT, DATA.

``localhost.pem`` is a certificate with its key made for these tests, for the name ``localhost``.
"""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
AUTHORITY = FOLDER / "authority.pem"
USER, PASSWORD = "hub", "a long password 密码"


class _Visit(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        host: MailHost = self.server.house
        encrypted, inside = host.tls == "tls", not host.users
        if encrypted:
            self._encrypt()
        self._say("220 localhost")
        sender, to = "", list[str]()
        while line := self.rfile.readline().decode("utf-8").strip():
            word, _, rest = line.partition(" ")
            host.heard.append(word.upper())
            match word.upper():
                case "EHLO":
                    offers = ["STARTTLS"] if host.tls == "starttls" and not encrypted else []
                    offers += ["AUTH PLAIN LOGIN"] if host.users else []
                    names = ["localhost", *offers, "8BITMIME", "SMTPUTF8"]
                    for at, name in enumerate(names):
                        self._say(f"250{' ' if at == len(names) - 1 else '-'}{name}")
                case "STARTTLS":
                    self._say("220 go on")
                    self._encrypt()
                    encrypted = True
                case "AUTH":
                    inside = self._known(rest)
                    self._say("235 welcome" if inside else "535 5.7.8 wrong user or password")
                case "MAIL":
                    sender = rest
                    self._say("250 ok" if inside else "530 sign in first")
                case "RCPT":
                    code = next((code for name, code in host.answers.items() if name in rest), 250)
                    to.append(rest)
                    self._say(f"{code} {'ok' if code == 250 else 'not here'}")
                case "DATA":
                    self._say("354 go on")
                    host.take(sender, self._data())
                    self._say("250 kept")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _data(self) -> bytes:
        parts = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            parts.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(parts)

    def _known(self, rest: str) -> bool:
        kind, _, first = rest.partition(" ")
        if kind.upper() == "PLAIN":
            _, user, password = base64.b64decode(first).decode("utf-8").split("\0")
        else:
            user = base64.b64decode(first).decode() if first else self._asked("VXNlcm5hbWU6")
            password = self._asked("UGFzc3dvcmQ6")
        return bool(self.server.house.users.get(user) == password)

    def _asked(self, question: str) -> str:
        self._say(f"334 {question}")
        return base64.b64decode(self.rfile.readline()).decode("utf-8")

    def _encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FOLDER / "localhost.pem")
        self.request = context.wrap_socket(self.request, server_side=True)
        self.connection = self.request
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, address: Any) -> None:
        """A client that hangs up, or does not trust us, is part of the tests."""


class MailHost:
    """``answers``: what RCPT is answered for an address that contains a word."""

    def __init__(self, *, tls: str = "starttls", users: bool = True, port: int = 0) -> None:
        self.tls, self.users = tls, ({USER: PASSWORD} if users else {})
        self.answers: dict[str, int] = {}
        self.got: list[EmailMessage] = []
        self.heard: list[str] = []
        self._server = _Server(("127.0.0.1", port), _Visit)
        self._server.house = self  # type: ignore[attr-defined]
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def take(self, sender: str, data: bytes) -> None:
        self.got.append(message_from_bytes(data, policy=policy.default))  # type: ignore[arg-type]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)
