"""The decisions of the installed scenarios, by name, for plans that ask for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.foundation.city import City
from chengshu.foundation.city.model import Scenario
from chengshu.kernel.errors import Findings, Missing
from chengshu.rules.dmn import DmnError, Model, read_model


def rule_files(scenario: Scenario) -> list[Any]:
    """The DMN files of a scenario; the overlay's file wins over the package's of the same name."""
    names = {
        path.name for folder in (scenario.folder, scenario.overlay) for path in folder.glob("rules/*.dmn")
    }
    found = [scenario.file(f"rules/{name}") for name in sorted(names)]
    return [path for path in found if path is not None]


class Decisions:
    """Finds a decision by its name in all installed DMN models."""

    def __init__(self, city: City) -> None:
        self._models: list[Model] = []
        findings = Findings()
        for scenario in city.scenarios.values():
            for path in rule_files(scenario):
                try:
                    self._models.append(read_model(path.read_bytes()))
                except DmnError as error:
                    findings.add(
                        error.fault.code,
                        error.fault.detail,
                        where=f"{path}: {error.fault.where}",
                        remedy=error.fault.remedy,
                    )
        findings.raise_any()

    def decide(self, key: str, name: str, context: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        """The value of decision ``name`` and why. Raises :class:`Missing` when no model has it."""
        for model in self._models:
            if name in model.by_name:
                outcome = model.decide(name, context)
                return outcome.value, {"decision": name, "matched": [str(match) for match in outcome.matched]}
        raise Missing(
            "decision-missing",
            f"plan {key!r} asks for the decision {name!r}, which no rule file has",
            where=name,
            remedy="add it to a DMN file in the scenario's rules/",
        )
