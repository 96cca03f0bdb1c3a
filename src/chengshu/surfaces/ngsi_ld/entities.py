"""Provision of entities and their attributes (clauses 6.4 to 6.7, operations of 5.6)."""

from __future__ import annotations

from asyncio import wrap_future
from collections.abc import Sequence
from typing import Any

from chengshu.foundation.broker import edit
from chengshu.foundation.broker.edit import Command, Outcome
from chengshu.foundation.broker.errors import BadRequestData, InvalidRequest
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.reading import (
    read_attribute,
    read_attribute_patch,
    read_entity,
    read_entity_patch,
    read_fragment,
)
from chengshu.foundation.broker.model import Entity
from chengshu.foundation.broker.temporal import TemporalCommand
from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.answers import created, encode, no_content
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.media import JSON
from chengshu.surfaces.ngsi_ld.names import attribute_name, entity_id
from chengshu.surfaces.ngsi_ld.operation import READS, READS_PATCH, Answer, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms

TAG = "ngsi-ld entities"
_FORMATS = frozenset({"normalized", "concise", "simplified", "keyValues"})
_OPTIONS = frozenset({"noOverwrite", "update", "replace", "sysAttrs"})


class Entities:
    """Creates, changes and deletes entities, one at a time."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def create(self, call: Call) -> Answer:
        """Create Entity: clauses 5.6.1 and 6.4.3.1."""
        value, context = await call.document()
        entity = read_entity(value, context, simplified=simplified(call))
        await submit(self._rooms, call, edit.CreateEntity(entity))
        return created("entities", entity.id)

    async def delete(self, call: Call) -> Answer:
        """Delete Entity: clauses 5.6.6 and 6.5.3.2."""
        await submit(self._rooms, call, edit.DeleteEntity(entity_id(call.path[0])))
        return no_content()

    async def replace(self, call: Call) -> Answer:
        """Replace Entity: clauses 5.6.18 and 6.5.3.3."""
        identity = entity_id(call.path[0])
        value, context = await call.document()
        entity = read_entity(_with_id(value, identity), context, simplified=simplified(call))
        await submit(self._rooms, call, edit.ReplaceEntity(entity))
        return no_content()

    async def merge(self, call: Call) -> Answer:
        """Merge Entity: clauses 5.6.17 and 6.5.3.4."""
        identity = entity_id(call.path[0])
        value, context = await call.document()
        patch = read_entity_patch(_with_id(value, identity), context, simplified=simplified(call))
        lang, observed_at = merge_parameters(call)
        await submit(self._rooms, call, edit.MergeEntity(identity, patch, lang, observed_at))
        return no_content()

    async def append(self, call: Call) -> Answer:
        """Append Attributes: clauses 5.6.3 and 6.6.3.1."""
        identity = entity_id(call.path[0])
        value, context = await call.document()
        fragment = _fragment(call, value, context)
        overwrite = "noOverwrite" not in call.names("options")
        outcome = await submit(self._rooms, call, edit.AppendAttributes(identity, fragment, overwrite))
        return update_answer(outcome)

    async def update(self, call: Call) -> Answer:
        """Update Attributes: clauses 5.6.2 and 6.6.3.2."""
        identity = entity_id(call.path[0])
        value, context = await call.document()
        fragment = _fragment(call, value, context)
        outcome = await submit(self._rooms, call, edit.UpdateAttributes(identity, fragment))
        return update_answer(outcome)

    async def update_attribute(self, call: Call) -> Answer:
        """Partial Attribute Update: clauses 5.6.4 and 6.7.3.1."""
        written_options(call)
        identity, value, context, name = await self._attribute(call)
        patch = read_attribute_patch(value, context, name=call.path[1])
        await submit(self._rooms, call, edit.PartialUpdate(identity, name, patch, patch.dataset))
        return no_content()

    async def replace_attribute(self, call: Call) -> Answer:
        """Replace Attribute: clauses 5.6.19 and 6.7.3.3."""
        written_options(call)
        identity, value, context, name = await self._attribute(call)
        instances = read_attribute(value, context, name=call.path[1])
        await submit(self._rooms, call, edit.ReplaceAttribute(identity, name, instances))
        return no_content()

    async def delete_attribute(self, call: Call) -> Answer:
        """Delete Attribute: clauses 5.6.5 and 6.7.3.2."""
        identity = entity_id(call.path[0])
        name = attribute_name(call.path[1], await call.context())
        command = edit.DeleteAttribute(
            identity, name, dataset=dataset_of(call), all_instances=call.flag("deleteAll")
        )
        await submit(self._rooms, call, command)
        return no_content()

    async def _attribute(self, call: Call) -> tuple[str, dict[str, Any], LdContext, str]:
        identity = entity_id(call.path[0])
        value, context = await call.document()
        name = attribute_name(call.path[1], context)
        return identity, _unwrapped(value, name, context), context, name

    def operations(self) -> tuple[Operation, ...]:
        """The routes."""
        attrs, attr = "entities/{entityId}/attrs", "entities/{entityId}/attrs/{attrId}"
        changed = {204: "all of it is changed"}
        partly = changed | {207: "what is changed and what is not"}
        return (
            Operation(
                "POST",
                "entities",
                self.create,
                "Create Entity",
                "6.4.3.1",
                TAG,
                (params.OPTIONS, params.FORMAT, params.LOCAL),
                READS,
                answers={201: "created; Location says where", 409: "it exists already", 422: "not supported"},
                body="Entity",
                result="",
            ),
            Operation(
                "DELETE",
                "entities/{entityId}",
                self.delete,
                "Delete Entity",
                "6.5.3.2",
                TAG,
                (params.LOCAL, params.TYPE),
                answers={204: "deleted"},
            ),
            Operation(
                "PUT",
                "entities/{entityId}",
                self.replace,
                "Replace Entity",
                "6.5.3.3",
                TAG,
                (params.OPTIONS, params.FORMAT, params.LOCAL, params.TYPE),
                READS,
                answers={204: "replaced"},
                body="EntityFragment",
            ),
            Operation(
                "PATCH",
                "entities/{entityId}",
                self.merge,
                "Merge Entity",
                "6.5.3.4",
                TAG,
                (params.OPTIONS, params.FORMAT, params.LANG, params.OBSERVED_AT, params.LOCAL, params.TYPE),
                READS_PATCH,
                answers=partly,
                body="EntityFragment",
                result="UpdateResult",
            ),
            Operation(
                "POST",
                attrs,
                self.append,
                "Append Attributes",
                "6.6.3.1",
                TAG,
                (params.OPTIONS, params.FORMAT, params.LOCAL, params.TYPE),
                READS,
                answers=partly,
                body="EntityFragment",
                result="UpdateResult",
            ),
            Operation(
                "PATCH",
                attrs,
                self.update,
                "Update Attributes",
                "6.6.3.2",
                TAG,
                (params.OPTIONS, params.FORMAT, params.LOCAL, params.TYPE),
                READS_PATCH,
                answers=partly,
                body="EntityFragment",
                result="UpdateResult",
            ),
            Operation(
                "PATCH",
                attr,
                self.update_attribute,
                "Partial Attribute Update",
                "6.7.3.1",
                TAG,
                (params.OPTIONS, params.LOCAL, params.TYPE),
                READS_PATCH,
                answers=changed,
                body="Attribute",
            ),
            Operation(
                "PUT",
                attr,
                self.replace_attribute,
                "Replace Attribute",
                "6.7.3.3",
                TAG,
                (params.OPTIONS, params.LOCAL, params.TYPE),
                READS,
                answers=changed,
                body="Attribute",
            ),
            Operation(
                "DELETE",
                attr,
                self.delete_attribute,
                "Delete Attribute",
                "6.7.3.2",
                TAG,
                (params.DATASET, params.DELETE_ALL, params.LOCAL, params.TYPE),
                answers={204: "deleted"},
            ),
        )


async def submit(rooms: Rooms, call: Call, command: Command | TemporalCommand) -> Outcome:
    """Do one command and wait until it is durable. Raises what went wrong with it."""
    outcome = (await submit_all(rooms, call, (command,)))[0]
    if isinstance(outcome, ChengshuError):
        raise outcome
    return outcome


async def submit_all(
    rooms: Rooms, call: Call, commands: Sequence[Command | TemporalCommand]
) -> list[Outcome | ChengshuError]:
    """Do the commands in one transaction and wait until they are durable; each has its own outcome."""
    return await wrap_future(rooms.broker.submit(call.tenant, commands, call.actor))


def update_answer(outcome: Outcome) -> Answer:
    """``204`` when all attributes were changed, else ``207`` with an UpdateResult (clause 5.2.18).

    Attributes are named by their IRIs, which mean the same in every context.
    """
    if not outcome.not_updated:
        return no_content()
    body = {
        "updated": list(outcome.updated),
        "notUpdated": [{"attributeName": item.name, "reason": item.reason} for item in outcome.not_updated],
    }
    return Answer(207, encode(body), JSON)


def dataset_of(call: Call) -> str:
    """The one dataset that is asked for; the empty string for the default instance (``@none``, or none).

    Raises :class:`BadRequestData` when it is not a URI.
    """
    said = call.params.get("datasetId", "")
    return "" if said in ("", "@none") else checks.uri(said, "datasetId")


def merge_parameters(call: Call) -> tuple[str, str]:
    """``lang`` and ``observedAt`` of a merge: what is to be written must be a language and a time.

    Raises :class:`BadRequestData`.
    """
    lang, observed_at = call.params.get("lang", ""), call.params.get("observedAt", "")
    if lang:
        checks.language(lang, "lang")
    return lang, checks.time(observed_at, "observedAt") if observed_at else ""


def _with_id(value: dict[str, Any], identity: str, *, strict: bool = True) -> dict[str, Any]:
    """The body with the id of the path. Raises :class:`BadRequestData` when it says another one.

    Not ``strict``: of a fragment of attributes the id does not count.
    """
    said = value.get("id", value.get("@id", identity))
    if strict and said != identity:
        raise BadRequestData(
            f"the body is about {str(said)[:200]!r}, the path about {identity!r}",
            where="id",
            remedy="leave the id out of the body, or make them equal",
        )
    return {name: part for name, part in value.items() if name not in ("id", "@id")} | {"id": identity}


def _fragment(call: Call, value: dict[str, Any], context: LdContext) -> Entity:
    """Attributes to append or to update; an id among them does not count."""
    return read_fragment(_with_id(value, call.path[0], strict=False), context, simplified=simplified(call))


def _unwrapped(value: dict[str, Any], name: str, context: LdContext) -> dict[str, Any]:
    """The fragment of one attribute, which some clients send under the attribute's name."""
    if len(value) == 1:
        ((key, inner),) = value.items()
        if isinstance(inner, dict) and context.expand(key) == name:
            return inner
    return value


def simplified(call: Call) -> bool:
    """Whether attributes are written as bare values (``options=keyValues`` or ``format=simplified``)."""
    wanted = {*written_options(call), call.params.get("format", "")}
    return bool(wanted & {"keyValues", "simplified"})


def written_options(call: Call) -> tuple[str, ...]:
    """The ``options`` of a write. Raises :class:`InvalidRequest` for an option or format that is none."""
    options = call.names("options")
    for name in options:
        if name not in _OPTIONS and name not in _FORMATS:
            known = sorted(_OPTIONS | _FORMATS)
            raise InvalidRequest(
                f"{name[:80]!r} is no option here", where="options", remedy=f"use {', '.join(known)}"
            )
    if (said := call.params.get("format")) is not None and said not in _FORMATS:
        raise InvalidRequest(
            f"{said[:80]!r} is no format", where="format", remedy=f"use one of {', '.join(sorted(_FORMATS))}"
        )
    return options
