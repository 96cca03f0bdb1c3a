"""A city folder is read whole, and each mistake in it is told with its place and remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

from chengshu.foundation.city import City, read_city
from chengshu.kernel.errors import Invalid


def square(lon: float, lat: float, size: float = 0.1) -> dict[str, Any]:
    ring = [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def areas(*rows: tuple[str, str | None, dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": geometry,
                "properties": {"id": name, "name": name, "kind": "area", "parent": parent},
            }
            for name, parent, geometry in rows
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small right city with one scenario package beside it."""
    city = tmp_path / "cities" / "small"
    (city / "entities").mkdir(parents=True)
    files = {
        "city.toml": 'id = "small"\nname = "Small"\ntimezone = "Asia/Shanghai"\nscenarios = ["rain"]\n',
        "areas.geojson": json.dumps(areas(("all", None, square(0, 0)), ("west", "all", square(0, 0, 0.05)))),
        "departments.yaml": "departments:\n  - {id: water, name: Water, area: all}\n",
        "duties.yaml": "duties:\n  - {matter: pump, area: all, lead: water}\n",
        "entities/things.geojson": json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "id": "urn:ngsi-ld:RainGauge:1",
                        "geometry": {"type": "Point", "coordinates": [0.01, 0.01]},
                        "properties": {"type": "RainGauge"},
                    }
                ],
            }
        ),
    }
    for name, text in files.items():
        (city / name).write_text(text, encoding="utf-8")
    package = tmp_path / "scenarios" / "rain"
    package.mkdir(parents=True)
    (package / "scenario.yaml").write_text(
        "id: rain\nversion: 1.0.0\nname: Rain\nsummary: Rain\n"
        "settings:\n  level.red: {value: 50, label: Red from}\n",
        encoding="utf-8",
    )
    return city


def read(folder: Path, **overrides: float) -> City:
    return read_city(folder, folder.parent.parent / "scenarios", overrides)


def test_a_right_city_is_read(folder: Path) -> None:
    city = read(folder)
    assert city.areas.ancestors("west") == ["west", "all"]
    assert city.entities[0]["area"] == "west"
    assert city.scenarios["rain"].settings == {"level.red": 50}


def test_settings_are_overridden_package_then_city_then_command(folder: Path) -> None:
    overlay = folder / "overlays" / "rain"
    overlay.mkdir(parents=True)
    (overlay / "settings.yaml").write_text("settings: {level.red: 60}\n")
    assert read(folder).scenarios["rain"].settings["level.red"] == 60
    assert read(folder, **{"level.red": 70}).scenarios["rain"].settings["level.red"] == 70


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("city.toml", 'id = "small"\nname = "S"\ntimezone = "Mars/Base"\n', "value-wrong"),
        (
            "city.toml",
            'id = "small"\nname = "S"\ntimezone = "UTC"\nscenarios = ["rian"]\n',
            "scenario-missing",
        ),
        (
            "areas.geojson",
            json.dumps(areas(("a", "b", square(0, 0)), ("b", "a", square(0, 0)))),
            "area-cycle",
        ),
        ("areas.geojson", json.dumps(areas(("a", None, square(500000, 3000000)))), "crs-wrong"),
        ("areas.geojson", "{}", "geojson-kind"),
        ("departments.yaml", "departments:\n  - {id: water, name: W, area: nowhere}\n", "area-unknown"),
        ("duties.yaml", "duties:\n  - {matter: pump, area: all, lead: watr}\n", "department-unknown"),
        ("duties.yaml", "duties:\n  - {matter: pump, area: all, lead: water\n", "yaml-broken"),
    ],
)
def test_each_mistake_has_code_place_and_remedy(folder: Path, name: str, text: str, code: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as caught:
        read(folder)
    fault = next(item for item in caught.value.extra["faults"] if item["code"] == code)
    assert name.split(".", maxsplit=1)[0] in fault["where"]
    assert fault["remedy"]


def test_an_unknown_setting_is_refused_with_the_near_one(folder: Path) -> None:
    with pytest.raises(Invalid) as caught:
        read(folder, **{"level.rad": 1})
    assert "level.red" in str(caught.value)
