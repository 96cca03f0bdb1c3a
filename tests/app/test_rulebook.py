"""Rules on a running hub: draft, two signatures, the live decision, restart, going back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.app.terminal import ROOT as ROOT_FOLDER
from tests.app.terminal import run

from chengshu.app.hub import Hub, Manner, open_hub
from chengshu.app.newcity import make_city
from chengshu.app.serve import Doors, doors_of
from chengshu.console import model as shown
from chengshu.console.model.rules import RuleAsk, RuleEdit
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.journal.queries import earlier_entries
from chengshu.foundation.rulebook.standing import rules_of
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

NOW = datetime(2026, 7, 21, 6, tzinfo=UTC)
MANNER = Manner(durable=True, threaded=False, strict=True, workers=1)
PASSWORD = "a quiet river at night"
ROOT = Actor("test:root")
ORANGE_IN_MANY = {"highest rank": 3, "areas": 5, "probability": 0.7, "lead time": 2400}


class City:
    """A hub on a folder that can be opened again, with people who sign in."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.city = read_city(make_city("mycity", folder), root / "scenarios")
        self.clock = VirtualClock(NOW)
        self.ids = SequenceIds()
        self.people: dict[str, shown.Person] = {}
        self.open()

    def open(self) -> None:
        self.hub: Hub = open_hub(self.city, self.folder / "data", self.clock, self.ids, MANNER)
        self.doors: Doors = doors_of(self.hub, self.folder / "drills")
        self.view = self.doors.view

    def restart(self) -> None:
        self.hub.close()
        self.open()
        self.people.clear()

    def person(self, login: str, *grants: Grant) -> shown.Person:
        if grants:
            made = self.doors.accounts.create_account(login, login.title(), grants, ROOT)
            self.doors.accounts.set_password(made.id, PASSWORD, ROOT)
        if login not in self.people:
            self.people[login] = self.view.sign_in(login, PASSWORD).person
        return self.people[login]

    def severity(self) -> tuple[str, str]:
        """What an orange event in five areas is now, and the rule that its reason names."""
        level, reason = self.hub.response.means.playbooks["waterlogging"].severity(ORANGE_IN_MANY)
        return level.word, reason.rule


@pytest.fixture
def city(tmp_path: Path, root: Path) -> Iterator[City]:
    made = City(tmp_path, root)
    made.person("wei", Grant("operator", "water"))
    made.person("zhao", Grant("lead", "water"))
    made.person("guest", Grant("viewer"))
    yield made
    made.hub.close()


def rule_of_orange(city: City) -> int:
    """The rule that makes orange in few areas orange: ``highest rank`` 3 and nothing else."""
    view = city.view.rule(
        city.person("wei"),
        "waterlogging",
        "severity",
        RuleAsk(given={"highest rank": "3", "areas": "5"}),
        None,
    )
    return next(row.number for row in view.grid.rows if row.mark == "matched")


def changed(city: City) -> str:
    """A draft in which orange in few areas becomes red, by its author."""
    wei = city.person("wei")
    number = rule_of_orange(city)
    change = city.view.draft_rule(wei, "waterlogging", "severity", None)
    city.view.edit_rule(wei, change, "severity", RuleEdit("set", number, "output", 1, '"red"'), 1)
    return change


def sign(city: City, change: str, *, seen: bool = True) -> str:
    view = city.view.rule_change(city.person("wei"), change, RuleAsk())
    assert view.change is not None
    city.view.sign_rule(city.person("wei"), change, view.change.hash, "the July storm", seen=seen)
    return view.change.hash


def actions(city: City) -> list[str]:
    with city.hub.database.read() as connection:
        found = earlier_entries(connection, None, 100)
    return [entry.action for entry in reversed(found) if entry.action.startswith("rule.")]


@pytest.mark.slow
def test_the_reason_of_a_row_is_said_in_three_languages(city: City) -> None:
    _, reason = city.hub.response.means.playbooks["waterlogging"].severity(ORANGE_IN_MANY)
    assert reason.text.en == "an orange warning"
    assert (reason.text.zh_hans, reason.text.zh_hant) == ("橙色预警", "橙色預警")


def test_a_text_that_a_rule_gives_is_said_beside_it(city: City) -> None:
    shown_ = city.view.rule(city.person("guest"), "waterlogging", "severity", RuleAsk(), None)
    reasons = [cell.called for row in shown_.grid.rows for cell in row.cells if cell.part == "output"]
    assert {"橙色预警", "黄色预警"} <= {one.zh_hans for one in reasons if one != Text()}
    levels = [row.cells[4].called for row in shown_.grid.rows]
    assert levels == [Text()] * len(levels)  # "red" is called nothing else


def test_a_rule_is_drafted_signed_approved_and_then_decides(city: City) -> None:
    before = city.severity()
    assert before[0] == "orange" and "@" not in before[1]
    change = changed(city)
    assert city.severity() == before  # a draft decides nothing
    view = city.view.rule_change(city.person("wei"), change, RuleAsk())
    assert view.change is not None and view.change.checks.failed == 1  # a case expects orange
    assert [line.after for line in view.change.differences] == ['"red"']
    assert len(view.change.checks.outcomes) == 1
    hash_ = sign(city, change)
    with pytest.raises(Denied) as denied:
        city.view.publish_rule(city.person("wei"), change, hash_, None)
    assert denied.value.extra["reason"]["rule"] in ("rules.four-eyes", "default.deny")
    city.view.publish_rule(city.person("zhao"), change, hash_, None)
    level, rule = city.severity()
    assert level == "red" and rule.endswith("@1")
    assert actions(city) == ["rule.drafted", "rule.saved", "rule.signed", "rule.published"]
    row = next(r for r in city.view.rules(city.person("guest"), None).tables if r.rule == "severity")
    assert (row.version, row.by, row.since) == ("1", ("Wei", "Zhao"), NOW)
    settled = city.view.rule_change(city.person("guest"), change, RuleAsk())
    assert settled.change is not None and settled.change.row.state == "published"
    assert [line.before for line in settled.change.differences] == ['"orange"']


@pytest.mark.slow
def test_a_lead_who_wrote_it_does_not_approve_it(city: City) -> None:
    zhao = city.person("zhao")
    change = city.view.draft_rule(zhao, "waterlogging", "severity", None)
    city.view.edit_rule(zhao, change, "severity", RuleEdit("set", 1, "output", 1, '"orange"'), 1)
    view = city.view.rule_change(zhao, change, RuleAsk())
    assert view.change is not None and not view.change.approve.allowed
    assert "second person" in view.change.approve.reason.en
    city.view.sign_rule(zhao, change, view.change.hash, "a try", seen=True)
    with pytest.raises(Denied) as denied:
        city.view.publish_rule(zhao, change, view.change.hash, None)
    assert denied.value.extra["reason"]["rule"] == "rules.four-eyes"


@pytest.mark.slow
def test_it_begins_at_its_moment_and_survives_a_restart(city: City) -> None:
    change = changed(city)
    hash_ = sign(city, change)
    later = NOW + timedelta(hours=2)
    with pytest.raises(Invalid, match="past"):
        city.view.publish_rule(city.person("zhao"), change, hash_, NOW - timedelta(minutes=1))
    city.view.publish_rule(city.person("zhao"), change, hash_, later)
    assert city.severity()[0] == "orange"
    city.restart()
    assert city.severity()[0] == "orange"
    city.clock.advance_to(later)
    assert city.severity()[0] == "red"
    city.restart()
    assert city.severity() == ("red", city.severity()[1]) and city.severity()[1].endswith("@1")
    past = city.view.rule(city.person("guest"), "waterlogging", "severity", RuleAsk(), NOW)
    assert past.version.name == "" and past.version.holds
    present = city.view.rule(city.person("guest"), "waterlogging", "severity", RuleAsk(), None)
    assert present.version.name == "1" and present.version.approver == "Zhao"


@pytest.mark.slow
def test_going_back_is_a_new_publication(city: City) -> None:
    change = changed(city)
    city.view.publish_rule(city.person("zhao"), change, sign(city, change), None)
    city.clock.advance_to(NOW + timedelta(hours=1))
    with pytest.raises(Conflict, match="cannot be undone"):
        city.view.withdraw_rule(city.person("zhao"), change, "it was wrong")
    back = city.view.draft_rule(city.person("wei"), "waterlogging", "severity", "files")
    city.view.publish_rule(city.person("zhao"), back, sign(city, back), None)
    level, rule = city.severity()
    assert level == "orange" and rule.endswith("@2")
    versions = city.view.rule(city.person("guest"), "waterlogging", "severity", RuleAsk(against="1"), None)
    assert [one.name for one in versions.versions] == ["2", "1", ""]
    assert [line.after for line in versions.differences] == ['"orange"']


@pytest.mark.slow
def test_what_is_to_come_can_be_withdrawn(city: City) -> None:
    change = changed(city)
    city.view.publish_rule(city.person("zhao"), change, sign(city, change), NOW + timedelta(hours=2))
    city.view.withdraw_rule(city.person("zhao"), change, "the council wants to talk first")
    city.clock.advance_to(NOW + timedelta(hours=3))
    assert city.severity()[0] == "orange"
    assert actions(city)[-1] == "rule.withdrawn"


@pytest.mark.slow
def test_two_drafts_do_not_overwrite_each_other_unseen(city: City) -> None:
    first, second = changed(city), changed(city)
    city.view.publish_rule(city.person("zhao"), first, sign(city, first), None)
    with pytest.raises(Conflict, match="was published since"):
        city.view.publish_rule(city.person("zhao"), second, sign(city, second), None)
    with pytest.raises(Conflict, match="another window"):
        third = changed(city)
        city.view.edit_rule(city.person("wei"), third, "severity", RuleEdit("remove", 1), 9)


@pytest.mark.slow
def test_an_edit_takes_the_signature_off(city: City) -> None:
    change = changed(city)
    old = sign(city, change)
    city.view.edit_rule(city.person("wei"), change, "severity", RuleEdit("move", 1, to=2), 2)
    view = city.view.rule_change(city.person("zhao"), change, RuleAsk())
    assert view.change is not None and view.change.row.state == "draft"
    with pytest.raises(Conflict):
        city.view.publish_rule(city.person("zhao"), change, old, None)


@pytest.mark.slow
def test_what_the_checks_found_must_have_been_seen(city: City) -> None:
    with pytest.raises(Invalid, match="1 cases fail"):
        sign(city, changed(city), seen=False)


@pytest.mark.slow
def test_a_cell_is_checked_while_it_is_typed(city: City) -> None:
    wei, change = city.person("wei"), changed(city)

    def check(part: str, text: str, column: int = 1) -> shown.Person:
        edit = RuleEdit("set", 1, part, column, text)  # type: ignore[arg-type]
        return city.view.check_cell(wei, change, "severity", edit)  # type: ignore[return-value]

    assert check("input", ">= 3").ok  # type: ignore[attr-defined]
    broken = check("input", ">= [3")
    assert not broken.ok and broken.position > 0  # type: ignore[attr-defined]
    assert "字符" in broken.message.zh_hans  # type: ignore[attr-defined]
    unknown = check("output", "severty + 1")
    assert not unknown.ok and "severty" in unknown.message.en  # type: ignore[attr-defined]
    bare, cut = check("output", "purple"), check("output", '"red')
    assert bare.message.zh_hans == '“purple”在此没有值；如为文字，须加引号："purple"'  # type: ignore[attr-defined]
    assert cut.message.zh_hant.endswith('文字缺少結束引號；請以 " 結束。')  # type: ignore[attr-defined]
    with pytest.raises(Invalid) as error:
        city.view.edit_rule(wei, change, "severity", RuleEdit("set", 1, "input", 1, "= ="), 2)
    assert error.value.fault.code == "rule-cell"


@pytest.mark.slow
def test_only_the_department_writes_and_others_are_told_why(city: City) -> None:
    guest = city.person("guest")
    with pytest.raises(Denied, match="operator or lead"):
        city.view.draft_rule(guest, "waterlogging", "severity", None)
    view = city.view.rule(guest, "waterlogging", "severity", RuleAsk(), None)
    assert not view.write.allowed and view.write.reason.zh_hans
    change = changed(city)
    with pytest.raises(Denied):
        city.view.edit_rule(city.person("zhao"), change, "severity", RuleEdit("remove", 1), 2)


@pytest.mark.slow
def test_a_plans_decision_names_its_version(city: City) -> None:
    decide = city.hub.processes.stepper.decide
    value, note = decide("waterlogging", "measures", {"severity": "yellow"})
    assert (value["patrol"], note["version"]) == (True, "")
    wei = city.person("wei")
    change = city.view.draft_rule(wei, "waterlogging", "measures", None)
    city.view.edit_rule(wei, change, "measures", RuleEdit("set", 2, "output", 2, "false"), 1)
    city.view.publish_rule(city.person("zhao"), change, sign(city, change), None)
    value, note = decide("waterlogging", "measures", {"severity": "yellow"})
    assert (value["patrol"], note["version"], note["rows"]) == (False, "1", ["measures_r2@1"])


@pytest.mark.slow
def test_columns_and_hit_policy_are_edited(city: City) -> None:
    wei = city.person("wei")
    change = city.view.draft_rule(wei, "waterlogging", "measures", None)
    for revision, edit in enumerate(
        (
            RuleEdit("insert_column", part="annotation", column=1, text="why"),
            RuleEdit("set", 1, "annotation", 1, "small rain"),
            RuleEdit("insert_column", part="output", column=7, text="drones"),
            RuleEdit("policy", text="FIRST"),
            RuleEdit("insert", to=5),
            RuleEdit("remove_column", part="output", column=6),
        ),
        1,
    ):
        city.view.edit_rule(wei, change, "measures", edit, revision)
    grid = city.view.rule_change(wei, change, RuleAsk()).grid
    assert (grid.hit_policy, len(grid.rows)) == ("FIRST", 5)
    assert [column.name for column in grid.columns if column.part == "output"][-1] == "drones"
    assert grid.rows[0].cells[-1].text == "small rain"


@pytest.mark.slow
def test_publications_are_exported_to_files_that_decide_the_same(city: City, tmp_path: Path) -> None:
    change = changed(city)
    city.view.publish_rule(city.person("zhao"), change, sign(city, change), None)
    city.hub.close()
    try:
        before = {path: path.read_bytes() for path in (ROOT_FOLDER / "scenarios").rglob("*.dmn")}
        ran = run("rules", "export", city.city.folder, "--data", city.folder / "data")
        assert ran.code == 0, ran.err
        folder = city.city.folder / "overlays" / "waterlogging" / "rules"
        assert (folder / "severity.dmn").is_file() and (folder / "severity" / "2026-07-21.dmn").is_file()
        again = run("rules", "export", city.city.folder, "--data", city.folder / "data", "--json")
        assert json.loads(again.out) == {"publications": 1, "cases": 0, "written": []}
        dated = folder / "severity" / "2026-07-21.dmn"
        dated.write_bytes(dated.read_bytes() + b"\n")
        assert "--overwrite" in run("rules", "export", city.city.folder, "--data", city.folder / "data").err
        run("rules", "export", city.city.folder, "--data", city.folder / "data", "--overwrite")
        assert before == {path: path.read_bytes() for path in (ROOT_FOLDER / "scenarios").rglob("*.dmn")}
        rules = rules_of(read_city(city.city.folder, ROOT_FOLDER / "scenarios"))
        rule = rules["waterlogging", "rules/severity.dmn"]
        for day, level in ((NOW - timedelta(days=2), "orange"), (NOW, "red")):
            decided = rule.decide_with(rule.at(day), "severity", ORANGE_IN_MANY, day).value
            assert decided["level"] == level
    finally:
        city.open()
        city.people.clear()
    taken = city.view.rule_file(city.person("guest"), "waterlogging", "severity", "1")
    assert (taken.name, taken.content) == ("severity-1.dmn", dated.read_bytes())


def test_a_table_begun_from_nothing_goes_the_way_of_all_others(city: City, tmp_path: Path) -> None:
    wei, columns = city.person("wei"), ("depth: number", "on: boolean")
    with pytest.raises(Denied):
        city.view.new_rule(city.person("guest"), "waterlogging", "pumps", *columns)
    with pytest.raises(Conflict):
        city.view.new_rule(wei, "waterlogging", "severity", *columns)
    change = city.view.new_rule(wei, "waterlogging", "pumps", *columns)
    with pytest.raises(Conflict):
        city.view.new_rule(wei, "waterlogging", "pumps", *columns)
    city.view.edit_rule(wei, change, "pumps", RuleEdit("set", 1, "output", 1, "true"), 1)
    hash_ = sign(city, change)
    city.restart()  # it is known from the data alone
    city.view.publish_rule(city.person("zhao"), change, hash_, None)
    rule = city.view.desk.rule("waterlogging", "pumps")
    assert rule.decide_with(rule.at(NOW), "pumps", {"depth": 1}, NOW).value is True
    assert "pumps" in {row.rule for row in city.view.rules(city.person("guest"), None).tables}
    put_away = city.view.new_rule(city.person("wei"), "waterlogging", "gates", *columns)
    city.view.withdraw_rule(city.person("wei"), put_away, "not needed")
    assert "gates" not in {row.rule for row in city.view.rules(city.person("guest"), None).tables}
    city.hub.close()
    try:
        assert run("rules", "export", city.city.folder, "--data", city.folder / "data").code == 0
        rules = rules_of(read_city(city.city.folder, ROOT_FOLDER / "scenarios"))
    finally:
        city.open()
    kept = rules["waterlogging", "rules/pumps.dmn"]
    assert kept.decide_with(kept.at(NOW), "pumps", {"depth": 1}, NOW).value is True
    city.people.clear()
    assert not city.view.rules(city.person("guest"), None).writable
    assert [name for name, _ in city.view.rules(city.person("wei"), None).writable] == ["waterlogging"]


def test_what_a_decision_needs_is_told_with_its_kinds(city: City) -> None:
    shown = city.view.rule(city.person("guest"), "waterlogging", "closing", RuleAsk(), None)
    kinds = {one.name: one.kind for one in shown.requirements}
    (closing,) = [one for one in shown.requirements if one.here]
    asked = [one for one in shown.requirements if one.id in closing.needs and one.kind == "decision"]
    assert [one.name for one in asked] and all(one.rank < closing.rank for one in asked)
    assert kinds["coverage"] == "input" and kinds["closing"] == "decision"
    assert closing.label.zh_hans != closing.name and closing.table == "closing"


@pytest.mark.slow
def test_past_decisions_are_replayed_against_a_draft(city: City) -> None:
    """What an event was judged by is in the journal with its inputs; a draft is held against it."""
    _, reason = city.hub.response.means.playbooks["waterlogging"].severity(ORANGE_IN_MANY)
    short = Reason(
        "rules/severity.dmn#severity#x", reason.text, {"inputs": {"areas": "3 readings"}, "rows": []}
    )

    def work(connection: Connection) -> None:
        for at, why in enumerate((reason, reason, short)):
            record(connection, Act(ROOT, "event.updated", f"event-{at}", NOW, {}, why))

    city.hub.database.write(work)
    view = city.view.rule_change(city.person("wei"), changed(city), RuleAsk())
    assert view.change is not None
    assert (view.change.checks.past_kept, view.change.checks.past) == (2, 1)  # told once, and one shortened
    assert [row.past for row in view.change.checks.outcomes] == [False, True]


def test_a_past_decision_is_kept_as_a_case_that_every_later_version_is_held_against(city: City) -> None:
    _, reason = city.hub.response.means.playbooks["waterlogging"].severity(ORANGE_IN_MANY)
    city.hub.database.write(
        lambda connection: record(connection, Act(ROOT, "event.updated", "event", NOW, {}, reason))
    )
    wei, ask = city.person("wei"), ("waterlogging", "severity")
    before = city.view.rule(wei, *ask, RuleAsk(), None)
    assert before.past is None  # nobody asked
    (past,) = city.view.rule(wei, *ask, RuleAsk(past=True), None).past or ()
    assert "orange" in past.value and not past.kept and len(past.inputs) == 4
    with pytest.raises(Denied):
        city.view.keep_case(city.person("guest"), *ask, past.key)
    with pytest.raises(Missing):
        city.view.keep_case(wei, *ask, "999.severity")
    city.view.keep_case(wei, *ask, past.key)
    with pytest.raises(Conflict):
        city.view.keep_case(wei, *ask, past.key)
    city.restart()
    wei = city.person("wei")
    after = city.view.rule(wei, *ask, RuleAsk(past=True), None)
    (case,) = [row for row in after.cases if row.kept]
    assert case.passed and case.kept_by == "Wei" and len(after.cases) == len(before.cases) + 1
    assert after.past is not None and after.past[0].kept
    view = city.view.rule_change(wei, changed(city), RuleAsk())
    assert view.change is not None and view.change.checks.failed == 2  # the file's case, and the kept one
    city.view.drop_case(wei, *ask, case.kept)
    assert not any(row.kept for row in city.view.rule(wei, *ask, RuleAsk(), None).cases)
    assert [action for action in actions(city) if "case" in action] == ["rule.case_kept", "rule.case_dropped"]


@pytest.mark.slow
def test_past_closings_are_replayed_by_what_the_table_saw(city: City) -> None:
    """Of the readings behind a closing only their number is kept; what the table saw of them stands."""
    calm = {
        "levels": [{"kind": "street", "value": 0.1, "fullDepth": 1.0}] * 40,
        "ponding": [{"value": 0.0}] * 3,
        "highest rank": 1,
        "coverage": 0.6,
    }
    playbook = city.hub.response.means.playbooks["waterlogging"]
    closed, reason = playbook.closed(calm)
    full, other = playbook.closed(calm | {"levels": [{"kind": "street", "value": 0.97, "fullDepth": 1.0}]})
    assert (closed, full) == (True, False)
    assert reason.inputs["inputs"]["levels"] == "40 readings"

    def work(connection: Connection) -> None:
        for at, why in enumerate((reason, other)):
            record(connection, Act(ROOT, "event.updated", f"event-{at}", NOW, {}, why))

    city.hub.database.write(work)
    wei = city.person("wei")
    change = city.view.draft_rule(wei, "waterlogging", "closing", None)
    city.view.edit_rule(wei, change, "closing", RuleEdit("set", 2, "input", 2, "> 0.99"), 1)
    view = city.view.rule_change(wei, change, RuleAsk())
    assert view.change is not None
    checks = view.change.checks
    assert (checks.past_kept, checks.past) == (2, 2)
    assert [row.past for row in checks.outcomes].count(
        True
    ) == 1  # the full sewer would not have kept it open
