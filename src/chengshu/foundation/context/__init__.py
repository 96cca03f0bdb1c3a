"""The context: what the city is and what is measured in it, now and then."""

from chengshu.foundation.context.batch import decode_batch, encode_batch
from chengshu.foundation.context.commands import Context, SeriesKey
from chengshu.foundation.context.feed import HistoryFeed
from chengshu.foundation.context.model import (
    Batch,
    Columns,
    Entity,
    EntityState,
    Observation,
    Reading,
    Series,
)
from chengshu.foundation.context.queries import ContextQueries, Silence
from chengshu.foundation.context.registry import SeriesRegistry

__all__ = [
    "Batch",
    "Columns",
    "Context",
    "ContextQueries",
    "Entity",
    "EntityState",
    "HistoryFeed",
    "Observation",
    "Reading",
    "Series",
    "SeriesKey",
    "SeriesRegistry",
    "Silence",
    "decode_batch",
    "encode_batch",
]
