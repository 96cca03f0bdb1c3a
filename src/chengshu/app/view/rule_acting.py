"""What the buttons on the pages of rules do: draft, edit, check a cell, sign, publish, withdraw."""

from __future__ import annotations

from datetime import datetime

from chengshu.app.view.rules import PAST_SHOWN, RuleReading
from chengshu.console import model as shown
from chengshu.console.model import rules as page
from chengshu.foundation.rulebook.commands import By, taken
from chengshu.foundation.rulebook.export import archive
from chengshu.foundation.rulebook.files import parse_model
from chengshu.foundation.rulebook.fresh import new_table, read_columns
from chengshu.foundation.rulebook.model import KeptCase, RuleChange, Version
from chengshu.foundation.rulebook.queries import change_of
from chengshu.foundation.rulebook.standing import Rule
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.texts import LANGUAGES, Text
from chengshu.rules.dmn import DmnError
from chengshu.rules.dmn.analysis import tables_of
from chengshu.rules.dmn.explain import plain
from chengshu.rules.dmn.model import Table
from chengshu.rules.dmn.writer import Edit, InsertRule, MoveRule, RemoveRule, SetCell, edit_table
from chengshu.rules.dmn.writer_columns import InsertColumn, RemoveColumn, SetHitPolicy
from chengshu.rules.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from chengshu.rules.feel.syntax_words import cure_in_words, in_words

_AT = Text(
    "At character {at}{near}: {message}{cure}.",
    "第 {at} 个字符处{near}：{message}{cure}。",
    "第 {at} 個字元處{near}：{message}{cure}。",
)
_CURE = Text("; {cure}", "；{cure}", "；{cure}")
_NEAR = Text(" («{text}»)", "（“{text}”）", "（「{text}」）")
_END = Text(" (the end)", "（末尾）", "（結尾）")


class RuleActing(RuleReading):
    """Every command asks the policies first; the rule book journals it with the policies that allowed it."""

    def draft_rule(self, person: shown.Person, scenario: str, rule: str, version: str | None) -> str:
        """Begin a draft with the text that holds, or with that of an earlier version (to go back to it)."""
        found = self.desk.rule(scenario, rule)
        by = self._by(person, "edit_rules", found)
        if version is None:
            base = found.at(self.means.clock.now())
        else:
            base = found.version("" if version == "files" else version)
        return self.desk.book.begin(found.scenario.id, found.file, base.data, by).id

    def new_rule(self, person: shown.Person, scenario: str, name: str, inputs: str, outputs: str) -> str:
        """Begin a table from nothing; its columns are given line by line (``depth: number``).

        Raises Missing for an unknown scenario, Conflict for a name that is taken, Invalid for unfit names.
        """
        if scenario not in self.city.scenarios:
            raise Missing("scenario-missing", f"there is no scenario {scenario!r}", where="scenario")
        account = self.account(person)
        decision = self.means.access.require(account, "edit_rules", self.new_resource(scenario))
        given, then = read_columns(inputs, "inputs"), read_columns(outputs, "outputs")
        data = new_table(name.strip(), f"urn:chengshu:{scenario}:{name.strip()}", given, then)
        file = f"rules/{name.strip()}.dmn"
        if any(
            (rule.scenario.id, rule.name) == (scenario, name.strip()) for rule in self.desk.rules.values()
        ):
            raise taken(file)
        by = By(account.actor, ",".join(decision.policies))
        made = self.desk.book.begin_new(scenario, file, data, by)
        self.desk.refresh()
        return made.id

    def edit_rule(
        self, person: shown.Person, change: str, table: str, edit: page.RuleEdit, revision: int
    ) -> None:
        """Make one edit to a draft and save it. Raises Invalid, with the place, for a cell not in FEEL."""
        found, rule = self._found(change)
        by = self._by(person, "edit_rules", rule)
        drawn = self._drawn(found, rule, table)
        if edit.kind == "set":
            self._refuse_broken(found, rule, table, edit)
        data = edit_table(found.data, table, [_edit(edit, drawn)])
        parse_model(data, rule.path)  # nothing is saved that cannot be read again
        self.desk.book.save(change, data, revision, by)

    def rule_files(self, person: shown.Person) -> page.RuleFile:
        """All that was published and kept here, laid out as the city's folder."""
        self.require(person, "view", "rules")
        files = self.desk.files(self.means.clock.now())
        return page.RuleFile(f"{self.city.id}-rules.zip", archive(files), "application/zip")

    def check_cell(
        self, person: shown.Person, change: str, table: str, edit: page.RuleEdit
    ) -> page.CellCheck:
        """Whether a cell's text can stand: FEEL that parses, with names that have a value here."""
        self.require(person, "view", "rules")
        found, rule = self._found(change)
        return self._checked(found, rule, table, edit)

    def sign_rule(self, person: shown.Person, change: str, hash_: str, note: str, *, seen: bool) -> None:
        """The author's signature. Raises Invalid where what the checks found was not seen."""
        found, rule = self._found(change)
        by = self._by(person, "edit_rules", rule)
        now = self.means.clock.now()
        checks = self.desk.check(
            rule, Version("", found.data, rule.path, None, None, found), rule.at(now), now
        )
        if checks.problems:
            raise Invalid(
                "rule-problems",
                f"the rule has mistakes: {checks.problems[0].detail}",
                where=checks.problems[0].where,
                remedy="correct them; a rule with mistakes is not signed",
            )
        if not (checks.clean or seen):
            raise Invalid(
                "rule-unseen",
                f"{checks.failed} cases fail and the analysis has {checks.findings} findings",
                where="seen",
                remedy="correct them, or confirm that you have seen them and sign nevertheless",
            )
        self.desk.book.sign(change, hash_, note, checks.as_dict(), by)

    def publish_rule(
        self, person: shown.Person, change: str, hash_: str, valid_from: datetime | None
    ) -> None:
        """The approver's signature: the rule decides from ``valid_from`` on (None: now)."""
        found, rule = self._found(change)
        by = self._by(person, "approve_rules", rule, (found.author,))
        self.desk.book.publish(change, hash_, valid_from, by)
        self.desk.refresh()

    def withdraw_rule(self, person: shown.Person, change: str, why: str) -> None:
        """Put a draft, or a publication that does not hold yet, away."""
        found, rule = self._found(change)
        own = found.author == self.account(person).id and found.approved is None
        by = self._by(person, "edit_rules" if own else "approve_rules", rule)
        self.desk.book.withdraw(change, why, by)
        self.desk.refresh()

    def keep_case(self, person: shown.Person, scenario: str, rule: str, key: str) -> None:
        """Keep a past decision as a case of its rule. Raises Missing for one that cannot be taken again."""
        found = self.desk.rule(scenario, rule)
        by = self._by(person, "edit_rules", found)
        number, _, decision = key.partition(".")
        now = self.means.clock.now()
        asked = self.desk.past(found, decision, now, PAST_SHOWN) if number.isdecimal() else []
        for one, outcome in asked:
            if one.seq == int(number):
                name = f"{one.at.astimezone(found.zone):%Y-%m-%d %H:%M:%S}"
                given, then = dict(one.inputs), plain(outcome.value)
                case = KeptCase(
                    "", found.scenario.id, found.file, decision, name, given, then, one.seq, "", "", now
                )
                self.desk.book.keep_case(case, by)
                return
        raise Missing(
            "rule-past-missing",
            "this past decision cannot be kept as a case any more",
            where=f"{scenario}/{rule}",
            remedy="load the page again and choose one of those shown",
        )

    def drop_case(self, person: shown.Person, scenario: str, rule: str, case: str) -> None:
        """Let a kept case of a rule go. Raises Missing."""
        found = self.desk.rule(scenario, rule)
        by = self._by(person, "edit_rules", found)
        if case not in {one.id for one in self.desk.kept(found)}:
            raise Missing("rule-case-missing", f"there is no kept case {case!r}", where=case)
        self.desk.book.drop_case(case, by)

    # -- inside --------------------------------------------------------------------------------------------

    def _found(self, change: str) -> tuple[RuleChange, Rule]:
        with self.hub.database.read() as connection:
            found = change_of(connection, change)
        return found, self.rule_of(found)

    def _by(self, person: shown.Person, action: str, rule: Rule, handlers: tuple[str, ...] = ()) -> By:
        account = self.account(person)
        decision = self.means.access.require(account, action, self.resource(rule, handlers))
        return By(account.actor, ",".join(decision.policies))

    def _drawn(self, change: RuleChange, rule: Rule, table: str) -> Table:
        model = rule.model(Version("", change.data, rule.path))
        tables = tables_of(model.definitions)
        if table not in tables:
            raise DmnError(f"there is no decision table «{table}»", rule.file, f"tables: {', '.join(tables)}")
        return tables[table][1]

    def _refuse_broken(self, change: RuleChange, rule: Rule, table: str, edit: page.RuleEdit) -> None:
        verdict = self._checked(change, rule, table, edit)
        if not verdict.ok:
            raise Invalid(
                "rule-cell",
                verdict.message.en,
                where=f"{table}, rule {edit.rule}, {edit.part} {edit.column}",
                remedy="correct the cell; nothing was saved",
                text=verdict.message.as_dict(),
                position=verdict.position,
            )

    def _checked(self, change: RuleChange, rule: Rule, table: str, edit: page.RuleEdit) -> page.CellCheck:
        if edit.part == "annotation":
            return page.CellCheck(True)
        model = rule.model(Version("", change.data, rule.path))
        text = edit.text.strip()
        try:
            if edit.part == "input" and text not in ("", "-"):
                compile_unary_tests(text, model.by_name)
            elif edit.part == "output" and text:
                compile_expression(text, model.by_name)
        except FeelSyntaxError as error:
            rest = text[error.position : error.position + 12]
            near = _NEAR.fill(text=rest) if rest else _END
            return page.CellCheck(False, _sentence(error, near), error.position)
        cell = SetCell(edit.rule, edit.part, edit.column, edit.text)
        try:
            data = edit_table(change.data, table, [cell])
            problems = parse_model(data, rule.path).problems
        except Invalid as error:
            return page.CellCheck(False, in_words(error.fault.detail))
        new = [fault for fault in problems if fault not in model.problems]
        return page.CellCheck(False, in_words(new[0].detail)) if new else page.CellCheck(True)


def _sentence(error: FeelSyntaxError, near: Text) -> Text:
    said, cure = in_words(error.message), cure_in_words(error.fault.remedy)
    return Text(
        *(
            _AT.say(tag).format(
                at=error.position + 1,
                near=near.say(tag),
                message=said.say(tag),
                cure=_CURE.say(tag).format(cure=cure.say(tag)) if error.fault.remedy else "",
            )
            for tag in LANGUAGES
        )
    )


def _edit(edit: page.RuleEdit, table: Table) -> Edit:
    """The edit for the writer. New rules begin with ``-`` and null, new columns the same."""
    if edit.kind == "set":
        return SetCell(edit.rule, edit.part, edit.column, edit.text)
    if edit.kind == "insert":
        notes = max((len(rule.annotations) for rule in table.rules), default=0)
        return InsertRule(edit.to, ("-",) * len(table.inputs), ("null",) * len(table.outputs), ("",) * notes)
    if edit.kind == "remove":
        return RemoveRule(edit.rule)
    if edit.kind == "move":
        return MoveRule(edit.rule, edit.to)
    if edit.kind == "insert_column":
        cell = {"input": "-", "output": "null", "annotation": ""}[edit.part]
        return InsertColumn(edit.part, edit.column, edit.text, cell)
    if edit.kind == "remove_column":
        return RemoveColumn(edit.part, edit.column)
    policy, _, aggregation = (
        edit.text.partition(" ") if edit.text.startswith("COLLECT") else (edit.text, "", "")
    )
    return SetHitPolicy(policy, aggregation)
