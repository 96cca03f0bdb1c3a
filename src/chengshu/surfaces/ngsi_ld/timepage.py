"""Temporal pagination: the range of time that a cut answer covers (clause 6.3.10)."""

from __future__ import annotations

from chengshu.foundation.broker.temporal import Ask
from chengshu.kernel.clock import from_millis, iso


def content_range(ask: Ask, first: int | None, last: int | None) -> str:
    """The ``Content-Range`` of an answer with instances from ``first`` to ``last`` (milliseconds).

    It runs as the answer is read, from where it was asked for; backwards with lastN, whose number it tells.
    """
    start, end = ask.span()
    if ask.last:
        begin, finish = end if end is not None else last, first
    else:
        begin, finish = start if start is not None else first, last
    return f"date-time {_said(begin)}-{_said(finish)}/{ask.last or '*'}"


def _said(moment: int | None) -> str:
    return iso(from_millis(moment or 0))
