"""The record of uses: numbered, sealed in batches into the journal, kept, then destroyed with proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, enter, entries_about
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.durations import Duration
from chengshu.resources.retention import chained, kept_until
from chengshu.resources.sharing import store
from chengshu.resources.sharing.clocks import HUB

START = "0" * 64


def seal_in(connection: Connection, now: datetime) -> int:
    """Seal every use that is not sealed: one entry of the journal holds the digest of them all; how many.

    The digest covers the one before, so that no seal can be taken out.
    """
    first = store.last_sealed(connection) + 1
    bodies = store.bodies_between(connection, first, store.last_seq(connection))
    if not bodies:
        return 0
    earlier = store.all_seals(connection)
    digest = chained(earlier[-1].digest if earlier else START, [body for _, _, body in bodies])
    last = bodies[-1][0]
    store.add_seal(connection, first, last, millis(now), digest)
    told = {"first": first, "last": last, "count": len(bodies), "digest": digest}
    enter(connection, Act(HUB, "sharing.uses_sealed", f"uses {first}-{last}", now, told))
    return len(bodies)


def broken_seal(connection: Connection) -> str:
    """What does not fit: a changed, missing or added use, or a seal taken out. Empty when everything fits."""
    previous, following = START, 1
    for seal in store.all_seals(connection):
        if seal.first != following:
            return f"the seal of use {following} is missing"
        if _journalled(connection, seal) != seal.digest:
            return f"the seal of uses {seal.first} to {seal.last} is not the one in the journal"
        if not seal.pruned_at:
            bodies = store.bodies_between(connection, seal.first, seal.last)
            if len(bodies) != seal.last - seal.first + 1:
                return f"uses {seal.first} to {seal.last}: {len(bodies)} are there"
            if chained(previous, [body for _, _, body in bodies]) != seal.digest:
                return f"uses {seal.first} to {seal.last} were changed after they were sealed"
        previous, following = seal.digest, seal.last + 1
    return ""


def _journalled(connection: Connection, seal: Any) -> str:
    """The digest that the journal has of a seal: who rewrites the seal must rewrite the chain too."""
    for entry in entries_about(connection, f"uses {seal.first}-{seal.last}"):
        if entry.action == "sharing.uses_sealed":
            return str(entry.body["digest"])
    return ""


def use_kept_until(at: datetime, years: int) -> datetime:
    """Until when a use is kept at least."""
    return kept_until(at, Duration(months=12 * years))


def prune_in(connection: Connection, now: datetime, years: int) -> int:
    """Destroy sealed uses whose time of keeping is over, a whole seal at a time; how many.

    The seal stays, and the journal says what was destroyed: its numbers and its digest are the proof.
    """
    count = 0
    for seal in store.all_seals(connection):
        if seal.pruned_at:
            continue
        if use_kept_until(newest_of(connection, seal), years) > now:
            break
        store.prune_seal(connection, seal.first, seal.last, millis(now))
        told: dict[str, Any] = {
            "first": seal.first,
            "last": seal.last,
            "count": seal.last - seal.first + 1,
            "digest": seal.digest,
            "kept_years": years,
        }
        enter(connection, Act(HUB, "sharing.uses_destroyed", f"uses {seal.first}-{seal.last}", now, told))
        count += int(told["count"])
    return count


def newest_of(connection: Connection, seal: Any) -> datetime:
    """When the newest use under a seal happened."""
    bodies = store.bodies_between(connection, seal.last, seal.last)
    return from_millis(bodies[-1][1] if bodies else seal.at)
