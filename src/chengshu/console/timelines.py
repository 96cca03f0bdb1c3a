"""A timeline in few lines: many of the same within a minute stand together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from chengshu.console.model import TimelineItem

_FEW = 3  # so many of one kind in a minute are folded


def in_runs(items: Iterable[TimelineItem]) -> list[Sequence[TimelineItem]]:
    """The items in their order, each alone, or :data:`_FEW` and more of one action within a minute together:
    the worst of them first, and where the first of them stood."""
    found: list[Sequence[TimelineItem]] = []
    for _, minute in groupby(items, key=lambda item: item.at.replace(second=0, microsecond=0)):
        same: dict[str, list[TimelineItem]] = {}
        within = list(minute)
        for item in within:
            same.setdefault(item.action, []).append(item)
        for item in within:
            like = same[item.action]
            if not item.action or len(like) < _FEW:
                found.append((item,))
            elif item is like[0]:
                found.append(sorted(like, key=lambda one: -int(one.level or 0)))
    return found
