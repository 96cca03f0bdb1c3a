"""All scenarios' twins behind one face, for rooms that ask by scenario."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chengshu.foundation.twins.model import Drying, Proposal
from chengshu.foundation.twins.outlook import drying
from chengshu.foundation.twins.room import Twins


class Foresight:
    """All twins behind one face, for rooms that ask by scenario; a scenario without a twin has no answers."""

    def __init__(self, twins: Mapping[str, Twins]) -> None:
        self._twins = twins

    def benefits(
        self, scenario: str, nodes: Sequence[str], unit_capacity: float, max_units: int
    ) -> Mapping[str, Sequence[float]]:
        """For each node the m3 avoided by the first, second … mobile unit; nodes not computed are absent."""
        twin = self._twins.get(scenario)
        if twin is None:
            return {}
        found: dict[str, list[float]] = {}
        answers = twin.benefits(nodes, unit_capacity, max_units)
        for benefit in sorted(answers, key=lambda b: (b.site, b.units)):
            found.setdefault(benefit.site, []).append(benefit.avoided_m3)
        return found

    def controls(self, scenario: str) -> Sequence[Proposal]:
        """Settings worth changing now, the best first."""
        twin = self._twins.get(scenario)
        return [] if twin is None else twin.proposals()

    def volumes(self, scenario: str, start: datetime, end: datetime) -> Mapping[str, Any] | None:
        """Flooded volumes between two moments, as they were and without actions; None when not known."""
        twin = self._twins.get(scenario)
        return None if twin is None else twin.volumes(start, end)

    def dry_by(self, scenario: str, entities: Collection[str], at: datetime | None = None) -> Drying | None:
        """From when on the newest forecast (of that moment) has these places dry in nine of ten futures; None
        when it is over, says nothing of them, or there is no twin."""
        twin = self._twins.get(scenario)
        record = twin.forecast(at) if twin is not None else None
        if record is None or (at is not None and at > record.at + timedelta(seconds=record.horizon_s)):
            return None
        return drying(record, entities)
