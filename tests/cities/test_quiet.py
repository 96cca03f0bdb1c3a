"""Where nothing floods, nothing is lost: a network that carries a real storm, with a hub that watches it.

The sewers of this network carry every recorded storm. The hub does not know that while it rains, and warns
some sub-areas in vain. It may not change the water for the worse, nor leave an event open.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cities.test_loops import drill_twice

pytestmark = [pytest.mark.external, pytest.mark.slow]


def test_a_network_that_does_not_flood_is_left_in_peace(shared: Path, root: Path, tmp_path: Path) -> None:
    from tests.cities.build import build_city

    city = build_city(shared, "alpha", "E2", tmp_path / "city", hours=24)
    report, again = drill_twice(city, root / "scenarios", tmp_path)
    assert report["hits"] == report["misses"] == 0
    assert report["flood_volume_m3"]["with"] == report["flood_volume_m3"]["without"]
    assert report["flooded_nodes"] == {"with": 0, "without": 0}
    for event in report["events"]:  # opened for the rain alone
        assert event["closed_by"] and event["closed_by"]["kind"] == "data", event
    assert again == report
