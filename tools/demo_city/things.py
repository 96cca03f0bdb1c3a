"""The declared things of the city: sensors, underpasses, pumps and gates, trucks, crews, depots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.demo_city import words
from tools.demo_city.areas import Area, community_of
from tools.demo_city.ground import to_lonlat
from tools.demo_city.network import Drainage, Node
from tools.demo_city.roads import Roads

Feature = dict[str, Any]
# Manholes with level sensors: those that flood first and most in a run of the 50-year storm, at first one for
# each community. A real city knows such places from its past.
FLOOD_SPOTS = (
    "J1910",
    "J2511",
    "J0310",
    "J0916",
    "J1315",
    "J2512",
    "J0514",
    "J2110",
    "J0917",
    "J1902",
    "J1316",
    "J2310",
    "J1702",
    "J0913",
    "J0911",
)
GAUGES = (
    (-2850, 1250),
    (-1250, 1950),
    (350, 1350),
    (-2450, -1050),
    (-450, -1950),
    (1150, -1450),
    (2650, 1050),
    (2850, -550),
)
DEPOT_SITES = ((-1450, 620), (-650, -900), (2300, 900))
TRUCKS = (0.5, 0.3, 0.3, 0.15, 0.5, 0.3, 0.15, 0.1, 0.3, 0.15)  # m3/s; 1800 to 360 m3/h
CREWS = (
    ("water", ("pump", "gate", "drain_clearing"), 8),
    ("city_management", ("barrier", "inspect"), 5),
    ("traffic_police", ("traffic", "barrier"), 4),
    ("emergency", ("rescue", "pump"), 3),
)


class Things:
    """Collects features; ids are ``urn:ngsi-ld:<Type>:<local>``."""

    def __init__(self, areas: list[Area]) -> None:
        self._areas = areas
        self.layers: dict[str, list[Feature]] = {}

    def add(
        self, layer: str, of: str, local: str, name: words.Name, at: tuple[float, float], **attributes: Any
    ) -> str:
        """Add one thing at ``at`` (metres); its area is the community it lies in. Gives its id."""
        entity = f"urn:ngsi-ld:{of}:{local}"
        self.layers.setdefault(layer, []).append(
            {
                "type": "Feature",
                "id": entity,
                "properties": {"type": of, "name": name, "area": community_of(self._areas, *at)} | attributes,
                "geometry": {"type": "Point", "coordinates": to_lonlat(*at)},
            }
        )
        return entity


def make_things(areas: list[Area], roads: Roads, net: Drainage) -> dict[str, list[Feature]]:
    """Every entity layer of the city."""
    things = Things(areas)
    for number, at in enumerate(GAUGES, 1):
        label = words.name("Rain Gauge", "雨量站", "雨量站")
        things.add(
            "rain_gauges", "RainGauge", f"RG{number}", words.numbered(label, number), at, gauge=f"RG{number}"
        )
    _underpasses(things, roads, net)
    _works(things, net)
    _nodes(things, net)
    _sensors(things, net)
    _forces(things)
    return things.layers


def underpass_names(roads: Roads) -> dict[int, words.Name]:
    """The name of each underpass: its road, and north or south where the road has two."""
    crossings = roads.underpasses()
    found = {}
    for road in crossings:
        same = [other for other in crossings if other.name == road.name]
        name = road.name
        if len(same) > 1:
            north = road.line.centroid.y == max(other.line.centroid.y for other in same)
            side = words.name("North", "北", "北") if north else words.name("South", "南", "南")
            name = words.joined(name, side)
        found[road.underpass or 0] = words.joined(name, words.UNDERPASS)
    return found


def _underpasses(things: Things, roads: Roads, net: Drainage) -> None:
    names = underpass_names(roads)
    for road in roads.underpasses():
        number = road.underpass or 0
        node = net.nodes[f"U{number + 1:02d}"]
        things.add(
            "underpasses",
            "Underpass",
            node.id,
            names[number],
            (node.x, node.y),
            refNode=node.id,
            swmmId=node.id,
            closed=False,
            clearance=4.5,
        )


def _works(things: Things, net: Drainage) -> None:
    for link in net.links:
        node = net.nodes.get(link.source)
        if node is None:
            continue
        if link.kind == "pump" and link.id.startswith("PS"):
            number = int(link.id[2:-1])
            base = words.joined(words.STATION_NAMES[number - 1], words.STATION)
            part = (
                words.name("Duty Unit", "主泵", "主泵")
                if link.running
                else words.name("Reserve Unit", "备用泵", "備用泵")
            )
            things.add(
                "works",
                "PumpingStation",
                link.id,
                words.joined(base, part),
                (node.x, node.y),
                swmmLink=link.id,
                refNode=node.id,
                capacity=link.flow,
                setting=1 if link.running else 0,
                reserve=not link.running,
            )
        elif link.kind == "gate":
            number = int(link.id[1:])
            base = words.joined(words.POND_NAMES[number - 1], words.POND)
            things.add(
                "works",
                "Gate",
                link.id,
                words.joined(base, words.name("Gate", "闸门", "閘門")),
                (node.x, node.y),
                swmmLink=link.id,
                refNode=node.id,
                setting=0,
            )


_NODE_WORDS = {
    "manhole": words.name("Manhole", "检查井", "檢查井"),
    "underpass": words.name("Underpass drain", "下穿雨水口", "下穿雨水口"),
    "sump": words.name("Sump", "集水坑", "集水坑"),
    "pond": words.name("Pond", "调蓄湖", "調蓄湖"),
    "forebay": words.name("Forebay", "泵站前池", "泵站前池"),
    "chamber": words.name("Chamber", "闸井", "閘井"),
}


def _nodes(things: Things, net: Drainage) -> None:
    for node in net.nodes.values():
        if node.kind not in ("outfall", "sump"):
            label = _NODE_WORDS[node.kind]
            name = {tag: f"{text} {node.id}" for tag, text in label.items()}
            things.add(
                "drainage_nodes",
                "DrainageNode",
                node.id,
                name,
                (node.x, node.y),
                swmmId=node.id,
                kind=node.kind,
                fullDepth=node.depth,
                invertLevel=node.invert,
                groundLevel=node.ground,
            )


def _sensors(things: Things, net: Drainage) -> None:
    """30 level sensors: all ponds and forebays, some underpasses, and the manholes that flood first."""
    label = words.name("Level Sensor", "液位计", "液位計")
    for number, node in enumerate(_sensor_nodes(net), 1):
        things.add(
            "level_sensors",
            "WaterLevelSensor",
            f"L{number:02d}",
            words.numbered(label, number),
            (node.x, node.y),
            refNode=node.id,
            fullDepth=node.depth,
            kind=node.kind,
        )


def _sensor_nodes(net: Drainage) -> Iterator[Node]:
    fixed = [n for n in net.nodes.values() if n.kind in ("pond", "forebay")]
    fixed += [net.nodes[f"U{number:02d}"] for number in (1, 3, 5, 8, 10, 12)]
    yield from fixed
    yield from (net.nodes[key] for key in FLOOD_SPOTS)


def _forces(things: Things) -> None:
    depots = [
        things.add("forces", "Depot", f"D{i + 1}", words.DEPOTS[i], at) for i, at in enumerate(DEPOT_SITES)
    ]
    for i, capacity in enumerate(TRUCKS):
        base = words.name("Pump Truck", "排水泵车", "排水泵車")
        things.add(
            "forces",
            "PumpTruck",
            f"T{i + 1:02d}",
            words.numbered(base, i + 1),
            DEPOT_SITES[i % 3],
            capacity=capacity,
            depot=depots[i % 3],
            department="water",
            skills=["pump"],
            status="free",
        )
    labels = {
        "water": words.name("Drainage Crew", "排水抢险队", "排水搶險隊"),
        "city_management": words.name("Street Crew", "市政巡查队", "市政巡查隊"),
        "traffic_police": words.name("Traffic Patrol", "交警巡逻组", "交警巡邏組"),
        "emergency": words.name("Rescue Crew", "应急救援队", "應急救援隊"),
    }
    local = 0
    for department, skills, count in CREWS:
        for number in range(1, count + 1):
            things.add(
                "forces",
                "Crew",
                f"C{local + 1:02d}",
                words.numbered(labels[department], number),
                DEPOT_SITES[local % 3],
                department=department,
                skills=list(skills),
                depot=depots[local % 3],
                status="free",
            )
            local += 1
