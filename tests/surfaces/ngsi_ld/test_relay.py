"""Subscriptions reach sources, and what sources notify comes to the subscriber once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.surfaces.ngsi_ld.test_distribution import TYPE, City, pump
from tests.waiting import PATIENCE_S

RECEIVER = "http://receiver/told"
POWER = [{"entities": [{"type": TYPE}], "propertyNames": ["power"]}]


class Receiver:
    """A subscriber: it keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.told.append(json.loads((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def values(self, name: str) -> list[tuple[str, Any]]:
        """Entities and one of their attributes, in order of telling."""
        return [
            (entity["id"].rpartition(":")[2], entity.get(name, {}).get("value"))
            for told in self.told
            for entity in told["data"]
        ]


class Region(City):
    """Brokers that follow their streams, and a receiver."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.receiver = self.network.hosts["receiver"] = Receiver()
        for broker in self.brokers.values():
            broker.start()

    async def subscribe(self, at: str = "a", **more: Any) -> str:
        body = {
            "type": "Subscription",
            "entities": [{"type": TYPE}],
            "notification": {"endpoint": {"uri": RECEIVER}},
        }
        made = await self.call(at, "POST", "subscriptions", body | more)
        assert made.status_code == 201, made.text
        return str(made.headers["location"].rpartition("/")[2])

    async def placed(self, at: str) -> list[dict[str, Any]]:
        """The subscriptions that stand at a broker."""
        answer = await self.call(at, "GET", "subscriptions?limit=100")
        return list(answer.json()) if answer.status_code == 200 else []

    async def standing(self, at: str, count: int = 1) -> list[dict[str, Any]]:
        """As :meth:`placed`, when there are so many."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = await self.placed(at)
            return len(found) == count

        await until(there)
        return found


async def until(holds: Callable[[], Any]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not (await found if asyncio.iscoroutine(found := holds()) else found):
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    region = Region(tmp_path_factory.mktemp("region"))
    yield region
    for broker in region.brokers.values():
        broker.close()


@pytest.fixture
def region(regions: Region) -> Region:
    regions.fresh()
    regions.receiver.told.clear()
    return regions


async def test_what_happens_at_a_source_is_told_here(region: Region) -> None:
    await region.register("a", "b", operations=["federationOps"])
    name = await region.subscribe(q="power>3", watchedAttributes=["power"])
    (there,) = await region.standing("b")
    assert "power>>3" in there["q"] and there["watchedAttributes"] == ["power"]
    await region.call("b", "POST", "entities", pump("1", power=2))
    await region.call("b", "POST", "entities", pump("2", power=5))
    await region.call("a", "POST", "entities?local=true", pump("3", power=6))
    await until(lambda: len(region.receiver.values("power")) >= 2)
    assert sorted(region.receiver.values("power")) == [("2", 5), ("3", 6)]
    assert {told["subscriptionId"] for told in region.receiver.told} == {name}
    ledger = (await region.call("a", "GET", f"subscriptions/{name}/deliveries")).json()
    assert ledger
    assert (await region.call("a", "GET", "entities/urn:ngsi-ld:Pump:2?local=true")).status_code == 404
    assert (
        await region.call("a", "GET", "temporal/entities/urn:ngsi-ld:Pump:2?local=true")
    ).status_code == 404


async def test_a_condition_on_all_of_an_entity_is_judged_here(region: Region) -> None:
    await region.call("a", "POST", "entities?local=true", pump("1", level=9))
    await region.call("a", "POST", "entities?local=true", pump("2", level=1))
    await region.register("a", "b", operations=["federationOps"], information=POWER)
    await region.subscribe(q="level>5;power>1")
    (there,) = await region.standing("b")
    assert "q" not in there
    for number in ("2", "1"):
        await region.call("b", "POST", "entities", pump(number, power=4))
    await until(lambda: region.receiver.told)
    assert region.receiver.values("level") == [("1", 9)]
    assert region.receiver.values("power") == [("1", 4)]


async def test_it_goes_when_the_subscription_goes_or_changes(region: Region) -> None:
    await region.register("a", "b", operations=["federationOps"])
    name = await region.subscribe()
    await region.standing("b")
    changed = await region.call("a", "PATCH", f"subscriptions/{name}", {"watchedAttributes": ["power"]})
    assert changed.status_code == 204

    async def other() -> bool:
        found = await region.placed("b")
        return len(found) == 1 and found[0].get("watchedAttributes") == ["power"]

    await until(other)
    paused = await region.call("a", "PATCH", f"subscriptions/{name}", {"isActive": False})
    assert paused.status_code == 204
    await region.standing("b", 0)
    await region.call("a", "PATCH", f"subscriptions/{name}", {"isActive": True})
    await region.standing("b", 1)
    assert (await region.call("a", "DELETE", f"subscriptions/{name}")).status_code == 204
    await region.standing("b", 0)


async def test_it_comes_and_goes_with_the_registration(region: Region) -> None:
    await region.subscribe()
    made = await region.register("a", "b", operations=["federationOps"])
    await region.standing("b")
    path = made.headers["location"].partition("v1/")[2]
    assert (await region.call("a", "DELETE", path)).status_code == 204
    await region.standing("b", 0)


@pytest.mark.parametrize(
    ("subscription", "registration"),
    [
        ({"localOnly": True}, {}),
        ({"csf": 'owner=="other"'}, {"owner": "ours"}),
        ({"entities": [{"type": "Valve"}]}, {}),
        ({}, {"operations": ["redirectionOps"]}),
        ({"watchedAttributes": ["level"]}, {"information": POWER}),
    ],
)
async def test_it_does_not_go_where_it_does_not_belong(
    region: Region, subscription: dict[str, Any], registration: dict[str, Any]
) -> None:
    await region.register("a", "b", **{"operations": ["federationOps"], **registration})
    marked = {"expiresAt": "2099-01-01T00:00:00Z"}
    await region.subscribe(**marked, **subscription)
    await region.subscribe(q="power>1")
    await region.register("a", "c", operations=["federationOps"], endpoint="http://c/")

    async def looked_at() -> bool:
        return any("q" in one for one in await region.placed("c"))

    await until(looked_at)  # all were looked at together
    assert [one for one in await region.placed("b") if "expiresAt" in one] == []


async def test_brokers_that_know_each_other_do_not_go_round(region: Region) -> None:
    for at, source in (("a", "b"), ("b", "a"), ("b", "c"), ("c", "a")):
        await region.register(at, source, operations=["federationOps"], contextSourceAlias=source)
    await region.subscribe()
    await region.standing("b")
    await region.standing("c")  # from b on to c, and no further
    assert len(await region.placed("a")) == 1
    await region.call("c", "POST", "entities?local=true", pump("1", power=1))
    await until(lambda: region.receiver.told)
    assert region.receiver.values("power") == [("1", 1)]
    looped = await region.call(
        "a",
        "POST",
        "subscriptions",
        {
            "type": "Subscription",
            "entities": [{"type": TYPE}],
            "notification": {"endpoint": {"uri": RECEIVER}},
        },
        Via="1.1 a",
    )
    assert looped.status_code == 508


@pytest.mark.slow
async def test_a_source_that_is_away_is_asked_again(region: Region) -> None:
    region.network.hosts["later"] = "hangs"
    await region.register("a", "later", operations=["federationOps"])
    await region.subscribe()
    await until(lambda: any(httpx.URL(one.url).host == "later" for one in region.network.sent))
    assert await region.placed("b") == []
    region.network.hosts["later"] = region.network.hosts["b"]
    await region.standing("b")


async def test_only_the_source_may_notify(region: Region) -> None:
    await region.register("a", "b", operations=["federationOps"])
    await region.subscribe()
    (there,) = await region.standing("b")
    key = there["notification"]["endpoint"]["uri"].partition("v1/")[2]
    said = {"type": "Notification", "subscriptionId": there["id"], "data": [pump("9", power=1)]}
    assert (await region.call("a", "POST", key + "x", said)).status_code == 404
    for wrong in ({"subscriptionId": "urn:other"}, {"data": 7}, {"type": "Other"}, {"data": [7]}):
        assert (await region.call("a", "POST", key, said | wrong)).status_code == 400, wrong
    assert there["id"].rpartition(":")[2] not in key  # who sees the one does not know the other
    assert (await region.call("a", "POST", key, said)).status_code == 204
    await until(lambda: region.receiver.told)
    assert region.receiver.values("power") == [("9", 1)]


GOES = ["attributeUpdated", "attributeDeleted", "entityDeleted"]


async def test_what_is_deleted_at_a_source_is_told_here(region: Region) -> None:
    await region.register("a", "b", operations=["federationOps"])
    await region.subscribe(notificationTrigger=GOES, q="power>3")
    (there,) = await region.standing("b")
    assert there["notificationTrigger"] == GOES and "power>>3" in there["q"]
    for name, power in (("1", 5), ("2", 5), ("3", 1)):
        await region.call("b", "POST", "entities", pump(name, power=power, level=1))
    await region.call("b", "DELETE", "entities/urn:ngsi-ld:Pump:1/attrs/level")
    await until(lambda: region.receiver.told)
    (told,) = region.receiver.told[0]["data"]
    assert told["id"] == "urn:ngsi-ld:Pump:1" and told["power"]["value"] == 5
    assert told["level"]["value"] == "urn:ngsi-ld:null"
    for name in "32":  # of the third the condition never held
        await region.call("b", "DELETE", f"entities/urn:ngsi-ld:Pump:{name}")
    await until(lambda: len(region.receiver.told) == 2)
    (ended,) = region.receiver.told[1]["data"]
    assert ended["id"] == "urn:ngsi-ld:Pump:2" and ended["deletedAt"]


async def test_an_entity_does_not_go_with_what_a_source_has_of_it(region: Region) -> None:
    await region.register("a", "b", operations=["federationOps"], information=POWER)
    await region.subscribe(notificationTrigger=GOES)
    await region.standing("b")
    await region.call("a", "POST", "entities?local=true", pump("1", level=9))
    await region.call("b", "POST", "entities", pump("1", power=2))
    await region.call("b", "DELETE", "entities/urn:ngsi-ld:Pump:1")
    await until(lambda: region.receiver.told)
    (told,) = region.receiver.told[0]["data"]
    assert told["level"]["value"] == 9 and told["power"]["value"] == "urn:ngsi-ld:null"
    assert "deletedAt" not in told


async def test_whose_end_cannot_be_judged_is_not_told(region: Region) -> None:
    await region.register("a", "b", operations=["federationOps"], information=POWER)
    await region.subscribe(notificationTrigger=["entityDeleted", "attributeUpdated"], q="level>5")
    (there,) = await region.standing("b")
    assert "q" not in there
    await region.call("b", "POST", "entities", pump("1", power=2))
    await region.call("b", "DELETE", "entities/urn:ngsi-ld:Pump:1")
    await region.call("a", "POST", "entities?local=true", pump("2", level=9))
    await region.call("b", "POST", "entities", pump("2", power=1))
    await region.call("b", "PATCH", "entities/urn:ngsi-ld:Pump:2/attrs/power", {"value": 3})
    await until(lambda: region.receiver.told)
    assert {one["id"] for told in region.receiver.told for one in told["data"]} == {"urn:ngsi-ld:Pump:2"}
