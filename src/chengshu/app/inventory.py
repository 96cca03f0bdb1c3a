"""The hub's own resources for the ledger: its streams, indicators, plans, twins and scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from chengshu.app.hub import Hub
from chengshu.foundation.city.model import Scenario
from chengshu.foundation.journal import Actor
from chengshu.foundation.sensing.declared import HttpConnector, MqttConnector, Source
from chengshu.kernel.texts import Text
from chengshu.resources.grading.lineage import Step
from chengshu.resources.ledger import Booked, Distribution, Field, Resource
from chengshu.resources.ledger.model import Kind
from chengshu.resources.lineage import Job
from chengshu.resources.lineage.naming import column_key
from chengshu.scenes.vitals.model import Indicator

_HUB = "urn:chengshu:resource:hub"
_TYPES = {"number": "xsd:double", "boolean": "xsd:boolean", "text": "xsd:string"}
_FILES: tuple[tuple[str, Kind, str], ...] = (
    ("plan.bpmn", "component", "bpmn"),
    ("twin.toml", "model", "toml"),
)
_LEVELS = Text("Level (blue to red)", "等级（蓝至红）", "等級（藍至紅）")


def book_own(hub: Hub) -> Booked:
    """Enter the hub's own resources; what is declared no longer is retired."""
    wanted = own_resources(hub)
    booked = hub.ledger.put(wanted, Actor.hub("inventory"), why="declared")
    hub.inspection.lineage.put(_HUB, own_steps(hub), Actor.hub("inventory"))
    names = {item.id for item in wanted}
    gone = [
        item.id
        for item in hub.ledger_queries.below(f"{_HUB}:")
        if item.id not in names and item.state != "retired"
    ]
    if gone:
        retired = hub.ledger.retire(gone, Actor.hub("inventory"), why="declared no longer")
        return replace(booked, retired=retired.retired)
    return booked


def own_resources(hub: Hub) -> list[Resource]:
    """One entry for each thing the hub itself offers; the same declarations give the same entries."""
    return [*_streams(hub), *_indicators(hub), *_packages(hub)]


def own_steps(hub: Hub) -> list[Job]:
    """From the attribute of a stream to the indicator made of it, and on from indicator to indicator."""
    jobs = []
    for item in hub.vitals.catalogue:
        id_ = f"{_HUB}:indicator:{item.id}"
        column = item.source.attribute if item.source else "value"
        sources = _inputs(hub, item)
        kind = "aggregate" if item.source else "compute"
        steps = [
            Step(column_key(source, column), column_key(id_, out), kind)
            for source in sources
            for out in ("value", "level")
        ]
        jobs.append(Job(id_, sources, tuple(steps)))
    return jobs


def _streams(hub: Hub) -> Iterator[Resource]:
    for source in hub.sources.values():
        yield Resource(
            f"{_HUB}:stream:{source.id}",
            "stream",
            source.title,
            provider=source.department,
            owner=source.department,
            source_class="government",
            format=source.format,
            fields=(
                Field("entity", "xsd:anyURI", key=True, nullable=False),
                Field("observedAt", "xsd:dateTime", key=True, nullable=False),
                *(
                    Field(name, _TYPES[attribute.kind], unit=attribute.kept_unit)
                    for name, attribute in source.attributes.items()
                ),
            ),
            update_cycle=_iso(source.interval),
            distributions=(_door(source),),
            keywords=(source.type,),
        )


def _door(source: Source) -> Distribution:
    if isinstance(source.connector, HttpConnector):
        return Distribution(f"/ingest/{source.id}", format=source.format, local=True)
    if isinstance(source.connector, MqttConnector):
        return Distribution(f"mqtt:{source.connector.topic}", format=source.format, local=True)
    return Distribution(f"file:{source.connector.path}", format=source.format, local=True)


def _indicators(hub: Hub) -> Iterator[Resource]:
    for item in hub.vitals.catalogue:
        yield Resource(
            f"{_HUB}:indicator:{item.id}",
            "indicator",
            item.name,
            summary=item.note,
            provider=item.owner,
            owner=item.owner,
            purpose=item.scenario,
            format="json",
            fields=(
                Field("area", "xsd:string", key=True, nullable=False),
                Field("value", "xsd:double", item.name, unit=item.unit),
                Field("level", "xsd:string", _LEVELS),
            ),
            update_cycle=_iso(item.pane),
            distributions=(Distribution(f"/vitals/{item.id}", format="html", local=True),),
            related=_inputs(hub, item),
        )


def _inputs(hub: Hub, item: Indicator) -> tuple[str, ...]:
    """What an indicator is computed from: other indicators, and the streams that bring its attribute."""
    if item.source is None:
        return tuple(f"{_HUB}:indicator:{name}" for name in item.needs)
    return tuple(
        f"{_HUB}:stream:{source.id}"
        for source in hub.sources.values()
        if source.type == item.source.type and item.source.attribute in source.attributes
    )


def _packages(hub: Hub) -> Iterator[Resource]:
    for scenario in hub.city.scenarios.values():
        parts = tuple(_parts(scenario))
        yield Resource(
            f"{_HUB}:scenario:{scenario.id}",
            "scenario",
            scenario.name,
            format="folder",
            related=(*(part.id for part in parts), *_indicators_of(hub, scenario)),
            extra={"version": scenario.version},
        )
        yield from parts


def _indicators_of(hub: Hub, scenario: Scenario) -> tuple[str, ...]:
    """What a scenario acts on: without them it would stop."""
    return tuple(
        f"{_HUB}:indicator:{item.id}" for item in hub.vitals.catalogue if item.scenario == scenario.id
    )


def _parts(scenario: Scenario) -> Iterator[Resource]:
    for name, kind, format_ in _FILES:
        if scenario.file(name) is not None:
            yield Resource(
                f"{_HUB}:{kind}:{scenario.id}:{name}",
                kind,
                Text(
                    *(f"{scenario.name.say(language)} · {name}" for language in ("en", "zh-Hans", "zh-Hant"))
                ),
                format=format_,
                extra={"version": scenario.version},
            )


def _iso(length: timedelta) -> str:
    """A length as ISO 8601, in the largest whole unit."""
    seconds = round(length.total_seconds())
    for size, form in ((86400, "P{}D"), (3600, "PT{}H"), (60, "PT{}M")):
        if seconds and seconds % size == 0:
            return form.format(seconds // size)
    return f"PT{seconds}S"
