"""What comes of a command: the entity after it, the change for the stream, and what to tell the caller.

Source: ETSI GS CIM 009 V1.8.1, clause 5.6. Pure: the same command on the same entity at the same time gives
the same edit, and nothing that was handed in is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.edit import commands as do
from chengshu.foundation.broker.edit.commands import Command, Edit, NotUpdated, Outcome
from chengshu.foundation.broker.edit.instances import Draft, born, differences, stamped, stamped_all
from chengshu.foundation.broker.edit.merging import complete, patched
from chengshu.foundation.broker.errors import AlreadyExists, BadRequestData, ResourceNotFound
from chengshu.foundation.broker.ld.core import NGSI_LD
from chengshu.foundation.broker.ld.nulls import is_null
from chengshu.foundation.broker.model import DEFAULT_TENANT, NULL, Entity, EntityChange

SCOPE = NGSI_LD + "scope"


def apply(command: Command, before: Entity | None, now: int, tenant: str = DEFAULT_TENANT) -> Edit:
    """Apply ``command`` to ``before`` (None: there is no such entity) at ``now``, milliseconds UTC.

    Raises :class:`AlreadyExists`, :class:`ResourceNotFound`, or :class:`BadRequestData` when the command
    contradicts what is there (such as a partial update of another kind).
    """
    return _HANDLERS[type(command)](command, before, now, tenant)


def _create(command: do.CreateEntity, before: Entity | None, now: int, tenant: str) -> Edit:
    if before is not None:
        raise AlreadyExists(f"the entity {before.id} exists", where=before.id, remedy="update or replace it")
    return _created(command.entity, now, tenant)


def _created(entity: Entity, now: int, tenant: str) -> Edit:
    attributes = {name: born(items, now) for name, items in entity.attributes.items()}
    after = replace(entity, created_at=now, modified_at=now, attributes=attributes)
    touched = differences({}, attributes)
    change = EntityChange(tenant, "created", after, touched, scopes=bool(after.scopes))
    return Edit(after, change, Outcome(after.id, created=True, updated=tuple(attributes)))


def _upsert(command: do.Upsert, before: Entity | None, now: int, tenant: str) -> Edit:
    entity = command.entity
    if before is None:
        return _created(entity, now, tenant)
    if command.mode == "replace":
        return _replaced(entity, before, now, tenant)
    return _append(do.AppendAttributes(entity.id, entity), before, now, tenant)


def _replace(command: do.ReplaceEntity, before: Entity | None, now: int, tenant: str) -> Edit:
    return _replaced(command.entity, _there(before, command.entity.id), now, tenant)


def _replaced(entity: Entity, before: Entity, now: int, tenant: str) -> Edit:
    attributes = {
        name: stamped_all(items, before.attributes.get(name, ()), now)
        for name, items in entity.attributes.items()
    }
    after = replace(entity, created_at=before.created_at, modified_at=now, attributes=attributes)
    touched = differences(before.attributes, attributes)
    change = EntityChange(tenant, "updated", after, touched, scopes=after.scopes != before.scopes)
    return Edit(after, change, Outcome(after.id, updated=_names(item.name for item in touched)))


def _append(command: do.AppendAttributes, before: Entity | None, now: int, tenant: str) -> Edit:
    draft = Draft(_there(before, command.id))
    refused = _written(draft, command.fragment, now, overwrite=command.overwrite)
    scopes = _appended_scopes(draft.before, command.fragment, overwrite=command.overwrite)
    return _finish(draft, command.fragment, scopes, refused, now, tenant)


def _written(draft: Draft, fragment: Entity, now: int, *, overwrite: bool) -> list[NotUpdated]:
    """Write the instances of a fragment into the draft; gives those that could not be."""
    refused = []
    for name, items in fragment.attributes.items():
        for item in items:
            old = draft.at(name, item.dataset)
            if old is None and is_null(item.value):
                refused.append(_missing(name, item.dataset))
            elif old is not None and not overwrite:
                refused.append(_kept(name, item.dataset))
            elif is_null(item.value):
                draft.drop(name, item.dataset)
            else:
                draft.put(name, stamped(item, old, now))
    return refused


def _appended_scopes(before: Entity, fragment: Entity, *, overwrite: bool) -> tuple[str, ...]:
    """Clause 4.18: scopes are written over, or added to when nothing may be written over."""
    if overwrite or not before.scopes:
        return _scopes(before, fragment.scopes)
    added = [scope for scope in fragment.scopes if scope not in before.scopes and scope != NULL]
    return (*before.scopes, *added)


def _update(command: do.UpdateAttributes, before: Entity | None, now: int, tenant: str) -> Edit:
    draft = Draft(_there(before, command.id))
    refused = _written(draft, command.fragment, now, overwrite=True)
    scopes = draft.before.scopes
    if command.fragment.scopes and not scopes:
        refused.append(NotUpdated(SCOPE, "the entity has no scope to update"))
    else:
        scopes = _scopes(draft.before, command.fragment.scopes)
    return _finish(draft, command.fragment, scopes, refused, now, tenant)


def _partial(command: do.PartialUpdate, before: Entity | None, now: int, tenant: str) -> Edit:
    draft = Draft(_there(before, command.id))
    dataset = command.patch.dataset or command.dataset
    old = draft.at(command.attribute, dataset)
    if old is None:
        raise _no_attribute(command.id, command.attribute, dataset)
    kind = command.patch.kind
    if kind is not None and kind != old.kind:
        raise BadRequestData(
            f"the attribute is a {old.kind}, not a {kind}",
            where=command.attribute,
            remedy="replace the attribute to change its type",
        )
    after = patched(old, command.patch, now, merge=False)
    if after is None:
        draft.drop(command.attribute, dataset)
    else:
        draft.put(command.attribute, after)
    return _finish(draft, None, draft.before.scopes, [], now, tenant)


def _merge(command: do.MergeEntity, before: Entity | None, now: int, tenant: str) -> Edit:
    draft = Draft(_there(before, command.id))
    for name, patches in command.patch.attributes.items():
        for patch in patches:
            old = draft.at(name, patch.dataset)
            if old is None:
                if not is_null(patch.value):
                    draft.put(name, complete(patch, now, command.lang))
                continue
            after = patched(old, patch, now, merge=True, lang=command.lang, observed_at=command.observed_at)
            if after is None:
                draft.drop(name, patch.dataset)
            else:
                draft.put(name, after)
    fragment = Entity(
        command.id, command.patch.types, command.patch.scopes, expires_at=command.patch.expires_at
    )
    return _finish(draft, fragment, _scopes(draft.before, fragment.scopes), [], now, tenant)


def _replace_attribute(command: do.ReplaceAttribute, before: Entity | None, now: int, tenant: str) -> Edit:
    draft = Draft(_there(before, command.id))
    for item in command.instances:
        old = draft.at(command.attribute, item.dataset)
        if old is None:
            raise _no_attribute(command.id, command.attribute, item.dataset)
        draft.put(command.attribute, stamped(item, old, now))
    return _finish(draft, None, draft.before.scopes, [], now, tenant)


def _delete(command: do.DeleteEntity, before: Entity | None, now: int, tenant: str) -> Edit:
    entity = _there(before, command.id)
    change = EntityChange(
        tenant,
        "deleted",
        replace(entity, deleted_at=now),
        differences(entity.attributes, {}),
        scopes=bool(entity.scopes),
    )
    return Edit(None, change, Outcome(entity.id, deleted=True, updated=tuple(entity.attributes)))


def _delete_attribute(command: do.DeleteAttribute, before: Entity | None, now: int, tenant: str) -> Edit:
    draft = Draft(_there(before, command.id))
    name = command.attribute
    if name == SCOPE:
        if not draft.before.scopes:
            raise _no_attribute(command.id, name, "")
        return _finish(draft, None, (), [], now, tenant)
    instances = draft.attributes.get(name, ())
    if not command.all_instances:
        instances = tuple(item for item in instances if item.dataset == command.dataset)
    if not instances:
        raise _no_attribute(command.id, name, "" if command.all_instances else command.dataset)
    for item in instances:
        draft.drop(name, item.dataset)
    return _finish(draft, None, draft.before.scopes, [], now, tenant)


def _finish(
    draft: Draft,
    fragment: Entity | None,
    scopes: tuple[str, ...],
    refused: list[NotUpdated],
    now: int,
    tenant: str,
) -> Edit:
    """The edit of a draft: the fragment's types are added; if nothing moved, nothing is published."""
    before = draft.before
    types, expires_at = before.types, before.expires_at
    if fragment is not None:
        types = (*types, *(name for name in fragment.types if name not in types))
        expires_at = "" if fragment.expires_at == NULL else fragment.expires_at or expires_at
    names = [item.name for item in draft.touched]
    scoped = scopes != before.scopes or (
        fragment is not None and bool(fragment.scopes) and SCOPE not in {item.name for item in refused}
    )
    outcome = Outcome(
        before.id, updated=_names([*names, *([SCOPE] if scoped else [])]), not_updated=tuple(refused)
    )
    if not draft.touched and not scoped and (types, expires_at) == (before.types, before.expires_at):
        return Edit(before, None, outcome)
    after = replace(
        before,
        types=types,
        scopes=scopes,
        expires_at=expires_at,
        modified_at=now,
        attributes=draft.attributes,
    )
    change = EntityChange(tenant, "updated", after, tuple(draft.touched), scopes=scopes != before.scopes)
    return Edit(after, change, outcome)


def _there(before: Entity | None, name: str) -> Entity:
    if before is None:
        raise ResourceNotFound(f"the entity {name} does not exist", where=name, remedy="create it first")
    return before


def _scopes(before: Entity, said: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes after a write over: those said, or none when NULL was said, or as they were."""
    if said == (NULL,):
        return ()
    return said or before.scopes


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _missing(name: str, dataset: str) -> NotUpdated:
    return NotUpdated(name, "the entity has no such attribute instance", dataset)


def _kept(name: str, dataset: str) -> NotUpdated:
    return NotUpdated(name, "it exists and may not be written over", dataset)


def _no_attribute(entity: str, name: str, dataset: str) -> ResourceNotFound:
    which = f"instance {dataset} of the attribute" if dataset else "default instance of the attribute"
    return ResourceNotFound(f"the entity {entity} has no {which} {name}", where=name)


_HANDLERS: dict[type[Any], Callable[[Any, Entity | None, int, str], Edit]] = {
    do.CreateEntity: _create,
    do.Upsert: _upsert,
    do.AppendAttributes: _append,
    do.UpdateAttributes: _update,
    do.PartialUpdate: _partial,
    do.MergeEntity: _merge,
    do.ReplaceEntity: _replace,
    do.ReplaceAttribute: _replace_attribute,
    do.DeleteEntity: _delete,
    do.DeleteAttribute: _delete_attribute,
}
