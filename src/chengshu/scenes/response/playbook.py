"""The scenario's response as read: dispatch.yaml, its DMN decisions and settings, ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from chengshu.foundation.city import Scenario
from chengshu.foundation.city.model import nested
from chengshu.foundation.context.model import EntityState
from chengshu.foundation.rulebook.standing import Rule
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.rules.dmn import Outcome
from chengshu.rules.feel import compile_expression
from chengshu.scenes.response.declared import Decision, ResponseFile, read_response


def plain_value(value: Any) -> Any:
    """A FEEL value as JSON-like data: numbers as floats, times as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


@dataclass(frozen=True)
class Playbook:
    """What dispatch.yaml and the rules of one scenario say."""

    scenario: Scenario
    declared: ResponseFile
    settings: Mapping[str, Any]
    rules: Mapping[str, Rule]  # by file; the version of the moment decides

    def severity(self, inputs: Mapping[str, Any]) -> tuple[Level, Reason]:
        """How bad the event is, by the severity decision. Raises :class:`Invalid` when it gives no level."""
        decision = self.declared.events.severity
        outcome = self._decide(decision, inputs)
        value = outcome.value
        said = value.get("reason") if isinstance(value, Mapping) else None
        word = value.get("level") if isinstance(value, Mapping) else value
        try:
            level = Level.parse(str(word))
        except ValueError:
            raise Invalid(
                "severity-no-level",
                f"the decision {decision.decision!r} gave {plain_value(value)!r}, which is no level",
                where=f"{self.scenario.id}: {decision.file}",
                remedy="let every row give one of blue, yellow, orange, red, and cover every input",
                inputs=plain_value(inputs),
            ) from None
        return level, _reason(decision, outcome, inputs, self._said(decision, said))

    def closed(self, inputs: Mapping[str, Any]) -> tuple[bool, Reason]:
        """Whether the closing decision holds; anything but true is no.

        Of lists of readings the reason has the length: ``counted`` names them, for who would replay it.
        """
        decision = self.declared.closing.decision
        outcome = self._decide(decision, inputs)
        value = outcome.value
        said = value.get("reason") if isinstance(value, Mapping) else None
        short = {
            key: f"{len(item)} readings" if isinstance(item, list) else item for key, item in inputs.items()
        }
        holds = (value.get("closed") if isinstance(value, Mapping) else value) is True
        reason = _reason(decision, outcome, short, self._said(decision, said))
        counted = sorted(key for key, item in inputs.items() if isinstance(item, list))
        return holds, replace(reason, inputs={**reason.inputs, "counted": counted})

    def _said(self, decision: Decision, said: Any) -> Text:
        """The sentence of the row that decided, in the languages that names.yaml has it in."""
        return self.rules[decision.file].called(str(said)) if said else Text()

    def _decide(self, decision: Decision, inputs: Mapping[str, Any]) -> Outcome:
        return self.rules[decision.file].decide(decision.decision, {**inputs, "settings": self.settings})

    def holds(self, expression: str, state: EntityState) -> bool:
        """Whether the FEEL condition holds for this entity as it is; unknown is no."""
        return _compiled(expression)(self._seen(state)) is True

    def number(self, expression: str, state: EntityState) -> float:
        """The FEEL expression as a number; 0 where it gives none."""
        value = _compiled(expression)(self._seen(state))
        return (
            float(value) if isinstance(value, Decimal | int | float) and not isinstance(value, bool) else 0.0
        )

    def evaluate(self, expression: str, context: Mapping[str, Any]) -> Any:
        """The FEEL expression over ``context`` and the settings, as plain data."""
        return plain_value(_compiled(expression)({**context, "settings": self.settings}))

    def _seen(self, state: EntityState) -> dict[str, Any]:
        values = dict(state.entity.attributes)
        values.update({name: reading.value for name, reading in state.readings.items()})
        return {**values, "id": state.entity.id, "area": state.entity.area, "settings": self.settings}


@cache
def _compiled(expression: str) -> Any:
    return compile_expression(expression)


def _reason(decision: Decision, outcome: Outcome, inputs: Mapping[str, Any], said: Text) -> Reason:
    """The decision as a reason: the sentence of the row that decided, and every row that matched."""
    rows = [
        {
            "table": m.table,
            "rule": m.rule_id or str(m.rule),
            "inputs": plain_value(m.inputs),
            "text": m.text.as_dict(),
        }
        for m in outcome.matched
    ]
    rule = f"{decision.file}#{decision.decision}"
    if outcome.matched:
        last = outcome.matched[-1]
        rule = f"{rule}#{last.rule_id or last.rule}"
        said = said if said.en else last.text
    return Reason(rule, said, {"inputs": plain_value(inputs), "rows": rows})


def read_playbook(scenario: Scenario, rules: Mapping[tuple[str, str], Rule]) -> Playbook | None:
    """The playbook of a scenario over its rules, or None when it has no dispatch.yaml (it only watches).

    Raises :class:`Invalid` or :class:`Missing` naming the file, the place and the remedy.
    """
    path = scenario.file("dispatch.yaml")
    if path is None:
        return None
    declared = read_response(path)
    used = {}
    for decision in (declared.events.severity, declared.closing.decision):
        if (rule := rules.get((scenario.id, decision.file))) is None:
            raise Missing(
                "rules-missing",
                f"{decision.file} does not exist",
                where=f"{path}: {decision.decision}",
                remedy="add the DMN file to the scenario, or correct the name",
            )
        used[decision.file] = rule
    return Playbook(scenario, declared, nested(scenario.settings), used)


def seconds(duration: timedelta | None) -> float | None:
    """A duration in seconds, or None."""
    return None if duration is None else duration.total_seconds()
