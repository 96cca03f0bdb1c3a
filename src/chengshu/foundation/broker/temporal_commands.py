"""What clients tell of the past, done inside the group's transaction (clauses 5.6.11-5.6.16)."""

from __future__ import annotations

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker import edit
from chengshu.foundation.broker import store_temporal as st
from chengshu.foundation.broker import temporal as do
from chengshu.foundation.broker.dictionary import Dictionary
from chengshu.foundation.broker.edit import Command, Outcome
from chengshu.foundation.broker.edit.merging import patched
from chengshu.foundation.broker.errors import ResourceNotFound
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.store_temporal import EvolutionRow, SeriesRow
from chengshu.foundation.broker.temporal import TemporalCommand
from chengshu.foundation.broker.temporal_rows import number_of, to_attribute, to_row
from chengshu.foundation.broker.temporal_writing import EvolutionWriter

Told = tuple[Outcome, list[Command]]  # what came of it, and what follows for the entity as it is now


class EvolutionCommands:
    """Runs temporal commands one after the other."""

    def __init__(self, connection: Connection, dictionary: Dictionary, now: int, *, forget: bool) -> None:
        self._connection = connection
        self._dictionary = dictionary
        self._now = now
        self._forget = forget
        self.reset()

    def reset(self) -> None:
        """Know nothing of the store: what was known was undone."""
        self._writer = EvolutionWriter(self._connection, self._dictionary, forget=self._forget)

    def run(self, tenant: str, command: TemporalCommand, current: Entity | None) -> Told:
        """Do it. ``current`` is the entity as it is now.

        An evolution told of an entity that is not there brings the entity into being, as its newest
        instances say, and later takes it away with it. Raises :class:`ResourceNotFound`.
        """
        name = target(command)
        self._writer.load([(tenant, name)])
        if isinstance(command, do.UpsertEvolution):
            told = self._upsert(tenant, command.entity, current)
        else:
            evolution = self._writer.get(tenant, name)
            if evolution is None:
                raise ResourceNotFound(
                    f"the entity {name} has no evolution", where=name, remedy="create it first"
                )
            told = self._change(evolution, command, current)
        self._writer.write()
        return told

    def _upsert(self, tenant: str, entity: Entity, current: Entity | None) -> Told:
        before = self._writer.get(tenant, entity.id)
        born = before is None and current is None
        evolution = self._writer.ensure(tenant, entity, self._now, born_here=born)
        self._add(evolution, entity)
        follows = self._present(evolution, entity, current)
        return Outcome(entity.id, created=before is None, updated=tuple(entity.attributes)), follows

    def _change(self, evolution: EvolutionRow, command: TemporalCommand, current: Entity | None) -> Told:
        follows: list[Command] = []
        names: tuple[str, ...] = ()
        match command:
            case do.AddInstances(_, fragment):
                entity = replace(fragment, id=evolution.id)
                evolution = self._writer.ensure(evolution.tenant, entity, self._now)
                self._add(evolution, entity)
                follows = self._present(evolution, entity, current)
                names = tuple(fragment.attributes)
            case do.DropAttribute(_, attribute, dataset, all_instances):
                chosen = self._series(evolution, attribute)
                self._drop(evolution, attribute, [s for s in chosen if all_instances or s.dataset == dataset])
                names = (attribute,)
            case do.PatchInstance(_, attribute, instance):
                self._patch(evolution, attribute, instance, command)
                names = (attribute,)
            case do.DropInstance(_, attribute, instance):
                row, _ = self._instance(evolution, attribute, instance)
                st.delete_instance(self._connection, row)
                names = (attribute,)
            case do.DropEvolution():
                self._writer.drop(evolution)
                if evolution.born_here and current is not None:
                    follows = [edit.DeleteEntity(evolution.id)]
                return Outcome(evolution.id, deleted=True), follows
        return Outcome(evolution.id, updated=names), follows

    def _add(self, evolution: EvolutionRow, entity: Entity) -> None:
        for name, items in entity.attributes.items():
            for item in items:
                self._writer.tell(evolution, name, _fresh(item, self._now), self._now)
        if entity.scopes:
            self._writer.add_scopes(evolution, entity.scopes, self._now)

    def _present(self, evolution: EvolutionRow, entity: Entity, current: Entity | None) -> list[Command]:
        """What newer instances say of an entity that lives by its evolution."""
        if not evolution.born_here:
            return []
        newest = {name: _newest(items) for name, items in entity.attributes.items()}
        if current is None:
            return [edit.CreateEntity(replace(entity, attributes=newest))]
        newer = {
            name: chosen
            for name, items in newest.items()
            if (chosen := tuple(item for item in items if _is_newer(item, current.attributes.get(name, ()))))
        }
        fragment = Entity(evolution.id, entity.types, entity.scopes, attributes=newer)
        return [edit.AppendAttributes(evolution.id, fragment)]

    def _series(self, evolution: EvolutionRow, attribute: str) -> list[SeriesRow]:
        number = self._dictionary.name(self._connection, attribute)
        return [item for item in self._writer.series(evolution) if item.name == number]

    def _drop(self, evolution: EvolutionRow, attribute: str, chosen: list[SeriesRow]) -> None:
        if not chosen:
            raise ResourceNotFound(f"the evolution of {evolution.id} has no such attribute", where=attribute)
        self._writer.drop_series(chosen)

    def _instance(
        self, evolution: EvolutionRow, attribute: str, instance: str
    ) -> tuple[st.InstanceRow, SeriesRow]:
        series = {item.id: item for item in self._series(evolution, attribute)}
        number = number_of(instance)
        row = st.find_instance(self._connection, list(series), number) if number else None
        if row is None:
            raise ResourceNotFound(f"the attribute has no instance {instance}", where=attribute)
        return row, series[row.series]

    def _patch(
        self, evolution: EvolutionRow, attribute: str, instance: str, command: do.PatchInstance
    ) -> None:
        row, series = self._instance(evolution, attribute, instance)
        old = to_attribute(row, series)
        after = patched(old, command.patch, self._now, merge=False)
        st.delete_instance(self._connection, row)
        if after is not None:
            moved = to_row(after, series, row.number, self._now)
            if not moved.observed:
                moved = moved._replace(at=row.at)
            st.insert_instances(self._connection, [moved])


def _fresh(item: Attribute, now: int) -> Attribute:
    return replace(item, created_at=item.created_at or now, modified_at=item.modified_at or now, instance="")


def _moment(item: Attribute) -> int:
    return millis_of(item.observed_at) if item.observed_at else -1


def _newest(items: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """Of each dataset the instance observed last; of equals the one said last."""
    found: dict[str, Attribute] = {}
    for item in items:
        if item.dataset not in found or _moment(item) >= _moment(found[item.dataset]):
            found[item.dataset] = item
    return tuple(found.values())


def _is_newer(item: Attribute, present: tuple[Attribute, ...]) -> bool:
    return all(_moment(item) >= _moment(other) for other in present if other.dataset == item.dataset)


def target(command: TemporalCommand) -> str:
    """The id of the entity whose evolution a command is about."""
    return command.entity.id if isinstance(command, do.UpsertEvolution) else command.id
