"""The registrations in memory, by tenant: what every distributed operation looks at first."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from chengshu.foundation.broker.registry.members import micros
from chengshu.foundation.broker.registry.model import Registration

_NEVER = 1 << 62


class _Tenant:
    """The registrations of one tenant, oldest first, and when the first of them expires."""

    __slots__ = ("alive", "expires_us")

    def __init__(self, alive: tuple[Registration, ...]) -> None:
        self.alive = alive
        self.expires_us = min((micros(one.expires_at) for one in alive if one.expires_at), default=_NEVER)


class RegistrationIndex:
    """Replaced tenant by tenant when something changes; readers never wait."""

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._lock = threading.Lock()

    def any(self, tenant: str) -> bool:
        """Whether the tenant has registrations at all: the one look-up of a purely local operation."""
        return tenant in self._tenants

    def alive(self, tenant: str, now_ms: int) -> tuple[Registration, ...]:
        """The registrations of the tenant that have not expired, oldest first."""
        held = self._tenants.get(tenant)
        if held is None:
            return ()
        if held.expires_us > now_ms * 1000:
            return held.alive
        return tuple(one for one in held.alive if not expired(one, now_ms))

    def load(self, found: Iterable[tuple[str, Registration]]) -> None:
        """Begin anew with these."""
        by_tenant: dict[str, list[Registration]] = {}
        for tenant, registration in found:
            by_tenant.setdefault(tenant, []).append(registration)
        with self._lock:
            self._tenants = {tenant: _Tenant(tuple(held)) for tenant, held in by_tenant.items()}

    def put(self, tenant: str, held: Sequence[Registration]) -> None:
        """Put these in the place of all the tenant had."""
        with self._lock:
            tenants = dict(self._tenants)
            if held:
                tenants[tenant] = _Tenant(tuple(held))
            else:
                tenants.pop(tenant, None)
            self._tenants = tenants


def expired(registration: Registration, now_ms: int) -> bool:
    """Whether its time is over."""
    return bool(registration.expires_at) and micros(registration.expires_at) <= now_ms * 1000
