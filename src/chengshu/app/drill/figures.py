"""Put a drill's figures together: what the hub recorded, held against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.app.drill import measure
from chengshu.app.drill.declared import DrillFile, RecordedStorm
from chengshu.app.drill.report import seal, words
from chengshu.app.drill.stage import Stage
from chengshu.app.drill.truth import Flooding
from chengshu.app.hub import Hub
from chengshu.foundation.city import City
from chengshu.kernel.clock import iso
from chengshu.kernel.texts import Text
from chengshu.ports.twin import Rain


def node_areas(city: City) -> dict[str, str]:
    """Model node → area, from the declared things that name a node."""
    found: dict[str, str] = {}
    for item in city.entities:
        node = item.get("swmmId") or item.get("refNode")
        if node and "area" in item and (item["type"] == "DrainageNode" or node not in found):
            found[str(node)] = str(item["area"])
    return found


def make_report(
    stage: Stage, hub: Hub, acted: Flooding, untouched: Flooding, overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """The report of a finished drill as plain data, sealed with its hash."""
    city, drill = stage.city, stage.drill
    warnings = hub.vital_queries.warnings(state="all", limit=100_000)
    events = hub.response.queries.events()
    orders = hub.response.queries.orders()
    nodes = node_areas(city)
    floods = measure.first_floods(untouched, nodes, city.areas, stage.start)
    subs = measure.sub_areas(warnings, floods, nodes, city.areas, drill.sub_areas)
    event_rows = measure.event_rows(events, orders)
    sub_rows = [_sub_row(item, city) for item in subs]
    volumes = measure.volumes(acted, untouched)
    return seal(
        {
            "format": 1,
            "city": city.id,
            "city_name": city.name.as_dict(),
            "scenario": stage.scenario.id,
            "scenario_name": stage.scenario.name.as_dict(),
            "scenario_version": stage.scenario.version,
            "title": drill.name.as_dict(),
            "zone": city.zone.key,
            "start": iso(stage.start),
            "end": iso(stage.end),
            "overrides": dict(overrides),
            "warnings": measure.warning_rows(warnings, floods),
            "sub_areas": sub_rows,
            **measure.scores(subs),
            "median_lead_time_s": measure.middle(sub_rows, "lead_time_s"),
            "events": event_rows,
            "signal_to_accepted_s": measure.middle(event_rows, "signal_to_accepted_s"),
            "time_to_close_s": measure.middle(event_rows, "time_to_close_s"),
            "closed": sum(row["closed_at"] is not None for row in event_rows),
            "travel": measure.travel(orders),
            "work_orders": measure.clocks(orders),
            **volumes,
            "course": volumes["course"] | {"rain": _rain_course(stage.rain)},
            "assumptions": [text.as_dict() for text in _assumptions(drill)],
            "attribution": city.attribution,
        }
    )


def _sub_row(item: measure.SubArea, city: City) -> dict[str, Any]:
    return {
        "area": item.area,
        "name": city.areas[item.area].name.as_dict(),
        "outcome": item.outcome,
        "first_flood_at": iso(item.first_flood_at) if item.first_flood_at else None,
        "warned_at": iso(item.warned_at) if item.warned_at else None,
        "lead_time_s": item.lead_time_s,
        "stood": item.stood,
    }


def _rain_course(rain: Rain, every_s: int = 600) -> list[list[float]]:
    """[seconds, mm/h]: the mean over the gauges, every ten minutes."""
    stride = max(1, every_s // rain.step_s)
    return [
        [float(row * rain.step_s), round(float(rain.values[row : row + stride].mean()), 2)]
        for row in range(0, len(rain.values), stride)
    ]


def _assumptions(drill: DrillFile) -> list[Text]:
    """What is made up in this drill, said openly."""
    truth, people, storm = drill.truth, drill.people, drill.storm
    lines = [
        words("assume_truth").fill(
            seed=truth.seed,
            roughness=f"{truth.roughness:.0%}",
            imperviousness=f"{truth.imperviousness:.0%}",
            width=f"{truth.width:.0%}",
        ),
        words("assume_people").fill(
            notice=people.notice.median,
            accept=people.accept.median,
            setup=people.setup.median,
            refuse=f"{people.refuse:.0%}",
        ),
        words("assume_scores"),
    ]
    if isinstance(storm, RecordedStorm):
        return [
            *lines,
            words("assume_recorded").fill(name=storm.event or storm.file, scale=f"{storm.scale:g}"),
        ]
    return [*lines, words("assume_design").fill(years=f"{storm.return_period:g}", minutes=storm.duration_min)]
