"""The OpenAPI document and the operations say the same, and each handler names its clause."""

from __future__ import annotations

import inspect
import re

import pytest
from schemathesis.openapi import from_dict
from tools.broker import Standing

from chengshu.surfaces.ngsi_ld import PREFIX

_CLAUSE = re.compile(r"\b[456]\.\d+(\.\d+)*")


@pytest.mark.slow
def test_every_operation_is_described(standing: Standing) -> None:
    document = standing.document()
    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "head"
    }
    assert described == {(item.method, f"{PREFIX}/{item.path}") for item in standing.surface.operations}
    names = [item["operationId"] for paths in document["paths"].values() for item in paths.values()]
    assert len(names) == len(set(names))
    for path, item in document["paths"].items():
        for operation in item.values():
            declared = {part["name"] for part in operation["parameters"] if part["in"] == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path))
            assert all(part["description"] for part in operation["parameters"])
            assert {"400", "401", "403", "404", "413"} <= set(operation["responses"])
    from_dict(document).validate()


def test_operations_do_not_hide_each_other(standing: Standing) -> None:
    keys = [(item.method, re.sub(r"\{\w+\}", "{}", item.path)) for item in standing.surface.operations]
    assert len(keys) == len(set(keys))


def test_every_handler_names_its_clause(standing: Standing) -> None:
    for operation in standing.surface.operations:
        assert _CLAUSE.match(operation.clause) or operation.clause.startswith("extension"), operation
        if inspect.ismethod(operation.handler):  # others are wrapped, for distributed operations
            own = operation.handler.__doc__ or ""
            assert _CLAUSE.search(own) or "extension" in own, operation.path


@pytest.mark.parametrize(
    "name", ["type", "id", "q", "georel", "limit", "count", "options", "pick", "join", "local"]
)
def test_a_query_knows_its_parameters(standing: Standing, name: str) -> None:
    operation = next(
        item for item in standing.surface.operations if (item.method, item.path) == ("GET", "entities")
    )
    assert name in {param.name for param in operation.params}
