"""Batch operations on entities (clauses 6.14 to 6.17 and 6.31, operations of 5.6.7 to 5.6.10 and 5.6.20).

A batch is one transaction, yet each entity has its own outcome: what is wrong with one costs no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, NamedTuple

from chengshu.foundation.broker import edit
from chengshu.foundation.broker.edit import Command, Outcome
from chengshu.foundation.broker.errors import BadRequestData, InvalidRequest, NonexistentTenant
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.reading import read_entity, read_entity_patch, read_fragment
from chengshu.kernel.errors import ChengshuError, TooLarge
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import encode, no_content
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.entities import merge_parameters, simplified, submit_all
from chengshu.surfaces.ngsi_ld.media import JSON
from chengshu.surfaces.ngsi_ld.names import entity_id, is_uri
from chengshu.surfaces.ngsi_ld.operation import READS, Answer, Operation
from chengshu.surfaces.ngsi_ld.problems import as_problem
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld batches"
_MODES = ("replace", "update")
_BREATH = 200  # entities read between two looks at what else waits
Make = Callable[[dict[str, Any], LdContext], Command]


class _Result(NamedTuple):
    id: str
    outcome: Outcome | ChengshuError


class Batches:
    """Creates, changes and deletes many entities at once."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def create(self, call: Call) -> Answer:
        """Batch Entity Creation: clauses 5.6.7 and 6.14.3.1."""
        bare = simplified(call)
        results = await self._each(
            call, lambda value, context: edit.CreateEntity(read_entity(value, context, simplified=bare))
        )
        if all_well(results):
            return Answer(201, encode([result.id for result in results]), JSON)
        return batch_answer(results)

    async def upsert(self, call: Call) -> Answer:
        """Batch Entity Upsert: clauses 5.6.8 and 6.15.3.1."""
        mode: Literal["replace", "update"] = "update" if _one_of(call, _MODES) == "update" else "replace"
        bare = simplified(call)

        def make(value: dict[str, Any], context: LdContext) -> Command:
            return edit.Upsert(read_entity(value, context, simplified=bare), mode)

        results = await self._each(call, make)
        if not all_well(results):
            return batch_answer(results)
        new = [item.id for item in results if isinstance(item.outcome, Outcome) and item.outcome.created]
        return Answer(201, encode(new), JSON) if new else no_content()

    async def update(self, call: Call) -> Answer:
        """Batch Entity Update: clauses 5.6.9 and 6.16.3.1."""
        overwrite = _one_of(call, ("noOverwrite", *_MODES)) != "noOverwrite"
        bare = simplified(call)

        def make(value: dict[str, Any], context: LdContext) -> Command:
            fragment = read_fragment(value, context, simplified=bare)
            return edit.AppendAttributes(entity_id(fragment.id), fragment, overwrite)

        return self._answer(await self._each(call, make))

    async def merge(self, call: Call) -> Answer:
        """Batch Entity Merge: clauses 5.6.20 and 6.31.3.1."""
        bare = simplified(call)
        lang, observed_at = merge_parameters(call)

        def make(value: dict[str, Any], context: LdContext) -> Command:
            patch = read_entity_patch(value, context, simplified=bare)
            return edit.MergeEntity(entity_id(patch.id), patch, lang, observed_at)

        return self._answer(await self._each(call, make))

    async def delete(self, call: Call) -> Answer:
        """Batch Entity Delete: clauses 5.6.10 and 6.17.3.1."""
        ids = _array(await call.json(), call.rooms.limits.batch)
        wrong = [_Result(str(item)[:80], _no_id(item)) for item in ids if not _is_id(item)]
        commands = [edit.DeleteEntity(item) for item in ids if _is_id(item)]
        outcomes = await self._done(call, commands)
        results = [_Result(item.id, outcome) for item, outcome in zip(commands, outcomes, strict=True)]
        return self._answer([*results, *wrong])

    @staticmethod
    def _answer(results: list[_Result]) -> Answer:
        return no_content() if all_well(results) else batch_answer(results)

    async def _each(self, call: Call, make: Make) -> list[_Result]:
        """Read every entity of the batch, do what can be done, and tell the outcome of each in order."""
        items = _array(await call.json(), call.rooms.limits.batch)
        if any("@context" in item for item in items if isinstance(item, dict)):
            call.check_link()
        results: list[_Result | None] = []
        commands: list[Command] = []
        common = await call.common_context()
        for place, item in enumerate(items):
            if place % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)
            if common is not None and type(item) is dict and "@context" not in item:
                made = _made(make, item, common)
            else:
                made = await self._read(call, item, make)
            if isinstance(made, ChengshuError):
                results.append(_Result(_id_of(item), made))
            else:
                results.append(None)
                commands.append(made)
        outcomes = iter(await self._done(call, commands))
        made_of = iter(commands)
        return [item or _Result(edit.target(next(made_of)), next(outcomes)) for item in results]

    async def _done(self, call: Call, commands: Sequence[Command]) -> list[Outcome | ChengshuError]:
        """The outcome of each command. Raises :class:`NonexistentTenant`: the fault of none of them."""
        outcomes = await submit_all(self._rooms, call, commands) if commands else []
        for outcome in outcomes[:1]:
            if isinstance(outcome, NonexistentTenant):
                raise outcome
        return outcomes

    async def _read(self, call: Call, item: Any, make: Make) -> Command | ChengshuError:
        try:
            if not isinstance(item, dict):
                raise BadRequestData(
                    "an item of a batch is not an object", where="body", remedy="send entities"
                )
            return _made(make, item, await call.context_of(item))
        except ChengshuError as error:
            return error

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""

        def post(
            name: str, handler: Callable[[Call], Awaitable[Answer]], summary: str, clause: str, **more: Any
        ) -> Operation:
            answers = {207: "what was done and what was not"} | more.pop("answers")
            more.setdefault("params", (params.OPTIONS, params.FORMAT, params.LOCAL))
            return Operation(
                "POST",
                f"entityOperations/{name}",
                handler,
                summary,
                clause,
                TAG,
                reads=READS,
                answers=answers,
                result="BatchOperationResult",
                results={201: "Ids"},
                **more,
            )

        done = {204: "all of it is done"}
        merge = (params.OPTIONS, params.FORMAT, params.LANG, params.OBSERVED_AT, params.LOCAL)
        made = {201: "the ids of what was created"}
        some = "EntityFragment[]"
        return (
            post("create", self.create, "Batch Entity Creation", "6.14.3.1", answers=made, body="Entity[]"),
            post(
                "upsert", self.upsert, "Batch Entity Upsert", "6.15.3.1", answers=made | done, body="Entity[]"
            ),
            post("update", self.update, "Batch Entity Update", "6.16.3.1", answers=done, body=some),
            post("delete", self.delete, "Batch Entity Delete", "6.17.3.1", answers=done, body="Ids"),
            post(
                "merge", self.merge, "Batch Entity Merge", "6.31.3.1", answers=done, body=some, params=merge
            ),
        )


def _made(make: Make, item: dict[str, Any], context: LdContext) -> Command | ChengshuError:
    try:
        return make(item, context)
    except ChengshuError as error:
        return error


def all_well(results: list[_Result]) -> bool:
    """Whether nothing failed, wholly or in part."""
    return all(isinstance(item.outcome, Outcome) and not item.outcome.not_updated for item in results)


def batch_answer(results: list[_Result]) -> Answer:
    """``207`` with a BatchOperationResult (clause 5.2.16)."""
    success, errors = [], []
    for item in results:
        outcome = item.outcome
        if isinstance(outcome, Outcome) and outcome.not_updated:
            reasons = "; ".join(f"{part.name}: {part.reason}" for part in outcome.not_updated)
            outcome = BadRequestData(f"some attributes stayed as they were: {reasons}", where=item.id)
        if isinstance(outcome, Outcome):
            success.append(item.id)
        else:
            errors.append({"entityId": item.id, "error": as_problem(outcome)})
    return Answer(207, encode({"success": success, "errors": errors}), JSON)


def _array(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise BadRequestData("the body is not a JSON array", where="body", remedy="send an array")
    if not value:
        raise BadRequestData("the array is empty", where="body", remedy="send one item at least")
    if len(value) > most:
        raise TooLarge(
            "batch-too-large",
            f"the batch has {len(value)} items; at most {most} are accepted at once",
            where="body",
            remedy="split it",
        )
    return value


def _one_of(call: Call, known: tuple[str, ...]) -> str:
    said = [name for name in call.names("options") if name in known]
    if len(said) > 1:
        raise InvalidRequest(
            f"{said[0]} and {said[1]} exclude each other", where="options", remedy="choose one"
        )
    return said[0] if said else ""


def _id_of(item: Any) -> str:
    said = item.get("id", item.get("@id", "")) if isinstance(item, dict) else ""
    return said if isinstance(said, str) else ""


def _is_id(item: Any) -> bool:
    return isinstance(item, str) and is_uri(item)


def _no_id(item: Any) -> BadRequestData:
    return BadRequestData(f"{str(item)[:80]!r} is not the id of an entity", where="body", remedy="send URIs")
