"""Test cities of real drainage networks, real rain and real roads, built into a folder at test time.

Networks: the five of the shared drainage data; rain: the five Beijing events (hourly, in real millimetres,
spread evenly over the hour); roads: Luxembourg City, © OpenStreetMap contributors (ODbL). The three do not
belong together in nature: the network is laid onto the road map by one scale and one shift. Nothing of this
enters the repository.

What the real rain does to the networks without any action (measured, 48 h from 6 h before the event; nodes
that flood by more than 1 m3, of all nodes without outfalls):

========  =====  =====  =====  =====  =====   ======================================================
network   E1     E2     E3     E4     E5      use
========  =====  =====  =====  =====  =====   ======================================================
theta     1/5    0/5    0/5    0/5    1/5     loop with E1 and E5
alpha     0/26   0/26   0/26   0/26   0/26    never floods: shows that quiet stays quiet
gamma     5/21   3/21   4/21   2/21   3/21    loop with E1, E2, E3
epsilon   6/77   1/77   0/77   0/77   0/77    loop with E1
zeta      10/29  8/29   8/29   10/29  8/29    overflows by design (combined sewers): spills count as floods
========  =====  =====  =====  =====  =====   ======================================================

What is there to be won in the disturbed truth of the drills (measured, 36 h, places above 20 m3): pump
trucks of 0.3 m3/s at up to ten flooded manholes from 4 h after the start lower the flooded volume of theta E1
by 26 % (of 36,336 m3), theta E5 57 % (2,160), gamma E1 and E2 wholly (39,295 and 3,734), gamma E3 82 % (140),
epsilon E1 8 % (539,209), zeta E2 20 % (141,890), zeta E5 23 % (38,940). Orifices and dams set to a half from
3 h on help gamma (39 to 100 %) and epsilon (44 %) and harm theta and zeta. What the hub makes of it: see
docs/en/real-data.md.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

import yaml
from shapely import transform
from shapely.geometry import mapping
from tests.cities.network import XY, Network, halves, read_network, sub_areas
from tools.demo_city import offices
from tools.demo_city.areas import Area
from tools.demo_city.files import collection
from tools.demo_city.things import CREWS, TRUCKS
from tools.demo_city.words import name

from chengshu.foundation.roads.osm import read_osm

LON0, LAT0 = 6.124, 49.601  # the middle of the road map
HALF_X, HALF_Y = 4600.0, 4000.0
STATION_GRID = tuple((x * HALF_X * 0.62, y * HALF_Y * 0.62) for y in (-1, 1) for x in (-1, 0, 1))


@dataclass(frozen=True)
class Rain:
    """One event: its start and end (local), and the stations that differ from each other in it."""

    event: str
    start: datetime
    end: datetime
    stations: tuple[str, ...]


def build_city(shared: Path, network: str, event: str, folder: Path, hours: int = 36) -> Path:
    """Write a city folder for this network and event into ``folder``; gives ``folder``.

    The drill ``drills/waterlogging.yaml`` starts 3 h before the event and lasts ``hours``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    net = read_network(shared / "data" / "drainage" / f"{network}.inp", HALF_X, HALF_Y)
    rain = _write_rain(shared, event, folder)
    shutil.copyfile(net.file, folder / "drainage.inp")
    areas, area_of = _areas(network, net)
    gauges = dict(zip((f"RG{i + 1}" for i in range(len(rain.stations))), STATION_GRID, strict=False))
    texts = {
        "city.toml": _city_toml(network, event),
        "areas.geojson": collection(_area_feature(area) for area in areas),
        "departments.yaml": offices.departments_file(areas),
        "duties.yaml": offices.duties_file(areas),
        "calendar.yaml": _CALENDAR,
        "roads.geojson": json.dumps(_roads(shared, folder)),
        "overlays/waterlogging/twin.toml": _twin_toml(net, gauges),
        "drills/waterlogging.yaml": _drill(network, rain, gauges, hours),
    }
    texts |= {
        f"entities/{layer}.geojson": collection(rows)
        for layer, rows in _entities(net, gauges, areas, area_of).items()
    }
    write_all(folder, texts)
    return folder


def write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the texts to their paths below ``folder``."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def lonlat(at: XY) -> list[float]:
    """WGS-84 of a point in metres from the middle of the road map."""
    return [round(LON0 + at[0] / (111_320 * cos(radians(LAT0))), 6), round(LAT0 + at[1] / 111_200, 6)]


def _write_rain(shared: Path, event: str, folder: Path) -> Rain:
    """Copy the event's rows; stations whose rain repeats another's in this event are left out."""
    with (shared / "data" / "storms" / "rain_events.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["event_id"] == event]
    with (shared / "data" / "storms" / "events_index.csv").open(encoding="utf-8") as file:
        card = next(row for row in csv.DictReader(file) if row["event_id"] == event)
    series: dict[str, list[str]] = {}
    for row in rows:
        series.setdefault(row["station"], []).append(row["rain_mm"])
    first = {tuple(values): station for station, values in reversed(series.items())}
    stations = sorted(first.values(), key=lambda s: (-sum(map(float, series[s])), s))[: len(STATION_GRID)]
    with (folder / "rain.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["event_id", "time", "station", "rain_mm"])
        writer.writeheader()
        writer.writerows(row for row in rows if row["station"] in stations)
    return Rain(
        event, datetime.fromisoformat(card["start"]), datetime.fromisoformat(card["end"]), tuple(stations)
    )


def _city_toml(network: str, event: str) -> str:
    return (
        f'id = "test-{network}-{event.lower()}"\nname = "{network} {event}"\ntimezone = "Asia/Shanghai"\n'
        'scenarios = ["waterlogging"]\nattribution = "© OpenStreetMap contributors"\n'
    )


_CALENDAR = (
    'hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-17:00"]}\nholidays: []\nworkdays: []\n'
)


def _areas(network: str, net: Network) -> tuple[list[Area], dict[str, str]]:
    """City, two districts, sub-areas as communities; and the sub-area of each node."""
    west, east = halves(net)
    areas = [
        Area("city", name(network, network, network), "city", None, west.union(east)),
        Area("west", name("West", "西区", "西區"), "district", "city", west),
        Area("east", name("East", "东区", "東區"), "district", "city", east),
    ]
    area_of: dict[str, str] = {}
    for number, part in enumerate(sub_areas(net), 1):
        side = "west" if part.shape.centroid.x < 0 else "east"
        label = name(f"Sub-area {number}", f"片区{number}", f"片區{number}")
        areas.append(Area(f"sub-{number}", label, "community", side, part.shape))
        area_of |= dict.fromkeys(part.nodes, f"sub-{number}")
    return areas, area_of


def _area_feature(area: Area) -> dict[str, Any]:
    moved = transform(area.shape, lambda points: [lonlat((float(x), float(y))) for x, y in points])
    return {
        "type": "Feature",
        "geometry": json.loads(json.dumps(mapping(moved))),
        "properties": {"id": area.id, "name": area.name, "kind": area.kind, "parent": area.parent},
    }


def _thing(of: str, local: str, label: str, at: XY, area: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"urn:ngsi-ld:{of}:{local}",
        "properties": {"type": of, "name": label, "area": area} | more,
        "geometry": {"type": "Point", "coordinates": lonlat(at)},
    }


def _entities(
    net: Network, gauges: Mapping[str, XY], areas: list[Area], area_of: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    places = {p.id: p for p in net.places}
    subs = [a for a in areas if a.kind == "community"]

    def area_at(at: XY) -> str:
        return min(subs, key=lambda a: hypot(a.shape.centroid.x - at[0], a.shape.centroid.y - at[1])).id

    layers: dict[str, list[dict[str, Any]]] = {
        "gauges": [],
        "nodes": [],
        "sensors": [],
        "works": [],
        "forces": [],
    }
    for local, at in gauges.items():
        layers["gauges"].append(_thing("RainGauge", local, local, at, area_at(at), gauge=local))
    for p in net.places:
        more = {"kind": p.kind, "fullDepth": p.depth}
        layers["nodes"].append(
            _thing("DrainageNode", p.id, p.id, (p.x, p.y), area_of[p.id], swmmId=p.id, **more)
        )
        layers["sensors"].append(
            _thing(
                "WaterLevelSensor", f"L-{p.id}", f"L-{p.id}", (p.x, p.y), area_of[p.id], refNode=p.id, **more
            )
        )
    for link, node in net.settable:
        if node in places:
            at = (places[node].x, places[node].y)
            layers["works"].append(
                _thing("Gate", link, link, at, area_of[node], swmmLink=link, refNode=node, setting=1)
            )
    layers["forces"] = _forces(area_at)
    return layers


def _forces(area_at: Any) -> list[dict[str, Any]]:
    depots = ((-1500.0, 300.0), (1600.0, -400.0))
    rows = [_thing("Depot", f"D{i + 1}", f"Depot {i + 1}", at, area_at(at)) for i, at in enumerate(depots)]
    for i, capacity in enumerate(TRUCKS):
        at = depots[i % 2]
        rows.append(
            _thing(
                "PumpTruck",
                f"T{i + 1:02d}",
                f"Truck {i + 1}",
                at,
                area_at(at),
                capacity=capacity,
                department="water",
                skills=["pump"],
                status="free",
            )
        )
    crews = [(department, skills) for department, skills, count in CREWS for _ in range(count)]
    for i, (department, skills) in enumerate(crews):
        at = depots[i % 2]
        rows.append(
            _thing(
                "Crew",
                f"C{i + 1:02d}",
                f"Crew {i + 1}",
                at,
                area_at(at),
                department=department,
                skills=list(skills),
                status="free",
            )
        )
    return rows


def _roads(shared: Path, folder: Path) -> dict[str, Any]:
    packed = shared / "data" / "roads" / "luxembourg_city.osm.xml.gz"
    plain = folder / "roads.osm.xml"
    with gzip.open(packed, "rb") as source, plain.open("wb") as target:
        shutil.copyfileobj(source, target)
    roads = read_osm(plain)
    plain.unlink()
    return roads


def _twin_toml(net: Network, gauges: Mapping[str, XY]) -> str:
    """The twin of this network: each gauge of the model listens to the nearest station."""
    heard = {
        model: min(gauges, key=lambda g: hypot(gauges[g][0] - at[0], gauges[g][1] - at[1]))
        for model, at in net.gauges.items()
    }
    if len(heard) == 1:  # one gauge for all: the wettest station, which is the first
        heard = dict.fromkeys(heard, next(iter(gauges)))
    rows = "\n".join(f'"{model}" = "urn:ngsi-ld:RainGauge:{gauge}"' for model, gauge in heard.items())
    return _TWIN.format(gauges=rows)


_TWIN = """model = "drainage.inp"

[gauges]
{gauges}

[[sensors]]
entity = "WaterLevelSensor"
attribute = "waterLevel"
node = "refNode"

[[actuators]]
entity = "Gate"
propose = [0.0, 0.5, 1.0]

[[pump_sites]]
entity = "DrainageNode"
where = {{kind = "manhole"}}

[nowcast]
count = 6
step = "PT10M"

[forecast]
interval = "PT15M"
horizon = "PT3H"
members = 16

[flooded]
volume_m3 = 20.0
rate_m3_s = 0.1

[advice]
runs = 24
members = 2
"""


def _drill(network: str, rain: Rain, gauges: Mapping[str, XY], hours: int) -> str:
    start = rain.start - timedelta(hours=3)
    content = {
        "id": f"{network}-{rain.event.lower()}",
        "name": f"{network}, rain of {rain.event}",
        "scenario": "waterlogging",
        "start": start,
        "duration": f"PT{hours}H",
        "storm": {
            "kind": "recorded",
            "file": "rain.csv",
            "event": rain.event,
            "stations": dict(zip(gauges, rain.stations, strict=True)),
            "interval": "PT1H",
            "step": "PT5M",
        },
        "truth": {"seed": 7, "roughness": 0.1, "imperviousness": 0.05, "width": 0.1, "step": "PT5M"},
        "gauges": {"interval": "PT5M", "noise": 0.03, "seed": 21},
        "sensors": {"interval": "PT5M", "noise_m": 0.01, "seed": 22},
        "people": {"seed": 31, "travel_factor": 1.25},
        "flooded_m3": 20,
        "mid_storm": "PT9H",
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
