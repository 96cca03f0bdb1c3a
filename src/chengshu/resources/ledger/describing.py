"""What the people who answer for data write of an entry by hand, over what its source says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from chengshu.kernel.errors import Conflict, Invalid
from chengshu.resources.ledger.model import SHARING, Resource

PARTS = (
    *("title", "summary", "purpose", "steward", "contact", "update_cycle", "sharing", "sharing_condition"),
    *("licence", "keywords"),
)
"""Core metadata that a source seldom knows (政務信息資源目錄編制指南), and its name for the whole."""


def described(entry: Resource, parts: Mapping[str, Any]) -> Resource:
    """The entry with these parts of :data:`PARTS` as people have written them, noted as theirs.

    A part that says the same as before stays whose it is; an empty one goes back to the source. Raises
    :class:`Conflict` for an entry without a source (it is described where it is declared) and for a retired
    one, :class:`Invalid` for a part or class that does not exist, or data withheld without a reason.
    """
    if entry.origin is None:
        raise Conflict(
            "entry-declared",
            f"{entry.id} is described where it is declared",
            where=entry.id,
            remedy="change its declaration in the city's folder or the scenario's",
        )
    if entry.state == "retired":
        raise Conflict("resource-retired", f"{entry.id} is retired already")
    for name in parts:
        if name not in PARTS:
            raise Invalid("part-unknown", f"an entry has no part {name!r} to be written", where=name)
    new = {name: value for name, value in parts.items() if value != getattr(entry, name)}
    if new.get("sharing", entry.sharing) not in SHARING:
        raise Invalid(
            "sharing-class",
            f"{new['sharing']!r} is no sharing class",
            where="sharing",
            remedy=f"use one of {', '.join(SHARING)}",
        )
    after = replace(entry, **new)
    if "sharing" in new and after.sharing == "none" and not after.sharing_condition:
        raise Invalid(
            "sharing-basis",
            "nothing says why it is not shared",
            where="sharing_condition",
            remedy="name the law it rests on",
        )
    theirs = (set(entry.said) | set(new)) - {name for name, value in new.items() if not value}
    return replace(after, said=tuple(name for name in PARTS if name in theirs))
