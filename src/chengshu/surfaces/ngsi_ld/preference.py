"""``Prefer: ngsi-ld=1.6``: answers as an earlier version knows them (clauses 4.3.6.8, 6.3.6 and 6.3.21)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import msgspec

from chengshu.foundation.broker.ld.versions import NEWEST, Version, amended, version_of
from chengshu.surfaces.ngsi_ld.answers import encode
from chengshu.surfaces.ngsi_ld.operation import Answer, Operation

_WISH = re.compile(r"(?:^|[,;])\s*ngsi-ld\s*=\s*\"?([0-9.]+)\"?", re.IGNORECASE)
_decode = msgspec.json.Decoder().decode
_ENTITIES = ("entities", "entityOperations/query", "temporal/entities", "temporal/entityOperations/query")


def preferred(header: str) -> Version | None:
    """The version that a ``Prefer`` header names; None when it names none that is one."""
    found = _WISH.search(header)
    return version_of(found[1]) if found else None


def rewrites(operation: Operation) -> bool:
    """Whether its answers hold entities, which earlier versions write otherwise."""
    return bool(operation.gives) and operation.path.startswith(_ENTITIES)


def as_preferred(answer: Answer, operation: Operation, version: Version) -> Answer:
    """The answer in that version, which its header says; ``203`` when that changed anything.

    Only answers with entities are written so; what is newer than the hub knows is answered as it is.
    """
    if not operation.gives or not answer.body or answer.status not in (200, 201, 206):
        return answer
    applied = min(version, NEWEST)
    said = ("preference-applied", f"ngsi-ld={applied[0]}.{applied[1]}")
    answer = replace(answer, headers=(*answer.headers, said))
    if version >= NEWEST or not rewrites(operation):
        return answer
    value = _decode(answer.body)
    temporal = operation.path.startswith("temporal")
    older: Any = amended(value, version, instances=temporal)
    if older == value:
        return answer
    return replace(answer, status=203 if answer.status == 200 else answer.status, body=encode(older))
