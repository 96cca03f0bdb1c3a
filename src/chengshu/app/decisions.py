"""The decisions of the installed scenarios by name, by the rules of the moment, for plans that ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.foundation.city import City
from chengshu.foundation.rulebook.standing import NEWEST, rules_of
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
        for rule in self.rules.values():
            rule.clock = clock

    def decide(self, key: str, name: str, context: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        """The value of decision ``name``, and why: the file and version, what it saw, the rows that decided.

        Raises :class:`Missing` when no rule has it, or none holds at the moment.
        """
        moment = NEWEST if self.clock is None else self.clock.now()
        for rule in self.rules.values():
            version = rule.at(moment)
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
