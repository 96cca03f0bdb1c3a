"""Rain futures, actions taken, measured values and the particle filter, each alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.twins import assimilate
from chengshu.foundation.twins.assimilate import Reading
from chengshu.foundation.twins.declared import Particles, RainMembers
from chengshu.foundation.twins.model import Particle, Taken
from chengshu.foundation.twins.observed import rain_between
from chengshu.foundation.twins.rain_ensemble import PastRain, members
from chengshu.foundation.twins.taken import from_work_orders, in_force
from chengshu.kernel.clock import millis
from chengshu.kernel.errors import Invalid
from chengshu.ports.runtime import Change

START = datetime(2026, 7, 17, 8, tzinfo=UTC)


def _past(*rates: float, feed: tuple[tuple[float, float], ...] = ()) -> PastRain:
    return PastRain(("g", "h"), 300, np.array([[rate, rate] for rate in rates]), feed)


def test_dry_stays_dry() -> None:
    for rain in members(_past(*[0.0] * 12), RainMembers(), 10, 7200, 1):
        assert rain.values.max() == 0.0


def test_futures_repeat_and_differ() -> None:
    past = _past(0, 0, 5, 10, 20, 30)
    first, again, other = (members(past, RainMembers(), 8, 7200, seed) for seed in (1, 1, 2))
    assert [rain.digest for rain in first] == [rain.digest for rain in again]
    assert [rain.digest for rain in first] != [rain.digest for rain in other]
    assert len({rain.digest for rain in first}) == 8
    assert all(rain.seconds == 7200 and (rain.values >= 0).all() for rain in first)


def test_the_middle_future_persists_and_fades() -> None:
    past = _past(*[20.0] * 12)
    mean = np.mean(
        [rain.values.mean(axis=1) for rain in members(past, RainMembers(), 200, 10_800, 1)], axis=0
    )
    assert 14 < mean[0] < 26
    assert mean[-1] < 0.6 * mean[0]


def test_growing_rain_is_expected_to_grow_on() -> None:
    steady = members(_past(*[20.0] * 6), RainMembers(), 100, 1800, 1)
    growing = members(_past(2, 3, 5, 9, 14, 26), RainMembers(), 100, 1800, 1)
    mean = [np.mean([rain.values[-1].mean() for rain in rains]) for rains in (steady, growing)]
    assert mean[1] > mean[0]


def test_a_forecast_feed_is_followed() -> None:
    feed = ((0.0, 0.0), (1800.0, 60.0), (3600.0, 0.0))
    rains = members(_past(*[0.0] * 6, feed=feed), RainMembers(), 50, 3600, 1)
    mean = np.mean([rain.values.mean(axis=1) for rain in rains], axis=0)
    assert int(np.argmax(mean)) in (5, 6)
    assert mean.max() > 35


def _order(state: str, **more: Any) -> Change:
    order = {"id": "wo-1", "state": state, "site": "urn:site", "capacity": 0.3} | more
    return Change(1, f"work_order.{state}", "wo-1", START, {"work_order": order})


def test_trucks_pump_from_arrival_to_the_end_of_their_order() -> None:
    read = from_work_orders({"urn:site": "a"})
    assert read(_order("accepted")) == ()
    assert read(_order("arrived")) == (Taken("mobile:a", 0.3, "wo-1", START),)
    assert read(_order("done")) == (Taken("mobile:a", None, "wo-1", START),)
    assert read(_order("arrived", site="urn:elsewhere")) == ()
    setting = {"element": "gate", "value": 1}
    assert read(_order("arrived", setting=setting)) == ()
    assert read(_order("done", setting=setting)) == (Taken("gate", 1.0, "wo-1", START),)


def test_trucks_at_one_node_add_up_and_leave_one_by_one() -> None:
    later = START + timedelta(minutes=10)
    taken = [
        Taken("mobile:a", 0.3, "one", START),
        Taken("mobile:a", 0.2, "two", START),
        Taken("mobile:a", None, "one", later),
        Taken("gate", 0.5, "x", START),
        Taken("gate", 1.0, "y", later),
    ]
    assert in_force(taken, START) == {"mobile:a": 0.5, "gate": 0.5}
    assert in_force(taken, later) == {"mobile:a": 0.2, "gate": 1.0}
    assert in_force(taken, START - timedelta(seconds=1)) == {}


def test_silent_gauges_are_filled_from_the_others(open_lab: Callable[..., Any]) -> None:
    wiring = open_lab().wiring
    north, south = wiring.gauges
    begin = millis(START)
    rows = [
        ("rain", north, begin + 300_000, 12.0),
        ("rain", south, begin + 300_000, 6.0),
        ("rain", north, begin + 600_000, 18.0),
    ]
    table = rain_between(rows, wiring, begin, begin + 3_000_000, 300)
    assert table[0].tolist() == [12.0, 6.0]
    assert table[1].tolist() == [18.0, 6.0]  # south keeps its last word while that is fresh
    assert table[5].tolist() == [18.0, 18.0]  # then it is filled from the north
    assert table[9].tolist() == [0.0, 0.0]  # nobody has spoken for longer than allowed


@given(st.lists(st.floats(-50, 0), min_size=3, max_size=12), st.integers(0, 1000))
def test_resampling_keeps_the_number_and_the_undisturbed_copy(logs: list[float], seed: int) -> None:
    spec = Particles(count=len(logs))
    particles = [Particle(bytes([i]), value, 1.0 + i / 10, i) for i, value in enumerate(logs)]
    again = assimilate.resampled(particles, spec, seed)
    assert len(again) == len(particles)
    assert (again[0].seed, again[0].rain_factor) == (0, 1.0)
    assert again == assimilate.resampled(particles, spec, seed)
    assert assimilate.weights(again).sum() == pytest.approx(1.0)


def test_one_broken_sensor_does_not_decide() -> None:
    right, wrong = np.array([1.0, 1.0, 1.0, 1.0]), np.array([1.4, 1.4, 1.4, 9.0])
    readings = [Reading(i, 1.0, 0.05) for i in range(3)] + [Reading(3, 9.0, 0.05)]
    assert assimilate.log_likelihood(right, readings) > assimilate.log_likelihood(wrong, readings)


def test_an_underpass_without_water_says_only_that() -> None:
    dry = [Reading(0, 0.0, 0.05, zero=1.5)]
    assert assimilate.log_likelihood(np.array([0.2]), dry) == assimilate.log_likelihood(np.array([1.4]), dry)
    assert assimilate.log_likelihood(np.array([1.9]), dry) < assimilate.log_likelihood(np.array([1.4]), dry)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("count = 5", "cuont = 5", "count"),
        ('model = "street.inp"', 'model = "nowhere.inp"', "nowhere.inp"),
        ('horizon = "PT1H"', 'horizon = "PT90S"', "PT5M"),
        ("members = 8", "members = 1", "members"),
    ],
)
def test_mistakes_in_twin_toml_are_named(
    open_lab: Callable[..., Any], lab_module: Any, old: str, new: str, words: str
) -> None:
    with pytest.raises(Invalid) as caught:
        open_lab(lab_module.TWIN_TOML.replace(old, new))
    assert words in str(caught.value)
    assert "twin.toml" in caught.value.fault.where
