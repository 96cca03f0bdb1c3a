"""Small forms of values in a subscription, each with the sentence that says what is wrong."""

from __future__ import annotations

import math
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import LdContext

MEMBERS = frozenset({"id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"})


def bad(where: str, detail: str, remedy: str) -> BadRequestData:
    """The error of the member ``where``."""
    return BadRequestData(f"{where}: {detail}", where=where, remedy=remedy)


def text(value: Any, where: str) -> str:
    """A text that is not empty."""
    return checks.text(value, where)


def flag(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise bad(where, f"{checks.shown(value)} is neither true nor false", "write true or false")
    return value


def number(value: Any, where: str, unit: str, least: float, most: float) -> float:
    """A number within bounds."""
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not right or not least <= value <= most:
        raise bad(
            where, f"{checks.shown(value)} is no number of {unit} from {least:g} to {most:g}", "mend it"
        )
    return float(value)


def names(value: Any, context: LdContext, where: str) -> tuple[str, ...]:
    """A list of names of attributes, expanded; not empty."""
    return tuple(context.expand(item) for item in checks.strings(value, where, "the name of an attribute"))


def members(value: Any, context: LdContext, where: str) -> tuple[str, ...]:
    """The same where members of the entity may be named too; these stay as they are."""
    found = checks.strings(value, where, "the name of an attribute or of a member of the entity")
    return tuple(item if item in MEMBERS else context.expand(item) for item in found)
