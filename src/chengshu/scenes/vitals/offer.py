"""What a city offers to indicators: entity types and their attributes, declared or promised by sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chengshu.foundation.city import City, Scenario
from chengshu.foundation.declared import read_document

_WRITTEN_BY_TWINS = ("floodProbability", "floodLeadTime", "forecastDepth")  # on the entities of [nodes]


def offer_of(city: City) -> dict[str, frozenset[str]]:
    """By entity type the attributes there are, or will be when sources and twins speak.

    Mistakes inside sources.yaml and twin.toml are told by those who own these files; here they offer nothing.
    """
    found: dict[str, set[str]] = {}
    for entity in city.entities:
        found.setdefault(entity["type"], set()).update(entity)
    for scenario in city.scenarios.values():
        for kind, attribute in (*_sources(scenario), *_twin(scenario)):
            found.setdefault(kind, set()).add(attribute)
    return {kind: frozenset(attributes) for kind, attributes in found.items()}


def _data(scenario: Scenario, name: str) -> dict[str, Any]:
    path = scenario.file(name)
    data = read_document(path).data if path else None
    return data if isinstance(data, dict) else {}


def _sources(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for source in _data(scenario, "sources.yaml").get("sources") or ():
        if isinstance(source, dict) and isinstance(source.get("attributes"), dict):
            for attribute in source["attributes"]:
                yield str(source.get("type", "")), str(attribute)


def _twin(scenario: Scenario) -> Iterator[tuple[str, str]]:
    nodes = _data(scenario, "twin.toml").get("nodes")
    if isinstance(nodes, dict) and isinstance(nodes.get("entity"), str):
        for attribute in _WRITTEN_BY_TWINS:
            yield nodes["entity"], attribute
