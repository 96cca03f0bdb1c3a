"""Choices compared by running the model: what a plan, a pump truck or a setting would avoid.

All comparisons run the same few futures (members that stand for the whole ensemble) with and without the
choice; the difference of the flooded volumes, averaged, is what it avoids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from chengshu.foundation.twins.declared import Advice
from chengshu.foundation.twins.model import Alternative, Benefit, NodeForecast, Outcome, Proposal
from chengshu.foundation.twins.outlook import Futures
from chengshu.foundation.twins.taken import MOBILE
from chengshu.foundation.twins.wiring import Device
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.ports.twin import Action, Actuator, Floats, Run, Twin

_BENEFIT = Text(
    "Unit {rank} with {flow} m³/s at {site} avoids about {avoided} m³ of flooding (mean of {members} runs)",
    "在{site}投入第{rank}台（{flow} m³/s），预计减少积水约{avoided} m³（{members}个预报成员平均）",
    "在{site}投入第{rank}臺（{flow} m³/s），預計減少積水約{avoided} m³（{members}個預報成員平均）",
)


def compare(twin: Twin, futures: Futures, plans: Sequence[Alternative], spec: Advice) -> list[Outcome]:
    """The outcome of each plan, over ``spec.members`` futures; plans are compared with doing nothing more."""
    runs = futures.chosen(spec.members)
    volumes = _volumes(twin, futures, runs, [(), *(plan.actions for plan in plans)])
    idle = volumes[0].mean()
    return [
        Outcome(plan.name, float(v.mean()), float(v.max()), float(idle - v.mean()), len(runs))
        for plan, v in zip(plans, volumes[1:], strict=True)
    ]


def unit_benefits(
    twin: Twin,
    futures: Futures,
    forecasts: Mapping[str, NodeForecast],
    sites: Sequence[str],
    unit_capacity: float,
    max_units: int,
    spec: Advice,
) -> list[Benefit]:
    """What the first, second … unit of ``unit_capacity`` m3/s avoids at each node, each beyond those before.

    Sites that are no pump sites of the twin are left out. When there are more sites than runs allow, those
    with the largest forecast volume are computed. A site below the declared probability is worth nothing.
    """
    actuators = {site: twin.spec().actuator(f"{MOBILE}{site}") for site in sites}
    known = [site for site in dict.fromkeys(sites) if actuators[site] is not None]
    likely = [site for site in known if _probability(forecasts, site) >= spec.probability_from]
    asked = sorted(likely, key=lambda site: (-_volume(forecasts, site), site))
    asked = asked[: max(1, spec.runs // max(max_units, 1))]
    benefits = [
        _benefit(site, rank, 0.0, forecasts, unit_capacity, 0)
        for site in known
        if site not in likely
        for rank in range(1, max_units + 1)
    ]
    if asked:
        per_future = len(asked) * max_units + 1
        runs = futures.chosen(max(1, min(spec.members, spec.runs // per_future)))
        benefits += _marginal(twin, futures, runs, asked, actuators, forecasts, unit_capacity, max_units)
    return sorted(benefits, key=lambda b: (-b.avoided_m3, b.site, b.units))


def _marginal(
    twin: Twin,
    futures: Futures,
    runs: Sequence[Run],
    sites: Sequence[str],
    actuators: Mapping[str, Actuator | None],
    forecasts: Mapping[str, NodeForecast],
    unit_capacity: float,
    max_units: int,
) -> list[Benefit]:
    standing = _held(twin, runs)
    plans: list[tuple[Action, ...]] = [()]
    for site in sites:
        actuator = actuators[site]
        assert actuator is not None  # noqa: S101  filtered before
        base = standing.get(actuator.element, 0.0)
        plans += [
            (Action(actuator.element, min(base + rank * unit_capacity, actuator.high)),)
            for rank in range(1, max_units + 1)
        ]
    volumes = [float(v.mean()) for v in _volumes(twin, futures, runs, plans)]
    benefits = []
    for at, site in enumerate(sites):
        before = volumes[0]
        for rank in range(1, max_units + 1):
            after = volumes[1 + at * max_units + rank - 1]
            benefits.append(
                _benefit(site, rank, max(before - after, 0.0), forecasts, unit_capacity, len(runs))
            )
            before = min(before, after)
    return benefits


def _benefit(
    site: str, rank: int, avoided: float, forecasts: Mapping[str, NodeForecast], flow: float, members: int
) -> Benefit:
    probability = _probability(forecasts, site)
    inputs = {"site": site, "rank": rank, "flow_m3_s": flow, "avoided_m3": avoided, "members": members}
    text = _BENEFIT.fill(rank=rank, flow=f"{flow:g}", site=site, avoided=f"{avoided:.0f}", members=members)
    return Benefit(site, rank, avoided, probability, Reason("twin.benefit", text, inputs))


def best_settings(
    twin: Twin, futures: Futures, devices: Sequence[Device], spec: Advice, now: Mapping[str, float]
) -> list[Proposal]:
    """Settings worth changing, the best first, each in addition to the ones before it (greedy).

    ``now`` are settings known to hold. A proposal must avoid more than ``spec.worth_m3``; the search ends
    when none does or the runs are used up.
    """
    choices = [
        Action(device.link, value)
        for device in devices
        if twin.spec().actuator(device.link) is not None
        for value in device.spec.propose
        if now.get(device.link) != value
    ]
    if not choices:
        return []
    per_round = len(choices) + 1
    runs = futures.chosen(max(1, min(spec.members, spec.runs // per_round)))
    left = max(spec.runs, per_round * len(runs))
    found: list[Proposal] = []
    chosen: tuple[Action, ...] = ()
    while choices and left >= (len(choices) + 1) * len(runs):
        volumes = _volumes(twin, futures, runs, [chosen, *((*chosen, choice) for choice in choices)])
        left -= (len(choices) + 1) * len(runs)
        gains = [float((volumes[0] - v).mean()) for v in volumes[1:]]
        best = int(np.argmax(gains))
        if gains[best] <= spec.worth_m3:
            break
        choice = choices[best]
        assert choice.value is not None  # noqa: S101  settings only
        worse = max(float((v - volumes[0]).max()) for v in (volumes[1 + best],))
        why = {"flooded_m3": float(volumes[0].mean()), "members": len(runs), "worst_change_m3": worse}
        found.append(Proposal(choice.element, choice.value, gains[best], why))
        chosen = (*chosen, choice)
        choices = [other for other in choices if other.element != choice.element]
    return found


def _volumes(
    twin: Twin, futures: Futures, runs: Sequence[Run], plans: Sequence[tuple[Action, ...]]
) -> list[Floats]:
    """Flooded volume of every plan in every future. What these futures were asked before is not run again:
    dispatch asks about other sites, and control about other settings, with much the same actions."""
    jobs = [replace(run, actions=(*run.actions, *plan)) for plan in plans for run in runs]
    keys = [(id(job.rain), job.actions) for job in jobs]  # a member's rain is its own; ``futures`` keeps it
    known = futures.volumes
    new = {key: job for key, job in zip(keys, jobs, strict=True) if key not in known}
    for key, trace in zip(new, twin.simulate(list(new.values())), strict=True):
        known[key] = float(trace.flooded[-1].sum())
    return list(np.array([known[key] for key in keys]).reshape(len(plans), len(runs)))


def _held(twin: Twin, runs: Sequence[Run]) -> Mapping[str, float]:
    """What holds in the futures from their start on."""
    twin.restore(runs[0].start)
    given = {action.element: action.value for action in runs[0].actions if action.value is not None}
    return {**twin.settings(), **given}


def _probability(forecasts: Mapping[str, NodeForecast], site: str) -> float:
    return forecasts[site].probability if site in forecasts else 0.0


def _volume(forecasts: Mapping[str, NodeForecast], site: str) -> float:
    return forecasts[site].volume_m3 if site in forecasts else 0.0
