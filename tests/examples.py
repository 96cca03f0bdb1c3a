"""How many examples a property is tried with: all of them, or a share when it must be quick."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_WHOLE = 100
"""Examples of a property that names no number, when nothing hurries."""

settings.register_profile(
    "whole",
    max_examples=_WHOLE,
    deadline=None,  # nothing here depends on how busy the machine is
    derandomize=True,  # the same examples each time: what passed here passes there
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("quick", settings.get_profile("whole"), max_examples=15)
settings.register_profile(
    "exploring", settings.get_profile("whole"), derandomize=False, max_examples=10 * _WHOLE, print_blob=True
)


def examples(count: int) -> int:
    """``count``, or its share under the profile ``quick`` (``make check``); never fewer than three."""
    return max(3, count * settings.default.max_examples // _WHOLE)
