"""A broker against a plain dictionary: whatever is done in whatever order, both say the same."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from tests.foundation.broker.conftest import ME, Hub, V, opened, thing

from chengshu.foundation.broker.edit import (
    AppendAttributes,
    CreateEntity,
    DeleteAttribute,
    DeleteEntity,
    MergeEntity,
    Outcome,
    ReplaceEntity,
    UpdateAttributes,
    Upsert,
)
from chengshu.foundation.broker.errors import AlreadyExists, NonexistentTenant, ResourceNotFound
from chengshu.foundation.broker.model import NULL, AttributePatch, Entity, EntityPatch
from chengshu.foundation.broker.query.model import Compare, Every, Exists, Number, Query, Selector, Some
from chengshu.foundation.broker.query.model import Path as QueryPath
from chengshu.foundation.broker.stream import KIND, changes_of
from chengshu.foundation.broker.temporal import Ask, DropEvolution
from chengshu.foundation.journal import changes_after, verify

TENANTS = st.sampled_from(["", "north"])
IDS = st.sampled_from("abcd")
NAMES = ("speed", "size", "word")
VALUES = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, "red", "", True, [1, 2], {"k": 1}]))
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3)
PATCHES = st.dictionaries(st.sampled_from(NAMES), VALUES | st.sampled_from([{"l": 2}, NULL]), max_size=3)
SCOPES = st.sampled_from([(), ("/x",), ("/x/y", "/z"), (NULL,)])
TYPES = st.sampled_from(["Thing", "Bus"])
Model = dict[str, dict[str, Any]]


class Machine(RuleBasedStateMachine):
    """``model``: tenant → entity → its type and values; ``past``: what its evolution must hold."""

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.hub: Hub = self.stack.enter_context(opened(self.engine, folder, forget=True))
        self.model: dict[str, Model] = {"": {}}
        self.past: dict[tuple[str, str], dict[str, list[Any]]] = {}
        self.scopes: dict[tuple[str, str], tuple[str, ...]] = {}
        self.waiting: list[tuple[str, Any, Any]] = []
        self.writes = 0

    def teardown(self) -> None:
        self.flush()
        with self.hub.database.read() as connection:
            assert verify(connection).ok
            changes = [item for item in changes_after(connection, 0, limit=10**6) if item.kind == KIND]
            assert sum(len(changes_of(change).items) for change in changes) == self.writes
        self.stack.close()

    def entity(self, name: str, type_: str, values: dict[str, Any]) -> Entity:
        return replace(thing(name, type_, **values), id=f"urn:e:{name}")

    def tell(self, tenant: str, command: Any, wanted: Any) -> None:
        """Commands wait until something is asked: then they go in one call, in order."""
        self.waiting.append((tenant, command, wanted))

    def flush(self) -> None:
        for tenant in ("", "north"):
            mine = [item for item in self.waiting if item[0] == tenant]
            if mine:
                results = self.hub.broker.submit(tenant, [item[1] for item in mine], ME).result(60)
                for (_, command, wanted), result in zip(mine, results, strict=True):
                    assert isinstance(result, wanted), (command, result)
        self.waiting = []
        self.hub.later(1)

    def seen(self, tenant: str, name: str, values: dict[str, Any]) -> None:
        past = self.past.setdefault((tenant, name), {})
        for key, value in values.items():
            past.setdefault(key, []).append(value)
        self.writes += 1

    @rule(tenant=TENANTS, name=IDS, type_=TYPES, values=ATTRIBUTES)
    def create(self, tenant: str, name: str, type_: str, values: dict[str, Any]) -> None:
        mine = self.model.setdefault(tenant, {})
        self.tell(
            tenant, CreateEntity(self.entity(name, type_, values)), AlreadyExists if name in mine else Outcome
        )
        if name not in mine:
            mine[name] = {"type": type_, **values}
            self.seen(tenant, name, values)

    @rule(tenant=TENANTS, name=IDS, values=ATTRIBUTES)
    def upsert(self, tenant: str, name: str, values: dict[str, Any]) -> None:
        mine = self.model.setdefault(tenant, {})
        old = mine.get(name)
        self.tell(tenant, Upsert(self.entity(name, "Thing", values)), Outcome)
        dropped = {key: None for key in old or {} if key != "type" and key not in values}
        mine[name] = {"type": "Thing", **values}
        self.scopes.pop((tenant, name), None)
        self.seen(tenant, name, {**values, **dropped})

    @rule(tenant=TENANTS, name=IDS, values=ATTRIBUTES)
    def replace_(self, tenant: str, name: str, values: dict[str, Any]) -> None:
        mine = self.model.get(tenant)
        entity = self.entity(name, "Bus", values)
        if mine is None or name not in mine:
            self.tell(tenant, ReplaceEntity(entity), NonexistentTenant if mine is None else ResourceNotFound)
            return
        self.tell(tenant, ReplaceEntity(entity), Outcome)
        dropped = {key: None for key in mine[name] if key != "type" and key not in values}
        mine[name] = {"type": "Bus", **values}
        self.scopes.pop((tenant, name), None)
        self.seen(tenant, name, {**values, **dropped})

    @rule(tenant=TENANTS, name=IDS, values=ATTRIBUTES, overwrite=st.booleans())
    def append(self, tenant: str, name: str, values: dict[str, Any], overwrite: bool) -> None:
        mine = self.model.get(tenant)
        command = AppendAttributes(
            f"urn:e:{name}", replace(self.entity(name, "Thing", values), types=()), overwrite
        )
        if mine is None or name not in mine:
            self.tell(tenant, command, NonexistentTenant if mine is None else ResourceNotFound)
            return
        self.tell(tenant, command, Outcome)
        written = {key: value for key, value in values.items() if overwrite or key not in mine[name]}
        mine[name] |= written
        if written:
            self.seen(tenant, name, written)

    @rule(tenant=TENANTS, name=IDS, values=ATTRIBUTES)
    def update(self, tenant: str, name: str, values: dict[str, Any]) -> None:
        mine = self.model.get(tenant)
        command = UpdateAttributes(f"urn:e:{name}", replace(self.entity(name, "Thing", values), types=()))
        if mine is None or name not in mine:
            self.tell(tenant, command, NonexistentTenant if mine is None else ResourceNotFound)
            return
        self.tell(tenant, command, Outcome)
        mine[name] |= values
        if values:
            self.seen(tenant, name, values)

    @rule(tenant=TENANTS, name=IDS, values=PATCHES, scopes=SCOPES)
    def merge(self, tenant: str, name: str, values: dict[str, Any], scopes: tuple[str, ...]) -> None:
        mine = self.model.get(tenant)
        patches = {V + key: (AttributePatch(value=value),) for key, value in values.items()}
        command = MergeEntity(f"urn:e:{name}", EntityPatch(scopes=scopes, attributes=patches))
        if mine is None or name not in mine:
            self.tell(tenant, command, NonexistentTenant if mine is None else ResourceNotFound)
            return
        self.tell(tenant, command, Outcome)
        told: dict[str, Any] = {}
        for key, value in values.items():
            before = mine[name].get(key)
            if value == NULL:
                if mine[name].pop(key, None) is not None:
                    told[key] = None
                continue
            both = isinstance(before, dict) and isinstance(value, dict)
            told[key] = mine[name][key] = before | value if both else value
        where = () if scopes == (NULL,) else scopes or self.scopes.get((tenant, name), ())
        moved = bool(scopes) or where != self.scopes.get((tenant, name), ())
        self.scopes[tenant, name] = where
        if told or moved:
            self.seen(tenant, name, told)

    @rule(tenant=TENANTS, name=IDS, key=st.sampled_from(NAMES))
    def delete_attribute(self, tenant: str, name: str, key: str) -> None:
        mine = self.model.get(tenant)
        there = mine is not None and key in mine.get(name, {})
        missing = NonexistentTenant if mine is None else ResourceNotFound
        self.tell(tenant, DeleteAttribute(f"urn:e:{name}", V + key), Outcome if there else missing)
        if mine is not None and there:
            del mine[name][key]
            self.seen(tenant, name, {key: None})

    @rule(tenant=TENANTS, name=IDS)
    def delete(self, tenant: str, name: str) -> None:
        mine = self.model.get(tenant)
        there = mine is not None and name in mine
        missing = NonexistentTenant if mine is None else ResourceNotFound
        self.tell(tenant, DeleteEntity(f"urn:e:{name}"), Outcome if there else missing)
        if mine is not None and there:
            del mine[name]
            self.scopes.pop((tenant, name), None)
            self.past.pop((tenant, name))
            self.writes += 1

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def forget_the_past(self, data: st.DataObject) -> None:
        tenant, name = data.draw(st.sampled_from(sorted(self.past)))
        self.flush()
        if not self.past[tenant, name]:
            self.past[tenant, name] = {}
        self.tell(tenant, DropEvolution(f"urn:e:{name}"), (Outcome, ResourceNotFound))
        self.flush()
        self.past[tenant, name] = {}

    @rule(tenant=TENANTS, than=st.integers(-3, 3), offset=st.integers(0, 2), type_=TYPES)
    def ask(self, tenant: str, than: int, offset: int, type_: str) -> None:
        self.flush()
        query = Query(
            selectors=(Selector(types=((V + type_,),)),),
            q=Compare(QueryPath((V + "speed",)), ">=", (Number(float(than)),)),
        )
        if tenant not in self.model:
            with pytest.raises(NonexistentTenant):
                self.hub.queries.find(tenant, query)
            return
        wanted = {
            f"urn:e:{name}"
            for name, values in self.model[tenant].items()
            if values["type"] == type_ and _reaches(values.get("speed"), than)
        }
        found = self.hub.queries.find(tenant, query, limit=100, offset=offset, count=True)
        assert found.total == len(wanted)
        assert {entity.id for entity in found.entities} <= wanted
        assert len(found.entities) == max(len(wanted) - offset, 0)

    @rule(
        tenant=TENANTS,
        than=st.integers(-3, 3),
        other=st.integers(-3, 3),
        scope=st.sampled_from(["/x", "/x/y"]),
    )
    def ask_twice(self, tenant: str, than: int, other: int, scope: str) -> None:
        """Two conditions on values, one on scopes, and no third attribute: each alone lets much through."""
        self.flush()
        if tenant not in self.model:
            return
        speed = Compare(QueryPath((V + "speed",)), ">=", (Number(float(than)),))
        size = Compare(QueryPath((V + "size",)), "<", (Number(float(other)),))
        neither = Every((speed, Some((size, Exists(QueryPath((V + "word",)))))))
        found = self.hub.queries.find(
            tenant, Query(q=neither, scopes=((scope + "/#",), (scope,))), count=True
        )
        wanted = {
            f"urn:e:{name}"
            for name, values in self.model[tenant].items()
            if _reaches(values.get("speed"), than)
            and ("word" in values or _below(values.get("size"), other))
            and any(f"{said}/".startswith(f"{scope}/") for said in self.scopes.get((tenant, name), ()))
        }
        assert {entity.id for entity in found.entities} == wanted and found.total == len(wanted)

    @rule(tenant=TENANTS)
    def census(self, tenant: str) -> None:
        self.flush()
        if tenant not in self.model:
            return
        mine = self.model[tenant].values()
        for type_ in ("Thing", "Bus"):
            count = sum(values["type"] == type_ for values in mine)
            if count:
                assert self.hub.queries.type_info(tenant, V + type_).count == count
            else:
                assert V + type_ not in self.hub.queries.types(tenant)
        there = {V + key for values in mine for key in values if key != "type"}
        assert set(self.hub.queries.attributes(tenant)) == there

    @rule(tenant=TENANTS, name=IDS)
    def look_back(self, tenant: str, name: str) -> None:
        self.flush()
        past = self.past.get((tenant, name))
        if not past:
            return
        found = self.hub.queries.evolution(tenant, f"urn:e:{name}", Ask()).entity
        told = {
            key.removeprefix(V): [None if item.deleted_at else item.value for item in items]
            for key, items in found.attributes.items()
            if key.startswith(V)  # scopes through time stand among them
        }
        assert told == past

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        if len(self.waiting) < 4:  # let commands gather in groups
            return
        self.flush()
        for tenant, mine in self.model.items():
            found = {entity.id: entity for entity in self.hub.queries.each(tenant, Query())}
            assert set(found) == {f"urn:e:{name}" for name in mine}
            for name, values in mine.items():
                entity = found[f"urn:e:{name}"]
                assert entity == self.hub.queries.get(tenant, entity.id)
                plain = {key.removeprefix(V): items[0].value for key, items in entity.attributes.items()}
                assert {"type": entity.types[0].removeprefix(V), **plain} == values


def _reaches(value: Any, than: int) -> bool:
    return any(part >= than for part in _numbers(value))


def _numbers(value: Any) -> list[float]:
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, int | float) and not isinstance(part, bool)]


def _below(value: Any, than: int) -> bool:
    return any(part < than for part in _numbers(value))


class OnPostgres(Machine):
    """The same over PostgreSQL."""

    engine = "postgres"


def run(machine: type[Machine], examples: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            report_multiple_bugs=False,
            phases=(Phase.reuse, Phase.generate),  # a run of steps is short enough to read as it is
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_sqlite_does_what_a_dictionary_does() -> None:
    run(Machine, 25, 30)


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Machine, OnPostgres], ids=["sqlite", "postgres"])
def test_either_engine_does_what_a_dictionary_does_for_long(machine: type[Machine]) -> None:
    run(machine, 40, 60)
