"""The desk of sharing in the demo: asked once, granted, used, refused, objected to, waiting."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chengshu.app.crossings import crossings_of
from chengshu.app.demo_desk import DeskThread, play, read_desk
from chengshu.app.safety.stage import staged
from chengshu.foundation.city import read_city
from chengshu.kernel.errors import Invalid

pytestmark = pytest.mark.slow


def test_what_the_departments_asked_is_asked_once(tmp_path: Path, root: Path) -> None:
    city = read_city(root / "cities" / "demo", root / "scenarios")
    asked = read_desk(city)
    with staged(city, tmp_path / "hub", "", None) as stage:
        made = [play(stage.hub, one) for one in asked]
        states = [stage.hub.sharing.queries.request(one.id).state for one in made if one is not None]
        assert states == ["in_use", "objection", "review", "in_use", "in_use"]
        now = stage.clock.now()
        uses = stage.hub.sharing.queries.audit(now - timedelta(days=1), now + timedelta(days=1)).uses
        assert [use.outcome for use in uses] == ["answered"] * sum(one.uses for one in asked)
        assert [play(stage.hub, one) for one in asked] == [None] * len(asked)  # after a kill: not again
        lines = crossings_of(city, stage.hub.database).lines(now)
        lived = {line.crossing: {path.how for path in line.paths} for line in lines}
        assert lived["department"] == lived["business"] == {"use"}
        assert all(line.declared and line.state == "fresh" for line in lines if line.paths)


def test_it_asks_when_the_entries_are_there(tmp_path: Path, root: Path) -> None:
    city = read_city(root / "cities" / "demo", root / "scenarios")
    with staged(city, tmp_path / "hub", "", None) as stage:
        thread = DeskThread(stage.hub, read_desk(city))
        thread.start()
        thread._thread.join(timeout=240)
        assert not thread._left
        thread.stop()
        assert len(stage.hub.sharing.queries.page()) == 5


def test_a_mistake_in_the_file_is_told(tmp_path: Path, root: Path) -> None:
    city = read_city(root / "cities" / "demo", root / "scenarios")
    object.__setattr__(city, "folder", tmp_path)
    assert read_desk(city) == ()
    (tmp_path / "drills").mkdir()
    (tmp_path / "drills" / "desk.yaml").write_text("asked: [{department: emergency}]\n")
    with pytest.raises(Invalid):
        read_desk(city)
