"""The rules of a city as they stand at a moment, from files and publications; and deciding by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chengshu.foundation.city import City
from chengshu.foundation.city.model import Scenario, nested
from chengshu.foundation.rulebook.files import Around, around, parse_model, placed, read_names
from chengshu.foundation.rulebook.model import RuleChange, Version
from chengshu.foundation.rulebook.queries import file_versions, in_force, published, rule_paths
from chengshu.kernel.clock import Clock, VirtualClock
from chengshu.kernel.errors import Findings, Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.rules.dmn import DmnError, Model, Outcome

NEWEST = datetime.max.replace(tzinfo=UTC)


class Rule:
    """One rule of a scenario, ``rules/severity.dmn`` say, with all its versions."""

    def __init__(
        self,
        scenario: Scenario,
        file: str,
        path: Path,
        zone: tzinfo,
        offered: Around,
        first: bytes | None = None,
    ) -> None:
        """``first`` is the text of one that began from nothing and has no file."""
        self.scenario = scenario
        self.file = file
        self.path = path
        self.zone = zone
        self.offered = offered
        self.names = {
            **read_names(scenario.folder / "rules" / "names.yaml"),
            **read_names(scenario.overlay / "rules" / "names.yaml"),
        }
        self.fresh = first is not None
        self.files = tuple(file_versions(path, zone)) if first is None else (Version("", first, path),)
        self.published: tuple[Version, ...] = ()
        self.clock: Clock | None = None
        self._models: dict[str, Model] = {}
        for version in self.files:
            self.model(version)

    @property
    def name(self) -> str:
        """The file's name without folder and ending."""
        return Path(self.file).stem

    def called(self, name: str) -> Text:
        """What a table, column, input or reason is called on screen; itself where nothing is declared."""
        return self.names.get(name) or Text.of(name)

    def versions(self, until: datetime | None = None) -> tuple[Version, ...]:
        """All versions; ``until``: those that were there by then."""
        return (*self.files, *(one for one in self.published if until is None or _approved_by(one, until)))

    def version(self, name: str) -> Version:
        """A version by name. Raises Missing."""
        for version in self.versions():
            if version.name == name:
                return version
        known = ", ".join(version.name or "files" for version in self.versions())
        raise Missing(
            "rule-version-missing",
            f"{self.file} has no version {name!r}",
            where=self.scenario.id,
            remedy=f"versions: {known}",
        )

    def at(self, moment: datetime, until: datetime | None = None) -> Version:
        """The version that holds at a moment. Raises Missing."""
        if moment == NEWEST:
            return self.versions()[-1]
        return in_force(self.versions(until), moment, f"{self.scenario.id}/{self.file}")

    def model(self, version: Version) -> Model:
        """The compiled model of a version."""
        found = self._models.get(version.hash)
        if found is None:
            found = self._models[version.hash] = parse_model(version.data, version.path)
        return found

    def context(self, moment: datetime) -> dict[str, Any]:
        """The settings and parameters of the moment's day, in the city's zone."""
        day = moment.date() if moment == NEWEST else moment.astimezone(self.zone).date()
        return self.offered.context(day)

    def decide(self, name: str, context: Mapping[str, Any]) -> Outcome:
        """The value of a decision by the rules of this moment; its matches name the version.

        Without a clock (no hub is running) the newest version decides. Raises DmnError for an unknown
        decision, Missing when no version holds.
        """
        moment = NEWEST if self.clock is None else self.clock.now()
        return self.decide_with(self.at(moment), name, context, moment)

    def decide_with(
        self,
        version: Version,
        name: str,
        context: Mapping[str, Any],
        moment: datetime,
        *,
        near: bool = False,
        known: Mapping[str, Any] = MappingProxyType({}),
    ) -> Outcome:
        """As :meth:`decide` by a given version, with the settings, parameters and clock of ``moment``.

        ``known`` has values of other decisions of the model that are not to be decided again.
        """
        clock = None if moment == NEWEST else VirtualClock(moment)
        given = {**self.context(moment), **context}
        outcome = self.model(version).decide(name, given, clock=clock, near=near, known=known)
        if not version.name:
            return outcome
        return replace(
            outcome,
            matched=tuple(
                replace(match, version=version.name, rule_id=f"{match.rule_id or match.rule}@{version.name}")
                for match in outcome.matched
            ),
        )


def _approved_by(version: Version, moment: datetime) -> bool:
    signature = version.change.approved if version.change is not None else None
    return signature is not None and signature.at <= moment


def rules_of(city: City) -> dict[tuple[str, str], Rule]:
    """Every rule of the installed scenarios by scenario and file. Raises Invalid with every mistake."""
    found: dict[tuple[str, str], Rule] = {}
    findings = Findings()
    for scenario in city.scenarios.values():
        offered = Around(nested(scenario.settings), around(scenario.folder).parameters)
        for file, path in rule_paths(scenario).items():
            try:
                found[scenario.id, file] = Rule(scenario, file, path, city.zone, offered)
            except DmnError as error:
                fault = placed(error, path).fault
                findings.add(fault.code, fault.detail, where=fault.where, remedy=fault.remedy)
            except Invalid as error:
                fault = error.fault
                findings.add(fault.code, fault.detail, where=fault.where, remedy=fault.remedy)
    findings.raise_any()
    return found


def take_publications(rules: Mapping[tuple[str, str], Rule], changes: Iterable[RuleChange]) -> None:
    """Let the rules know what was published; what names a rule that is installed no longer waits for it."""
    by_rule: dict[tuple[str, str], list[RuleChange]] = {}
    for change in changes:
        by_rule.setdefault((change.scenario, change.file), []).append(change)
    for key, rule in rules.items():
        rule.published = tuple(published(by_rule.get(key, ()), rule.path))


def fresh_rules(
    city: City, rules: Mapping[tuple[str, str], Rule], begun: Mapping[tuple[str, str], bytes]
) -> dict[tuple[str, str], Rule]:
    """Rules that began from nothing in the running hub; one that has a file by now is that file's."""
    return {
        (scenario, file): Rule(
            city.scenarios[scenario],
            file,
            city.scenarios[scenario].overlay / file,
            city.zone,
            Around(
                nested(city.scenarios[scenario].settings), around(city.scenarios[scenario].folder).parameters
            ),
            data,
        )
        for (scenario, file), data in begun.items()
        if scenario in city.scenarios and (scenario, file) not in rules
    }
