"""Writes to one entity (and purges) over several sources (clauses 5.6.1 to 5.6.6, 5.6.17 to 5.6.21)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chengshu.foundation.broker.errors import BadRequestData, NonexistentTenant
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.reading import read_entity, read_entity_patch, read_fragment
from chengshu.foundation.broker.query.model import Selector
from chengshu.foundation.broker.query.selection import read_ids, read_names, read_types
from chengshu.foundation.broker.registry.index import Candidates
from chengshu.foundation.broker.registry.planning import Names, Part, keeps, plan_write
from chengshu.foundation.broker.registry.splitting import (
    attribute_names,
    only,
    translated,
    translated_attribute,
    without,
)
from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.ngsi_ld.answers import created
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.derived import given_back, locally
from chengshu.surfaces.ngsi_ld.distributed_questions import types_of, words_of
from chengshu.surfaces.ngsi_ld.entities import simplified
from chengshu.surfaces.ngsi_ld.names import attribute_name, entity_id
from chengshu.surfaces.ngsi_ld.operation import Answer, Handler
from chengshu.surfaces.ngsi_ld.rollup import Share, conflict, of_answer, of_local, rolled_up
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.sources import Failed, Question, Sources

Body = Literal["entity", "fragment", "patch", "attribute", ""]
Distributed = Callable[[Call, Candidates, Handler], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class WriteSpec:
    """How one writing operation is split: which operation of a source does it, and what its body is.

    ``partly``: a share that did not succeed is told attribute by attribute (UpdateResult).
    """

    operation: str
    body: Body
    partly: bool = False
    purge: bool = False

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of a source that can do it."""
        return (self.operation,)


_ENTITY, _ATTRS, _ATTR = (
    "entities/{entityId}",
    "entities/{entityId}/attrs",
    "entities/{entityId}/attrs/{attrId}",
)
WRITES: Mapping[tuple[str, str], WriteSpec] = {
    ("POST", "entities"): WriteSpec("createEntity", "entity"),
    ("DELETE", "entities"): WriteSpec("purgeEntity", "", purge=True),
    ("PUT", _ENTITY): WriteSpec("replaceEntity", "entity"),
    ("PATCH", _ENTITY): WriteSpec("mergeEntity", "patch"),
    ("DELETE", _ENTITY): WriteSpec("deleteEntity", ""),
    ("POST", _ATTRS): WriteSpec("appendAttrs", "fragment", partly=True),
    ("PATCH", _ATTRS): WriteSpec("updateEntity", "fragment", partly=True),
    ("PATCH", _ATTR): WriteSpec("updateAttrs", "attribute"),
    ("PUT", _ATTR): WriteSpec("replaceAttrs", "attribute"),
    ("DELETE", _ATTR): WriteSpec("deleteAttrs", ""),
}


@dataclass(frozen=True, slots=True)
class _Write:
    """A write as it was asked for: to which entity, about which attributes, with what."""

    identity: str
    selector: Selector
    names: Names | None
    value: dict[str, Any] | None
    context: LdContext


class DistributedWrites:
    """Splits a write, sends the parts, does the broker's own, and rolls the results up."""

    def __init__(self, rooms: Rooms, sources: Sources) -> None:
        self._queries, self._sources = rooms.queries, sources

    def handler(self, spec: WriteSpec) -> Distributed:
        """The distributed form of one operation."""

        async def distributed(call: Call, alive: Candidates, local: Handler) -> Answer:
            return await self._write(spec, call, alive, local)

        return distributed

    async def _write(self, spec: WriteSpec, call: Call, alive: Candidates, local: Handler) -> Answer:
        write = await self._purge(call) if spec.purge else await self._read(spec, call)
        found = alive.about(types_of((write.selector,)))
        plan = plan_write(found, spec.operations, write.selector, write.names)
        whole = given_back(call, write.value, write.context) if write.value is not None else call
        if not plan:
            return await local(whole)
        _check(spec, write, call)
        stays = spec.purge or keeps(plan, write.names)
        own = whole
        if stays and write.value is not None and spec.body != "attribute" and plan.taken:
            own = given_back(call, without(write.value, plan.taken, write.context), write.context)
        parts = asyncio.gather(*(self._part(spec, call, write, part) for part in plan.parts))
        answer, shares = await asyncio.gather(_own(local, own, stays), parts)
        blocked = [conflict(part, write.identity) for part in plan.blocked]
        left = None if write.names is None else write.names - (plan.taken or frozenset())
        mine = [of_local(answer, write.identity, left)] if answer is not None else []
        done = answer if answer is not None and answer.status < 300 else _done(spec, write)
        return rolled_up([*mine, *shares, *blocked], done, write.context, partly=spec.partly)

    async def _part(self, spec: WriteSpec, call: Call, write: _Write, part: Part) -> Share:
        """What became of one source's part."""
        try:
            words = await words_of(call, part.registration, write.context)
            question = _question(spec, call, write, part, words)
        except ChengshuError as error:
            failed = Failed(part.registration, 502, "The source cannot be asked", error.fault.detail)
            return Share(part.registration, write.identity, part.names, failed)
        return of_answer(part, write.identity, await self._sources.ask(question, call))

    async def _read(self, spec: WriteSpec, call: Call) -> _Write:
        """The write of a request to one entity."""
        value: dict[str, Any] | None = None
        if spec.body:
            value, context = await call.document()
        else:
            context = await call.context()
        identity = call.path[0] if call.path else str((value or {}).get("id", (value or {}).get("@id", "")))
        names: Names | None = None
        if len(call.path) > 1:
            names = frozenset({attribute_name(call.path[1], context)})
        elif value is not None:
            names = attribute_names(value, context)
        types = _types(call, value, context) or self._known_types(call.tenant, identity)
        selector = Selector((identity,), "", tuple((name,) for name in types))
        return _Write(identity, selector, names, value, context)

    async def _purge(self, call: Call) -> _Write:
        """The write of a purge: all the parameters select by."""
        context, said = await call.context(), call.params
        selector = Selector(
            read_ids(said["id"]) if "id" in said else (),
            said.get("idPattern", ""),
            read_types(said["type"], context.expand) if "type" in said else (),
        )
        names = frozenset(read_names(said["drop"], context.expand, name="drop")) if said.get("drop") else None
        return _Write("", selector, names, None, context)

    def _known_types(self, tenant: str, identity: str) -> tuple[str, ...]:
        """The types the broker itself knows the entity by: a registration of other types is not about it."""
        try:
            found = self._queries.peek(tenant, identity)
        except NonexistentTenant:
            return ()
        return found.types if found else ()


async def _own(local: Handler, call: Call, stays: bool) -> Answer | None:
    return await locally(local, call) if stays else None


def _types(call: Call, value: Mapping[str, Any] | None, context: LdContext) -> tuple[str, ...]:
    said = (value or {}).get("type", (value or {}).get("@type"))
    if isinstance(said, str):
        return (context.expand(said),)
    if isinstance(said, list) and all(isinstance(item, str) for item in said):
        return tuple(context.expand(item) for item in said)
    wanted = call.params.get("type", "")
    return tuple(name for group in read_types(wanted, context.expand) for name in group) if wanted else ()


def _check(spec: WriteSpec, write: _Write, call: Call) -> None:
    """Refuse what is wrong before anybody is sent it. Raises :class:`BadRequestData`."""
    if not spec.purge:
        entity_id(write.identity)
    if write.value is None or spec.body == "attribute":
        return
    bare = simplified(call)
    if spec.body == "entity":
        read_entity(write.value | {"id": write.identity}, write.context, simplified=bare)
    elif spec.body == "patch":
        read_entity_patch(write.value, write.context, simplified=bare)
    else:
        read_fragment(write.value, write.context, simplified=bare)
        return  # of a fragment of attributes an id does not count
    said = write.value.get("id", write.value.get("@id", write.identity))
    if said != write.identity:
        raise BadRequestData(
            f"the body is about {str(said)[:200]!r}, the path about {write.identity!r}",
            where="id",
            remedy="leave the id out of the body, or make them equal",
        )


def _question(spec: WriteSpec, call: Call, write: _Write, part: Part, words: LdContext) -> Question:
    """The request that brings one source its part."""
    path = ["entities", *call.path[:1]]
    if len(call.path) > 1:
        path += ["attrs", words.compact(attribute_name(call.path[1], write.context))]
    elif call.operation.path == _ATTRS:
        path.append("attrs")
    params = {name: value for name, value in call.params.items() if name not in ("local", "type")}
    if spec.purge:
        params = _purge_params(call, write, part, words)
    body: dict[str, Any] | None = None
    if write.value is not None:
        if spec.body == "attribute":
            body = translated_attribute(write.value, write.context, words, call.path[1])
        else:
            body = translated(only(write.value, part.names, write.context), write.context, words)
    return Question(part.registration, call.operation.method, tuple(path), words, params, body)


def _purge_params(call: Call, write: _Write, part: Part, words: LdContext) -> dict[str, str]:
    """The parameters of a purge, cut down to what the source registered for."""
    params = {name: value for name, value in call.params.items() if name != "local"}
    if words is not write.context and "type" in params:
        params["type"] = "|".join(
            f"({';'.join(words.compact(name) for name in group)})" for group in write.selector.types
        )
    ids = [entity.id for entity in part.entities if entity.id]
    if part.entities and len(ids) == len(part.entities) and "id" not in params:
        params["id"] = ",".join(ids)
    if part.names is not None and "keep" not in params:
        params["drop"] = ",".join(words.compact(name) for name in sorted(part.names))
    return params


def _done(spec: WriteSpec, write: _Write) -> Answer:
    """What is answered when all went well and the broker itself had no part in it."""
    return created("entities", write.identity) if spec.operation == "createEntity" else Answer(204)
