"""What of a question for observations can be said to the store: the order, and a span of time.

Both are read off the text: only terms that all must hold bound the span, and the filter is asked again.
"""

from __future__ import annotations

import re
from typing import Literal

from chengshu.foundation.broker.query.moments import moment_of
from chengshu.surfaces.sensorthings.node import Span

_TERM = re.compile(r"phenomenonTime\s+(gt|ge|lt|le|eq)\s+'?([0-9T:.Z+-]+)'?")
_ORDER = re.compile(r"phenomenonTime(?:\s+(asc|desc))?")


def order_of(text: str) -> Literal["asc", "desc"] | None:
    """How observations are to be read; None when they must be put in order afterwards."""
    found = _ORDER.fullmatch(text.strip()) if text else None
    if found is None:
        return None if text else "asc"
    return "desc" if found[1] == "desc" else "asc"


def span_of(text: str) -> Span:
    """A span that holds every observation which the filter lets through."""
    if not text or "'" in re.sub(r"'[0-9T:.Z+-]*'", "", text) or re.search(r"\b(or|not)\b|\(", text):
        return Span()
    low: int | None = None
    high: int | None = None
    for part in re.split(r"\s+and\s+", text.strip()):
        found = _TERM.fullmatch(part.strip())
        moment = moment_of(found[2]) if found else None
        if found is None or moment is None or moment[0]:
            continue
        at = moment[1] // 1000
        if found[1] in {"gt", "ge", "eq"}:
            low = at - 1 if low is None else max(low, at - 1)
        if found[1] in {"lt", "le", "eq"}:
            high = at + 2 if high is None else min(high, at + 2)
    return Span(low, high)
