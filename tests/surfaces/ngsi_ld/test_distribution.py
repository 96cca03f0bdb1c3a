"""Several brokers in this process, federated: what they answer together, and what goes wrong between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tools.broker import Standing

from chengshu.ports.http import HttpAnswer, HttpRequest, Unreachable

TYPE = "Pump"
SPANISH = "https://contexts.example/spanish.jsonld"
VOCABULARY = "https://uri.etsi.org/ngsi-ld/default-context/"
_numbers = count()


class Network:
    """Hosts by name: brokers of this process, or replies made up; every request is kept."""

    def __init__(self) -> None:
        self.hosts: dict[str, Any] = {}
        self.sent: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        host = self.hosts[httpx.URL(request.url).host]
        if host == "hangs":
            raise Unreachable("http-timeout", f"no answer within {request.timeout_s:g} s")
        if isinstance(host, tuple):
            return HttpAnswer(host[0], {}, host[1])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=host)) as client:
            answer = await client.request(
                request.method, request.url, headers=dict(request.headers), content=request.body
            )
        return HttpAnswer(answer.status_code, dict(answer.headers), answer.content)

    async def close(self) -> None:
        """Nothing to give back."""


class Federated(Standing):
    """A broker whose sources are found on the network of this process."""

    def __init__(self, name: str, data: Path, network: Network) -> None:
        super().__init__(
            data / name,
            data / "contexts",
            durable=False,
            alias=name,
            client=network,  # type: ignore[arg-type]
        )
        network.hosts[name] = self.surface


class City:
    """Four brokers a, b, c and whole, and a tenant of its own for every test."""

    def __init__(self, data: Path) -> None:
        (data / "contexts").mkdir()
        (data / "contexts" / "index.json").write_text(json.dumps({SPANISH: "spanish.jsonld"}))
        terms = {"bomba": VOCABULARY + "Pump", "potencia": VOCABULARY + "power"}
        (data / "contexts" / "spanish.jsonld").write_text(json.dumps({"@context": terms}))
        self.network = Network()
        names = ("a", "b", "c", "whole")
        self.brokers = {name: Federated(name, data, self.network) for name in names}
        self.tenant = ""

    def fresh(self) -> City:
        """The same brokers under a new tenant, and nothing sent yet."""
        self.tenant = f"t{next(_numbers)}"
        self.network.sent.clear()
        return self

    async def call(
        self, name: str, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Ask one broker."""
        transport = httpx.ASGITransport(app=self.brokers[name].surface)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}/ngsi-ld/v1/") as client:
            said = {"NGSILD-Tenant": self.tenant} | {
                key.replace("_", "-"): one for key, one in headers.items()
            }
            content = None if body is None else json.dumps(body)
            if body is not None:
                said.setdefault("Content-Type", "application/json")
            return await client.request(method, path, content=content, headers=said)

    async def register(self, at: str, source: str, **more: Any) -> httpx.Response:
        """Register ``source`` at one broker, for everything of the type unless told otherwise."""
        operations = [
            "redirectionOps",
            "createBatch",
            "upsertBatch",
            "updateBatch",
            "mergeBatch",
            "deleteBatch",
        ]
        body = {
            "id": f"urn:csr:{at}:{source}:{next(_numbers)}",
            "type": "ContextSourceRegistration",
            "endpoint": f"http://{source}",
            "tenant": self.tenant,
            "information": [{"entities": [{"type": TYPE}]}],
            "operations": [*operations, "queryBatch", "retrieveTemporal", "queryTemporal"],
        }
        return await self.call(at, "POST", "csourceRegistrations", body | more)


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    city = City(tmp_path_factory.mktemp("federation"))
    yield city
    for broker in city.brokers.values():
        broker.close()


@pytest.fixture
def city(brokers: City) -> City:
    return brokers.fresh()


def pump(name: str, /, **attributes: Any) -> dict[str, Any]:
    said = {"id": f"urn:ngsi-ld:Pump:{name}", "type": TYPE}
    for key, value in attributes.items():
        said[key] = value if isinstance(value, dict | list) else {"type": "Property", "value": value}
    return said


def warnings(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list("ngsild-warning")


def by_id(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {entity["id"]: entity for entity in answer.json()}


entities = st.dictionaries(
    st.integers(0, 12),
    st.tuples(
        st.sampled_from("abc"),
        st.fixed_dictionaries(
            {},
            optional={
                "power": st.integers(0, 9),
                "level": st.integers(0, 9),
                "name": st.text("xyz", max_size=3),
            },
        ),
    ),
    max_size=8,
)


@settings(max_examples=examples(25))
@given(
    held=entities,
    query=st.sampled_from(["", "&q=power>4", "&q=level==3|power", "&attrs=level", "&options=keyValues"]),
)
def test_federated_disjoint_data_answer_like_one_broker(
    brokers: City, held: dict[int, Any], query: str
) -> None:
    """The answer of a broker with inclusive sources is that of one broker that holds everything."""
    city = brokers.fresh()

    async def run() -> None:
        for source in "bc":
            await city.register("a", source)
        for number, (where, attributes) in held.items():
            for broker in (where, "whole"):
                body = pump(str(number), **attributes)
                made = await city.call(broker, "POST", "entities?local=true", body)
                assert made.status_code == 201, made.text
        asked = f"entities?type={TYPE}&limit=100&count=true{query}"
        together, alone = await city.call("a", "GET", asked), await city.call("whole", "GET", asked)
        if alone.status_code == 404:  # nobody ever wrote anything: there is no such tenant
            assert together.json() == []
            return
        assert by_id(together) == by_id(alone)
        assert together.headers["ngsild-results-count"] == alone.headers["ngsild-results-count"]
        for number in held:
            one = f"entities/urn:ngsi-ld:Pump:{number}"
            assert (await city.call("a", "GET", one)).json() == (await city.call("whole", "GET", one)).json()

    asyncio.run(run())


async def test_pages_of_a_federation_hold_everything_once(city: City) -> None:
    await city.register("a", "b")
    for number in range(7):
        await city.call("ab"[number % 2], "POST", "entities?local=true", pump(str(number), power=number))
    seen: list[str] = []
    for offset in range(0, 8, 2):
        page = await city.call("a", "GET", f"entities?type={TYPE}&limit=2&offset={offset}&count=true")
        assert page.headers["ngsild-results-count"] == "7"
        seen += [entity["id"] for entity in page.json()]
    assert sorted(seen) == [f"urn:ngsi-ld:Pump:{number}" for number in range(7)]


@pytest.mark.parametrize("mode", ["inclusive", "exclusive", "redirect"])
async def test_a_condition_is_about_whole_entities_page_by_page(city: City, mode: str) -> None:
    """b holds the power of pumps 1 and 2, a their level and all of the others."""
    ids = [{"id": f"urn:ngsi-ld:Pump:{number}", "type": TYPE} for number in (1, 2)]
    await city.register("a", "b", mode=mode, information=[{"entities": ids, "propertyNames": ["power"]}])
    for number in range(8):
        whole = {"power": number % 4, "level": number}
        here = {"level": number} if number in (1, 2) else whole
        await city.call("a", "POST", "entities?local=true", pump(str(number), **here))
        await city.call("whole", "POST", "entities?local=true", pump(str(number), **whole))
        if number in (1, 2):
            await city.call("b", "POST", "entities?local=true", pump(str(number), power=whole["power"]))
    for condition in ("power==1;level>0", "power==2|level==0", "level>2", "power<3"):
        asked = f"entities?type={TYPE}&q={condition}&options=keyValues&count=true"
        alone = await city.call("whole", "GET", f"{asked}&limit=100")
        seen: dict[str, Any] = {}
        for offset in range(0, 8, 2):
            page = await city.call("a", "GET", f"{asked}&limit=2&offset={offset}")
            assert page.headers["ngsild-results-count"] == alone.headers["ngsild-results-count"]
            assert not seen.keys() & by_id(page).keys()
            seen |= by_id(page)
        assert seen == by_id(alone)


async def test_a_page_full_of_our_own_asks_only_about_it(city: City) -> None:
    await city.register("a", "b")
    for number in range(5):
        await city.call("a", "POST", "entities?local=true", pump(str(number), power=number))
    await city.call("b", "POST", "entities?local=true", pump("0", level=1))
    found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&limit=2&options=keyValues"))
    assert [one.get("level") for one in found.values()] == [1, None]
    (request,) = city.network.sent
    assert "id=urn:ngsi-ld:Pump:0,urn:ngsi-ld:Pump:1,urn:ngsi-ld:Pump:2" in request.url


async def test_a_source_is_read_page_by_page(city: City) -> None:
    await city.register("a", "b")
    many = [pump(str(number), power=number) for number in range(250)]
    assert (await city.call("b", "POST", "entityOperations/create", many)).status_code == 201
    found = await city.call("a", "GET", f"entities?type={TYPE}&limit=1000&count=true")
    assert (len(by_id(found)), found.headers["ngsild-results-count"]) == (250, "250")
    assert len(city.network.sent) == 3


async def test_a_source_that_never_ends_is_left(city: City) -> None:
    said = [pump(str(number), power=1) for number in range(100)]
    city.network.hosts["endless"] = (200, json.dumps(said).encode())
    await city.register("a", "endless")
    assert len(by_id(await city.call("a", "GET", f"entities?type={TYPE}&limit=1000"))) == 100
    assert len(city.network.sent) == 2


async def test_the_newest_value_counts_among_equals(city: City) -> None:
    await city.register("a", "b")
    old, new = "2026-08-21T06:00:00Z", "2026-08-21T07:00:00Z"
    one = {"type": "Property", "value": 1, "observedAt": old}
    two = {"type": "Property", "value": 2, "observedAt": new}
    await city.call("a", "POST", "entities?local=true", pump("1", power=one, level=two))
    await city.call("b", "POST", "entities?local=true", pump("1", power=two, level=one, name="b"))
    found = (await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:1?options=keyValues")).json()
    assert found == {"id": "urn:ngsi-ld:Pump:1", "type": TYPE, "power": 2, "level": 2, "name": "b"}


async def test_an_auxiliary_source_only_fills_gaps(city: City) -> None:
    await city.register("a", "b", mode="auxiliary", operations=["retrieveOps"])
    await city.call("a", "POST", "entities?local=true", pump("1", power=1))
    await city.call("b", "POST", "entities?local=true", pump("1", power=2, level=2))
    found = (await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:1?options=keyValues")).json()
    assert (found["power"], found["level"]) == (1, 2)
    made = await city.call(
        "a", "PATCH", "entities/urn:ngsi-ld:Pump:1/attrs", {"power": {"type": "Property", "value": 5}}
    )
    assert made.status_code == 204
    assert [request.method for request in city.network.sent] == ["GET"]


async def test_an_exclusive_source_answers_alone_for_its_attributes(city: City) -> None:
    information = [{"entities": [{"id": "urn:ngsi-ld:Pump:1", "type": TYPE}], "propertyNames": ["power"]}]
    assert (await city.register("a", "b", mode="exclusive", information=information)).status_code == 201
    made = await city.call("a", "POST", "entities", pump("1", power=7, level=3))
    assert made.status_code == 201
    here = (await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:1?local=true&options=keyValues")).json()
    there = (await city.call("b", "GET", "entities/urn:ngsi-ld:Pump:1?local=true&options=keyValues")).json()
    assert "power" not in here and here["level"] == 3
    assert "level" not in there and there["power"] == 7
    found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&q=power==7;level==3&options=keyValues"))
    assert found["urn:ngsi-ld:Pump:1"] == {"id": "urn:ngsi-ld:Pump:1", "type": TYPE, "level": 3, "power": 7}
    again = await city.register("a", "c", mode="exclusive", information=information)
    assert again.status_code == 409
    assert again.json()["type"].endswith("/Conflict")


async def test_a_redirected_entity_leaves_nothing_here(city: City) -> None:
    await city.register("a", "b", mode="redirect")
    assert (await city.call("a", "POST", "entities", pump("1", power=1))).status_code == 201
    assert (await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:1?local=true")).status_code == 404
    assert (await city.call("b", "GET", "entities/urn:ngsi-ld:Pump:1")).status_code == 200
    assert (await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:1")).status_code == 200
    path = "entities/urn:ngsi-ld:Pump:1/attrs/power"
    assert (await city.call("a", "PATCH", path, {"value": 9})).status_code == 204
    assert (await city.call("b", "GET", "entities/urn:ngsi-ld:Pump:1?options=keyValues")).json()["power"] == 9
    gone = await city.call("a", "DELETE", "entities/urn:ngsi-ld:Pump:2")
    assert gone.status_code == 404  # what the one source says, as it says it
    assert (await city.call("a", "DELETE", "entities/urn:ngsi-ld:Pump:1")).status_code == 204
    assert (await city.call("b", "GET", "entities/urn:ngsi-ld:Pump:1")).status_code == 404


async def test_a_write_that_succeeds_in_part_says_so(city: City) -> None:
    made = await city.register("a", "b")
    await city.call("b", "POST", "entities?local=true", pump("1", power=1))
    answer = await city.call("a", "POST", "entities", pump("1", power=1))
    assert answer.status_code == 207
    body = answer.json()
    assert body["success"] == ["urn:ngsi-ld:Pump:1"]
    (error,) = body["errors"]
    assert error["entityId"] == "urn:ngsi-ld:Pump:1"
    assert error["error"]["status"] == 409
    assert error["registrationId"] == made.headers["location"].rpartition("/")[2]


async def test_a_proxy_that_does_not_offer_the_operation_blocks_it(city: City) -> None:
    await city.register("a", "b", mode="redirect", operations=["retrieveOps"])
    answer = await city.call("a", "POST", "entities", pump("1", power=1))
    assert answer.status_code == 409
    assert not city.network.sent
    assert (await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:1?local=true")).status_code == 404


@pytest.mark.parametrize("batches", [True, False])
async def test_a_batch_goes_its_several_ways(city: City, batches: bool) -> None:
    information = [{"entities": [{"idPattern": ":2$", "type": TYPE}]}]
    more = {} if batches else {"operations": ["redirectionOps"]}
    await city.register("a", "b", mode="redirect", information=information, **more)
    made = await city.call("a", "POST", "entityOperations/create", [pump("1", power=1), pump("2", power=2)])
    assert (made.status_code, made.json()) == (201, ["urn:ngsi-ld:Pump:1", "urn:ngsi-ld:Pump:2"])
    assert by_id(await city.call("a", "GET", f"entities?type={TYPE}&local=true")).keys() == {
        "urn:ngsi-ld:Pump:1"
    }
    assert by_id(await city.call("b", "GET", f"entities?type={TYPE}")).keys() == {"urn:ngsi-ld:Pump:2"}
    upsert = [pump("1", power=3), pump("2", power=4)]
    assert (await city.call("a", "POST", "entityOperations/upsert", upsert)).status_code == 204
    merge = [pump("1", level=5), pump("2", level=6), pump("3", level=7)]
    part = await city.call("a", "POST", "entityOperations/merge", merge)
    assert part.status_code == 207
    assert part.json()["success"] == ["urn:ngsi-ld:Pump:1", "urn:ngsi-ld:Pump:2"]
    found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&options=keyValues"))
    assert [(one["power"], one["level"]) for one in found.values()] == [(3, 5), (4, 6)]
    ids = ["urn:ngsi-ld:Pump:1", "urn:ngsi-ld:Pump:2"]
    assert (await city.call("a", "POST", "entityOperations/delete", ids)).status_code == 204
    assert by_id(await city.call("a", "GET", f"entities?type={TYPE}")) == {}


async def test_loops_end(city: City) -> None:
    for one, other in ("ab", "bc", "ca", "ba"):
        await city.register(one, other)
    made = await city.call("a", "POST", "entities", pump("1", power=1))
    assert made.status_code in (201, 207)
    for name in "abc":
        assert (await city.call(name, "GET", "entities/urn:ngsi-ld:Pump:1?local=true")).status_code == 200
        found = by_id(await city.call(name, "GET", f"entities?type={TYPE}"))
        assert found.keys() == {"urn:ngsi-ld:Pump:1"}
    assert len(city.network.sent) < 40


async def test_a_write_that_comes_back_is_a_loop(city: City) -> None:
    await city.register("a", "b")
    answer = await city.call("a", "DELETE", "entities/urn:ngsi-ld:Pump:1", via="1.1 b, 1.1 a")
    assert answer.status_code == 508
    assert answer.json()["type"].endswith("/LoopDetected")
    assert not city.network.sent


async def test_a_source_on_the_way_here_is_not_asked_again(city: City) -> None:
    await city.register("a", "b", contextSourceAlias="b")
    await city.call("a", "GET", f"entities?type={TYPE}", via="1.1 b")
    assert not city.network.sent


async def test_a_source_that_hangs_costs_its_own_patience(city: City) -> None:
    city.network.hosts["slow"] = "hangs"
    await city.register("a", "slow", management={"timeout": 300, "cooldown": 60_000})
    await city.call("a", "POST", "entities?local=true", pump("1", power=1))
    for _ in range(2):
        answer = await city.call("a", "GET", f"entities?type={TYPE}")
        assert by_id(answer).keys() == {"urn:ngsi-ld:Pump:1"}
        assert len(warnings(answer)) == 1
    assert [request.timeout_s for request in city.network.sent] == [0.3]  # then it rests


@pytest.mark.parametrize(
    "reply",
    [
        (200, b"<html>hello</html>"),
        (200, b'"urn:ngsi-ld:Pump:1"'),
        (200, b'[{"id": 5}]'),
        (200, b'{"id": "urn:ngsi-ld:Pump:9", "type": "Pump", "power": {"type": "Nonsense"}}'),
        (200, b""),
        (500, b"oops"),
        (403, b'{"title": "no", "detail": "not you"}'),
        (204, b""),
        (301, b""),
    ],
)
async def test_rubbish_becomes_a_warning(city: City, reply: tuple[int, bytes]) -> None:
    city.network.hosts["odd"] = reply
    await city.register("a", "odd")
    await city.call("a", "POST", "entities?local=true", pump("1", power=1))
    answer = await city.call("a", "GET", f"entities?type={TYPE}")
    assert by_id(answer).keys() == {"urn:ngsi-ld:Pump:1"}
    assert len(warnings(answer)) == 1
    one = await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:1")
    assert one.status_code == 200
    assert len(warnings(one)) == 1
    none = await city.call("a", "GET", "entities/urn:ngsi-ld:Pump:2")
    assert none.status_code == 404


_said = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(["urn:ngsi-ld:Pump:1", TYPE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "type",
                    "power",
                    "value",
                    "errors",
                    "success",
                    "entityId",
                    "error",
                    "status",
                    "title",
                    "typeList",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=examples(60))
@given(
    status=st.sampled_from([200, 200, 201, 204, 206, 207, 400, 404, 409, 500, 508]),
    said=_said,
    how=st.sampled_from(
        [
            ("GET", f"entities?type={TYPE}", None),
            ("GET", "entities/urn:ngsi-ld:Pump:1", None),
            ("GET", "types", None),
            ("GET", "types?details=true", None),
            ("GET", f"types/{TYPE}", None),
            ("GET", "temporal/entities/urn:ngsi-ld:Pump:1", None),
            ("POST", "entities", pump("2", power=1)),
            ("PATCH", "entities/urn:ngsi-ld:Pump:1/attrs", {"power": {"type": "Property", "value": 2}}),
            ("POST", "entityOperations/upsert", [pump("1", power=1), pump("2", power=1)]),
            ("DELETE", "entities/urn:ngsi-ld:Pump:1", None),
        ]
    ),
)
def test_whatever_a_source_says_is_not_our_error(
    brokers: City, status: int, said: Any, how: tuple[str, str, Any]
) -> None:
    city = brokers.fresh()
    city.network.hosts["odd"] = (status, json.dumps(said).encode())

    async def run() -> None:
        await city.call("a", "POST", "entities", pump("1", power=1))
        assert (await city.register("a", "odd")).status_code == 201
        answer = await city.call("a", *how)
        assert answer.status_code < 500, answer.text
        assert len(city.network.sent) == 1

    asyncio.run(run())


async def test_a_source_says_nothing_but_what_it_registered_for(city: City) -> None:
    said = [pump("1", power=1, level=1), pump("2", power=1), {"id": "urn:x:1", "type": "Car"}]
    city.network.hosts["chatty"] = (200, json.dumps(said).encode())
    information = [{"entities": [{"id": "urn:ngsi-ld:Pump:1", "type": TYPE}], "propertyNames": ["power"]}]
    await city.register("a", "chatty", information=information)
    found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&options=keyValues"))
    assert found == {"urn:ngsi-ld:Pump:1": {"id": "urn:ngsi-ld:Pump:1", "type": TYPE, "power": 1}}


async def test_the_headers_of_a_forwarded_request(city: City) -> None:
    info = [
        {"key": "X-Key", "value": "k"},
        {"key": "X-From", "value": "urn:ngsi-ld:request"},
        {"key": "Host", "value": "x"},
    ]
    await city.register("a", "b", contextSourceInfo=info, management={"localOnly": True})
    await city.call("a", "GET", f"entities?type={TYPE}", via="1.1 elsewhere", x_from="me")
    (request,) = city.network.sent
    assert request.headers["Via"] == "1.1 elsewhere, 1.1 a"
    assert request.headers["NGSILD-Tenant"] == city.tenant
    assert (request.headers["X-Key"], request.headers["X-From"]) == ("k", "me")
    assert "Host" not in request.headers
    assert "local=true" in request.url
    assert "ngsi-ld-core-context" in request.headers["Link"]


@pytest.mark.parametrize("batch", [False, True])
async def test_a_context_in_the_body_goes_along(city: City, batch: bool) -> None:
    information = [{"entities": [{"type": "https://x/Pump"}], "propertyNames": ["https://x/power"]}]
    assert (await city.register("a", "b", mode="redirect", information=information)).status_code == 201
    words = {"Pump": "https://x/Pump", "power": "https://x/power", "level": "https://x/level"}
    body = pump("1", power=1, level=2) | {"@context": [words]}
    path = "entityOperations/upsert" if batch else "entities"
    made = await city.call("a", "POST", path, [body] if batch else body, Content_Type="application/ld+json")
    assert made.status_code == 201, made.text
    for name, attribute in (("a", "https://x/level"), ("b", "https://x/power")):
        held = await city.call(name, "GET", "entities/urn:ngsi-ld:Pump:1?local=true&options=keyValues")
        assert held.json().keys() == {"id", "type", attribute}
        assert held.json()["type"] == "https://x/Pump"


async def test_a_source_is_spoken_to_in_its_own_words(city: City) -> None:
    info = [{"key": "jsonldContext", "value": SPANISH}]
    await city.register("a", "b", mode="redirect", contextSourceInfo=info)
    assert (await city.call("a", "POST", "entities", pump("1", power=1))).status_code == 201
    (request,) = city.network.sent
    assert json.loads(request.body) == {
        "id": "urn:ngsi-ld:Pump:1",
        "type": "bomba",
        "potencia": {"type": "Property", "value": 1},
    }
    assert SPANISH in request.headers["Link"]
    found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&attrs=power&options=keyValues"))
    assert found["urn:ngsi-ld:Pump:1"]["power"] == 1
    assert "type=bomba&pick=id,type,scope,potencia&" in city.network.sent[-1].url
    path = "entities/urn:ngsi-ld:Pump:1/attrs/power"
    assert (await city.call("a", "PATCH", path, {"value": 2})).status_code == 204
    assert city.network.sent[-1].url.endswith("/attrs/potencia")


async def test_a_source_is_spoken_to_in_the_format_and_version_it_wants(city: City) -> None:
    said = {"accept": "application/ld+json", "contentType": "application/ld+json", "ngsildConformance": "1.6"}
    info = [{"key": key, "value": value} for key, value in said.items()]
    assert (await city.register("a", "b", mode="redirect", contextSourceInfo=info)).status_code == 201
    body = pump("1", power=1, kind={"type": "VocabProperty", "vocab": "old"})
    assert (await city.call("a", "POST", "entities", body)).status_code == 201
    (request,) = city.network.sent
    assert request.headers["Content-Type"] == request.headers["Accept"] == "application/ld+json"
    assert not {"accept", "contentType", "ngsildConformance", "Link"} & request.headers.keys()
    sent = json.loads(request.body)
    assert sent.pop("@context") and sent["kind"] == {"type": "Property", "value": "old"}
    found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&options=keyValues"))
    assert found["urn:ngsi-ld:Pump:1"] == {
        "id": "urn:ngsi-ld:Pump:1",
        "type": TYPE,
        "power": 1,
        "kind": "old",
    }


@pytest.mark.parametrize(
    ("said", "sent"), [("", True), ("&splitEntities=false", True), ("&splitEntities=true", False)]
)
async def test_whether_entities_are_split_decides_who_filters(city: City, said: str, sent: bool) -> None:
    await city.register("a", "b")
    await city.call("b", "POST", "entities?local=true", pump("1", power=1))
    await city.call("b", "POST", "entities?local=true", pump("2", power=5))
    found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&q=power>4{said}"))
    assert list(found) == ["urn:ngsi-ld:Pump:2"]
    assert ("q=power" in city.network.sent[-1].url) is sent


async def test_every_type_is_asked_of_this_broker_alone(city: City) -> None:
    await city.register("a", "b")
    await city.call("b", "POST", "entities?local=true", pump("1", power=1))
    await city.call("a", "POST", "entities?local=true", pump("2", power=5))
    assert list(by_id(await city.call("a", "GET", "entities?type=*"))) == ["urn:ngsi-ld:Pump:2"]
    assert not city.network.sent
    assert (await city.call("a", "GET", "entities?type=*&local=false")).status_code == 400


async def test_a_source_that_does_not_know_pick_is_asked_as_before(city: City) -> None:
    surface = city.network.hosts["b"]

    async def older(scope: Any, receive: Any, send: Any) -> None:
        query = scope["query_string"].replace(b"pick=", b"unknown=")
        await surface(scope | {"query_string": query}, receive, send)

    city.network.hosts["older"] = older
    await city.call("b", "POST", "entities", pump("1", power=1, level=2))
    await city.register("a", "older")
    for _ in range(2):
        found = by_id(await city.call("a", "GET", f"entities?type={TYPE}&attrs=power&options=keyValues"))
        assert found == {"urn:ngsi-ld:Pump:1": {"id": "urn:ngsi-ld:Pump:1", "type": TYPE, "power": 1}}
    asked = ["pick" if "pick=" in one.url else "attrs" for one in city.network.sent]
    assert asked == ["pick", "attrs", "attrs"]  # and it is remembered


async def test_of_a_fragment_the_id_does_not_count_at_sources_either(city: City) -> None:
    await city.register("a", "b", mode="redirect")
    await city.call("b", "POST", "entities", pump("1", power=1))
    path, body = "entities/urn:ngsi-ld:Pump:1/attrs", pump("2", power=7)
    assert (await city.call("a", "PATCH", path, body)).status_code == 204
    assert (await city.call("b", "GET", "entities/urn:ngsi-ld:Pump:1?options=keyValues")).json()["power"] == 7
    refused = await city.call("a", "PATCH", "entities/urn:ngsi-ld:Pump:1", body)
    assert refused.status_code == 400


async def test_a_broker_keeps_a_name_that_no_other_has(tmp_path: Path) -> None:
    def name_of(folder: str) -> str:
        standing = Standing(tmp_path / folder, durable=False)
        standing.close()
        return standing.rooms.alias

    first, second = name_of("a"), name_of("b")
    assert first.startswith("chengshu-") and second.startswith("chengshu-")
    assert first != second
    assert name_of("a") == first


async def test_a_wrong_request_is_sent_to_nobody(city: City) -> None:
    await city.register("a", "b")
    answer = await city.call("a", "POST", "entities", {"id": "not a uri", "type": TYPE})
    assert answer.status_code == 400
    assert not city.network.sent


async def test_local_asks_nobody(city: City) -> None:
    await city.register("a", "b")
    await city.call("b", "POST", "entities", pump("1", power=1))
    await city.call("a", "POST", "entities?local=true", pump("2", power=1))
    city.network.sent.clear()
    assert by_id(await city.call("a", "GET", f"entities?type={TYPE}&local=true")).keys() == {
        "urn:ngsi-ld:Pump:2"
    }
    assert not city.network.sent


async def test_types_and_the_past_are_joined(city: City) -> None:
    await city.register("a", "b")
    for name, hour in (("a", 6), ("b", 7)):
        value = {"type": "Property", "value": hour, "observedAt": f"2026-08-21T0{hour}:00:00Z"}
        await city.call(name, "POST", "temporal/entities", pump("1", power=[value]))
        await city.call(name, "POST", "entities?local=true", pump(f"of-{name}", power=1))
    types = (await city.call("a", "GET", f"types/{TYPE}")).json()
    assert types["entityCount"] >= 2
    assert (await city.call("a", "GET", "attributes/power")).json()["attributeCount"] >= 2
    past = await city.call("a", "GET", "temporal/entities/urn:ngsi-ld:Pump:1")
    assert {item["value"] for item in past.json()["power"]} == {6, 7}
    since = {"timerel": "after", "timeAt": "2026-08-21T00:00:00Z"}
    query = {"type": "Query", "entities": [{"type": TYPE}], "temporalQ": since}
    asked = f"temporal/entities?type={TYPE}&timerel=after&timeAt=2026-08-21T00:00:00Z"
    for answer in (
        await city.call("a", "GET", asked),
        await city.call("a", "POST", "temporal/entityOperations/query", query),
    ):
        found = by_id(answer)["urn:ngsi-ld:Pump:1"]
        assert {item["value"] for item in found["power"]} == {6, 7}


async def test_bare_values_of_a_batch_stay_bare_where_it_is_done_one_by_one(city: City) -> None:
    """A source that has no batches is sent single operations; what is there already is replaced there."""
    await city.register("a", "b", mode="redirect", operations=["redirectionOps"])
    for power in (3, 4):
        bare = [{"id": "urn:ngsi-ld:Pump:1", "type": TYPE, "power": power}]
        answer = await city.call("a", "POST", "entityOperations/upsert?options=keyValues", bare)
        assert answer.status_code in (201, 204), answer.text
        kept = (await city.call("b", "GET", "entities/urn:ngsi-ld:Pump:1")).json()
        assert kept["power"]["value"] == power


async def test_a_query_whose_context_is_named_in_link_may_be_sent_as_linked_data(city: City) -> None:
    """Its context is in the body once a part of it is asked elsewhere: it is not named twice then."""
    await city.register("a", "b")
    await city.call("b", "POST", "entities?local=true", pump("1", power=3))
    said = {
        "Content_Type": "application/ld+json",
        "Link": f'<{SPANISH}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"',
    }
    query = {"type": "Query", "entities": [{"type": "bomba"}]}
    found = by_id(await city.call("a", "POST", "entityOperations/query", query, **said))
    assert found["urn:ngsi-ld:Pump:1"]["potencia"]["value"] == 3


async def test_a_registration_tells_how_its_source_does(city: City) -> None:
    made = await city.register("a", "b")
    path = made.headers["location"].removeprefix("/ngsi-ld/v1/")
    assert "status" not in (await city.call("a", "GET", path)).json()
    await city.call("a", "GET", f"entities?type={TYPE}")
    city.network.hosts["b"], surface = "hangs", city.network.hosts["b"]
    await city.call("a", "GET", f"entities?type={TYPE}")
    city.network.hosts["b"] = surface
    said = (await city.call("a", "GET", path)).json()
    assert (said["timesSent"], said["timesFailed"], said["status"]) == (2, 1, "failed")
    identity = (await city.call("a", "GET", "info/sourceIdentity")).json()
    assert identity["contextSourceAlias"] == "a"


async def test_a_purge_reaches_the_sources(city: City) -> None:
    await city.register("a", "b")
    for name in "ab":
        await city.call(name, "POST", "entities?local=true", pump(name, power=1))
    assert (await city.call("a", "DELETE", f"entities?type={TYPE}")).status_code == 204
    for name in "ab":
        assert by_id(await city.call(name, "GET", f"entities?type={TYPE}&local=true")) == {}
