"""One group of commands inside its transaction: entities first, then what is told of their past."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import msgspec
import structlog
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.edit import Command, CreateEntity, Edit, Outcome, Upsert, apply, target
from chengshu.foundation.broker.errors import BadRequestData, InternalError, NonexistentTenant
from chengshu.foundation.broker.stream import KIND, PackedChange, pack
from chengshu.foundation.broker.temporal import TEMPORAL, TemporalCommand, UpsertEvolution
from chengshu.foundation.broker.temporal_commands import EvolutionCommands
from chengshu.foundation.broker.temporal_commands import target as temporal_target
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.broker.writing import Group, Slot, encode
from chengshu.foundation.journal import Act, Actor
from chengshu.kernel.clock import millis
from chengshu.kernel.errors import ChengshuError

AnyCommand: TypeAlias = Command | TemporalCommand
Result: TypeAlias = Outcome | ChengshuError
_EVOLVED = "linked.evolved"
_CREATING = (CreateEntity, Upsert, UpsertEvolution)  # commands that bring a tenant into being (clause 4.14)
_log = structlog.get_logger("chengshu.broker")


class Job(NamedTuple):
    """What one caller wants done, in order."""

    tenant: str
    commands: Sequence[AnyCommand]
    actor: Actor


class Writing:
    """The work of one group, in the caller's write transaction."""

    def __init__(
        self, connection: Connection, dictionary: Dictionary, now: datetime, evolutions: TemporalFeed
    ) -> None:
        self._connection = connection
        self._dictionary = dictionary
        self._now, self._ms = now, millis(now)
        self._evolutions = evolutions
        self._group = Group(connection, dictionary)
        self._changes: list[PackedChange] = []
        self._ids: list[str] = []
        self._actors: dict[str, Actor] = {}

    def run(self, taken: Sequence[Job], *, settled: bool = False) -> list[list[Result]]:
        """Do all jobs; the results of each, in order.

        ``settled``: the evolutions have these writes already, or get them from elsewhere.
        """
        by_tenant: dict[str, list[str]] = {}
        for item in taken:
            by_tenant.setdefault(item.tenant, []).extend(map(_subject, item.commands))
        for tenant, ids in by_tenant.items():
            self._group.load(tenant, ids)
        results: list[list[Result | None]] = [
            [None if isinstance(command, TEMPORAL) else self._one(item, command) for command in item.commands]
            for item in taken
        ]
        self._publish(settled=settled)
        if any(result is None for part in results for result in part):
            self._evolve(taken, results)
        return results  # type: ignore[return-value]

    def _one(self, item: Job, command: Command) -> Result:
        """Apply one command; an error of it is its result and leaves everything as it was."""
        try:
            self._tenant(item.tenant, command)
            slot = self._group.slot(item.tenant, target(command))
            edit = apply(command, slot.now, self._ms, item.tenant)
            if edit.change is not None:
                self._keep(item, slot, edit)
            return edit.outcome
        except ChengshuError as error:
            return error
        except Exception as error:
            return _broke(command, error)

    def _tenant(self, tenant: str, command: AnyCommand) -> None:
        if self._dictionary.knows_tenant(self._connection, tenant):
            return
        if not isinstance(command, _CREATING):
            raise unknown_tenant(tenant)
        self._dictionary.add_tenant(self._connection, tenant, self._ms)

    def _keep(self, item: Job, slot: Slot, edit: Edit) -> None:
        change = edit.change
        assert change is not None  # noqa: S101  the caller has looked
        try:
            doc = encode(change.entity)
            after = doc if edit.after is change.entity else encode(edit.after) if edit.after else b""
        except OverflowError:
            raise BadRequestData(
                "a number is larger than the broker keeps", remedy="send integers of at most 64 bits"
            ) from None
        except UnicodeEncodeError:
            raise BadRequestData(
                "a text is no Unicode", where=change.entity.id, remedy="send whole surrogate pairs"
            ) from None
        slot.now, slot.doc = edit.after, after
        self._changes.append(
            PackedChange(item.tenant, change.what, msgspec.Raw(doc), change.touched, change.scopes)
        )
        self._ids.append(change.entity.id)
        self._actors[item.actor.id] = item.actor

    def _publish(self, *, settled: bool) -> None:
        """Write the entities, the change record and the journal entry of what was done so far."""
        if not self._changes:
            return
        self._group.write()
        payload = pack(self._changes, tuple(range(len(self._changes))) if settled else ())
        self._record(KIND, payload, self._ids)
        self._changes, self._ids, self._actors = [], [], {}

    def _record(self, kind: str, payload: bytes, ids: Sequence[str]) -> None:
        actors = list(self._actors.values())
        who = actors[0] if len(actors) == 1 else Actor.hub("broker")
        seq = journal.append_change(self._connection, kind, who.id, self._now, payload)
        body: dict[str, Any] = {
            "change": seq,
            "count": len(ids),
            "sha256": hashlib.sha256(payload).hexdigest(),
            "ids": ids,
        }
        if len(actors) > 1:
            body["actors"] = sorted(self._actors)
        journal.enter(self._connection, Act(who, kind, who.id, self._now, body))

    def _evolve(self, taken: Sequence[Job], results: list[list[Result | None]]) -> None:
        """Run the temporal commands; what follows for the entities is settled in their evolutions already."""
        self._evolutions.catch_up_in(self._connection)
        commands = EvolutionCommands(
            self._connection, self._dictionary, self._ms, forget=self._evolutions.forget
        )
        done: list[TemporalCommand] = []
        told: dict[str, Actor] = {}
        for item, part in zip(taken, results, strict=True):
            for index, command in enumerate(item.commands):
                if isinstance(command, TEMPORAL):
                    part[index] = result = self._tell(item, command, commands)
                    if isinstance(result, Outcome):
                        done.append(command)
                        told[item.actor.id] = item.actor
        self._publish(settled=True)
        if done:
            self._actors = told
            self._record(
                _EVOLVED, msgspec.msgpack.encode({"commands": encode(done)}), list(map(_subject, done))
            )

    def _tell(self, item: Job, command: TemporalCommand, commands: EvolutionCommands) -> Result:
        try:
            self._tenant(item.tenant, command)
            slot = self._group.slot(item.tenant, temporal_target(command))
            savepoint = self._connection.begin_nested()
            try:
                outcome, follows = commands.run(item.tenant, command, slot.now)
                for follow in follows:
                    edit = apply(follow, slot.now, self._ms, item.tenant)
                    if edit.change is not None:
                        self._keep(item, slot, edit)
            except BaseException:
                savepoint.rollback()
                self._dictionary.forget()  # it asks the store again
                commands.reset()
                raise
            savepoint.commit()
            return outcome
        except ChengshuError as error:
            return error
        except Exception as error:
            return _broke(command, error)


def _broke(command: AnyCommand, error: Exception) -> InternalError:
    _log.error("command broke", command=type(command).__name__, exc_info=error)
    return InternalError("the command could not be carried out; nothing was changed")


def unknown_tenant(tenant: str) -> NonexistentTenant:
    """The error of a tenant nobody made."""
    return NonexistentTenant(
        f"tenant {tenant!r} does not exist", remedy="create an entity in it, and it comes into being"
    )


def _subject(command: AnyCommand) -> str:
    """The id of the entity a command is about."""
    return temporal_target(command) if isinstance(command, TEMPORAL) else target(command)
