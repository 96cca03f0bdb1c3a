"""Late data, repeated data and kills: the warnings come out as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from vitals_lab import START, Hub, fill, rain

from chengshu.foundation.journal import Actor, verify
from chengshu.kernel.levels import Level
from chengshu.scenes.vitals import Vital

Make = Callable[..., Hub]
MINUTE = timedelta(minutes=1)


def rows(hub: Hub, indicator: str, area: str) -> list[Vital]:
    return list(hub.queries.history(indicator, area, START, hub.clock.now()).rows)


def levels(hub: Hub, area: str = "d2") -> list[tuple[int, str]]:
    return [(int((row.at - START) / MINUTE), row.level.word) for row in rows(hub, "rain", area)]


class TestLate:
    def test_a_late_peak_corrects_history_and_warns(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [1, 1, 1, 1])
        hub.send("RainGauge", 3, 33.0, START + timedelta(seconds=90))  # two pane ends ago
        hub.run(hub.clock.now())
        assert (2, "orange") in levels(hub)
        assert hub.kinds() == [("warning.raised", "d2", "orange")]
        body = hub.changes()[0].payload
        assert (body["onset_at"], body["raised_at"]) == ("2026-07-01T00:02:00Z", "2026-07-01T00:04:00Z")

    def test_a_corrected_value_corrects_the_warning(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [1, 45, 1])
        assert hub.kinds() == [("warning.raised", "d2", "red")]
        hub.send("RainGauge", 3, 14.5, START + MINUTE)  # the gauge sends the same moment again, put right
        hub.run(hub.clock.now())
        assert hub.kinds()[1:] == [("warning.corrected", "d2", "red"), ("warning.changed", "d2", "blue")]
        corrected = hub.changes()[1].payload
        assert corrected["peak"] == "blue"
        assert "red" in corrected["reason"]["text"]["en"] and "blue" in corrected["reason"]["text"]["en"]
        assert [row.level.word for row in rows(hub, "rain", "d2")] == ["normal", "blue"]

    def test_a_false_alarm_is_corrected_and_cleared(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [1, 45, 1])
        hub.send("RainGauge", 3, 1.0, START + MINUTE)
        hub.run(hub.clock.now())
        assert [kind for kind, _, _ in hub.kinds()] == [
            "warning.raised",
            "warning.corrected",
            "warning.cleared",
        ]
        assert hub.queries.warnings() == []

    def test_the_same_message_twice_changes_nothing(self, make_hub: Make) -> None:
        hub = make_hub(rain(value="sum", rollup="sum", unit="mm/h"))
        hub.feed("RainGauge", (3,), [3, 3, 3, 3])
        before = hub.queries.vitals(), rows(hub, "rain", "d2")
        for minute in range(4):
            hub.send("RainGauge", 3, 3.0, START + MINUTE * minute)
        hub.run(hub.clock.now())
        assert (hub.queries.vitals(), rows(hub, "rain", "d2")) == before
        assert [kind for kind, _, _ in hub.kinds()] == ["warning.raised"]

    def test_too_late_for_warnings(self, make_hub: Make) -> None:
        hub = make_hub(rain(), lateness="PT10M")
        hub.feed("RainGauge", (3,), [1] * 30)
        hub.send("RainGauge", 3, 99.0, START + MINUTE * 5)
        hub.run(hub.clock.now())
        assert {level for _, level in levels(hub)} == {"normal"}
        assert hub.kinds() == []

    def test_grace_waits_for_slow_sources(self, make_hub: Make) -> None:
        hub = make_hub(rain(), grace="PT10S")
        hub.send("RainGauge", 3, 1.0)
        hub.run(START + timedelta(seconds=65))
        hub.send("RainGauge", 3, 25.0, START + timedelta(seconds=59))
        hub.run(START + timedelta(seconds=70))
        assert levels(hub) == [(1, "yellow")]

    @pytest.mark.slow
    @settings(max_examples=examples(6))
    @given(st.lists(st.sampled_from([0.0, 8.0, 12.0, 25.0, 45.0]), min_size=6, max_size=12), st.data())
    def test_any_order_gives_the_same_history(
        self, make_hub: Make, values: list[float], data: st.DataObject
    ) -> None:
        """What stands at the end does not depend on when a value came."""
        straight, shuffled = make_hub(rain(), fill()), make_hub(rain(), fill())
        straight.feed("RainGauge", (3,), values)
        late = data.draw(st.sets(st.integers(0, len(values) - 1), max_size=4))
        for index, value in enumerate(values):
            if index not in late:
                shuffled.send("RainGauge", 3, value)
            shuffled.minutes(1)
        for index in data.draw(st.permutations(sorted(late))):
            shuffled.send("RainGauge", 3, values[index], START + MINUTE * index)
            shuffled.run(shuffled.clock.now())
        assert rows(straight, "rain", "d2")[-1] == rows(shuffled, "rain", "d2")[-1]
        assert levels(straight) == levels(shuffled)
        assert [item.level for item in straight.queries.warnings()] == [
            item.level for item in shuffled.queries.warnings()
        ]


STORM = [0, 5, 12, 25, 45, 45, 20, 5, *[0] * 14]


def storm(hub: Hub, after: Callable[[int], None] = lambda minute: None) -> None:
    for minute, value in enumerate(STORM):
        for number in (1, 2, 3):
            hub.send("RainGauge", number, value)
        hub.send("WaterLevelSensor", 3, value / 50)
        after(minute)
        hub.minutes(1)


def told(hub: Hub) -> list[dict[str, Any]]:
    return [dict(change.payload) | {"kind": change.kind} for change in hub.changes()]


class TestKill:
    @pytest.mark.slow
    @pytest.mark.parametrize("moment", [1, 3, 4, 5, 9, 13])
    def test_a_killed_hub_goes_on_with_the_same_warnings(self, make_hub: Make, moment: int) -> None:
        calm, shot = make_hub(rain(), fill()), make_hub(rain(), fill())

        def kill(minute: int) -> None:
            if minute == moment:  # after the commit of the observations, before anybody followed them
                shot.kill()
                shot.open()

        storm(calm)
        storm(shot, kill)
        assert told(shot) == told(calm)
        assert shot.queries.vitals() == calm.queries.vitals()
        with shot.database.read() as connection:
            assert verify(connection).ok

    @pytest.mark.slow
    def test_killed_every_minute(self, make_hub: Make) -> None:
        calm, shot = make_hub(rain(), fill()), make_hub(rain(), fill())

        def kill(minute: int) -> None:
            shot.kill()
            shot.open()

        storm(calm)
        storm(shot, kill)
        assert told(shot) == told(calm)

    def test_a_pause_is_caught_up_in_event_time(self, make_hub: Make) -> None:
        """The hub was down while the gauges' buffer went on: what it missed is judged in order."""
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [1, 1])
        hub.kill()
        hub.clock.advance_to(START + MINUTE * 8)
        hub.open()
        for minute, value in enumerate([1, 15, 45, 45, 20, 5], 2):
            hub.send("RainGauge", 3, value, START + MINUTE * minute)
        hub.run(hub.clock.now())
        assert [(level, kind) for kind, _, level in hub.kinds()] == [
            ("blue", "warning.raised"),
            ("red", "warning.changed"),
        ]
        assert [item for item in levels(hub) if item[1] != "normal"][:2] == [(4, "blue"), (5, "red")]

    def test_late_values_are_not_forgotten_by_a_kill(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [1, 1, 1, 1])
        hub.send("RainGauge", 3, 33.0, START + timedelta(seconds=90))
        changes = hub.changes("observations")[-1:]
        effect = hub.vitals.prepare(changes)
        assert effect is not None
        hub.database.write(effect)  # the offset moved, then the hub was killed before it judged again
        hub.kill()
        hub.open()
        hub.run(hub.clock.now())
        assert hub.kinds() == [("warning.raised", "d2", "orange")]

    def test_escalation_survives(self, make_hub: Make) -> None:
        rule = rain()["warning"] | {"acknowledge_within": {"orange": "PT10M"}}
        hub = make_hub(rain(warning=rule, levels=rain()["levels"] | {"keep": "PT1H"}))
        hub.feed("RainGauge", (3,), [35])
        hub.kill()
        hub.open()
        hub.feed("RainGauge", (3,), [35] * 11)
        assert [kind for kind, _, _ in hub.kinds()] == ["warning.raised", "warning.escalated"]
        hub.vitals.acknowledge("warning-000001", Actor("person:li"))
        hub.feed("RainGauge", (3,), [35] * 15)
        assert len(hub.kinds()) == 3


def test_two_runs_are_byte_identical(make_hub: Make) -> None:
    first, second = make_hub(rain(), fill()), make_hub(rain(), fill())
    storm(first)
    storm(second)
    with first.database.read() as one, second.database.read() as two:
        assert verify(one).head == verify(two).head
    assert max(item.level for item in first.queries.vitals(as_of=START + MINUTE * 6)) is Level.RED
