"""The operations a context source may offer, one by one and in groups (clause 4.20, both tables)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

_DISCOVERY = (
    "retrieveEntityTypes",
    "retrieveEntityTypeDetails",
    "retrieveEntityTypeInfo",
    "retrieveAttrTypes",
    "retrieveAttrTypeDetails",
    "retrieveAttrTypeInfo",
)
_SUBSCRIPTIONS = (
    "createSubscription",
    "updateSubscription",
    "retrieveSubscription",
    "querySubscription",
    "deleteSubscription",
)
_MAPS = ("retrieveEntityMap", "updateEntityMap", "deleteEntityMap", "createEntityMapQueryEntity")
_CONSUMPTION = ("retrieveEntity", "queryEntity", "queryBatch", *_DISCOVERY, *_SUBSCRIPTIONS)
_WRITES = (
    "createEntity",
    "updateEntity",
    "appendAttrs",
    "updateAttrs",
    "deleteAttrs",
    "deleteEntity",
    "mergeEntity",
    "replaceEntity",
    "replaceAttrs",
    "purgeEntity",
)
_TEMPORAL = (
    "upsertTemporal",
    "appendAttrsTemporal",
    "deleteAttrsTemporal",
    "updateAttrInstanceTemporal",
    "deleteAttrInstanceTemporal",
    "deleteTemporal",
    "retrieveTemporal",
    "queryTemporal",
    "queryBatchTemporal",
    "createEntityMapQueryTemporal",
)
_BATCHES = ("createBatch", "upsertBatch", "updateBatch", "deleteBatch", "mergeBatch")

GROUPS: Mapping[str, tuple[str, ...]] = {
    "federationOps": (*_CONSUMPTION, *_MAPS, "retrieveContextSourceIdentity"),
    "associationOps": (*_CONSUMPTION, "retrieveContextSourceIdentity"),
    "updateOps": ("updateEntity", "updateAttrs", "replaceEntity", "replaceAttrs"),
    "retrieveOps": ("retrieveEntity", "queryEntity"),
    "redirectionOps": (
        *_WRITES,
        "retrieveEntity",
        "queryEntity",
        *_DISCOVERY,
        *_MAPS,
        "retrieveContextSourceIdentity",
    ),
}
DEFAULT = "federationOps"
SINGLE = frozenset((*_CONSUMPTION, *_MAPS, *_WRITES, *_TEMPORAL, *_BATCHES, "retrieveContextSourceIdentity"))
READS = frozenset((*_CONSUMPTION, *_MAPS, "retrieveTemporal", "queryTemporal", "queryBatchTemporal"))


@lru_cache(maxsize=1024)
def offered(said: tuple[str, ...]) -> frozenset[str]:
    """The single operations that ``said`` stands for; nothing said means the default group."""
    return frozenset(_single(said or (DEFAULT,)))


def _single(said: Iterable[str]) -> Iterable[str]:
    for name in said:
        yield from GROUPS.get(name, (name,))


AUXILIARY = frozenset({"retrieveOps", "retrieveEntity", "queryEntity"})
"""What an auxiliary source may offer when it says what it offers (clause 5.9.2.4)."""


def known(name: str) -> bool:
    """Whether ``name`` is an operation or a group of them."""
    return name in SINGLE or name in GROUPS
