"""A test city of air stations: readings of 12 real stations come in over MQTT, HTTP and from a CSV file.

Data: Beijing Multi-Site Air Quality (S. Chen, UCI set 501, CC BY 4.0), read from the shared folder at
test time. The stations' true positions are not in the data: here they stand on a grid.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from shapely.geometry import box, mapping
from tests.cities.build import write_all
from tools.demo_city.files import collection

# column → attribute, unit sent, unit kept
MEASURES = {
    "PM2.5": ("pm25", "ug/m3", "ug/m3"),
    "PM10": ("pm10", "ug/m3", "ug/m3"),
    "SO2": ("so2", "ug/m3", "ug/m3"),
    "NO2": ("no2", "ug/m3", "ug/m3"),
    "CO": ("co", "ug/m3", "mg/m3"),
    "O3": ("o3", "ug/m3", "ug/m3"),
    "TEMP": ("temperature", "Cel", "Cel"),
    "PRES": ("pressure", "hPa", "hPa"),
    "DEWP": ("dewPoint", "Cel", "Cel"),
    "RAIN": ("rain", "mm", "mm"),
    "WSPM": ("windSpeed", "m/s", "m/s"),
}


@dataclass(frozen=True)
class AirCity:
    """The folder of the city, the messages its devices send, and what should have arrived in the end."""

    folder: Path
    packages: Path
    mqtt: Sequence[tuple[str, bytes]]  # topic, payload
    http: Sequence[bytes]
    expected: int  # readings that are there (no NA) over all three ways
    last: Mapping[tuple[str, str], float]  # station, attribute → the newest value, kept unit


def build_air_city(shared: Path, folder: Path, first: str = "2016-12-16", hours: int = 48) -> AirCity:
    """Write city and package (``folder/air``, ``folder/scenarios/air``): ``hours`` from ``first``."""
    rows = list(_rows(shared, first, hours))
    stations = sorted({row["station"] for row in rows})
    by_mqtt, by_http, by_file = stations[:4], stations[4:8], stations[8:]
    city, package = folder / "air", folder / "scenarios" / "air"
    write_all(city, _city(stations))
    write_all(package, _package())
    with (package / "air.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row for row in rows if row["station"] in by_file)
    mqtt = [
        (f"air/{row['station']}", json.dumps(_record(row)).encode())
        for row in rows
        if row["station"] in by_mqtt
    ]
    hourly: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["station"] in by_http:
            hourly.setdefault(_time(row), []).append(_record(row) | {"station": row["station"]})
    http = [json.dumps({"readings": records}).encode() for records in hourly.values()]
    return AirCity(city, folder / "scenarios", mqtt, http, _count(rows), _last(rows))


def _rows(shared: Path, first: str, hours: int) -> Iterator[dict[str, str]]:
    year, month, day = (int(part) for part in first.split("-"))
    taken: dict[str, int] = {}
    with gzip.open(
        shared / "data" / "air" / "beijing_air_hourly_2015_2016.csv.gz", "rt", encoding="utf-8"
    ) as file:
        for row in csv.DictReader(file):
            station = row["station"]
            if station not in taken and (int(row["year"]), int(row["month"]), int(row["day"])) == (
                year,
                month,
                day,
            ):
                taken[station] = 0
            if taken.get(station, hours) < hours:
                taken[station] += 1
                yield row


def _time(row: Mapping[str, str]) -> str:
    return f"{row['year']}-{int(row['month']):02d}-{int(row['day']):02d}T{int(row['hour']):02d}:00:00"


def _record(row: Mapping[str, str]) -> dict[str, Any]:
    values = {column: row[column] if row[column] == "NA" else float(row[column]) for column in MEASURES}
    return {"time": _time(row), "wd": row["wd"]} | values


def _count(rows: Sequence[Mapping[str, str]]) -> int:
    return sum(row[column] != "NA" for row in rows for column in (*MEASURES, "wd"))


def _last(rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], float]:
    factor = {"CO": 1e-3}
    return {
        (row["station"], MEASURES[column][0]): float(row[column]) * factor.get(column, 1.0)
        for row in rows
        for column in MEASURES
        if row[column] != "NA"
    }


def _city(stations: Sequence[str]) -> dict[str, str]:
    area = {
        "type": "Feature",
        "geometry": mapping(box(116.0, 39.6, 117.0, 40.6)),
        "properties": {"id": "city", "name": "Air", "kind": "city", "parent": None},
    }
    things = [
        {
            "type": "Feature",
            "id": f"urn:ngsi-ld:AirQualityStation:{station}",
            "geometry": {"type": "Point", "coordinates": [116.2 + 0.2 * (i % 4), 39.8 + 0.2 * (i // 4)]},
            "properties": {"type": "AirQualityStation", "name": station, "area": "city"},
        }
        for i, station in enumerate(stations)
    ]
    return {
        "city.toml": 'id = "air"\nname = "Air"\ntimezone = "Asia/Shanghai"\nscenarios = ["air"]\n'
        'attribution = "S. Chen, UCI 501"\n',
        "areas.geojson": collection([area]),
        "departments.yaml": "departments: [{id: environment, name: Environment, area: city}]\n",
        "duties.yaml": "duties: [{matter: air, area: city, lead: environment}]\n",
        "entities/stations.geojson": collection(things),
    }


def _package() -> dict[str, str]:
    attributes: dict[str, Any] = {
        attribute: {"field": column, "unit": unit, "keep": keep}
        for column, (attribute, unit, keep) in MEASURES.items()
    } | {"windDirection": {"field": "wd", "kind": "text"}}
    common = {
        "type": "AirQualityStation",
        "attributes": attributes,
        "zone": "Asia/Shanghai",
        "interval": "PT1H",
        "age": "P36500D",
    }
    station = '"urn:ngsi-ld:AirQualityStation:" + '
    sources = [
        common
        | {
            "id": "air-mqtt",
            "connector": {"kind": "mqtt", "topic": "air/+"},
            "entity": station + "topic[2]",
            "observed_at": "time",
        },
        common
        | {
            "id": "air-http",
            "connector": {"kind": "http"},
            "each": "readings",
            "entity": station + "station",
            "observed_at": "time",
        },
        common
        | {
            "id": "air-csv",
            "connector": {"kind": "file", "path": "air.csv", "pace": "fast"},
            "format": "csv",
            "entity": station + "station",
            "observed_at": "date and time(date(number(year), number(month), number(day)), "
            "time(number(hour), 0, 0))",
        },
    ]
    card = {
        "id": "air",
        "version": "1.0.0",
        "name": "Air",
        "summary": "Readings of twelve stations, three ways in.",
    }
    return {"scenario.yaml": yaml.safe_dump(card), "sources.yaml": yaml.safe_dump({"sources": sources})}
