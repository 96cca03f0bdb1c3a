"""Read a city folder into a :class:`City`; every mistake is told with file, line and remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from shapely.errors import ShapelyError
from shapely.geometry import shape

from chengshu.foundation.city.declared import (
    AreaProperties,
    CityFile,
    DepartmentsFile,
    DutiesFile,
    OverlaySettings,
    ScenarioFile,
)
from chengshu.foundation.city.model import City, Department, Duty, Scenario
from chengshu.foundation.declared import Document, checked, read_document
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.errors import ChengshuError, Fault, Findings, Invalid

T = TypeVar("T")
Settings = Mapping[str, float | bool | str]


def read_city(folder: Path, packages: Path, overrides: Settings | None = None) -> City:
    """The city declared in ``folder``, with scenario packages found in ``packages``.

    ``overrides`` are settings that win over package and city (``drill --set``). Raises :class:`Invalid`
    carrying every mistake found.
    """
    if not folder.is_dir():
        raise Invalid(
            "city-missing",
            "there is no such folder",
            where=str(folder),
            remedy="give the path of a city folder, or make one with: chengshu new NAME",
        )
    findings = Findings()
    card = _try(findings, lambda: checked(CityFile, read_document(folder / "city.toml")))
    areas = _try(findings, lambda: read_areas(folder / "areas.geojson"))
    departments = _try(findings, lambda: _departments(folder, areas))
    duties = _try(findings, lambda: _duties(folder, areas, departments or {}))
    calendar = _try(findings, lambda: _calendar(folder))
    entities = _try(findings, lambda: read_entities(folder, areas)) or []
    scenarios: dict[str, Scenario] = {}
    for name in card.scenarios if card else ():
        found = _try(findings, partial(_scenario, folder, packages, name, overrides or {}))
        if found:
            scenarios[name] = found
    _unknown_overrides(findings, scenarios, overrides or {})
    findings.raise_any()
    assert card and areas is not None  # noqa: S101  findings would have been raised
    return City(
        card.id,
        card.name,
        ZoneInfo(card.timezone),
        folder,
        areas,
        departments or {},
        duties or (),
        calendar or {},
        scenarios,
        entities,
        card.attribution,
    )


def _try(findings: Findings, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ChengshuError as error:
        faults = error.extra.get("faults")
        if faults:
            findings.faults += [Fault(**fault) for fault in faults]
        else:
            findings.faults.append(error.fault)
        return None


def read_areas(path: Path) -> AreaTree:
    """The area tree of areas.geojson. Raises :class:`Invalid` for wrong shapes, parents, cycles, or CRS."""
    document = read_document(path)
    areas = []
    for index, feature in enumerate(_features(document)):
        where = f"{path}: feature {index + 1}"
        properties = checked(AreaProperties, document, ("features", index, "properties"))
        areas.append(
            Area(
                properties.id, properties.name, properties.kind, properties.parent, _geometry(feature, where)
            )
        )
    try:
        tree = AreaTree(areas)
    except Invalid as error:
        raise Invalid(
            error.fault.code,
            error.fault.detail,
            where=f"{path}: {error.fault.where}",
            remedy=error.fault.remedy,
        ) from None
    if not areas:
        raise Invalid(
            "areas-none", "no area is declared", where=str(path), remedy="add at least the city itself"
        )
    return tree


def _features(document: Document) -> list[Mapping[str, Any]]:
    data = document.data
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection":
        raise Invalid(
            "geojson-kind",
            "this is not a GeoJSON FeatureCollection",
            where=str(document.path),
            remedy="export the layer as GeoJSON (RFC 7946)",
        )
    features = data.get("features")
    if not isinstance(features, list):
        raise Invalid("geojson-kind", "the list 'features' is missing", where=str(document.path))
    for index, feature in enumerate(features):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
            raise Invalid(
                "geojson-feature", "it has no properties", where=f"{document.path}: feature {index + 1}"
            )
    return features


def _geometry(feature: Mapping[str, Any], where: str) -> Any:
    if feature.get("geometry") is None:
        return None
    try:
        geometry = shape(feature["geometry"])
    except (ShapelyError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("geojson-geometry", f"its geometry cannot be read: {error}", where=where) from None
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid(
            "crs-wrong",
            f"coordinates such as {west:.1f}, {south:.1f} are not longitude and latitude",
            where=where,
            remedy="convert the layer to WGS-84 (EPSG:4326), longitude first",
        )
    return geometry


def _departments(folder: Path, areas: AreaTree | None) -> dict[str, Department]:
    document = read_document(folder / "departments.yaml")
    result: dict[str, Department] = {}
    findings = Findings()
    entries = checked(DepartmentsFile, document).departments
    known = {entry.id for entry in entries}
    for index, entry in enumerate(entries):
        where = document.where(("departments", index))
        if entry.id in result:
            findings.add("department-double", f"department {entry.id!r} is declared twice", where=where)
        if areas is not None and entry.area not in areas:
            findings.add(
                "area-unknown",
                f"area {entry.area!r} is not in areas.geojson",
                where=where,
                remedy=_near(entry.area, [area.id for area in areas]),
            )
        if entry.parent is not None and entry.parent not in known:
            findings.add(
                "department-unknown",
                f"parent {entry.parent!r} is not declared",
                where=where,
                remedy=_near(entry.parent, known),
            )
        result[entry.id] = Department(entry.id, entry.name, entry.area, entry.parent, entry.contact)
    findings.raise_any()
    return result


def _duties(folder: Path, areas: AreaTree | None, departments: Mapping[str, Department]) -> tuple[Duty, ...]:
    document = read_document(folder / "duties.yaml")
    findings = Findings()
    duties = []
    for index, entry in enumerate(checked(DutiesFile, document).duties):
        where = document.where(("duties", index))
        if areas is not None and entry.area not in areas:
            findings.add(
                "area-unknown",
                f"area {entry.area!r} is not in areas.geojson",
                where=where,
                remedy=_near(entry.area, [area.id for area in areas]),
            )
        for name in (entry.lead, *entry.assist, *([entry.fallback] if entry.fallback else [])):
            if departments and name not in departments:
                findings.add(
                    "department-unknown",
                    f"department {name!r} is not in departments.yaml",
                    where=where,
                    remedy=_near(name, departments),
                )
        duties.append(Duty(entry.matter, entry.area, entry.lead, entry.assist, entry.fallback, entry.on_duty))
    findings.raise_any()
    return tuple(duties)


def _calendar(folder: Path) -> dict[str, Any]:
    path = folder / "calendar.yaml"
    if not path.exists():
        return {}
    data = read_document(path).data
    if not isinstance(data, dict):
        raise Invalid("calendar-kind", "the calendar is not a mapping", where=str(path))
    return data


def read_entities(folder: Path, areas: AreaTree | None) -> list[dict[str, Any]]:
    """Every declared thing of ``entities/*.geojson`` as plain data with id, type, area, lon, lat."""
    entities: dict[str, dict[str, Any]] = {}
    findings = Findings()
    for path in sorted((folder / "entities").glob("*.geojson")):
        for index, feature in enumerate(_features(read_document(path))):
            where = f"{path}: feature {index + 1}"
            entity = dict(feature["properties"])
            entity["id"] = str(feature.get("id") or entity.get("id") or "")
            if not entity["id"] or "type" not in entity:
                findings.add("entity-bare", "a thing needs an id and a type", where=where)
                continue
            if entity["id"] in entities:
                findings.add(
                    "entity-double",
                    f"{entity['id']!r} is declared twice",
                    where=where,
                    remedy="give one of them another id",
                )
            geometry = _geometry(feature, where)
            if geometry is not None:
                point = geometry if geometry.geom_type == "Point" else geometry.representative_point()
                entity |= {"lon": point.x, "lat": point.y}
            if areas is not None and entity.get("area") not in areas:
                found = areas.locate(entity["lon"], entity["lat"]) if "lon" in entity else None
                if "area" in entity or found is None:
                    findings.add(
                        "area-unknown",
                        f"{entity['id']}: area {entity.get('area')!r} is not declared",
                        where=where,
                        remedy="name an area of areas.geojson",
                    )
                else:
                    entity["area"] = found.id
            entities[entity["id"]] = entity
    findings.raise_any()
    return list(entities.values())


def _scenario(folder: Path, packages: Path, name: str, overrides: Settings) -> Scenario:
    home = packages / name
    if not (home / "scenario.yaml").is_file():
        there = [path.parent.name for path in packages.glob("*/scenario.yaml")]
        raise Invalid(
            "scenario-missing",
            f"scenario {name!r} is not installed",
            where=str(folder / "city.toml"),
            remedy=_near(name, there),
        )
    document = read_document(home / "scenario.yaml")
    card = checked(ScenarioFile, document)
    overlay = folder / "overlays" / name
    values: dict[str, float | bool | str] = {key: setting.value for key, setting in card.settings.items()}
    if (path := overlay / "settings.yaml").is_file():
        own = read_document(path)
        for key, value in checked(OverlaySettings, own).settings.items():
            if key not in values:
                raise Invalid(
                    "setting-unknown",
                    f"{name} has no setting {key!r}",
                    where=own.where(("settings", key)),
                    remedy=_near(key, values),
                )
            values[key] = value
    values |= {key: value for key, value in overrides.items() if key in values}
    return Scenario(card.id, card.name, card.version, home, overlay, values)


def _unknown_overrides(findings: Findings, scenarios: Mapping[str, Scenario], overrides: Settings) -> None:
    known = {key for scenario in scenarios.values() for key in scenario.settings}
    for key in overrides:
        if known and key not in known:
            findings.add(
                "setting-unknown",
                f"no installed scenario has a setting {key!r}",
                where=f"--set {key}",
                remedy=_near(key, known),
            )


def _near(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=3)
    if near:
        return f"did you mean {' or '.join(repr(name) for name in near)}?"
    return f"known: {', '.join(sorted(known)[:12])}" if known else "declare it first"
