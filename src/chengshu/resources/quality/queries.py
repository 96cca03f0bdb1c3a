"""Readers of quality: the newest measure of a resource, and how its scores went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection

from chengshu.resources.quality import store
from chengshu.resources.quality.measure import Suggested
from chengshu.resources.quality.rules import Rule
from chengshu.resources.quality.store import Kept

_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


@dataclass(frozen=True, slots=True)
class History:
    """``newest`` is the last measure, ``trend`` the scores of the last ones, oldest first."""

    newest: Kept
    trend: tuple[Kept, ...]


def suggested(connection: Connection, resource: str) -> Suggested | None:
    """What a resource suggested of itself when it was measured last; None where rules are declared for it."""
    found = store.measures_of(connection, resource, limit=1)
    told = [rule["rule"] for rule in found[0].body.get("rules", ()) if rule.get("rule")] if found else []
    if not found or (found[0].body.get("rules") and not told):
        return None
    columns = frozenset(column["name"] for column in found[0].body.get("columns", ()))
    return Suggested(tuple(_RULE.validate_python(rule) for rule in told), columns) if told else None


def history(connection: Connection, resource: str, until: datetime | None = None) -> History | None:
    """The measures of a resource until a moment; None when there is none."""
    found = store.measures_of(connection, resource, until, limit=60)
    return History(found[0], tuple(reversed(found))) if found else None
