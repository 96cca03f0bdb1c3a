"""The rule book of a running hub: opened with it, known to its decisions, and told of every publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chengshu.app.hub import Hub
from chengshu.foundation.processes import queries as processes
from chengshu.foundation.rulebook.checking import (
    Checks,
    Tried,
    all_cases,
    check,
    replayable,
    try_cases,
)
from chengshu.foundation.rulebook.commands import RuleBook
from chengshu.foundation.rulebook.export import exported
from chengshu.foundation.rulebook.model import KeptCase, Version
from chengshu.foundation.rulebook.queries import (
    Decided,
    all_kept_cases,
    begun_rules,
    kept_cases,
    past_decisions,
    publications,
)
from chengshu.foundation.rulebook.standing import Rule, fresh_rules, take_publications
from chengshu.kernel.errors import Missing
from chengshu.rules.dmn import Outcome

PAST = 200
"""Past decisions that a change is held against."""
_PLANS = 50
_FRESH = timedelta(minutes=1)


@dataclass
class RuleDesk:
    """The rules of the running hub with what was published here."""

    hub: Hub
    book: RuleBook
    rules: Mapping[tuple[str, str], Rule]
    _tried: dict[tuple[Any, ...], tuple[Tried, ...]] = field(default_factory=dict)
    _kept: dict[tuple[str, str, str], tuple[datetime, Sequence[Decided]]] = field(default_factory=dict)

    def refresh(self) -> None:
        """Let the rules know what is published now."""
        with self.hub.database.read() as connection:
            begun = fresh_rules(self.hub.city, self.hub.decisions.rules, begun_rules(connection))
            self.rules = {**self.hub.decisions.rules, **begun}
            take_publications(self.rules, publications(connection))
        self.hub.decisions.take_begun(begun)

    def rule(self, scenario: str, name: str) -> Rule:
        """A rule by scenario and name (without folder and ending). Raises Missing."""
        for rule in self.rules.values():
            if rule.scenario.id == scenario and rule.name == name:
                return rule
        known = ", ".join(sorted(rule.name for rule in self.rules.values() if rule.scenario.id == scenario))
        raise Missing(
            "rule-missing",
            f"{scenario!r} has no rule {name!r}",
            where=f"{scenario}/{name}",
            remedy=f"its rules: {known or 'none'}",
        )

    def tried(self, rule: Rule, version: Version, moment: datetime) -> tuple[Tried, ...]:
        """The cases of a rule by a version, remembered until a file of cases changes or the day does."""
        folders = (rule.scenario.folder, rule.scenario.overlay)
        files = [path for folder in folders for path in sorted((folder / "cases").glob("*.yaml"))]
        stamps = tuple(path.stat().st_mtime_ns for path in files)
        day = moment.astimezone(rule.zone).date()
        kept = self.kept(rule)
        key = (rule.scenario.id, rule.file, version.hash, day, stamps, tuple(one.id for one in kept))
        if key not in self._tried:
            if len(self._tried) > 500:
                self._tried.clear()
            since = moment if version.since is None else version.since
            self._tried[key] = try_cases(rule, all_cases(rule, kept), version, moment, since)
        return self._tried[key]

    def check(self, rule: Rule, new: Version, old: Version, moment: datetime) -> Checks:
        """All checks of a change against what holds, cases and past decisions."""
        with self.hub.database.read() as connection:
            past = [(name, self._past(connection, rule, name, moment)) for name in rule.model(new).decisions]
        return check(rule, new, old, past, moment, moment, self.kept(rule))

    def kept(self, rule: Rule) -> list[KeptCase]:
        """The past decisions of a rule that were kept as cases."""
        with self.hub.database.read() as connection:
            return kept_cases(connection, rule.scenario.id, rule.file)

    def files(self, moment: datetime) -> dict[Path, bytes]:
        """What was published and kept here, as the files of a city's ``overlays``."""
        with self.hub.database.read() as connection:
            changes, cases = publications(connection), all_kept_cases(connection)
            begun = begun_rules(connection)
        return exported(self.rules, changes, cases, begun, Path("overlays"), moment)

    def past(self, rule: Rule, decision: str, moment: datetime, most: int) -> list[tuple[Decided, Outcome]]:
        """The newest past decisions that can become cases, each with how it comes out again."""
        with self.hub.database.read() as connection:
            found = self._past(connection, rule, decision, moment)
        return replayable(rule, decision, [one for one in found if one.seq], most)

    def _past(self, connection: Connection, rule: Rule, name: str, before: datetime) -> Sequence[Decided]:
        """What the hub decided by a rule up to a moment; asked anew once a minute, not at each edit."""
        key = (rule.scenario.id, rule.file, name)
        known = self._kept.get(key)
        if known is None or not timedelta(0) <= before - known[0] < _FRESH:
            known = self._kept[key] = (before, self._decided(connection, rule, name, before))
        return known[1]

    def _decided(self, connection: Connection, rule: Rule, name: str, before: datetime) -> Sequence[Decided]:
        """For events as journalled, for plans as their history keeps it; the newest first."""
        found = past_decisions(connection, rule.file, name, before, PAST)
        for instance in processes.instances(connection, limit=_PLANS):
            for mark in processes.picture(connection, instance.id, before).marks:
                note = mark.note or {}
                if note.get("file") == rule.file and note.get("decision") == name:
                    rows = tuple(str(row).partition("@")[0] for row in note.get("rows", ()))
                    found.append(Decided(0, mark.entered_at, name, dict(note.get("inputs", {})), rows, {}))
        return sorted(found, key=lambda one: one.at, reverse=True)[:PAST]


def open_desk(hub: Hub) -> RuleDesk:
    """The rule book on a hub's data; from now on the hub decides by what is published in it."""
    desk = RuleDesk(hub, RuleBook(hub.database, hub.clock, hub.ids), hub.decisions.rules)
    desk.refresh()
    return desk
