"""indicators.yaml: what is wrong is told with its place and a remedy; the example of the docs is right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from vitals_lab import city_with, fill, rain

from chengshu.kernel.errors import Invalid
from chengshu.scenes.vitals import read_catalogue
from chengshu.scenes.vitals.declared import json_schema
from chengshu.scenes.vitals.plan import compile_plans

OFFER = {
    "RainGauge": frozenset({"rainIntensity"}),
    "WaterLevelSensor": frozenset({"waterLevel", "fullDepth"}),
}


def faults(folder: Path, *indicators: dict[str, Any], **more: Any) -> str:
    with pytest.raises(Invalid) as caught:
        read_catalogue(city_with(folder, indicators, **more), OFFER)
    return "\n".join(
        f"{one['where']}|{one['detail']}|{one['remedy']}" for one in caught.value.extra["faults"]
    )


def derived(name: str, formula: str) -> dict[str, Any]:
    return {"id": name, "name": name, "unit": "1", "group": "water", "by": "community", "formula": formula}


@pytest.mark.parametrize(
    ("indicator", "said"),
    [
        (rain(source={"type": "RainGage", "attribute": "x", "unit": "mm/h"}), "did you mean 'RainGauge'"),
        (
            rain(source={"type": "RainGauge", "attribute": "rain", "unit": "mm/h"}),
            "nothing gives 'rain' of RainGauge",
        ),
        (rain(unit="mm/hour"), "unit 'mm/hour' is not known"),
        (rain(value="mx"), "'mx' is not known"),
        (rain(value="last / entity.a", rollup="pooled"), "a pooled value cannot use entity attributes"),
        (rain(group="wter"), "did you mean 'water'"),
        (rain(by="area"), "the city has no areas of kind 'area'"),
        (rain(window="PT90S"), "is no whole number of panes"),
        (rain(pane="PT7M", window="PT7M"), "does not divide a day"),
        (rain(window="P3D"), "at most 1440 panes"),
        (rain(interval=None, stale_after=None), "say how often the sources report"),
        (rain(rollup="weighted"), "weight belongs to rollup"),
        (rain(value=None), "needs value"),
        (rain(formula="1"), "not both"),
        (rain(levels=None), "a warning needs levels"),
        (rain(levels={"direction": "above"}), "no level is given"),
        (rain(levels={"blue": {"at": 10}, "red": {"at": 5}}), "red begins at 5, before blue at 10"),
        (rain(levels={"direction": "below", "blue": {"at": 1}, "red": {"at": 5}}), "red begins at 5"),
        (rain(levels={"blue": {"at": 10, "clear": 12}}), "clear 12 lies above at 10"),
        (rain(levels={"blue": {"at": "settings.level.rain.blu"}}), "did you mean settings.level.rain.blue?"),
        (rain(levels={"blue": {"at": "settings.level..x"}}), "«settings.level..x»"),
        (rain(levels={"blue": {"at": 1, "for": "-PT1M"}}), "cannot be negative"),
        (rain(warning={"event": "x", "headline": "{wo}"}), "a place that is not known"),
        (rain(warning={"event": "x", "headline": "x", "probability": "p"}), "names indicator 'p'"),
        (
            rain(source={"type": "RainGauge", "attribute": "rainIntensity", "unit": "mm/h", "where": "a >"}),
            "where",
        ),
        (rain(colour="red"), "is not known here"),
        (rain(id="Rain"), "should match pattern"),
        (derived("a", "rian * 2"), "'rian', which is no indicator"),
        (derived("a", "1 + 1"), "uses no indicator"),
        (derived("a", "rain +"), "«rain +»"),
    ],
)
def test_faults(tmp_path: Path, indicator: dict[str, Any], said: str) -> None:
    first = [] if indicator["id"] == "rain" else [rain()]
    found = faults(tmp_path, *first, {key: value for key, value in indicator.items() if value is not None})
    assert said in found
    assert "indicators.yaml" in found


def test_places_are_lines(tmp_path: Path) -> None:
    found = faults(tmp_path, rain(), fill(levels={"blue": {"at": 1, "clear": 2}}))
    text = (tmp_path / "waterlogging" / "indicators.yaml").read_text().splitlines()
    line = int(found.split("indicators.yaml:")[1].split("|")[0])
    assert text[line - 1].strip() == "blue:"


def test_circles_and_doubles(tmp_path: Path) -> None:
    found = faults(tmp_path, derived("a", "b + 1"), derived("b", "a + 1"))
    assert "in a circle" in found
    assert "declared twice" in faults(tmp_path / "x", rain(), rain())


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, rain(group="a"), fill(value="nope"), derived("c", "rain + nope"))
    assert found.count("\n") == 2


def test_formulas_come_after_what_they_need(tmp_path: Path) -> None:
    catalogue = read_catalogue(city_with(tmp_path, [derived("a", "b + rain"), derived("b", "rain"), rain()]))
    assert list(catalogue.indicators) == ["rain", "b", "a"]


def test_settings_of_the_city_win(tmp_path: Path) -> None:
    city = city_with(tmp_path, [rain()], settings={"level.rain.blue": 5})
    levels = read_catalogue(city)["rain"].levels
    assert levels is not None
    assert (levels.thresholds[0].at, levels.thresholds[0].clear) == (5.0, 3.0)


def test_what_reads_the_same_values_is_one_query(tmp_path: Path) -> None:
    many = [
        rain(id=f"rain_{rollup}", rollup=rollup, warning=None) for rollup in ("max", "min", "mean", "sum")
    ]
    plans = compile_plans(
        read_catalogue(city_with(tmp_path, [*many, fill(), rain(id="long", window="PT1H")]))
    )
    assert [len(plan.indicators) for plan in plans] == [4, 1, 1]


def test_the_schema_covers_the_format() -> None:
    schema = json_schema()
    assert {"IndicatorEntry", "Levels", "WarningRule"} <= schema["$defs"].keys()
    assert "for" in schema["$defs"]["Levels"]["properties"]
