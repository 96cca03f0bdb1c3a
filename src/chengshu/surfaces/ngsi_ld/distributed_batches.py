"""Batches over several sources (clauses 5.6.7 to 5.6.10 and 5.6.20): each entity goes its own ways.

A source that offers no batches gets its entities one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.reading import read_entity, read_entity_patch, read_fragment
from chengshu.foundation.broker.query.model import Selector
from chengshu.foundation.broker.registry.index import Candidates
from chengshu.foundation.broker.registry.planning import Names, Part, WritePlan, keeps, plan_write
from chengshu.foundation.broker.registry.splitting import attribute_names, only, translated, without
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.http import HttpAnswer
from chengshu.surfaces.ngsi_ld.answers import encode, in_context
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.derived import derived, locally
from chengshu.surfaces.ngsi_ld.distributed_questions import types_of, words_of
from chengshu.surfaces.ngsi_ld.entities import simplified
from chengshu.surfaces.ngsi_ld.media import JSON, LD_JSON, media_of
from chengshu.surfaces.ngsi_ld.operation import Answer, Handler
from chengshu.surfaces.ngsi_ld.rollup import MULTI, Share, conflict, of_answer
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.sources import Failed, Question, Sources, json_of

Distributed = Callable[[Call, Candidates, Handler], Awaitable[Answer]]
_decode = msgspec.json.Decoder().decode
_BARE = ("keyValues", "simplified")  # how a body without types of attributes is announced


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """One batch operation, and how a source without it is brought one entity: method, and ``attrs`` at the
    end of the path; ``again`` is what to do when the entity is there already (upsert)."""

    operation: str
    single: str
    method: str
    attrs: bool = False
    again: str = ""

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of a source that can do it, the best first."""
        return (self.operation, self.single)


WRITES: Mapping[str, BatchSpec] = {
    "create": BatchSpec("createBatch", "createEntity", "POST"),
    "upsert": BatchSpec("upsertBatch", "createEntity", "POST", again="replaceEntity"),
    "update": BatchSpec("updateBatch", "appendAttrs", "POST", attrs=True),
    "merge": BatchSpec("mergeBatch", "mergeEntity", "PATCH"),
    "delete": BatchSpec("deleteBatch", "deleteEntity", "DELETE"),
}
BATCHES: Mapping[tuple[str, str], BatchSpec] = {
    ("POST", f"entityOperations/{name}"): spec for name, spec in WRITES.items()
}


@dataclass(slots=True)
class _Item:
    """One entity of the batch; ``value`` is None where only its id is sent, ``plan`` None when it is not
    fit to be sent anywhere (the local handler says why)."""

    identity: str
    raw: Any
    value: dict[str, Any] | None = None
    context: LdContext | None = None
    names: Names | None = None
    plan: WritePlan | None = None


@dataclass(slots=True)
class _Load:
    """What goes to one source by one of its operations, in the words of one context."""

    part: Part
    context: LdContext
    items: list[tuple[_Item, Part]] = field(default_factory=list)


class DistributedBatches:
    """Splits batches, sends the parts, does the broker's own, and tells the outcome of each entity."""

    def __init__(self, rooms: Rooms, sources: Sources) -> None:
        self._rooms, self._sources = rooms, sources

    def handler(self, spec: BatchSpec) -> Distributed:
        """The distributed form of one operation."""

        async def distributed(call: Call, alive: Candidates, local: Handler) -> Answer:
            return await self._batch(spec, call, alive, local)

        return distributed

    async def _batch(self, spec: BatchSpec, call: Call, alive: Candidates, local: Handler) -> Answer:
        said = await call.json()
        if not isinstance(said, list) or len(said) > call.rooms.limits.batch:
            return await local(derived(call, encode(said)))
        items = [await self._item(spec, call, raw, alive) for raw in said]
        if not any(item.plan for item in items):
            return await local(derived(call, encode([_written(call, item, None) for item in items])))
        loads = _loads(items, await call.context())
        own = [item for item in items if item.plan is None or keeps(item.plan, item.names)]
        sent = asyncio.gather(*(self._send(spec, call, load) for load in loads))
        answer, found = await asyncio.gather(self._own(call, local, own), sent)
        shares = [share for part in found for share in part]
        shares += [conflict(part, item.identity) for item in items if item.plan for part in item.plan.blocked]
        if answer is not None:
            if answer.status >= 300:
                shares += [Share(None, item.identity, None, _decode(answer.body)) for item in own]
            else:
                shares += _local_shares(answer, own)
        return _rolled_up(spec, items, shares, _created(answer))

    async def _item(self, spec: BatchSpec, call: Call, raw: Any, alive: Candidates) -> _Item:
        if spec.operation == "deleteBatch":
            if not isinstance(raw, str):
                return _Item(str(raw), raw)
            selector = self._selector(call, raw, ())
            found = alive.about(types_of((selector,)))
            return _Item(raw, raw, plan=plan_write(found, spec.operations, selector, None))
        identity = raw.get("id", raw.get("@id", "")) if isinstance(raw, dict) else ""
        item = _Item(identity if isinstance(identity, str) else "", raw)
        if not item.identity:
            return item
        try:
            value = dict(raw)
            context = await call.context_of(value)
            types = _checked(spec, call, value, context)
            names = attribute_names(value, context)
        except ChengshuError:
            return item
        selector = self._selector(call, item.identity, types)
        item.value, item.context, item.names = value, context, names
        item.plan = plan_write(alive.about(types_of((selector,))), spec.operations, selector, names)
        return item

    def _selector(self, call: Call, identity: str, types: tuple[str, ...]) -> Selector:
        if not types:
            try:
                found = self._rooms.queries.peek(call.tenant, identity)
            except ChengshuError:
                found = None
            types = found.types if found else ()
        return Selector((identity,), "", tuple((name,) for name in types))

    async def _own(self, call: Call, local: Handler, items: Sequence[_Item]) -> Answer | None:
        """The local handler's answer to what stays here."""
        if not items:
            return None
        body = [_written(call, item, item.plan.taken if item.plan else frozenset()) for item in items]
        return await locally(local, derived(call, encode(body)))

    async def _send(self, spec: BatchSpec, call: Call, load: _Load) -> list[Share]:
        """What became of one source's part."""
        registration = load.part.registration
        try:
            words = await words_of(call, registration, load.context)
        except ChengshuError as error:
            failed = Failed(registration, 502, "The source cannot be asked", error.fault.detail)
            return [Share(registration, item.identity, part.names, failed) for item, part in load.items]
        params = {name: value for name, value in call.params.items() if name != "local"}
        if load.part.operation != spec.operation:
            return await self._one_by_one(spec, call, load, words, params)
        body = [_sent(item, part, words) for item, part in load.items]
        path = tuple(call.operation.path.split("/"))
        answer = await self._sources.ask(Question(registration, "POST", path, words, params, body), call)
        return _source_shares(load, answer)

    async def _one_by_one(
        self, spec: BatchSpec, call: Call, load: _Load, words: LdContext, params: dict[str, str]
    ) -> list[Share]:
        gate = asyncio.Semaphore(self._sources.settings.at_once)
        silent: list[Failed] = []  # once it does not answer, nobody waits for it again

        async def one(item: _Item, part: Part) -> Share:
            async with gate:
                if silent:
                    return of_answer(part, item.identity, silent[0])
                question = _single(spec, item, part, words, params)
                answer = await self._sources.ask(question, call)
                if spec.again and isinstance(answer, HttpAnswer) and answer.status == 409:
                    answer = await self._sources.ask(_again(item, part, words, params), call)
                if isinstance(answer, Failed):
                    silent.append(answer)
                return of_answer(part, item.identity, answer)

        return list(await asyncio.gather(*(one(item, part) for item, part in load.items)))


def _checked(spec: BatchSpec, call: Call, value: dict[str, Any], context: LdContext) -> tuple[str, ...]:
    """The types of an entity fit to be sent. Raises :class:`BadRequestData` for what is not."""
    bare = simplified(call)
    if spec.operation in ("createBatch", "upsertBatch"):
        return read_entity(value, context, simplified=bare).types
    if spec.operation == "mergeBatch":
        return read_entity_patch(value, context, simplified=bare).types
    return read_fragment(value, context, simplified=bare).types


def _written(call: Call, item: _Item, taken: Names | None) -> Any:
    """The item as the local handler reads it, without what others take."""
    if item.value is None or item.context is None:
        return item.raw
    value = without(item.value, taken, item.context) if taken else item.value
    inside = media_of(call.headers.get("content-type", "")) == LD_JSON
    return in_context(value, item.context) if inside else value


def _loads(items: Sequence[_Item], default: LdContext) -> list[_Load]:
    """What goes where, by source, operation and context."""
    loads: dict[tuple[str, str, int], _Load] = {}
    for item in items:
        for part in item.plan.parts if item.plan else ():
            context = item.context or default
            key = (part.registration.id, part.operation, id(context))
            loads.setdefault(key, _Load(part, context)).items.append((item, part))
    return list(loads.values())


def _sent(item: _Item, part: Part, words: LdContext) -> Any:
    if item.value is None or item.context is None:
        return item.identity
    return translated(only(item.value, part.names, item.context), item.context, words)


def _single(spec: BatchSpec, item: _Item, part: Part, words: LdContext, params: dict[str, str]) -> Question:
    body = None if item.value is None else _sent(item, part, words)
    path = ("entities",) if spec.single == "createEntity" else ("entities", item.identity)
    path = (*path, "attrs") if spec.attrs else path
    said = _only(params, *_BARE, *(("noOverwrite",) if spec.attrs else ()))
    return Question(part.registration, spec.method, path, words, said, body)


def _again(item: _Item, part: Part, words: LdContext, params: dict[str, str]) -> Question:
    """The second half of an upsert by single operations: the entity is there."""
    updating = "update" in params.get("options", "").split(",")
    path = ("entities", item.identity, "attrs") if updating else ("entities", item.identity)
    method = "POST" if updating else "PUT"
    return Question(part.registration, method, path, words, _only(params, *_BARE), _sent(item, part, words))


def _only(params: dict[str, str], *options: str) -> dict[str, str]:
    """Of the parameters of a batch those that a single operation has too: these options, and the format."""
    said = [option for option in params.get("options", "").split(",") if option in options]
    kept = {"format": params["format"]} if "format" in params else {}
    return kept | ({"options": ",".join(said)} if said else {})


def _source_shares(load: _Load, answer: HttpAnswer | Failed) -> list[Share]:
    """The outcome of each entity of a batch that was sent."""
    problems: dict[str, dict[str, Any]] = {}
    if isinstance(answer, HttpAnswer) and answer.status == MULTI:
        try:
            said = json_of(answer)
        except ValueError:
            said = {}
        problems = _errors(said)
        answer = HttpAnswer(200, answer.headers, b"")
    return [
        Share(part.registration, item.identity, part.names, problems[item.identity])
        if item.identity in problems
        else of_answer(part, item.identity, answer)
        for item, part in load.items
    ]


def _errors(said: Any) -> dict[str, dict[str, Any]]:
    listed = said.get("errors") if isinstance(said, dict) else None
    found: dict[str, dict[str, Any]] = {}
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("error"), dict):
            found[str(entry.get("entityId"))] = entry["error"]
    return found


def _local_shares(answer: Answer, own: Sequence[_Item]) -> list[Share]:
    problems = _errors(_decode(answer.body)) if answer.status == MULTI else {}
    return [Share(None, item.identity, None, problems.get(item.identity)) for item in own]


def _created(answer: Answer | None) -> list[str]:
    return _decode(answer.body) if answer is not None and answer.status == 201 else []


def _rolled_up(
    spec: BatchSpec, items: Sequence[_Item], shares: Sequence[Share], created: list[str]
) -> Answer:
    bad = [share for share in shares if not share.ok]
    if bad:
        failed = {share.identity for share in bad}
        success = [item.identity for item in items if item.identity not in failed]
        body = {"success": success, "errors": [share.error() for share in bad]}
        return Answer(MULTI, encode(body), JSON)
    if spec.operation == "createBatch":
        return Answer(201, encode([item.identity for item in items]), JSON)
    if spec.operation == "upsertBatch" and created:
        return Answer(201, encode(created), JSON)
    return Answer(204)
