"""The range of time that a cut temporal answer covers (clause 6.3.10)."""

import pytest

from chengshu.foundation.broker.temporal import Ask
from chengshu.surfaces.ngsi_ld.timepage import content_range

MINUTE = 60_000


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (Ask(), "date-time 1970-01-01T00:02:00Z-1970-01-01T00:05:00Z/*"),
        (Ask("after", at=0), "date-time 1970-01-01T00:00:00Z-1970-01-01T00:05:00Z/*"),
        (Ask("before", at=9 * MINUTE), "date-time 1970-01-01T00:02:00Z-1970-01-01T00:05:00Z/*"),
        (Ask("between", 0, 9 * MINUTE), "date-time 1970-01-01T00:00:00Z-1970-01-01T00:05:00Z/*"),
        (Ask(last=7), "date-time 1970-01-01T00:05:00Z-1970-01-01T00:02:00Z/7"),
        (Ask("after", at=0, last=7), "date-time 1970-01-01T00:05:00Z-1970-01-01T00:02:00Z/7"),
        (Ask("before", at=9 * MINUTE, last=7), "date-time 1970-01-01T00:09:00Z-1970-01-01T00:02:00Z/7"),
        (Ask("between", 0, 9 * MINUTE, last=7), "date-time 1970-01-01T00:09:00Z-1970-01-01T00:02:00Z/7"),
    ],
)
def test_the_range_runs_as_the_answer_is_read(ask: Ask, expected: str) -> None:
    assert content_range(ask, 2 * MINUTE, 5 * MINUTE) == expected
