"""Reads what a subscriber wrote: a whole subscription, or the members to change in one.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.2.12-5.2.15, 5.8.1.4 and 5.8.2.4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args
from urllib.parse import unquote

from msgspec.structs import replace

from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.versions import version_of
from chengshu.foundation.broker.model import NULL
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.query.geo import read_geo_body
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.broker.query.selection import read_scopes, read_selectors, types_said
from chengshu.foundation.broker.subscriptions.model import TRIGGERS, Subscription, Trigger
from chengshu.foundation.broker.subscriptions.reading_endpoint import read_wanted
from chengshu.foundation.broker.subscriptions.saying import bad, flag, names, number, text

_ALL_TRIGGERS = frozenset(get_args(Trigger))
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_MOST_SECONDS = 10 * 366 * 86_400
Fields = dict[str, Any]
Read = Callable[[Any, LdContext, Mapping[str, Any]], Fields]


def read_subscription(
    payload: Mapping[str, Any], context: LdContext, *, tenant: str, name: str, now_ms: int
) -> Subscription:
    """A new subscription (clause 5.8.1.4); ``name`` is its id when the payload has none.

    Raises :class:`BadRequestData` for the first member that is wrong.
    """
    said = {member: value for member, value in payload.items() if value is not None}
    if said.get("type") != "Subscription":
        raise bad("type", "a subscription says its type", '"type": "Subscription"')
    if "notification" not in said:
        raise bad("notification", "it is missing", 'say where to: "notification": {"endpoint": {"uri": …}}')
    fields = _read(said, context, context)
    base = Subscription(
        checks.uri(said["id"], "id") if "id" in said else name,
        tenant,
        fields["wanted"],
        Query(),
        context=_source(context),
    )
    return _checked(_with(base, fields), now_ms, said)


def change_subscription(
    before: Subscription, payload: Mapping[str, Any], context: LdContext, now_ms: int
) -> Subscription:
    """``before`` with the members of a fragment in place of its own (clause 5.8.2.4); Null (or
    null) takes one away.

    Raises :class:`BadRequestData` for a member that is wrong, or must not be changed or taken away.
    """
    payload = {member: None if value == NULL else value for member, value in payload.items()}
    if payload.get("type", "Subscription") != "Subscription":
        raise bad("type", "it cannot become something else", '"type": "Subscription"')
    if payload.get("id", before.id) != before.id:
        raise bad("id", "the id of a subscription does not change", "leave it out")
    for member in ("notification", "type", "id"):
        if member in payload and payload[member] is None:
            raise bad(member, "it cannot be taken away", "leave it out to keep it")
    said = payload.get("entities")
    known = [name for one in before.query.selectors for group in one.types for name in group]
    names = context if said is not None else context.of(known)
    return _checked(_with(before, _read(payload, context, names)), now_ms, payload)


def _with(base: Subscription, fields: Fields) -> Subscription:
    query = {name[6:]: fields.pop(name) for name in list(fields) if name.startswith("query_")}
    if query:
        fields["query"] = replace(base.query, **query)
    return replace(base, **fields)


def _read(said: Mapping[str, Any], context: LdContext, names: LdContext) -> Fields:
    """``names`` is the context of the names of attributes, but for what the entities that are said add."""
    fields: Fields = {}
    names = names.asked(" ".join(types_said(said.get("entities"))))
    for member, read in _MEMBERS.items():
        if member in said:
            fields |= read(said[member], context if member == "entities" else names, said)
    return fields


def _source(context: LdContext) -> Any:
    """What the context of the request can be found by again."""
    if context.links:
        return context.links[0] if len(context.links) == 1 else list(context.links)
    return context.document


def _checked(found: Subscription, now_ms: int, said: Mapping[str, Any]) -> Subscription:
    """The rules that join several members."""
    if not found.query.selectors and not found.watched:
        raise bad(
            "entities",
            "neither entities nor watchedAttributes say what to watch",
            'say "entities": [{"type": …}] or "watchedAttributes": […]',
        )
    if found.time_interval_s and found.throttling_s:
        raise bad("throttling", "a periodic subscription has no throttling", "leave one of the two out")
    if found.time_interval_s and found.watched:
        raise bad(
            "watchedAttributes", "a periodic subscription watches no attributes", "leave one of the two out"
        )
    if found.time_interval_s and not found.query.selectors:
        raise bad("entities", "a periodic subscription needs entities", 'say "entities": [{"type": …}]')
    if "expiresAt" in said and found.expires_ms and found.expires_ms <= now_ms:
        raise bad("expiresAt", "this moment has passed", "name one to come")
    return found


# --- one function per member ---------------------------------------------------------------------------


def _entities(value: Any, context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if isinstance(value, list):
        value = [_bare(item) for item in value]
    return {"query_selectors": () if value is None else read_selectors(value, context.expand)}


def _bare(item: Any) -> Any:
    """A selector whose type selection is wholly in brackets, as in ``(A|B)``, without these."""
    types = item.get("type") if isinstance(item, dict) else None
    if isinstance(types, str) and re.fullmatch(r"\([^()]*\)", types):
        return item | {"type": types[1:-1]}
    return item


def _watched(value: Any, context: LdContext, _said: Mapping[str, Any]) -> Fields:
    return {"watched": () if value is None else names(value, context, "watchedAttributes")}


def _triggers(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"triggers": TRIGGERS, "triggers_said": False}
    found = value if isinstance(value, list) else [value]
    if not found or any(not isinstance(item, str) or item not in _ALL_TRIGGERS for item in found):
        raise bad(
            "notificationTrigger",
            f"{checks.shown(value)} names no trigger",
            " or ".join(sorted(_ALL_TRIGGERS)),
        )
    return {"triggers": tuple(dict.fromkeys(found)), "triggers_said": True}


def _interval(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"time_interval_s": 0.0}
    return {"time_interval_s": number(value, "timeInterval", "seconds", 1, _MOST_SECONDS)}


def _throttling(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"throttling_s": 0.0}
    return {"throttling_s": number(value, "throttling", "seconds", 0.001, _MOST_SECONDS)}


def _q(value: Any, context: LdContext, said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"q": "", "query_q": None}
    written = text(value, "q")
    plain = unquote(written) if _ENCODED.search(written) else written  # as in a query string, so in the suite
    expand = said.get("expandValues") or ()
    values = names(expand, context, "expandValues") if expand else ()
    return {"q": written, "query_q": read_q(plain, context.expand, inside=context, expand_values=values)}


def _csf(value: Any, context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"csf": "", "query_csf": None}
    written = text(value, "csf")
    return {"csf": written, "query_csf": read_q(written, context.expand, name="csf")}


def _geo(value: Any, context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"geo_q": None, "query_geo": None}
    return {"geo_q": value, "query_geo": read_geo_body(value, expand=context.expand)}


def _scope(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"scope_q": "", "query_scopes": ()}
    written = text(value, "scopeQ")
    return {"scope_q": written, "query_scopes": read_scopes(written)}


def _expires(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"expires_at": "", "expires_ms": 0}
    written = checks.time(value, "expiresAt")
    return {"expires_at": written, "expires_ms": millis_of(written.replace(",", "."))}


def _active(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"active": True, "active_said": False}
    return {"active": flag(value, "isActive"), "active_said": True}


def _datasets(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"datasets": ()}
    found = checks.strings(value, "datasetId", "a dataset id")
    return {"datasets": tuple(item if item == "@none" else checks.uri(item, "datasetId") for item in found)}


def _json_ld(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is None:
        return {"jsonld_context": ""}
    written = checks.uri(value, "jsonldContext")
    if not written.lower().startswith(("http://", "https://")):
        raise bad("jsonldContext", f"{checks.shown(value)} is no address of a context", "write its URL")
    return {"jsonld_context": written}


def _conformance(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    if value is not None and version_of(text(value, "ngsildConformance")) is None:
        raise bad("ngsildConformance", f"{checks.shown(value)} is no version", "write 1.6")
    return {"conformance": value or ""}


def _wanted(value: Any, context: LdContext, _said: Mapping[str, Any]) -> Fields:
    return {"wanted": read_wanted(value, context)}


def _text_of(field: str, member: str) -> Read:
    def read(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
        return {field: "" if value is None else text(value, member)}

    return read


def _local(value: Any, _context: LdContext, _said: Mapping[str, Any]) -> Fields:
    return {"local_only": None if value is None else flag(value, "localOnly")}


_MEMBERS: Mapping[str, Read] = {
    "subscriptionName": _text_of("name", "subscriptionName"),
    "description": _text_of("description", "description"),
    "entities": _entities,
    "watchedAttributes": _watched,
    "notificationTrigger": _triggers,
    "timeInterval": _interval,
    "throttling": _throttling,
    "q": _q,
    "csf": _csf,
    "geoQ": _geo,
    "scopeQ": _scope,
    "lang": _text_of("lang", "lang"),
    "isActive": _active,
    "localOnly": _local,
    "expiresAt": _expires,
    "datasetId": _datasets,
    "jsonldContext": _json_ld,
    "ngsildConformance": _conformance,
    "notification": _wanted,
}
