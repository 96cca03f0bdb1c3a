"""Moving running instances between versions: shown before it is done, refused where a token would be lost."""

from __future__ import annotations

from typing import Any

import pytest

from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Conflict, Invalid, Missing

HUB = Actor.hub("test")


@pytest.fixture
def instance(house: Any) -> str:
    house.deploy("small_plan.bpmn")
    made: str = house.processes.start("small_plan", "e1", {}, HUB)
    return made


def redeploy(house: Any, instance: str, *changes: tuple[bytes, bytes]) -> int:
    source = house.picture(instance).source
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    version: int = house.processes.deploy(source, HUB).version
    return version


def test_a_dry_run_says_what_changes_and_changes_nothing(house: Any, instance: str) -> None:
    version = redeploy(
        house,
        instance,
        (b'clock="PT30M"', b'clock="PT45M"'),
        (b'id="urged"', b'id="told"'),
        (b'"urged"', b'"told"'),
    )
    before = house.instance(instance)
    found = house.processes.migrate(instance, version, HUB, dry_run=True)
    assert (found.before, found.after) == (1, 2)
    assert (found.added, found.removed, dict(found.changed)) == (("told",), ("urged",), {"pump": ("clock",)})
    assert found.misfits == ()
    assert house.instance(instance) == before


def test_a_moved_instance_goes_on_and_can_be_moved_back(house: Any, instance: str, people: Any) -> None:
    version = redeploy(house, instance, (b'name="verified"', b'name="dry again"'))
    house.processes.migrate(instance, version, HUB)
    assert house.instance(instance).version == 2
    house.processes.migrate(instance, 1, HUB)
    assert house.instance(instance).version == 1
    house.processes.complete(house.task("pump").id, {}, people[0])
    house.processes.complete_service(house.requests()[0].id, {}, HUB)
    house.processes.migrate(instance, 2, HUB)  # while it waits for the message that has another name there
    assert house.processes.message("verified", "e1", {}, HUB) == 0
    assert house.processes.message("dry again", "e1", {}, HUB) == 1
    assert house.instance(instance).how == "completed"
    assert [change.payload["to"] for change in house.changes("process.migrated")] == [2, 1, 2]
    with pytest.raises(Conflict):
        house.processes.migrate(instance, 1, HUB)


def test_a_token_is_never_left_behind(house: Any, instance: str) -> None:
    version = redeploy(house, instance, (b'"pump"', b'"pumping"'))
    found = house.processes.migrate(instance, version, HUB, dry_run=True)
    assert {fault.where for fault in found.misfits} >= {"pump"}
    with pytest.raises(Invalid, match="a token needs"):
        house.processes.migrate(instance, version, HUB)
    assert house.instance(instance).version == 1
    bordered = redeploy(
        house,
        instance,
        (b'id="late" attachedToRef="pump"', b'id="late" attachedToRef="dispatch"'),
    )
    found = house.processes.migrate(instance, bordered, HUB, dry_run=True)
    assert {fault.where for fault in found.misfits} >= {"pump", "dispatch"}
    with pytest.raises(Missing):
        house.processes.migrate(instance, 9, HUB)
