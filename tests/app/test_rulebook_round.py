"""What the hub keeps of rules comes back as files, and a table begun in it decides without them."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from tests.app.terminal import ROOT as ROOT_FOLDER
from tests.app.terminal import run
from tests.app.test_rulebook import NOW, ORANGE_IN_MANY, ROOT, City, city, sign

from chengshu.console.model.rules import RuleAsk, RuleEdit
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Act, record
from chengshu.kernel.errors import Missing

__all__ = ["city"]  # the fixture
pytestmark = pytest.mark.slow


def keep_one(city: City) -> None:
    """An event was judged, and that is kept as a case."""
    _, reason = city.hub.response.means.playbooks["waterlogging"].severity(ORANGE_IN_MANY)
    city.hub.database.write(
        lambda connection: record(connection, Act(ROOT, "event.updated", "event", NOW, {}, reason))
    )
    wei = city.person("wei")
    (past,) = city.view.rule(wei, "waterlogging", "severity", RuleAsk(past=True), None).past or ()
    city.view.keep_case(wei, "waterlogging", "severity", past.key)


def begin_pumps(city: City) -> str:
    """A new table whose only row says true, signed by its author; returns the change and its hash."""
    wei = city.person("wei")
    change = city.view.new_rule(wei, "waterlogging", "pumps", "depth: number", "on: boolean")
    city.view.edit_rule(wei, change, "pumps", RuleEdit("set", 1, "output", 1, "true"), 1)
    return change


def test_a_table_begun_here_decides_from_its_moment_on(city: City) -> None:
    ask = ("waterlogging", "pumps", {"depth": 1})
    change = begin_pumps(city)
    with pytest.raises(Missing):
        city.hub.decisions.decide(*ask)  # a draft decides nothing
    city.view.publish_rule(city.person("zhao"), change, sign(city, change), NOW + timedelta(hours=1))
    with pytest.raises(Missing):
        city.hub.decisions.decide(*ask)
    city.clock.advance_to(NOW + timedelta(hours=1))
    value, why = city.hub.decisions.decide(*ask)
    assert value is True and (why["file"], why["version"]) == ("rules/pumps.dmn", "1")
    city.restart()
    assert city.hub.decisions.decide(*ask)[0] is True


def test_a_page_says_who_asks_a_rule(city: City) -> None:
    begin_pumps(city)

    def asking(rule: str) -> list[str]:
        shown = city.view.rule(city.person("guest"), "waterlogging", rule, RuleAsk(), None)
        return [one.en for one in shown.uses]

    assert asking("severity") == ["How severe an event is"]
    assert asking("closing") == ["Whether an event may be closed"]
    steps = asking("measures")
    assert steps and all(step.startswith("The plan, at «") for step in steps)
    assert asking("pumps") == []


def test_what_is_kept_here_goes_to_the_folder_and_back(city: City) -> None:
    keep_one(city)
    change = begin_pumps(city)
    later = begin_later(city)
    city.view.publish_rule(city.person("zhao"), change, sign(city, change), None)
    city.view.publish_rule(city.person("zhao"), later, sign(city, later), NOW + timedelta(days=9000))
    assert city.view.rules(city.person("guest"), None).files == 2
    packed = city.view.rule_files(city.person("guest"))
    names = zipfile.ZipFile(io.BytesIO(packed.content)).namelist()
    assert names == [
        "overlays/waterlogging/cases/severity-kept.yaml",
        "overlays/waterlogging/rules/pumps.dmn",
    ]
    assert packed == city.view.rule_files(city.person("guest"))
    cases = len(city.view.rule(city.person("guest"), "waterlogging", "severity", RuleAsk(), None).cases)
    before = json.loads(run("rules", "test", city.city.folder, "--json").out)
    city.hub.close()
    try:
        ran = run("rules", "export", city.city.folder, "--data", city.folder / "data", "--json")
        written = json.loads(ran.out)["written"]
        written = [Path(path).relative_to(city.city.folder).as_posix() for path in written]
        assert written == names  # what does not hold yet waits
        again = run("rules", "export", city.city.folder, "--data", city.folder / "data", "--json")
        assert json.loads(again.out)["written"] == []
        after = json.loads(run("rules", "test", city.city.folder, "--json").out)
        assert after["ok"] and after["total"] == before["total"] + 1
        city.city = read_city(city.city.folder, ROOT_FOLDER / "scenarios")
    finally:
        city.open()
        city.people.clear()
    shown = city.view.rule(city.person("guest"), "waterlogging", "severity", RuleAsk(), None)
    assert len(shown.cases) == cases  # the file's case and the kept one are the same
    assert city.hub.decisions.decide("waterlogging", "pumps", {"depth": 1})[0] is True


def begin_later(city: City) -> str:
    """Another table, to hold in years."""
    wei = city.person("wei")
    change = city.view.new_rule(wei, "waterlogging", "gates", "depth: number", "on: boolean")
    city.view.edit_rule(wei, change, "gates", RuleEdit("set", 1, "output", 1, "true"), 1)
    return change
