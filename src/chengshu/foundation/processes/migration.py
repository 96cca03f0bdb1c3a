"""Moving a running instance to another version: shown first, then done, and done back the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.processes import store
from chengshu.foundation.processes.stepping import Stepper
from chengshu.kernel.errors import Fault, Findings
from chengshu.ports.process_engine import Element, Tick


@dataclass(frozen=True, slots=True)
class Difference:
    """What would change for an instance: elements by id, the changed ones with what differs in them, and the
    ``misfits`` that forbid it. Tasks that are open keep their department and clock."""

    instance: str
    before: int
    after: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    misfits: tuple[Fault, ...]


_SEEN = (
    "kind",
    "name",
    "department",
    "role",
    "matter",
    "clock",
    "escalate",
    "form",
    "handler",
    "decision",
    "result",
    "work",
    "fields",
    "inputs",
)


def compare(connection: Connection, stepper: Stepper, instance_id: str, version: int) -> Difference:
    """The dry run. Raises :class:`Missing` for an unknown instance or version, :class:`Conflict` for an
    ended one.
    """
    instance, snapshot = stepper.running(connection, instance_id)
    old = stepper.library.get(connection, instance.key, instance.version)
    new = stepper.library.get(connection, instance.key, version)
    both = [name for name in old.elements if name in new.elements]
    changed = {name: found for name in both if (found := _differs(old.elements[name], new.elements[name]))}
    return Difference(
        instance_id,
        instance.version,
        version,
        tuple(name for name in new.elements if name not in old.elements),
        tuple(name for name in old.elements if name not in new.elements),
        changed,
        tuple(stepper.engine.misfits(old, new, snapshot)),
    )


def move(
    connection: Connection, stepper: Stepper, instance_id: str, version: int, actor: Actor
) -> Difference:
    """Put the instance on ``version``. Raises :class:`Invalid` with every misfit;
    then nothing was changed.
    """
    found = compare(connection, stepper, instance_id, version)
    Findings(list(found.misfits)).raise_any()
    instance, snapshot = stepper.running(connection, instance_id)
    after = replace(instance, version=version, revision=instance.revision + 1)
    store.move_instance(connection, after, snapshot)
    body = {
        "instance": after.as_dict(),
        "from": found.before,
        "to": version,
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": {name: list(what) for name, what in found.changed.items()},
    }
    record(connection, Act(actor, "process.migrated", instance_id, stepper.clock.now(), body))
    stepper.move(connection, instance_id, Tick(), actor)  # it may wait for other messages now
    return found


def _differs(old: Element, new: Element) -> tuple[str, ...]:
    return tuple(name for name in _SEEN if getattr(old, name) != getattr(new, name))
