"""The view's reading of rules: the list; a table with versions, cases, findings and trial; a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chengshu.app.view import rule_grid
from chengshu.app.view.base import Base, Means
from chengshu.app.view.rule_desk import RuleDesk, open_desk
from chengshu.app.view.rule_graph import requirements
from chengshu.app.view.rule_uses import uses_of
from chengshu.console import faults
from chengshu.console import model as shown
from chengshu.console.model import rules as page
from chengshu.foundation.access import Resource
from chengshu.foundation.rulebook.checking import Checks, Tried
from chengshu.foundation.rulebook.model import ChangeState, RuleChange, Signature, Version
from chengshu.foundation.rulebook.queries import change_of, changes_of, in_force
from chengshu.foundation.rulebook.standing import Rule
from chengshu.kernel.errors import ChengshuError, Fault, Missing
from chengshu.kernel.texts import LANGUAGES, Text
from chengshu.rules.cases import Change
from chengshu.rules.dmn import Model
from chengshu.rules.dmn.analysis import analyse_in, tables_of
from chengshu.rules.dmn.difference import Difference, differences
from chengshu.rules.dmn.explain import shown as in_feel
from chengshu.rules.dmn.model import Decision, Table

PAST_SHOWN = 20
"""Past decisions offered on the page of a table."""
_OPEN = (ChangeState.DRAFT, ChangeState.SIGNED)
_FAULT = Text("{file}: {detail}", "{file}：{detail}", "{file}：{detail}")


class RuleReading(Base):
    """What departments see of their rules. Opening it makes publications known to the running hub."""

    def __init__(self, means: Means) -> None:
        super().__init__(means)
        self.desk: RuleDesk = open_desk(means.hub)

    # -- the list ------------------------------------------------------------------------------------------

    def rules(self, person: shown.Person, as_of: datetime | None) -> page.RulesView:
        """Every table of every rule, by the version that holds."""
        self.require(person, "view", "rules")
        moment = as_of or self.means.clock.now()
        rows: list[page.RuleTableRow] = []
        told: list[Text] = []
        for rule in self.desk.rules.values():
            if rule.fresh and not rule.published and (as_of or not self._drafts(rule)):
                continue  # begun from nothing and put away again
            try:
                rows += self._rows(rule, moment, as_of)
            except ChengshuError as error:
                told.append(_fault(rule.file, error.fault))
        may = () if as_of else self._writable(person)
        return page.RulesView(moment, tuple(rows), tuple(told), may, len(self.desk.files(moment)))

    def _writable(self, person: shown.Person) -> tuple[tuple[str, Text], ...]:
        """The scenarios for which a person may write a new table."""
        account = self.account(person)
        return tuple(
            (scenario.id, scenario.name)
            for scenario in self.city.scenarios.values()
            if self.means.access.decide(account, "edit_rules", self.new_resource(scenario.id)).allowed
        )

    def new_resource(self, scenario: str) -> Resource:
        """A rule to be written for a scenario, as the policies see it."""
        return Resource("rules", f"{scenario}/new", self._lead(scenario), (self.root,))

    def _rows(self, rule: Rule, moment: datetime, as_of: datetime | None) -> list[page.RuleTableRow]:
        version = rule.at(moment, as_of)
        model = rule.model(version)
        tried = self.desk.tried(rule, version, moment)
        drafts = () if as_of else self._drafts(rule)
        coming = [one.since for one in rule.versions(as_of) if one.since is not None and one.since > moment]
        rows = []
        for place, (_, table) in tables_of(model.definitions).items():
            own = [one for one in tried if _about(one, table)]
            rows.append(
                page.RuleTableRow(
                    rule.scenario.id,
                    rule.scenario.name,
                    rule.name,
                    place,
                    rule.file,
                    rule.called(model.name),
                    f"{table.hit_policy} {table.aggregation}".strip(),
                    len(table.rules),
                    version.name,
                    version.since,
                    _names(version),
                    len(own),
                    sum(one.passed for one in own),
                    len(analyse_in(model, table, rule.context(moment)).findings),
                    len(drafts),
                    min(coming, default=None),
                    self.department(self.owner(rule)),
                )
            )
        return rows

    def owner(self, rule: Rule) -> str:
        """The department that leads the scenario by the duty list; empty where it names none."""
        return self._lead(rule.scenario.id)

    def _lead(self, scenario: str) -> str:
        for duty in self.city.duties:
            if duty.matter == scenario:
                return duty.lead
        return ""

    def _drafts(self, rule: Rule) -> list[RuleChange]:
        with self.hub.database.read() as connection:
            return [one for one in changes_of(connection, rule.scenario.id, rule.file) if one.state in _OPEN]

    # -- one rule ------------------------------------------------------------------------------------------

    def rule(
        self, person: shown.Person, scenario: str, rule: str, asked: page.RuleAsk, as_of: datetime | None
    ) -> page.RuleView:
        """A rule by the version that holds, or the one asked for. Raises Missing."""
        self.require(person, "view", "rules")
        found = self.desk.rule(scenario, rule)
        moment = as_of or self.means.clock.now()
        if asked.version is None:
            version = found.at(moment, as_of)
        else:
            version = _among(found.versions(as_of), asked.version, found)
        other = None if asked.against is None else _among(found.versions(as_of), asked.against, found)
        return self._page(person, found, version, asked, moment, as_of, other)

    def rule_change(self, person: shown.Person, change: str, asked: page.RuleAsk) -> page.RuleView:
        """A draft, held against what holds now. Raises Missing."""
        self.require(person, "view", "rules")
        with self.hub.database.read() as connection:
            found = change_of(connection, change)
        rule, now = self.rule_of(found), self.means.clock.now()
        draft = Version("", found.data, rule.path, found.valid_from, None, found)
        against = rule.at(now) if found.state in _OPEN else _base(rule, found)
        return self._page(person, rule, draft, asked, now, None, against)

    def rule_file(self, person: shown.Person, scenario: str, rule: str, version: str | None) -> page.RuleFile:
        """The DMN file of a version, or of the one that holds. Raises Missing."""
        self.require(person, "view", "rules")
        found = self.desk.rule(scenario, rule)
        chosen = (
            found.at(self.means.clock.now()) if version is None else _among(found.versions(), version, found)
        )
        return page.RuleFile(
            f"{found.name}-{chosen.name}.dmn" if chosen.name else f"{found.name}.dmn", chosen.data
        )

    def rule_change_file(self, person: shown.Person, change: str) -> page.RuleFile:
        """The DMN file of a draft as it is saved. Raises Missing."""
        self.require(person, "view", "rules")
        with self.hub.database.read() as connection:
            found = change_of(connection, change)
        return page.RuleFile(f"{self.rule_of(found).name}-draft.dmn", found.data)

    def rule_of(self, change: RuleChange) -> Rule:
        """The rule a change is about. Raises Missing when its scenario is installed no longer."""
        found = self.desk.rules.get((change.scenario, change.file))
        if found is None:
            raise Missing(
                "rule-missing",
                f"{change.scenario!r} has no rule {change.file!r} any more",
                where=change.id,
                remedy="install the scenario again",
            )
        return found

    def _page(
        self,
        person: shown.Person,
        rule: Rule,
        version: Version,
        asked: page.RuleAsk,
        moment: datetime,
        as_of: datetime | None,
        other: Version | None,
    ) -> page.RuleView:
        model = rule.model(version)
        place, element, table = _table(model, asked.table, rule)
        rows, values = rule_grid.fields(model, element, table, asked.given, rule.called)
        outcome = (
            None if values is None else rule.decide_with(version, element.name, values, moment, near=True)
        )
        analysis = analyse_in(model, table, rule.context(moment))
        draft = version.change if version.change is not None and not version.name else None
        different = self._different(rule, other, table, place)
        checks = None if draft is None or other is None else self.desk.check(rule, version, other, moment)
        tried = self.desk.tried(rule, version, moment) if checks is None else checks.cases
        keepers = {one.id: one.person_name for one in self.desk.kept(rule)}
        drafts = () if as_of else self._drafts(rule)
        lines = rule_grid.difference_rows(different, table)
        in_force = _or_none(rule, moment, as_of)
        return page.RuleView(
            rule.scenario.id,
            rule.scenario.name,
            rule.name,
            rule.file,
            rule.called(model.name),
            element.question if isinstance(element, Decision) else "",
            self.department(self.owner(rule)),
            moment,
            tuple(tables_of(model.definitions)),
            rule_grid.draw(table, rule.called, outcome, analysis, different),
            self._version(person, rule, version, in_force, moment),
            tuple(
                self._version(person, rule, one, in_force, moment) for one in reversed(rule.versions(as_of))
            ),
            rule_grid.trial(rows, outcome),
            tuple(_case(one, table, keepers) for one in tried if _about(one, table)),
            rule_grid.findings(analysis, table, [row.name for row in rows]),
            analysis.unread,
            analysis.complete,
            tuple(self._change_row(person, one) for one in reversed(drafts)),
            self._may(person, "edit_rules", rule),
            None
            if draft is None or checks is None or other is None
            else self._change(person, rule, draft, checks, lines, other),
            asked.against,
            lines,
            () if other is None or draft is not None else self._outcomes(rule, other, version, moment),
            requirements(model, place, rule.called),
            self._past(rule, element, moment) if asked.past and draft is None else None,
            uses_of(self.hub, rule, model),
            model.decisions,
        )

    def _past(self, rule: Rule, element: Any, moment: datetime) -> tuple[page.PastRow, ...]:
        """The newest past decisions of a table that can become cases."""
        if not isinstance(element, Decision):
            return ()
        kept = {(one.seq, one.decision) for one in self.desk.kept(rule)}
        return tuple(
            page.PastRow(
                f"{one.seq}.{element.name}",
                one.at,
                in_feel(outcome.value),
                tuple((rule.called(name), in_feel(value)) for name, value in one.inputs.items()),
                tuple(match.text for match in outcome.matched),
                (one.seq, element.name) in kept,
            )
            for one, outcome in self.desk.past(rule, element.name, moment, PAST_SHOWN)
        )

    def _different(
        self, rule: Rule, other: Version | None, table: Table, place: str
    ) -> tuple[Difference, ...]:
        if other is None:
            return ()
        before = tables_of(rule.model(other).definitions).get(place)
        return () if before is None else tuple(differences(before[1], table))

    def _outcomes(
        self, rule: Rule, old: Version, new: Version, moment: datetime
    ) -> tuple[page.OutcomeRow, ...]:
        checks = self.desk.check(rule, new, old, moment)
        return _outcome_rows(checks.case_changes, checks.past_changes)

    def _change(
        self,
        person: shown.Person,
        rule: Rule,
        draft: RuleChange,
        checks: Checks,
        lines: tuple[page.DifferenceRow, ...],
        base: Version,
    ) -> page.ChangeView:
        mine = draft.author == self.account(person).id
        return page.ChangeView(
            self._change_row(person, draft),
            draft.hash,
            draft.revision,
            mine and draft.state in _OPEN,
            lines,
            page.ChecksView(
                tuple(_fault(fault.where, fault) for fault in checks.problems),
                checks.findings,
                len(checks.cases),
                checks.failed,
                checks.replayed,
                checks.kept,
                _outcome_rows(checks.case_changes, checks.past_changes),
                checks.clean,
            ),
            {str(key): int(value) for key, value in draft.checks.items()},
            self._may(person, "edit_rules", rule),
            self._may(person, "approve_rules", rule, (draft.author,)),
            self.may_withdraw(person, rule, draft),
            base.name,
        )

    def may_withdraw(self, person: shown.Person, rule: Rule, change: RuleChange) -> shown.Permission:
        """The author puts a draft away; whoever may approve sends it back, or stops what is to come."""
        if change.author == self.account(person).id and change.state in _OPEN:
            return self._may(person, "edit_rules", rule)
        return self._may(person, "approve_rules", rule)

    def _may(
        self, person: shown.Person, action: str, rule: Rule, handlers: tuple[str, ...] = ()
    ) -> shown.Permission:
        decision = self.means.access.decide(self.account(person), action, self.resource(rule, handlers))
        return shown.Permission(decision.allowed, decision.reason.text)

    def resource(self, rule: Rule, handlers: tuple[str, ...] = ()) -> Resource:
        """A rule as the policies see it: its department's, in the whole city, written by ``handlers``."""

        return Resource(
            "rules", f"{rule.scenario.id}/{rule.name}", self.owner(rule), (self.root,), handlers=handlers
        )

    def _change_row(self, person: shown.Person, change: RuleChange) -> page.ChangeRow:
        return page.ChangeRow(
            change.id,
            change.state.value,
            change.author_name,
            change.begun_at,
            change.saved_at,
            change.signed.at if change.signed else None,
            change.note,
            change.author == self.account(person).id,
        )

    def _version(
        self, person: shown.Person, rule: Rule, version: Version, in_force: Version | None, moment: datetime
    ) -> page.VersionRow:
        change = version.change
        signed, approved = (change.signed, change.approved) if change else (None, None)
        coming = bool(version.name) and version.since is not None and version.since > moment
        return page.VersionRow(
            version.name,
            version.since,
            version.until,
            change.author_name if change else "",
            _signer(approved),
            signed.at if signed else None,
            approved.at if approved else None,
            change.note if change else "",
            version.hash,
            change.id if change else "",
            in_force is not None and in_force.name == version.name and bool(change) == bool(in_force.change),
            coming,
            self.may_withdraw(person, rule, change) if coming and change else shown.Permission(False),
        )


def _fault(where: str, fault: Fault) -> Text:
    said = faults.texts(fault.code, fault.detail)
    return Text(*(_FAULT.say(tag).format(file=where, detail=said.say(tag)) for tag in LANGUAGES))


def _base(rule: Rule, change: RuleChange) -> Version:
    """What a change that is settled was written on: the publication, or the file of that moment."""
    earlier = [one for one in rule.versions() if one.change is None or one.change.number <= change.base]
    return in_force(earlier, change.begun_at, rule.file)


def _signer(signature: Signature | None) -> str:
    return signature.name if signature else ""


def _names(version: Version) -> tuple[str, ...]:
    change = version.change
    return (change.author_name, _signer(change.approved)) if change else ()


def _or_none(rule: Rule, moment: datetime, as_of: datetime | None) -> Version | None:
    try:
        return rule.at(moment, as_of)
    except Missing:
        return None


def _among(versions: Sequence[Version], name: str, rule: Rule) -> Version:
    wanted = "" if name == "files" else name
    for version in versions:
        if version.name == wanted:
            return version
    return rule.version(wanted)


def _table(model: Model, name: str, rule: Rule) -> tuple[str, Any, Table]:
    tables = tables_of(model.definitions)
    if not tables:
        raise Missing(
            "table-missing",
            f"{rule.file} holds no decision table",
            where=rule.file,
            remedy="open it in a DMN editor: its logic is written in expressions",
        )
    place = name or _main(model, list(tables))
    if place not in tables:
        raise Missing(
            "table-missing",
            f"there is no table {name!r}",
            where=rule.file,
            remedy=f"tables: {', '.join(tables)}",
        )
    element, table = tables[place]
    return place, element, table


def _main(model: Model, places: list[str]) -> str:
    """The table that a reader wants first: that of a decision no other needs."""
    return next((place for place in places if place in model.top_decisions), places[0])


def _about(one: Tried, table: Table) -> bool:
    """Whether a case went through the table; one that could not be decided is shown with each."""
    if one.verdict is None:
        return True
    outcome = one.verdict.outcome
    return not outcome.matched or any(match.table == table.name for match in outcome.matched)


def _case(one: Tried, table: Table, keepers: Mapping[str, str]) -> page.CaseRow:
    inputs = {name: rule_grid.as_typed(value) for name, value in one.case.given.items() if value is not None}
    id_ = one.file.name if one.file.name in keepers else ""
    if one.verdict is None:
        failed = page.CaseRow(one.case.name, one.file.name, False, one.error or Text())
        return replace(failed, inputs=inputs, kept=id_, kept_by=keepers.get(id_, ""))
    outcome = one.verdict.outcome
    mine = [match for match in outcome.matched if match.table == table.name]
    return page.CaseRow(
        one.case.name,
        one.file.name,
        one.passed,
        one.verdict.text,
        tuple(match.text for match in outcome.matched),
        tuple(match.rule for match in mine),
        inputs,
        id_,
        keepers.get(id_, ""),
    )


def _outcome_rows(cases: Sequence[Change], past: Sequence[Change]) -> tuple[page.OutcomeRow, ...]:
    return tuple(
        page.OutcomeRow(one.text, kind, tuple(match.text for match in one.after.outcome.matched))
        for kind, found in ((False, cases), (True, past))
        for one in found
    )
