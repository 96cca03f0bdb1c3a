"""What one evaluation may use, so that no rule and no input can stop the hub."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one evaluation; beyond one of them the value is null, with a diagnostic that says which."""

    steps: int = 2_000_000
    """Iterations, calls, list members handled, and characters of text made (64 of them are one step)."""

    depth: int = 60
    """Calls of defined functions within each other."""

    text: int = 1_000_000
    """Characters of one string."""

    members: int = 200_000
    """Members of one list."""

    diagnostics: int = 50
    """Notes kept; further ones are dropped."""


DEFAULT_LIMITS = Limits()
