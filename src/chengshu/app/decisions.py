"""The decisions of the installed scenarios by name, by the rules of the moment, for plans that ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chengshu.foundation.city import City
from chengshu.foundation.rulebook.model import Version
from chengshu.foundation.rulebook.standing import NEWEST, Rule, rules_of
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Missing
from chengshu.rules.dmn.explain import plain


class Decisions:
    """Finds a decision by its name in the rules of all installed scenarios.

    ``clock`` says which versions hold; without one the newest do. Raises Invalid with every mistake in them.
    """

    def __init__(self, city: City, clock: Clock | None = None) -> None:
        self.rules = rules_of(city)
        self.clock = clock
        self.begun: Mapping[tuple[str, str], Rule] = {}
        for rule in self.rules.values():
            rule.clock = clock

    def take_begun(self, begun: Mapping[tuple[str, str], Rule]) -> None:
        """Let tables that began in the running hub decide too, from the moment their first version holds."""
        self.begun = begun
        for rule in begun.values():
            rule.clock = self.clock

    def _in_force(self, moment: datetime) -> Iterator[tuple[Rule, Version]]:
        """Every rule that has a version then; the text with which one began in the hub never decides."""
        for rule in (*self.rules.values(), *self.begun.values()):
            try:
                version = rule.at(moment)
            except Missing:
                continue
            if version.name or not rule.fresh:
                yield rule, version

    def decide(self, key: str, name: str, context: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        """The value of decision ``name``, and why: the file and version, what it saw, the rows that decided.

        Raises :class:`Missing` when no rule that holds at the moment has it.
        """
        moment = NEWEST if self.clock is None else self.clock.now()
        for rule, version in self._in_force(moment):
            model = rule.model(version)
            if name in model.by_name:
                outcome = rule.decide_with(version, name, context, moment)
                seen = {one: plain(context[one]) for one in model.inputs if one in context}
                return outcome.value, {
                    "decision": name,
                    "file": rule.file,
                    "version": version.name,
                    "inputs": seen,
                    "rows": [match.rule_id or str(match.rule) for match in outcome.matched],
                    "matched": [match.text.as_dict() for match in outcome.matched],
                }
        raise Missing(
            "decision-missing",
            f"plan {key!r} asks for the decision {name!r}, which no rule file has",
            where=name,
            remedy="add it to a DMN file in the scenario's rules/",
        )
