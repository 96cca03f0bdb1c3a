"""Subscriptions to context source registrations: what they are, which registrations they mean (clause 5.11).

They are written as subscriptions to entities are (clause 5.2.12) and read by the same reader; ``entities``,
``watchedAttributes``, ``geoQ``, ``scopeQ``, ``csf`` and ``temporalQ`` are about what sources hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, cast

import msgspec
from msgspec.structs import replace

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.registry.matching import (
    Matcher,
    SourceQuery,
    TemporalWish,
    attributes_of,
    compile_source_query,
)
from chengshu.foundation.broker.registry.members import micros, moment, object_of, plain, refuse
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.subscriptions.model import Progress, Subscription
from chengshu.foundation.broker.subscriptions.reading import change_subscription, read_subscription
from chengshu.foundation.broker.subscriptions.rendering import render_subscription

Reason = Literal["newlyMatching", "updated", "noLongerMatching"]
_TEMPORAL = frozenset({"timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"})
_RELATIONS = ("before", "after", "between")
_PROPERTIES = ("observedAt", "createdAt", "modifiedAt", "deletedAt")


class SourceSubscription(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription to registrations; ``temporal`` is its ``temporalQ`` as it was said."""

    subscription: Subscription
    temporal: dict[str, Any] = {}

    @property
    def wish(self) -> TemporalWish | None:
        """The times asked for."""
        return temporal_wish(self.temporal)


def read_source_subscription(
    payload: Mapping[str, Any], context: LdContext, *, tenant: str, name: str, now_ms: int
) -> SourceSubscription:
    """A new subscription (clause 5.11.2); ``name`` is its id when the payload has none.

    Raises :class:`BadRequestData` for the first member that is wrong.
    """
    said, temporal = _parted(payload)
    read = read_subscription(said, context, tenant=tenant, name=name, now_ms=now_ms)
    return SourceSubscription(read, temporal or {})


def change_source_subscription(
    before: SourceSubscription, payload: Mapping[str, Any], context: LdContext, now_ms: int
) -> SourceSubscription:
    """``before`` with the members of a fragment (clause 5.11.3); null takes one away.

    Raises :class:`BadRequestData`.
    """
    said, temporal = _parted(payload)
    after = change_subscription(before.subscription, said, context, now_ms)
    return SourceSubscription(after, before.temporal if temporal is None else temporal)


def render_source_subscription(
    item: SourceSubscription, progress: Progress, context: LdContext, now_ms: int, *, sys_attrs: bool = False
) -> dict[str, Any]:
    """The JSON of a subscription without ``@context``."""
    rendered = render_subscription(item.subscription, progress, context, now_ms, sys_attrs=sys_attrs)
    rendered.pop("notificationTrigger", None)  # of entities; a registration has its trigger reasons
    if not progress.times_failed and "notification" in rendered:
        rendered["notification"].pop("timesFailed", None)
    return rendered | ({"temporalQ": item.temporal} if item.temporal else {})


def _parted(payload: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The payload without ``temporalQ``, and that: None when nothing is said of it."""
    said = dict(payload)
    if "temporalQ" not in said:
        return said, None
    value = said.pop("temporalQ")
    if value is None:
        return said, {}
    temporal: dict[str, Any] = plain(object_of(value, "temporalQ", _TEMPORAL), "temporalQ")
    temporal_wish(temporal)
    return said, temporal


def temporal_wish(said: Mapping[str, Any]) -> TemporalWish | None:
    """A temporal query (clauses 4.11 and 5.2.21). Raises :class:`BadRequestData`."""
    relation = said.get("timerel") or ""
    if not relation:
        if said.get("timeAt") or said.get("endTimeAt"):
            raise refuse("a time without timerel means nothing", "timerel", "say timerel too")
        return None
    if relation not in _RELATIONS:
        raise refuse(f"{str(relation)[:80]!r} relates no times", "timerel", "say before, after or between")
    about = said.get("timeproperty") or "observedAt"
    if about not in _PROPERTIES:
        remedy = f"say one of {', '.join(_PROPERTIES)}"
        raise refuse(f"{str(about)[:80]!r} is no time of a registration", "timeproperty", remedy)
    at = micros(moment(said.get("timeAt"), "timeAt"))
    end = micros(moment(said.get("endTimeAt"), "endTimeAt")) if relation == "between" else 0
    if end and end < at:
        raise refuse("it ends before it begins", "endTimeAt", "write a later time")
    return TemporalWish(cast(Literal["before", "after", "between"], relation), at, end, about)


@lru_cache(maxsize=2048)
def _matcher(query: SourceQuery) -> Matcher:
    return compile_source_query(query)


def matcher_of(item: SourceSubscription) -> Matcher:
    """Which registrations the subscription means, and which pieces of them."""
    query = item.subscription.query
    asked = attributes_of(query.q) if query.q is not None else ()  # of which a registration knows the names
    return _matcher(
        SourceQuery(
            selectors=query.selectors,
            attrs=tuple(dict.fromkeys((*item.subscription.watched, *asked))),
            filter=query.csf,
            geo=query.geo,
            scopes=query.scopes,
            temporal=item.wish,
        )
    )


def relevant(matcher: Matcher, registration: Registration) -> Registration | None:
    """The registration with only the pieces that are meant (clause 5.11.7); None when none is."""
    pieces = matcher(registration)
    return replace(registration, information=pieces) if pieces else None


def noticed(
    matcher: Matcher, before: Registration | None, after: Registration | None
) -> tuple[Reason, Registration] | None:
    """What a change of a registration is to a subscription (clause 5.3.3): the reason and what to show."""
    was = relevant(matcher, before) if before is not None else None
    will = relevant(matcher, after) if after is not None else None
    if will is not None:
        return ("updated" if was is not None else "newlyMatching"), will
    return ("noLongerMatching", was) if was is not None else None
