"""Whatever is asked: never a server error, never an answer that the OpenAPI document does not name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.examples import examples
from tools.broker import Standing

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
RICH = {  # something of every kind, and a link from each entity to the next
    "a": {"type": "Property", "value": 1, "observedAt": "2026-01-01T00:00:00Z", "unitCode": "MTR"},
    "several": [{"value": 1}, {"value": {"k": [1]}, "datasetId": "urn:d:1"}],
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [8, 40]}},
    "street": {"type": "LanguageProperty", "languageMap": {"en": "Main", "fr": ["Grande"]}},
    "word": {"type": "VocabProperty", "vocab": "commercial"},
    "list": {"type": "ListProperty", "valueList": [1, [2]]},
    "links": {"type": "ListRelationship", "objectList": ["urn:x:2"]},
    "raw": {"type": "JsonProperty", "json": {"k": None}},
    "scope": ["/a/b"],
}
ENTITIES = [
    {"id": f"urn:x:{number}", "type": "T", "next": {"object": f"urn:x:{(number + 1) % 3}"}, **RICH}
    for number in range(3)
]
KNOWN = {"entityId": "urn:x:1", "attrId": "a", "type": "T", "instanceId": "urn:ngsi-ld:Instance:1"}


def make_likely(case: schemathesis.Case, keep: int) -> None:
    """Let a request get further than its names: known ids, no odd tenant or context, few parameters."""
    for name in list(case.headers or ()):
        if name.lower() in ("ngsild-tenant", "link"):
            del case.headers[name]
    for name in case.path_parameters or ():
        case.path_parameters[name] = KNOWN.get(name, case.path_parameters[name])
    for name in list(case.query or ())[keep:]:
        del case.query[name]
    if case.query is not None and case.operation.path.endswith("/entities"):
        case.query["type"] = "T"
    if isinstance(case.body, dict) and "@context" in case.body:
        del case.body["@context"]


@pytest.mark.slow
def test_every_answer_is_documented(tmp_path: Path) -> None:
    """Each operation gets generated requests, valid ones and broken ones."""
    standing = Standing(tmp_path, durable=False)
    transport = httpx.ASGITransport(app=standing.surface)
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(transport=transport, base_url="http://hub")
    schema = schemathesis.openapi.from_dict(standing.document())
    seen: dict[int, int] = {}

    def send(case: schemathesis.Case) -> httpx.Response:
        sent = case.as_transport_kwargs(base_url="http://hub")
        request = client.build_request(
            case.method,
            sent["url"],
            params=sent.get("params"),
            headers=dict(sent["headers"]),
            content=sent.get("data"),
            json=sent.get("json"),
            cookies=sent.get("cookies"),
        )
        return loop.run_until_complete(client.send(request))

    def check(operation: schemathesis.APIOperation) -> None:
        @settings(
            max_examples=examples(40),
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(case=operation.as_strategy(), likely=st.integers(0, 3))
        def examine(case: schemathesis.Case, likely: int) -> None:
            if likely:
                make_likely(case, likely)
            try:
                answer = send(case)
            except (httpx.InvalidURL, UnicodeEncodeError):  # no client could send it
                return
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
            case.validate_response(answer, checks=CHECKS)

        examine()

    try:
        path = "http://hub/ngsi-ld/v1/entityOperations/create"
        loop.run_until_complete(client.post(path, json=ENTITIES))
        for found in schema.get_all_operations():
            check(found.ok())
        assert {200, 201, 204, 400, 404} <= set(seen), seen
    finally:
        loop.run_until_complete(client.aclose())
        loop.close()
        standing.close()
