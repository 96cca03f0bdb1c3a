"""The commands of clause 5.6 as plain data; each concerns one entity. A batch is a list of them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from chengshu.foundation.broker.model import Attribute, AttributePatch, Entity, EntityChange, EntityPatch


class CreateEntity(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.1 (and 5.6.7 in batches): a new entity; there must be none of this id."""

    entity: Entity


class Upsert(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.8: create the entity, or replace it, or (``update``) write its attributes over the old."""

    entity: Entity
    mode: Literal["replace", "update"] = "replace"


class AppendAttributes(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.3 (and 5.6.9 in batches): add attributes, over those that are there or beside them only."""

    id: str
    fragment: Entity
    overwrite: bool = True


class UpdateAttributes(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.2: write over attributes that are there, and beside them; scopes only where there are some.

    That attributes which are not there are added follows the conformance suite (ETSI test 011_01_03).
    """

    id: str
    fragment: Entity


class PartialUpdate(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.4: change members of one attribute instance (``dataset`` '' is the default instance)."""

    id: str
    attribute: str
    patch: AttributePatch
    dataset: str = ""


class MergeEntity(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.17: merge a fragment in, member by member.

    ``lang`` is the language meant by a bare text written to a LanguageProperty; ``observed_at`` the time
    given to changed attributes that had one and whose fragment says none.
    """

    id: str
    patch: EntityPatch
    lang: str = ""
    observed_at: str = ""


class ReplaceEntity(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.18: put this in place of the entity that is there."""

    entity: Entity


class ReplaceAttribute(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.19: put these in place of the instances of the same datasets that are there."""

    id: str
    attribute: str
    instances: tuple[Attribute, ...]


class DeleteEntity(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.6."""

    id: str


class DeleteAttribute(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.5: one instance (``dataset`` '' is the default one), or all; ``scope`` may be named too."""

    id: str
    attribute: str
    dataset: str = ""
    all_instances: bool = False


Command: TypeAlias = (
    CreateEntity
    | Upsert
    | AppendAttributes
    | UpdateAttributes
    | PartialUpdate
    | MergeEntity
    | ReplaceEntity
    | ReplaceAttribute
    | DeleteEntity
    | DeleteAttribute
)


_OF_ENTITIES = (CreateEntity, Upsert, ReplaceEntity)


class NotUpdated(msgspec.Struct, frozen=True):
    """One attribute (expanded IRI) that stayed as it was, and why."""

    name: str
    reason: str
    dataset: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What a command did to the entity ``id``; names are expanded IRIs, each once."""

    id: str
    created: bool = False
    deleted: bool = False
    updated: tuple[str, ...] = ()
    not_updated: tuple[NotUpdated, ...] = ()


class Edit(msgspec.Struct, frozen=True):
    """The entity after a command (None when it is gone), the change to publish (None: nothing changed)."""

    after: Entity | None
    change: EntityChange | None
    outcome: Outcome


def target(command: Command) -> str:
    """The id of the entity that the command concerns."""
    if isinstance(command, _OF_ENTITIES):
        return command.entity.id
    return command.id
