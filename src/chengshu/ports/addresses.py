"""Which addresses may be called: those of the open Internet, and what the operator allows besides.

Looking at the name in a URL is not enough: a public name may point to a private address, now or a moment
later. So an engine checks every address that a name resolves to where it makes the connection.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from chengshu.kernel.errors import Invalid
from chengshu.ports.http import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")
_RESERVED = tuple(  # not of the open Internet, whatever the standard library of the day says
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        *("::/127", "100::/64", "2001::/23", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10"),
        "ff00::/8",
    )
)


class AddressGuard:
    """``allowed`` are host names (``receiver.local``), addresses and networks (``10.1.0.0/16``) that may be
    called although they are not public. Raises :class:`Invalid` for a network that is none.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._hosts: set[str] = set()
        self._networks: list[Network] = []
        for item in allowed:
            self._allow(item)

    def _allow(self, item: str) -> None:
        text = item.strip().lower()
        try:
            self._networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            if "/" in text or not text:
                raise Invalid(
                    "http-allowed",
                    f"{item!r} is neither a host nor a network",
                    remedy="write a host name, an address, or a network such as 10.1.0.0/16",
                ) from None
            self._hosts.add(text)

    def host_allowed(self, host: str) -> bool:
        """Whether the operator allows this name, wherever it points."""
        return host.lower() in self._hosts

    def check_host(self, host: str) -> None:
        """Refuse a host that is a forbidden address, or a number that only looks like none.

        Names are checked when they are resolved, by :meth:`check_address`.
        """
        bare = host.strip("[]").partition("%")[0]
        try:
            address = ipaddress.ip_address(bare)
        except ValueError:
            if ":" in bare or bare.replace(".", "").isdigit():
                raise _refused(host, "it is no proper address") from None
            return
        self.check_address(host, str(address))

    def check_address(self, host: str, address: str) -> None:
        """Refuse ``address`` (of ``host``) unless it is public or allowed."""
        if self.host_allowed(host):
            return
        found = ipaddress.ip_address(address.partition("%")[0])
        if any(found in network for network in self._networks if network.version == found.version):
            return
        for inner in _meant(found):
            if not inner.is_global or any(inner in net for net in _RESERVED if net.version == inner.version):
                raise _refused(host, f"{address} lies in a private or reserved network")


def _meant(address: Address) -> list[Address]:
    """The address, and the IPv4 address it carries inside when it is a wrapping."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    if address in _6TO4:
        return [ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)]
    return [address]


def _refused(host: str, why: str) -> AddressRefused:
    return AddressRefused(
        "http-address-refused",
        f"the hub may not call {host}: {why}",
        where=host,
        remedy="let the operator allow this host or network",
    )
