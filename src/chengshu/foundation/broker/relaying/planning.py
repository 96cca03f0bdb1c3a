"""At which sources a subscription is to stand, and what they are sent. Pure.

A source is asked for whole entities, in full IRIs: what is told of them, and in which words, is for the
subscription here. What depends on all of an entity (``q``, ``geoQ``) is sent only to sources that hold all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.query.printing import print_condition, print_geo, print_groups
from chengshu.foundation.broker.registry.index import expired
from chengshu.foundation.broker.registry.matching import SourceQuery, compile_source_query
from chengshu.foundation.broker.registry.model import Information, Registration
from chengshu.foundation.broker.registry.operations import offered
from chengshu.foundation.broker.relaying.model import Relay
from chengshu.foundation.broker.subscriptions.model import Subscription

_encode = msgspec.json.Encoder(order="sorted").encode
_NEEDED = frozenset({"createSubscription", "deleteSubscription"})
_REQUEST = "urn:ngsi-ld:request"  # "take the value from the request": there is none any more


def wanted(
    subscription: Subscription, registrations: Iterable[Registration], now: int, alias: str
) -> Iterator[Relay]:
    """The relays of a subscription, without keys; ``alias`` is the name of this broker in ``Via``."""
    one = subscription
    if one.local_only or one.time_interval_s or not one.base or one.status(now) != "active":
        return
    asked = SourceQuery(selectors=one.query.selectors, attrs=one.watched, filter=one.query.csf)
    matching = compile_source_query(asked)
    for registration in registrations:
        if expired(registration, now) or not offered(registration.operations) >= _NEEDED:
            continue
        if registration.alias and registration.alias in (*one.way, alias):
            continue
        if pieces := matching(registration):
            yield Relay(
                "",
                one.tenant,
                one.id,
                one.number,
                registration.id,
                registration.endpoint,
                _headers(one, registration, alias),
                _encode(_body(one, registration, pieces)),
            )


def _headers(one: Subscription, registration: Registration, alias: str) -> tuple[tuple[str, str], ...]:
    own = {"via", "link", "content-type", "content-length", "host", "ngsild-tenant", "connection"}
    said = [
        (key, value)
        for key, value in registration.info
        if key.lower() not in own and key != "jsonldContext" and value != _REQUEST
    ]
    tenant = [("NGSILD-Tenant", registration.tenant)] if registration.tenant else []
    return (*said, *tenant, ("Via", ", ".join(f"1.1 {name}" for name in (*one.way, alias))))


def _body(one: Subscription, registration: Registration, pieces: tuple[Information, ...]) -> dict[str, Any]:
    """The subscription as the source is sent it, without its id and the address to notify."""
    names = frozenset(name for piece in pieces for name in piece.names)
    whole = not all(piece.names for piece in pieces)
    said: dict[str, Any] = {"type": "Subscription", "notificationTrigger": list(one.triggers)}
    entities = [entity for selector in one.query.selectors for entity in _entities(selector)]
    watched = [name for name in one.watched if whole or name in names]
    if not entities and not watched:
        watched = sorted(names)
    if entities:
        said["entities"] = entities
    if watched:
        said["watchedAttributes"] = watched
    if whole and one.query.q is not None:
        said["q"] = print_condition(one.query.q, str)
    if whole and one.query.geo is not None:
        geo = print_geo(one.query.geo, str)
        said["geoQ"] = geo | {"coordinates": json.loads(geo["coordinates"])}
    if one.query.scopes:
        said["scopeQ"] = print_groups(one.query.scopes)
    if one.expires_at:
        said["expiresAt"] = one.expires_at
    if registration.management is not None and registration.management.local_only:
        said["localOnly"] = True
    return said


def _entities(selector: Any) -> list[dict[str, str]]:
    common = {"type": print_groups(selector.types, CORE.compact)}
    if selector.id_pattern:
        common["idPattern"] = selector.id_pattern
    return [{"id": one} | common for one in selector.ids] or [common]


def judges(relay: Relay, subscription: Subscription) -> bool:
    """Whether the source itself looks at all the conditions of the subscription."""
    said, query = msgspec.json.decode(relay.body), subscription.query
    return (query.q is None or "q" in said) and (query.geo is None or "geoQ" in said)


def complete(relay: Relay, base: str) -> bytes:
    """The whole body: with the id at the source, and the address of the hub to notify."""
    said = msgspec.json.decode(relay.body)
    endpoint = {"uri": f"{base}/ngsi-ld/v1/extensions/heard/{relay.key}", "accept": "application/json"}
    notification = {"format": "normalized", "sysAttrs": True, "endpoint": endpoint}
    return _encode(said | {"id": relay.remote, "notification": notification})
