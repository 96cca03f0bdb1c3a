"""What may be asked of a twin, checked before any process is troubled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from chengshu.kernel.errors import Findings, Invalid
from chengshu.ports.twin import Action, Rain, Run, TwinSpec

_HEAVIEST_MM_H = (
    1000.0  # above any rain ever measured over a minute's scale of use; a unit mistake shows here
)


def whole_seconds(now: datetime, until: datetime) -> int:
    """From ``now`` to ``until``. Raises :class:`Invalid` when that is not a positive whole number."""
    seconds = (until - now).total_seconds()
    if seconds <= 0 or seconds != int(seconds):
        raise Invalid(
            "twin-time",
            f"the twin stands at {now.isoformat()} and cannot step to {until.isoformat()}",
            remedy="step forward by whole seconds; restore a snapshot to go back",
        )
    return int(seconds)


def forcing(spec: TwinSpec, rates: Mapping[str, float]) -> None:
    """Every gauge has rain and every rain a gauge."""
    findings = Findings()
    if missing := [gauge for gauge in spec.gauges if gauge not in rates]:
        findings.add(
            "twin-rain-missing",
            f"no rain is given for {', '.join(missing)}",
            where=spec.id,
            remedy="give mm/h for every gauge of the twin, 0 where it is dry",
        )
    if unknown := [gauge for gauge in rates if gauge not in spec.gauges]:
        findings.add(
            "twin-gauge-unknown",
            f"the twin has no gauge {', '.join(unknown)}",
            where=spec.id,
            remedy=f"its gauges are {', '.join(spec.gauges)}",
        )
    for gauge, rate in rates.items():
        if not 0 <= rate <= _HEAVIEST_MM_H:
            findings.add(
                "twin-rain-value",
                f"rain at {gauge} is {rate} mm/h",
                where=spec.id,
                remedy=f"give 0 to {_HEAVIEST_MM_H:.0f} mm/h",
            )
    findings.raise_any()


def run(spec: TwinSpec, one: Run) -> None:
    """A run lies within the spec. Raises :class:`Invalid` with everything that does not."""
    findings = Findings()
    _rain(spec, one.rain, findings)
    if one.sample_s <= 0:
        findings.add(
            "twin-sample",
            f"sampling every {one.sample_s} s is not possible",
            where=spec.id,
            remedy="sample every 60 s or more",
        )
    for action in one.actions:
        _action(spec, action, one.rain.seconds, findings)
    findings.raise_any()


def _rain(spec: TwinSpec, rain: Rain, findings: Findings) -> None:
    shape = (rain.values.ndim, rain.values.shape[-1] if rain.values.ndim else 0)
    if shape != (2, len(rain.gauges)) or rain.seconds <= 0 or rain.step_s <= 0:
        findings.add(
            "twin-rain-shape",
            f"the rain has shape {rain.values.shape} for {len(rain.gauges)} gauges",
            where=spec.id,
            remedy="give one row per interval and one column per gauge",
        )
        return
    if missing := [gauge for gauge in spec.gauges if gauge not in rain.gauges]:
        findings.add(
            "twin-rain-missing",
            f"no rain is given for {', '.join(missing)}",
            where=spec.id,
            remedy="give mm/h for every gauge of the twin, 0 where it is dry",
        )
    # negated so that NaN is refused too
    if rain.values.size and not bool(np.all((rain.values >= 0) & (rain.values <= _HEAVIEST_MM_H))):
        findings.add(
            "twin-rain-value",
            "the rain has values that are negative, absurd or not numbers",
            where=spec.id,
            remedy=f"give 0 to {_HEAVIEST_MM_H:.0f} mm/h",
        )


def _action(spec: TwinSpec, action: Action, seconds: int, findings: Findings) -> None:
    actuator = spec.actuator(action.element)
    if actuator is None:
        findings.add(
            "twin-action-unknown",
            f"the twin has nothing to set called {action.element!r}",
            where=spec.id,
            remedy="name a pump, orifice, weir or outlet of the model, or mobile:<declared site>",
        )
        return
    if action.value is not None and not actuator.low <= action.value <= actuator.high:
        findings.add(
            "twin-action-bounds",
            f"{action.element} cannot be set to {action.value} {actuator.unit}",
            where=spec.id,
            remedy=f"its bounds are {actuator.low:g} to {actuator.high:g} {actuator.unit}",
        )
    if not 0 <= action.after_s < seconds:
        findings.add(
            "twin-action-time",
            f"the action on {action.element} lies {action.after_s} s into a run of {seconds} s",
            where=spec.id,
            remedy="let it happen within the run",
        )
    if action.value is None and action.after_s:
        findings.add(
            "twin-action-release",
            f"{action.element} can only be given back at the start of a run",
            where=spec.id,
            remedy="end the run there and give it back at the start of the next",
        )


def ensemble(rain: Sequence[Rain]) -> None:
    """At least one member, all of one length."""
    if not rain or len({one.seconds for one in rain}) != 1:
        raise Invalid(
            "twin-ensemble",
            "an ensemble needs members of one and the same horizon",
            remedy="give every member rain of the same length",
        )
