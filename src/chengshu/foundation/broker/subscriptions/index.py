"""Which subscriptions a write can concern at all: by tenant, and by id or type of the entity.

The answer is a superset, in a stable order; each candidate still decides for itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from chengshu.foundation.broker.model import EntityChange
from chengshu.foundation.broker.query.model import Query

D = TypeVar("D", bound=Hashable)
_ANY = ""
_HEARD = "~"  # no tenant's name begins so


def heard_by(number: int) -> str:
    """The tenant of what a source has notified, for the subscription of this number alone."""
    return f"{_HEARD}{number}"


def hearer(tenant: str) -> int:
    """The number of the subscription that :func:`heard_by` made a tenant of; 0 of any other tenant."""
    return int(tenant[1:]) if tenant[:1] == _HEARD else 0


class DeskIndex(Generic[D]):
    """``D`` is what a subscription is represented by."""

    def __init__(self) -> None:
        self._by_id: dict[tuple[str, str], dict[D, None]] = {}
        self._by_type: dict[tuple[str, str], dict[D, None]] = {}
        self._keys: dict[D, tuple[set[tuple[str, str]], set[tuple[str, str]]]] = {}

    def add(self, tenant: str, query: Query, item: D) -> None:
        """Put ``item`` under everything that ``query`` of ``tenant`` can select by."""
        ids: set[tuple[str, str]] = set()
        types: set[tuple[str, str]] = set()
        for selector in query.selectors:
            if selector.ids:
                ids.update((tenant, one) for one in selector.ids)
            elif selector.types:
                types.update((tenant, group[0] if group else _ANY) for group in selector.types)
            else:
                types.add((tenant, _ANY))
        if not query.selectors:
            types.add((tenant, _ANY))
        for key in ids:
            self._by_id.setdefault(key, {})[item] = None
        for key in types:
            self._by_type.setdefault(key, {})[item] = None
        self._keys[item] = (ids, types)

    def remove(self, item: D) -> None:
        """Take ``item`` out; nothing happens when it is not in."""
        ids, types = self._keys.pop(item, (set(), set()))
        for table, keys in ((self._by_id, ids), (self._by_type, types)):
            for key in keys:
                found = table[key]
                del found[item]
                if not found:
                    del table[key]

    def candidates(self, change: EntityChange) -> Iterator[D]:
        """Those that ``change`` may concern, each once."""
        tenant, entity = change.tenant, change.entity
        tables = [self._by_id.get((tenant, entity.id)), self._by_type.get((tenant, _ANY))]
        tables += [self._by_type.get((tenant, name)) for name in entity.types]
        found = [table for table in tables if table]
        if len(found) == 1:
            return iter(tuple(found[0]))
        merged: dict[D, None] = {}
        for table in found:
            merged.update(table)
        return iter(merged)
