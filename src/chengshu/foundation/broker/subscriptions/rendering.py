"""Writes a subscription out as clients read it.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.2.12 (Subscription), 5.2.14.2 (output only members), 6.10, 6.11.
"""

from __future__ import annotations

from typing import Any

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.query.model import Groups, Selector
from chengshu.foundation.broker.subscriptions.model import Attempt, Endpoint, Health, Progress, Subscription
from chengshu.foundation.broker.subscriptions.saying import MEMBERS


def render_subscription(
    item: Subscription, progress: Progress, context: LdContext, now_ms: int, *, sys_attrs: bool = False
) -> dict[str, Any]:
    """The JSON of a subscription without ``@context``, its names by ``context``."""
    rendered: dict[str, Any] = {"id": item.id, "type": "Subscription"}
    said = {
        "subscriptionName": item.name,
        "description": item.description,
        "entities": [_selector(one, context) for one in item.query.selectors],
        "watchedAttributes": [context.compact(name) for name in item.watched],
        "timeInterval": _plain(item.time_interval_s),
        "q": item.q,
        "geoQ": item.geo_q,
        "csf": item.csf,
        "scopeQ": item.scope_q,
        "lang": item.lang,
        "datasetId": list(item.datasets),
        "throttling": _plain(item.throttling_s),
        "expiresAt": item.expires_at,
        "jsonldContext": item.jsonld_context,
        "ngsildConformance": item.conformance,
    }
    rendered |= {name: value for name, value in said.items() if value}
    if item.local_only is not None:
        rendered["localOnly"] = item.local_only
    if item.active_said:
        rendered["isActive"] = item.active
    rendered["notificationTrigger"] = list(item.triggers)
    rendered["status"] = item.status(now_ms)
    rendered["notification"] = _notification(item, progress, context)
    if sys_attrs:
        rendered |= {"createdAt": stamp(item.created_at), "modifiedAt": stamp(item.modified_at)}
    return rendered


def _notification(item: Subscription, progress: Progress, context: LdContext) -> dict[str, Any]:
    wanted = item.wanted
    rendered: dict[str, Any] = {}
    for member, chosen in (("attributes", wanted.attributes), ("pick", wanted.pick), ("omit", wanted.omit)):
        if chosen:
            rendered[member] = [name if name in MEMBERS else context.compact(name) for name in chosen]
    values = {
        "format": wanted.format,
        "sysAttrs": wanted.sys_attrs,
        "showChanges": wanted.show_changes,
        "join": wanted.join or "@none",
        "joinLevel": wanted.join_level,
    }
    rendered |= {member: values[member] for member in wanted.said}
    rendered["endpoint"] = _endpoint(wanted.endpoint)
    if progress.times_sent:
        rendered["status"] = "failed" if progress.failures else "ok"
        rendered["timesSent"] = progress.times_sent
        rendered["timesFailed"] = progress.times_failed
    moments = {
        "lastNotification": progress.last_notification,
        "lastSuccess": progress.last_success,
        "lastFailure": progress.last_failure,
    }
    return rendered | {member: stamp(at) for member, at in moments.items() if at}


def _endpoint(item: Endpoint) -> dict[str, Any]:
    rendered: dict[str, Any] = {"uri": item.uri}
    if item.accept_said:
        rendered["accept"] = item.accept
    for member, pairs in (("receiverInfo", item.receiver_info), ("notifierInfo", item.notifier_info)):
        if pairs:
            rendered[member] = [{"key": key, "value": value} for key, value in pairs]
    for member, milliseconds in (("cooldown", item.cooldown_ms), ("timeout", item.timeout_ms)):
        if milliseconds:
            rendered[member] = milliseconds
    return rendered


def _selector(item: Selector, context: LdContext) -> dict[str, Any]:
    rendered: dict[str, Any] = {}
    if item.ids:
        rendered["id"] = item.ids[0] if len(item.ids) == 1 else list(item.ids)
    if item.id_pattern:
        rendered["idPattern"] = item.id_pattern
    rendered["type"] = _types(item.types, context)
    return rendered


def _types(groups: Groups, context: LdContext) -> str:
    """A type selection as an expression (clause 4.17)."""
    if not groups:
        return "*"
    parts = [";".join(context.compact(name) for name in group) for group in groups]
    return "|".join(f"({part})" if ";" in part and len(parts) > 1 else part for part in parts)


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value


def render_attempt(item: Attempt) -> dict[str, Any]:
    """One line of the ledger."""
    rendered: dict[str, Any] = {
        "attempt": item.attempt,
        "at": stamp(item.at),
        "outcome": "delivered" if item.ok else "failed",
        "fromSequence": item.first,
        "toSequence": item.last,
        "entities": item.writes,
        "durationMs": item.took_ms,
    }
    if item.status:
        rendered["statusCode"] = item.status
    if item.error:
        rendered["error"] = item.error
    return rendered


def render_health(item: Health) -> dict[str, Any]:
    """How the endpoint of a subscription does."""
    rendered: dict[str, Any] = {
        "breaker": item.breaker,
        "consecutiveFailures": item.failures,
        "behind": item.behind,
        "deliveredThrough": item.done_seq,
        "newestSequence": item.head_seq,
    }
    if item.retry_at:
        rendered["nextAttemptAt"] = stamp(item.retry_at)
    if item.error:
        rendered["lastError"] = item.error
    return rendered
