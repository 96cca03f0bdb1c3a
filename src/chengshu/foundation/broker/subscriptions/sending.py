"""Brings a notification to its endpoint by the scheme of the address, and says plainly what came of it.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.8.6 (notification behaviour), 6.3.8 (HTTP binding) and 7.2 (MQTT).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from chengshu.foundation.broker.subscriptions.desk import Verdict
from chengshu.foundation.broker.subscriptions.model import Pairs
from chengshu.kernel.errors import ChengshuError, Denied, Invalid
from chengshu.ports.http import HttpClient, HttpRequest, Unreachable
from chengshu.ports.messaging import Publication, Publisher

TIMEOUT_MS = 10_000
MQTT_VERSION, MQTT_QOS = "MQTT-Version", "MQTT-QoS"
MQTT_VERSIONS = ("mqtt3.1.1", "mqtt5.0")
SCHEMES = ("http", "https", "mqtt", "mqtts")
_json = msgspec.json.encode
_ANSWER = 64 * 1024  # nobody reads what a receiver says; so much of it is taken from the line
_UNWELL = frozenset({408, 421, 425, 429})


class Outgoing(NamedTuple):
    """A notification, written out."""

    uri: str
    headers: dict[str, str]
    body: bytes
    notifier_info: Pairs = ()
    timeout_ms: int = 0


class Sender(Protocol):
    """Something that delivers notifications."""

    async def send(self, outgoing: Outgoing) -> Verdict:
        """Deliver; never raises."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class Courier:
    """Delivers over HTTP and MQTT. Without ``mqtt`` the addresses of that scheme are refused."""

    def __init__(self, http: HttpClient, mqtt: Publisher | None = None) -> None:
        self._http, self._mqtt = http, mqtt

    async def send(self, outgoing: Outgoing) -> Verdict:
        try:
            if outgoing.uri[:4].lower() == "mqtt":
                return await self._publish(outgoing)
            return await self._post(outgoing)
        except Unreachable as error:
            return Verdict("silent", 0, error.fault.detail)
        except (Denied, Invalid) as error:
            return Verdict("refused", 0, error.fault.detail)
        except ChengshuError as error:
            return Verdict("unwell", 0, error.fault.detail)

    async def _post(self, outgoing: Outgoing) -> Verdict:
        timeout = (outgoing.timeout_ms or TIMEOUT_MS) / 1000
        request = HttpRequest("POST", outgoing.uri, outgoing.headers, outgoing.body, timeout, _ANSWER)
        answer = await self._http.send(request)
        if answer.ok:
            return Verdict("ok", answer.status)
        error = f"the endpoint answered {answer.status}"
        if answer.status >= 500 or answer.status in _UNWELL:
            return Verdict("unwell", answer.status, error)
        return Verdict("refused", answer.status, error)

    async def _publish(self, outgoing: Outgoing) -> Verdict:
        if self._mqtt is None:
            return Verdict("refused", 0, "this hub has no MQTT client")
        await self._mqtt.publish(publication(outgoing))
        return Verdict("ok")

    async def close(self) -> None:
        await self._http.close()
        if self._mqtt is not None:
            await self._mqtt.close()


def publication(outgoing: Outgoing) -> Publication:
    """The MQTT message of a notification (clause 7.2): headers as ``metadata``, itself as ``body``."""
    parts = urlsplit(outgoing.uri)
    info = dict(outgoing.notifier_info)
    metadata = ",".join(
        f"{_json(name).decode()}:{_json(value).decode()}" for name, value in outgoing.headers.items()
    )
    tls = parts.scheme.lower() == "mqtts"
    return Publication(
        host=parts.hostname or "",
        port=parts.port or (8883 if tls else 1883),
        topic=unquote(parts.path.lstrip("/")),
        payload=b'{"metadata":{' + metadata.encode() + b'},"body":' + outgoing.body + b"}",
        qos=int(info.get(MQTT_QOS, "0")),
        version=info.get(MQTT_VERSION, "mqtt5.0"),
        username=unquote(parts.username) if parts.username else "",
        password=unquote(parts.password) if parts.password else "",
        tls=tls,
        timeout_s=(outgoing.timeout_ms or TIMEOUT_MS) / 1000,
    )
