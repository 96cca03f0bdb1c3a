"""The registrations in memory, by tenant: what every distributed operation looks at first."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence

from chengshu.foundation.broker.registry.members import micros
from chengshu.foundation.broker.registry.model import Registration

_NEVER = 1 << 62


class _Tenant:
    """The registrations of one tenant, oldest first, and by the types they are about (None: by any)."""

    __slots__ = ("by_type", "expires_us", "held", "untyped")

    def __init__(self, held: tuple[Registration, ...]) -> None:
        self.held = held
        self.expires_us = min((micros(one.expires_at) for one in held if one.expires_at), default=_NEVER)
        by_type: dict[str, list[Registration]] = {}
        untyped: list[Registration] = []
        for one in held:
            types = _types(one)
            for name in types or ():
                by_type.setdefault(name, []).append(one)
            if types is None:
                untyped.append(one)
        self.by_type = {name: tuple(found) for name, found in by_type.items()}
        self.untyped = tuple(untyped)

    def about(self, types: Collection[str]) -> tuple[Registration, ...]:
        """Those that may be about entities of one of the types; of no types: all."""
        if not types:
            return self.held
        found = [self.by_type[name] for name in types if name in self.by_type]
        if self.untyped:
            found.append(self.untyped)
        if len(found) < 2:
            return found[0] if found else ()
        wanted = {id(one) for part in found for one in part}
        return tuple(one for one in self.held if id(one) in wanted)


class Candidates:
    """The registrations that one request has to do with: alive, and not passed on the way here."""

    __slots__ = ("_now_ms", "_tenant", "_way")

    def __init__(self, tenant: _Tenant, now_ms: int, way: frozenset[str]) -> None:
        self._tenant, self._now_ms, self._way = tenant, now_ms, way

    def about(self, types: Collection[str] = ()) -> Sequence[Registration]:
        """Those that may be about entities of one of the types, oldest first; of no types: all."""
        found = self._tenant.about(types)
        if self._way:
            found = tuple(one for one in found if not one.alias or one.alias not in self._way)
        if found and self._tenant.expires_us <= self._now_ms * 1000:
            found = tuple(one for one in found if not expired(one, self._now_ms))
        return found


class RegistrationIndex:
    """Replaced tenant by tenant when something changes; readers never wait."""

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._lock = threading.Lock()

    def any(self, tenant: str) -> bool:
        """Whether the tenant has registrations at all: the one look-up of a purely local operation."""
        return tenant in self._tenants

    def candidates(self, tenant: str, now_ms: int, way: frozenset[str] = frozenset()) -> Candidates | None:
        """The tenant's registrations for a request that has passed the brokers ``way``; None: none at all."""
        held = self._tenants.get(tenant)
        return None if held is None else Candidates(held, now_ms, way)

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


def _types(registration: Registration) -> set[str] | None:
    """The types a registration is about; None when some piece of it is about any."""
    found: set[str] = set()
    for piece in registration.information:
        if not piece.entities or not all(entity.types for entity in piece.entities):
            return None
        found.update(name for entity in piece.entities for name in entity.types)
    return found


def expired(registration: Registration, now_ms: int) -> bool:
    """Whether its time is over."""
    return bool(registration.expires_at) and micros(registration.expires_at) <= now_ms * 1000
