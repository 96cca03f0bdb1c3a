"""Writes notifications about registrations (clauses 5.3.2 and 5.3.3). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2s
from typing import Any

import msgspec

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.core import CORE_URL
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.rendering import render_registration
from chengshu.foundation.broker.registry.watching import Reason
from chengshu.foundation.broker.subscriptions.composing import headers_of
from chengshu.foundation.broker.subscriptions.model import Subscription
from chengshu.foundation.broker.subscriptions.sending import Outgoing

_LD_JSON = "application/ld+json"
_encode = msgspec.json.Encoder().encode


def write_notice(
    subscription: Subscription,
    context: LdContext,
    reason: Reason,
    shown: Sequence[Registration],
    *,
    key: str,
    now: int,
) -> Outgoing:
    """The notification; ``key`` tells it from others of the subscription: the same key, the same id."""
    endpoint, wanted = subscription.wanted.endpoint, subscription.wanted
    spoken = subscription.jsonld_context or subscription.context
    data = [_listed(render_registration(one, context, sys_attrs=wanted.sys_attrs)) for one in shown]
    body: dict[str, Any] = {
        "id": f"urn:ngsi-ld:ContextSourceNotification:{_digest(subscription, key)}",
        "type": "ContextSourceNotification",
        "subscriptionId": subscription.id,
        "notifiedAt": stamp(now),
        "triggerReason": reason,
        "data": data,
    }
    if endpoint.accept == _LD_JSON:
        body["@context"] = spoken or CORE_URL
    headers = headers_of(subscription, spoken)
    return Outgoing(endpoint.uri, headers, _encode(body), endpoint.notifier_info, endpoint.timeout_ms)


def _listed(rendered: dict[str, Any]) -> dict[str, Any]:
    """The registration with the types of entities always as arrays, so that receivers need know one form."""
    for piece in rendered["information"]:
        for entity in piece.get("entities", ()):
            if isinstance(entity["type"], str):
                entity["type"] = [entity["type"]]
    return rendered


def _digest(subscription: Subscription, key: str) -> str:
    text = f"{subscription.tenant}\n{subscription.id}\n{subscription.created_at}\n{key}"
    return blake2s(text.encode(), digest_size=16).hexdigest()
