"""What the queries of a snapshot find, the present and the past, here and at sources (clause 5.16.1.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.errors import NonexistentTenant
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.reading import read_temporal_entity
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.foundation.broker.registry.operations import offered
from chengshu.foundation.broker.registry.splitting import RESERVED
from chengshu.foundation.broker.temporal import Ask
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.http import HttpAnswer
from chengshu.surfaces.ngsi_ld.asking import query_of_body
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.distributed_lists import matter
from chengshu.surfaces.ngsi_ld.distribution import Distribution
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.sources import Failed, Question, json_of
from chengshu.surfaces.ngsi_ld.timeask import read_ask, read_ask_body

MOST_COPIED = 10_000
_PAGE, _MOST_OF_SOURCE = 500, 1000
_PATH = ("temporal", "entityOperations", "query")
PARTIAL = 206
_TOO_LONG = "temporalQ: of some attributes there are more instances than are copied"
"""What is said when instances were left out."""


class Copying:
    """Finds what is to be copied."""

    def __init__(self, rooms: Rooms, distribution: Distribution) -> None:
        self._rooms, self._distribution = rooms, distribution

    async def present(
        self, call: Call, said: dict[str, Any], context: LdContext, found: dict[str, Entity]
    ) -> tuple[int, tuple[str, ...]]:
        """Add the entities that a query finds; how many these are, and what its sources did not give."""
        query = query_of_body(said, context)
        reads = self._distribution.reads
        alive = self._distribution.participants(call, reads.QUERY)
        matching = await reads.matching(call, query, context, alive, ())
        for entity in matching.entities:
            found.setdefault(entity.id, entity)
        failed = (f"{one.registration.id}: {one.title}: {one.detail}" for one in matching.gathered.failed)
        return len(matching.entities), tuple(failed)

    async def past(
        self, call: Call, said: dict[str, Any], context: LdContext, found: dict[str, Entity]
    ) -> tuple[int, tuple[str, ...]]:
        """Add the evolutions that a query of the past finds; how many, and what is missing of them."""
        mine: dict[str, Entity] = {}
        params = read_ask_body(said["temporalQ"])
        ask = read_ask(params, (), (), self._rooms.limits, aggregated=False)
        cut = await asyncio.to_thread(self._local, call.tenant, said, context, ask, mine)
        missing = [_TOO_LONG] if cut else []
        missing += await self._theirs(call, said, context, mine)
        for id_, entity in mine.items():
            found[id_] = joined(found.get(id_), entity)
        return len(mine), tuple(missing)

    def _local(
        self, tenant: str, said: Mapping[str, Any], context: LdContext, ask: Ask, found: dict[str, Entity]
    ) -> bool:
        """Add the evolutions that are here; whether some are longer than what is copied of one."""
        query, offset, cut = query_of_body(dict(said), context), 0, False
        while offset <= MOST_COPIED:
            try:
                page = self._rooms.queries.evolutions(tenant, query, ask, limit=_PAGE, offset=offset)
            except NonexistentTenant:
                return False
            cut = cut or page.cut
            for item in page.items:
                found[item.entity.id] = joined(found.get(item.entity.id), item.entity)
            offset += _PAGE
            if len(page.items) < _PAGE:
                break
        return cut

    async def _theirs(
        self, call: Call, said: dict[str, Any], context: LdContext, found: dict[str, Entity]
    ) -> list[str]:
        """Add what sources of pasts have; what they did not give."""
        alive = self._distribution.participants(call, ("queryTemporal",))
        if alive is None:
            return []
        about = matter("query", call, context, said)
        asked = [one for one in alive.about() if "queryTemporal" in offered(one.operations) and about(one)]
        params = {"limit": str(_MOST_OF_SOURCE), "options": "sysAttrs"}
        questions = [Question(one, "POST", _PATH, context, params, said) for one in asked]
        missing: list[str] = []
        answers = await self._distribution.sources.ask_all(questions, call) if questions else []
        for registration, answer in zip(asked, answers, strict=True):
            failed = _taken(answer, context, found)
            if failed:
                missing.append(f"{registration.id}: {failed}")
        return missing


def _taken(answer: HttpAnswer | Failed, context: LdContext, found: dict[str, Entity]) -> str:
    """Add the evolutions that a source gives; what is wrong with its answer, or nothing."""
    if isinstance(answer, Failed):
        return f"{answer.title}: {answer.detail}"
    if answer.status not in (200, 206):
        return "" if answer.status == 404 else f"it answered {answer.status}"
    try:
        value = json_of(answer)
        for item in value if isinstance(value, list) else []:
            entity = timed(read_temporal_entity(item, context), item, context)
            found[entity.id] = joined(found.get(entity.id), entity)
    except (ValueError, ChengshuError) as error:
        return f"its answer is not understood: {error}"
    return _TOO_LONG if answer.status == PARTIAL else ""


def joined(held: Entity | None, more: Entity) -> Entity:
    """Two parts of an evolution as one; of instances at the same moment those that are held count."""
    if held is None:
        return more
    attributes = dict(held.attributes)
    for name, instances in more.attributes.items():
        known = {_moment(item) for item in attributes.get(name, ())}
        new = (item for item in instances if _moment(item) not in known)
        attributes[name] = (*attributes.get(name, ()), *new)
    return replace(held, attributes=attributes)


def _moment(item: Attribute) -> tuple[str, str, int]:
    return item.dataset, item.observed_at, 0 if item.observed_at else item.modified_at


def timed(entity: Entity, said: Mapping[str, Any], context: LdContext) -> Entity:
    """An evolution of a source with the times of making and changing that readers of requests leave aside."""
    attributes = dict(entity.attributes)
    for term, value in said.items():
        if term in RESERVED:
            continue
        items = value if isinstance(value, list) else [value]
        held = attributes.get(context.expand(term), ())
        if held and len(held) == len(items) and all(isinstance(item, dict) for item in items):
            attributes[context.expand(term)] = tuple(
                replace(
                    one,
                    created_at=_millis(item.get("createdAt")),
                    modified_at=_millis(item.get("modifiedAt")),
                    instance=str(item.get("instanceId", one.instance)),
                )
                for one, item in zip(held, items, strict=True)
            )
    return replace(entity, attributes=attributes)


def _millis(said: Any) -> int:
    found = moment_of(said) if isinstance(said, str) else None
    return found[1] // 1000 if found and not found[0] else 0
