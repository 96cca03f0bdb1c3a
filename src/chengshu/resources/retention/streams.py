"""What retention finds of the hub's own streams: what each source brought, a month at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from chengshu.foundation.context import decode_batch
from chengshu.foundation.context.forgetting import Past
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.durations import add_wall
from chengshu.resources.retention.model import Item, Outcome, chained

PREFIX = "urn:chengshu:resource:hub:stream:"


class StreamHolding:
    """Months of a stream, by when the values came (UTC): ``2026-05``. A month counts from its end.

    The digest is over the batches as they came; the journal has that of each of them since they came.
    """

    name = "streams"

    def __init__(self, past: Past) -> None:
        self._past = past

    def entries(self) -> Sequence[str]:
        return [f"{PREFIX}{source}" for source in self._past.sources()]

    def items(self, entry: str, before: int) -> Sequence[Item]:
        if not entry.startswith(PREFIX):
            return []
        found = []
        batches = self._past.batches(entry.removeprefix(PREFIX), 0, before)
        for month, group in groupby(batches, key=lambda batch: _month(batch[0])):
            _, end = _span(month)
            if end <= before:
                counts: list[int] = []
                digest = chained("", _counted(group, counts))
                found.append(Item(self.name, month, digest, sum(counts), end - 1))
        return found

    def destroy(self, entry: str, item: Item) -> Outcome:
        self._past.forget(entry.removeprefix(PREFIX), *_span(item.name))
        return "destroyed"

    def holds(self, entry: str, item: Item) -> bool:
        left = self._past.batches(entry.removeprefix(PREFIX), *_span(item.name))
        return next(left, None) is not None


def _counted(batches: Iterable[tuple[int, bytes]], counts: list[int]) -> Iterator[bytes]:
    """The bytes of batches one by one, while the values in each are noted."""
    for _, payload in batches:
        counts.append(len(decode_batch(payload)))
        yield payload


def _month(at: int) -> str:
    return from_millis(at).strftime("%Y-%m")


def _span(month: str) -> tuple[int, int]:
    """The month's first moment, and that of the next (ms)."""
    year, number = map(int, month.split("-"))
    start = datetime(year, number, 1, tzinfo=UTC)
    return millis(start), millis(add_wall(start, 1, 0))
