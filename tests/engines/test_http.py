"""The HTTP client on aiohttp keeps the promises of its port and calls nobody it must not call."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.engines.http import AddressGuard, AioHttpClient, ThreadedHttp
from chengshu.kernel.errors import Invalid
from chengshu.ports.http import AddressRefused, HttpRequest
from chengshu.ports.suites.http import HTTP_CHECKS
from chengshu.ports.suites.promise import Broken


@pytest.mark.parametrize("check", HTTP_CHECKS, ids=lambda check: check.__name__)
async def test_client(check: Callable[..., Awaitable[None]]) -> None:
    await check(lambda allowed: AioHttpClient(AddressGuard(allowed)))


async def test_the_suite_notices_a_client_that_calls_anybody() -> None:
    careless = AddressGuard(["0.0.0.0/0", "::/0"])
    check = next(check for check in HTTP_CHECKS if "own_network" in check.__name__)
    with pytest.raises(Broken):
        await check(lambda _allowed: AioHttpClient(careless))


async def test_a_name_is_judged_by_what_it_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may point anywhere: what counts is the address the connection would go to."""

    async def resolve(_self: Any, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        return [
            {"hostname": host, "host": "10.0.0.8", "port": port, "family": 2, "proto": 6, "flags": 0},
            {"hostname": host, "host": "fd00::8", "port": port, "family": 10, "proto": 6, "flags": 0},
        ]

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", resolve)
    client = AioHttpClient()
    with pytest.raises(AddressRefused, match="private"):
        await client.send(HttpRequest("GET", "http://public.example/", timeout_s=5))
    await client.close()


async def test_what_slips_through_the_text_is_stopped_at_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AddressGuard, "check_host", lambda *_: None)
    client = AioHttpClient()
    with pytest.raises(AddressRefused, match="private"):
        await client.send(HttpRequest("GET", "http://127.0.0.1:9/", timeout_s=5))
    await client.close()


def test_from_plain_threads() -> None:
    http = ThreadedHttp()
    future = http.submit(HttpRequest("GET", "http://127.0.0.1:9/"))
    with pytest.raises(AddressRefused):
        future.result(90)
    http.close()
    http.close()


@given(st.ip_addresses())
def test_only_public_addresses_pass(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    guard = AddressGuard()
    try:
        guard.check_address("host", str(address))
    except AddressRefused:
        return
    assert address.is_global
    assert not address.is_private and not address.is_multicast and not address.is_loopback


@pytest.mark.parametrize("network", ["10.0.0.0/33", "", "no/where"])
def test_a_network_that_is_none_is_refused(network: str) -> None:
    with pytest.raises(Invalid):
        AddressGuard([network])


def test_allowed_networks_and_hosts_pass() -> None:
    guard = AddressGuard(["10.1.0.0/16", "receiver.local"])
    guard.check_address("x", "10.1.2.3")
    guard.check_address("receiver.local", "192.168.0.1")
    for host, address in (("x", "10.2.0.1"), ("other.local", "192.168.0.1")):
        with pytest.raises(AddressRefused):
            guard.check_address(host, address)
