"""The integers under which the indexes know names, type sets and tenants, answered from memory.

Entries never change once they are committed, so a process may remember them; what a transaction added is
forgotten again when that transaction fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from chengshu.foundation.broker import store
from chengshu.foundation.broker.indexing import key_of_types


class Dictionary:
    """Used by the writer alone."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self.known_names: Mapping[str, int] = self._names  # what :meth:`name` answers from memory
        self._typesets: dict[tuple[str, tuple[str, ...]], int] = {}
        self._tenants: set[str] = {""}
        self._fresh: list[tuple[dict[object, int] | set[str], object]] = []

    def name(self, connection: Connection, iri: str) -> int:
        """The number of an attribute's name."""
        if (known := self._names.get(iri)) is None:
            known = self._names[iri] = store.ensure_name(connection, iri)
            self._fresh.append((self._names, iri))  # type: ignore[arg-type]
        return known

    def typeset(self, connection: Connection, tenant: str, types: Sequence[str]) -> int:
        """The number of a set of types in a tenant."""
        key = (tenant, types if type(types) is tuple else tuple(types))
        if (known := self._typesets.get(key)) is None:
            known = self._typesets[key] = store.ensure_typeset(connection, tenant, key_of_types(types))
            self._fresh.append((self._typesets, key))  # type: ignore[arg-type]
        return known

    def knows_tenant(self, connection: Connection, tenant: str) -> bool:
        """Whether there is such a tenant."""
        if tenant in self._tenants:
            return True
        if not store.has_tenant(connection, tenant):
            return False
        self._remember_tenant(tenant)
        return True

    def add_tenant(self, connection: Connection, tenant: str, at: int) -> None:
        """Let there be a tenant."""
        store.add_tenant(connection, tenant, at)
        self._remember_tenant(tenant)

    def _remember_tenant(self, tenant: str) -> None:
        self._tenants.add(tenant)
        self._fresh.append((self._tenants, tenant))

    def keep(self) -> None:
        """What the transaction added is committed."""
        self._fresh.clear()

    def forget(self) -> None:
        """What the transaction added is gone with it."""
        for memory, key in self._fresh:
            if isinstance(memory, set):
                memory.discard(str(key))
            else:
                memory.pop(key, None)
        self._fresh.clear()
