"""What is to be known before a rule is signed: mistakes, gaps, cases, and what would come out otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from chengshu.foundation.rulebook.case_files import CaseSet, has_cases, read_cases
from chengshu.foundation.rulebook.declared import DecisionRef
from chengshu.foundation.rulebook.files import the_decision
from chengshu.foundation.rulebook.model import KeptCase, Version
from chengshu.foundation.rulebook.queries import Decided
from chengshu.foundation.rulebook.standing import Rule
from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import ChengshuError, Fault
from chengshu.kernel.texts import Text
from chengshu.rules.cases import UNSET, Case, Change, Decide, Verdict, compare, judge
from chengshu.rules.dmn import Model, Outcome
from chengshu.rules.dmn.analysis import Analysis, analyse_model
from chengshu.rules.dmn.explain import plain
from chengshu.rules.dmn.model import Decision, InputData, Knowledge

NO_RESULT = Text("it cannot be decided: {detail}", "无法作出决定：{detail}", "無法作出決定：{detail}")


@dataclass(frozen=True, slots=True)
class Tried:
    """A case of a file and how it comes out; ``error`` where it cannot be decided at all."""

    file: Path
    verdict: Verdict | None
    case: Case
    error: Text | None = None

    @property
    def passed(self) -> bool:
        """Whether it comes out as expected."""
        return self.verdict is not None and self.verdict.passed


@dataclass(frozen=True, slots=True)
class Checks:
    """Everything found. ``replayed`` of ``kept`` past decisions could be taken again as they were then."""

    problems: tuple[Fault, ...]
    analyses: dict[str, Analysis]
    cases: tuple[Tried, ...]
    case_changes: tuple[Change, ...]
    past_changes: tuple[Change, ...]
    kept: int
    replayed: int

    @property
    def findings(self) -> int:
        """Gaps, overlaps and unreachable rules of all tables."""
        return sum(len(one.findings) for one in self.analyses.values())

    @property
    def failed(self) -> int:
        """Cases that come out otherwise than expected."""
        return sum(not one.passed for one in self.cases)

    @property
    def clean(self) -> bool:
        """Whether there is nothing that a signer has to have seen."""
        return not (self.problems or self.findings or self.failed)

    def as_dict(self) -> dict[str, Any]:
        """The figures, as they are kept with a signature."""
        return {
            "problems": len(self.problems),
            "findings": self.findings,
            "cases": len(self.cases),
            "failed": self.failed,
            "case_changes": len(self.case_changes),
            "past": self.replayed,
            "past_kept": self.kept,
            "past_changes": len(self.past_changes),
        }


def cases_of(rule: Rule) -> list[CaseSet]:
    """The cases about a rule, of its scenario and its overlay. Raises Invalid for a file with mistakes."""
    return [
        one
        for folder in (rule.scenario.folder, rule.scenario.overlay)
        if has_cases(folder)
        for one in read_cases(folder)
        if one.decision is not None and Path(one.decision.file).stem == rule.name
    ]


def all_cases(rule: Rule, kept: Iterable[KeptCase]) -> list[CaseSet]:
    """The cases of files, and those kept in the hub that were not exported to one."""
    files = cases_of(rule)
    known = {
        (one.decision.decision, case.name, repr(plain(case.given)))
        for one in files
        if one.decision is not None
        for case in one.cases
    }
    own = [one for one in kept if (one.decision, one.name, repr(plain(one.given))) not in known]
    return [*files, *kept_sets(own)]


def kept_sets(kept: Iterable[KeptCase]) -> list[CaseSet]:
    """Cases that were kept from past decisions, as those of files."""
    return [
        CaseSet(
            Path(one.id),
            DecisionRef(file=one.file, decision=one.decision, result=""),
            (Case(one.name, one.given, one.then),),
        )
        for one in kept
    ]


def replayable(
    rule: Rule, decision: str, past: Iterable[Decided], most: int
) -> list[tuple[Decided, Outcome]]:
    """Past decisions that come out by the same rows again from the inputs kept: what can become a case.

    At most ``most``, in the order given.
    """
    found: list[tuple[Decided, Outcome]] = []
    for one in past:
        if len(found) == most:
            break
        try:
            version = rule.at(one.at)
            if one.counted & _needed(rule.model(version), decision, {}):
                continue
            outcome = rule.decide_with(version, decision, one.inputs, one.at)
        except ChengshuError:
            continue
        if outcome.matched and _rows(outcome) == set(one.rows):
            found.append((one, outcome))
    return found


def _rows(outcome: Outcome) -> set[str]:
    return {match.rule_id.partition("@")[0] or str(match.rule) for match in outcome.matched}


def try_cases(
    rule: Rule, sets: Iterable[CaseSet], version: Version, moment: datetime, since: datetime
) -> tuple[Tried, ...]:
    """Every case by ``version``; one of a day before ``since`` by the version of its own day."""
    found = []
    for one in sets:
        decision, part = ("", "") if one.decision is None else (one.decision.decision, one.decision.result)
        for case in one.cases:
            try:
                outcome = _decided(rule, version, decision, case, moment, since)
                (verdict,) = judge([case], _given(outcome), part)
                found.append(Tried(one.path, verdict, case))
            except ChengshuError as error:
                found.append(Tried(one.path, None, case, NO_RESULT.fill(detail=error.fault.detail)))
    return tuple(found)


def _decided(
    rule: Rule, version: Version, decision: str, case: Case, moment: datetime, since: datetime
) -> Outcome:
    when = moment
    if case.day is not None:
        when = as_utc(datetime.combine(case.day, time(), rule.zone))
    chosen = version if case.day is None or when >= since else rule.at(when)
    return rule.decide_with(chosen, the_decision(rule.model(chosen), decision), case.given, when, near=True)


def _given(outcome: Outcome) -> Decide:
    """Decides a case as it has been decided."""
    return lambda _: outcome


def changed_cases(
    rule: Rule, sets: Iterable[CaseSet], old: Version, new: Version, moment: datetime
) -> tuple[Change, ...]:
    """The cases that two versions decide differently, whatever was expected of them."""
    found: list[Change] = []
    for one in sets:
        name, part = ("", "") if one.decision is None else (one.decision.decision, one.decision.result)
        for case in one.cases:
            if case.day is not None:
                continue
            try:
                before = _decided(rule, old, name, case, moment, moment)
                after = _decided(rule, new, name, case, moment, moment)
                found += compare([case], _given(before), _given(after), part)
            except ChengshuError:
                continue  # said where the cases are tried
    return tuple(found)


def changed_past(
    rule: Rule, decision: str, past: Sequence[Decided], new: Version
) -> tuple[tuple[Change, ...], int]:
    """Which past decisions ``new`` would take otherwise, and how many could be replayed.

    A decision counts as replayed when the version of its moment, given the kept inputs, decides by the same
    rows as then. Where a table asks other decisions and those are not what changes, their values of then
    stand. What needs an input of which only the length was kept cannot be replayed, and is not claimed to be
    the same.
    """
    found: list[Change] = []
    replayed = 0
    for one in past:
        case = Case(f"{one.at.astimezone(rule.zone):%Y-%m-%d %H:%M:%S}", one.inputs, UNSET)
        try:
            version = rule.at(one.at)
            known = _standing(rule.model(version), rule.model(new), decision, one.columns)
            if one.counted & _needed(rule.model(new), decision, known):
                continue
            old = rule.decide_with(version, decision, one.inputs, one.at, known=known)
            rows = _rows(old)
            if not rows or rows != set(one.rows):
                continue
            after = rule.decide_with(new, decision, one.inputs, one.at, known=known)
        except ChengshuError:
            continue
        replayed += 1
        found += compare([case], _given(old), _given(after))
    return tuple(found), replayed


def _standing(then: Model, new: Model, decision: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The values of then of the decisions that ``decision`` asks, where both models make them alike."""
    before, after = then.by_name.get(decision), new.by_name.get(decision)
    if (
        not isinstance(before, Decision)
        or not isinstance(after, Decision)
        or before.requires != after.requires
    ):
        return {}
    asked = {href.removeprefix("#") for href in before.requires}
    return {
        element.name: columns[element.name]
        for ident in asked
        if (element := then.by_id.get(ident)) is not None
        and isinstance(element, Decision)
        and element.name in columns
        and _alike(then, new, ident)
    }


def _needed(model: Model, decision: str, known: Mapping[str, Any]) -> set[str]:
    """The inputs that are read when ``decision`` is made, those in ``known`` not again."""
    found: set[str] = set()
    waiting = [model.by_name[decision]] if decision in model.by_name else []
    while waiting:
        element = waiting.pop()
        if isinstance(element, InputData):
            found.add(element.name)
        elif isinstance(element, Decision | Knowledge) and element.name not in known:
            waiting += [
                model.by_id[key]
                for href in element.requires
                if (key := href.removeprefix("#")) in model.by_id
            ]
    return found


def _alike(then: Model, new: Model, ident: str) -> bool:
    """Whether an element and all that it requires are the same in both models."""
    element = then.by_id.get(ident)
    if element is None or element != new.by_id.get(ident):
        return False
    requires = element.requires if isinstance(element, Decision | Knowledge) else ()
    return all(_alike(then, new, href.removeprefix("#")) for href in requires)


def check(
    rule: Rule,
    new: Version,
    old: Version,
    past: Iterable[tuple[str, Sequence[Decided]]],
    moment: datetime,
    since: datetime,
    kept_as_cases: Iterable[KeptCase] = (),
) -> Checks:
    """All checks of ``new`` against ``old``; ``past`` gives the kept decisions by name of the decision."""
    model = rule.model(new)
    sets = all_cases(rule, kept_as_cases)
    changes: list[Change] = []
    kept = replayed = 0
    for decision, decided in past:
        found, count = changed_past(rule, decision, decided, new)
        changes += found
        kept += len(decided)
        replayed += count
    return Checks(
        model.problems,
        analyse_model(model, rule.context(moment)),
        try_cases(rule, sets, new, moment, since),
        changed_cases(rule, sets, old, new, moment) if old.hash != new.hash else (),
        tuple(changes),
        kept,
        replayed,
    )
