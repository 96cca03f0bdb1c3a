"""What people who run sensors ask and NGSI-LD has no operation for: the newest values of an area, and who is
silent.
"""

from __future__ import annotations

import msgspec

from chengshu.foundation.broker.mirror import expanded, reading
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.context import ContextQueries
from chengshu.kernel.clock import Clock, millis


class Silent(msgspec.Struct, frozen=True):
    """An entity whose attribute was not updated in time; ``last`` (milliseconds) is None for never."""

    entity: str
    last: int | None
    seconds: float | None


class SensorQueries:
    """Extensions beside the operations of the standard."""

    def __init__(self, queries: BrokerQueries, context: ContextQueries, clock: Clock) -> None:
        self._queries = queries
        self._context = context
        self._clock = clock

    def latest(self, area: str, *, type_: str | None = None, attribute: str | None = None) -> list[Entity]:
        """The newest value of every sensor of the hub in an area and those below it, one entity each, by id.

        ``type_`` and ``attribute`` are the hub's names.
        """
        found: dict[str, dict[str, tuple[Attribute, ...]]] = {}
        types: dict[str, str] = {}
        for item in self._context.latest(area=area, type_=type_, attribute=attribute):
            series = item.series
            types[series.entity] = series.type
            value = reading(series, millis(item.observed_at), item.value)
            found.setdefault(series.entity, {})[expanded(series.attribute)] = (value,)
        return [
            Entity(name, (expanded(types[name]),), attributes=attributes)
            for name, attributes in sorted(found.items())
        ]

    def silent(self, tenant: str, query: Query, attribute: str, seconds: float) -> list[Silent]:
        """Entities that meet the query and whose attribute (expanded) was not updated for so long, or never
        came, the longest silent first.

        An update is the newest ``observedAt`` of the attribute's instances, or the time of writing where
        none was said. Raises :class:`NonexistentTenant`.
        """
        now = millis(self._clock.now())
        found: list[Silent] = []
        for entity in self._queries.each(tenant, query):
            times = [_moment(item) for item in entity.attributes.get(attribute, ())]
            last = max(times, default=None)
            if last is None:
                found.append(Silent(entity.id, None, None))
            elif now - last > seconds * 1000:
                found.append(Silent(entity.id, last, (now - last) / 1000))
        return sorted(found, key=lambda item: (item.last is not None, item.last or 0, item.entity))


def _moment(item: Attribute) -> int:
    return millis_of(item.observed_at) if item.observed_at else item.modified_at
