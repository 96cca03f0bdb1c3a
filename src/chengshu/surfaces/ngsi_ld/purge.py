"""Purge: entities that a query finds are deleted, or some of their attributes (clauses 5.6.21, 6.4.3.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from chengshu.foundation.broker import edit
from chengshu.foundation.broker.edit import Command
from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.broker.query.selection import read_names
from chengshu.kernel.errors import ChengshuError, Missing
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import encode, no_content
from chengshu.surfaces.ngsi_ld.asking import is_wide, query_of
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.entities import submit_all
from chengshu.surfaces.ngsi_ld.media import JSON
from chengshu.surfaces.ngsi_ld.operation import Answer, Operation
from chengshu.surfaces.ngsi_ld.problems import as_problem
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld entities"
_PORTION = 2000  # commands in one transaction


class Purge:
    """Deletes what a query finds."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def purge(self, call: Call) -> Answer:
        """Purge Entities: clauses 5.6.21 and 6.4.3.3. Something must be said of what is to go."""
        context = await call.context()
        query = query_of(call, context)
        if is_wide(query) and not call.flag("local") and call.params.get("type") != "*":
            raise BadRequestData(
                "nothing is said of what is to go",
                where="query",
                remedy="say type, id, q or another condition; with local=true everything here goes",
            )
        if "keep" in call.params and "drop" in call.params:
            raise BadRequestData("keep and drop exclude each other", where="keep", remedy="say one of them")
        keep = read_names(call.params["keep"], context.expand, name="keep") if "keep" in call.params else None
        drop = read_names(call.params["drop"], context.expand, name="drop") if "drop" in call.params else None
        commands = await asyncio.to_thread(self._commands, call.tenant, query, keep, drop)
        errors: list[dict[str, object]] = []
        done: dict[str, None] = {}
        for start in range(0, len(commands), _PORTION):
            portion = commands[start : start + _PORTION]
            for command, outcome in zip(portion, await submit_all(self._rooms, call, portion), strict=True):
                if isinstance(outcome, ChengshuError) and not isinstance(outcome, Missing):
                    errors.append({"entityId": edit.target(command), "error": as_problem(outcome)})
                else:
                    done[edit.target(command)] = None
        if errors:
            return Answer(207, encode({"success": list(done), "errors": errors}), JSON)
        return no_content()

    def _commands(
        self, tenant: str, query: Query, keep: tuple[str, ...] | None, drop: tuple[str, ...] | None
    ) -> list[Command]:
        """What is to be done; an entity that goes meanwhile is no mistake."""
        found: list[Command] = []
        for entity in self._rooms.queries.each(tenant, query):
            if keep is None and drop is None:
                found.append(edit.DeleteEntity(entity.id))
            else:
                found += [
                    edit.DeleteAttribute(entity.id, name, all_instances=True)
                    for name in _going(entity, keep, drop)
                ]
        return found

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        return (
            Operation(
                "DELETE",
                "entities",
                self.purge,
                "Purge Entities",
                "6.4.3.3",
                TAG,
                (*params.SELECTION, *params.SELECTION_MORE, params.KEEP, params.DROP, params.LOCAL),
                answers={204: "gone", 207: "what went and what did not"},
                result="BatchOperationResult",
            ),
        )


def _going(entity: Entity, keep: tuple[str, ...] | None, drop: tuple[str, ...] | None) -> Iterable[str]:
    if drop is not None:
        return [name for name in drop if name in entity.attributes]
    return [name for name in entity.attributes if name not in (keep or ())]
