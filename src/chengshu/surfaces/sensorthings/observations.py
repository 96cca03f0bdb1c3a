"""The instances of one attribute in time, read in portions, from the oldest or from the newest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from chengshu.foundation.broker.errors import ResourceNotFound
from chengshu.foundation.broker.model import Attribute
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.temporal import Ask
from chengshu.surfaces.sensorthings.node import Span

_PORTION = 1000
_ALL = 2**31 - 1


class Series(NamedTuple):
    """One attribute and dataset of one entity; ``observed``: its instances say when."""

    tenant: str
    entity: str
    name: str
    dataset: str
    observed: bool


def observations(
    queries: BrokerQueries, series: Series, span: Span, *, newest_first: bool
) -> Iterator[tuple[int, Attribute]]:
    """Moments (milliseconds) and instances in order."""
    low, high = span
    while low is None or high is None or low + 1 < high:
        try:
            found = queries.evolution(series.tenant, series.entity, _ask(series, low, high, newest_first))
        except ResourceNotFound:
            return
        items = [(_time(item, series), item) for item in found.entity.attributes.get(series.name, ())]
        items.sort(key=lambda pair: pair[0], reverse=newest_first)
        yield from items
        if not found.cut or not items:
            return
        if newest_first:
            high = items[-1][0]
        else:
            low = items[-1][0]


def _ask(series: Series, low: int | None, high: int | None, newest_first: bool) -> Ask:
    ask = Ask(
        property="observedAt" if series.observed else "modifiedAt",
        attributes=(series.name,),
        datasets=(series.dataset,),
        last=_ALL if newest_first else 0,
        most=_PORTION,
    )
    if low is not None and high is not None:
        return replace(ask, relation="between", at=low, end=high)
    if low is not None:
        return replace(ask, relation="after", at=low)
    return ask if high is None else replace(ask, relation="before", at=high)


def _time(item: Attribute, series: Series) -> int:
    return millis_of(item.observed_at) if series.observed else item.modified_at
