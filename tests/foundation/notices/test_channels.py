"""Ways out of the hub, against real servers: what arrives, and what is said when it does not."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from tests.foundation.notices.mailhost import AUTHORITY, PASSWORD, USER, MailHost

from chengshu.engines.http import ThreadedHttp
from chengshu.engines.smtp import SmtpSender, SmtpServer
from chengshu.foundation.notices.channels import HookWay, MailWay, signature
from chengshu.foundation.notices.declared import Secret
from chengshu.foundation.notices.model import Item, Letter
from chengshu.foundation.notices.secrets import secret_of
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Unavailable
from chengshu.kernel.texts import Text
from chengshu.ports.addresses import AddressGuard
from chengshu.ports.mail import MailUnsent
from chengshu.ports.runtime import Rejected

NOW = datetime(2026, 7, 21, 7, 40, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
CITY = Text("Tingpu", "汀浦市", "汀浦市")
TITLE = {"en": "A pump stands still", "zh-Hans": "泵站停运", "zh-Hant": "泵站停運"}


def letter(to: str = "li@water.example", count: int = 1, urgent: bool = True) -> dict[str, Any]:
    items = tuple(
        Item(
            f"notice-{n}",
            "order.issued",
            "2026-07-21T07:39:00Z",
            urgent,
            f"order-{n}",
            TITLE,
            {},
            "/orders/1",
        )
        for n in range(count)
    )
    return dict(Letter(to, "zh-Hans", items).as_payload())


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Iterator[MailHost]:
    found = MailHost(**getattr(request, "param", {}))
    yield found
    found.close()


def mail(host: MailHost, *, security: Any = "starttls", password: str = PASSWORD, **parts: Any) -> MailWay:
    server = SmtpServer(
        *("localhost", host.port, security, USER if host.users else ""),
        authorities=str(parts.pop("authorities", AUTHORITY)),
        timeout_s=30,
    )
    sender = SmtpSender(server, lambda: password)
    return MailWay(sender, "hub@city.example", CITY, ZONE, "https://hub.city.example", VirtualClock(NOW))


@pytest.mark.parametrize(
    ("host", "security"),
    [({"tls": "starttls"}, "starttls"), ({"tls": "tls"}, "tls"), ({"tls": "", "users": False}, "none")],
    indirect=["host"],
)
def test_a_letter_arrives_as_mail_in_the_language_of_who_reads_it(host: MailHost, security: str) -> None:
    way = mail(host, security=security)
    way.deliver("notice-1:mail:li", letter())
    way.deliver("notice-1:mail:li", letter())
    one, again = host.got
    assert one["Subject"] == "[汀浦市] 【紧急】泵站停运"
    assert (one["To"], one["From"], one["Importance"]) == ("li@water.example", "hub@city.example", "high")
    body = one.get_content()
    assert "2026-07-21 15:39" in body and "https://hub.city.example/orders/1" in body
    assert one["Message-ID"] == again["Message-ID"], "who gets it twice can tell"
    way.deliver("notice-1+3:mail:li", letter(count=3, urgent=False))
    assert host.got[-1]["Subject"] == "[汀浦市] 3 条通知：工单派发"
    assert host.got[-1].get_content().count("泵站停运") == 3


def test_what_a_server_says_is_told_plainly_and_only_what_is_final_is_final(host: MailHost) -> None:
    with pytest.raises(MailUnsent, match=r"refuses user hub: 535"):
        mail(host, password="wrong").deliver("a", letter())
    host.answers = {"gone": 550, "busy": 451}
    with pytest.raises(Rejected, match=r"gone@water\.example: 550 not here"):
        mail(host).deliver("a", letter("gone@water.example"))
    with pytest.raises(MailUnsent, match="451") as busy:
        mail(host).deliver("a", letter("busy@water.example"))
    assert busy.value.fault.code == "mail-later"
    with pytest.raises(MailUnsent, match="cannot be trusted") as untrusted:
        mail(host, authorities="").deliver("a", letter())
    assert untrusted.value.fault.code == "mail-certificate"
    with pytest.raises(MailUnsent, match="authorities cannot be read"):
        mail(host, authorities="no/such.pem").deliver("a", letter())
    assert host.got == []


@pytest.mark.parametrize("host", [{"tls": ""}], indirect=True)
def test_a_password_is_never_sent_to_a_server_without_encryption(host: MailHost) -> None:
    with pytest.raises(MailUnsent, match="offers no encryption"):
        mail(host).deliver("a", letter())
    assert "AUTH" not in host.heard and "MAIL" not in host.heard


def test_a_server_that_is_not_there_is_said_with_its_place(host: MailHost) -> None:
    way = mail(host)
    host.close()
    with pytest.raises(MailUnsent, match=f"no connection to the mail server localhost:{host.port}"):
        way.deliver("a", letter())


class _Gateway(http.server.BaseHTTPRequestHandler):
    answer = 200
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.answer)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"what")

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def gateway() -> Iterator[tuple[type[_Gateway], str]]:
    handler = type("Gateway", (_Gateway,), {"got": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_address[1]}/in"
    server.shutdown()
    server.server_close()
    thread.join(30)


def hook(url: str, calls: ThreadedHttp) -> HookWay:
    parts = ("demo", "https://hub.city.example", VirtualClock(NOW), ZONE, CITY, 30.0)
    return HookWay(calls, url, lambda: "the shared secret", *parts)


def test_a_call_is_signed_with_its_moment_and_carries_its_key(gateway: tuple[Any, str]) -> None:
    handler, url = gateway
    calls = ThreadedHttp(AddressGuard(["127.0.0.1"]))
    try:
        hook(url, calls).deliver("notice-1:gateway:+8613", letter("+8613800000000"))
        ((headers, body),) = handler.got
        stamp, signed = headers["chengshu-timestamp"], headers["chengshu-signature"]
        assert int(stamp) == int(NOW.timestamp())
        assert signed == "v1=" + signature("the shared secret", stamp, body)
        assert signed != "v1=" + signature("the shared secret", stamp, body + b" ")
        assert signed != "v1=" + signature("the shared secret", str(int(stamp) + 1), body)
        said = json.loads(body)
        assert (said["to"], said["city"], said["key"]) == ("+8613800000000", "demo", "notice-1:gateway:+8613")
        assert said["notices"][0]["link"] == "https://hub.city.example/orders/1"
        assert said["notices"][0]["title"] == TITLE
        for status, kind in ((404, Rejected), (429, Unavailable), (503, Unavailable)):
            handler.answer = status
            with pytest.raises(kind, match=f"answered {status}: what"):
                hook(url, calls).deliver("k", letter())
    finally:
        calls.close()


def test_a_private_address_is_not_called_unless_the_operator_says_so(gateway: tuple[Any, str]) -> None:
    handler, url = gateway
    calls = ThreadedHttp(AddressGuard())
    try:
        with pytest.raises(Unavailable, match="an address of a private network") as refused:
            hook(url, calls).deliver("k", letter())
        assert "--reach" in refused.value.fault.remedy
        assert handler.got == []
    finally:
        calls.close()


def test_a_secret_comes_from_where_it_was_said_or_is_missed_by_name(tmp_path: Path) -> None:
    assert secret_of(Secret(env="HUB_MAIL"), {"HUB_MAIL": "s3cret"}) == "s3cret"
    with pytest.raises(Unavailable, match="HUB_MAIL is not set"):
        secret_of(Secret(env="HUB_MAIL"), {})
    file = tmp_path / "mail.secret"
    with pytest.raises(Unavailable, match="no secret that the hub can read"):
        secret_of(Secret(file=str(file)))
    file.write_text("from the file\n", "utf-8")
    assert secret_of(Secret(file=str(file))) == "from the file"
