"""Reads ``notification``: what is in it, and where it goes.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.2.14 (NotificationParams), 5.2.15 (Endpoint), 5.2.22 (KeyValuePair).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import urlsplit

from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.subscriptions.joining import LEVELS
from chengshu.foundation.broker.subscriptions.model import Accept, Endpoint, Format, Pairs, Wanted
from chengshu.foundation.broker.subscriptions.saying import bad, flag, members, names, number
from chengshu.foundation.broker.subscriptions.sending import (
    MQTT_QOS,
    MQTT_VERSION,
    MQTT_VERSIONS,
    SCHEMES,
)
from chengshu.kernel.errors import Invalid
from chengshu.ports.http import check_headers

_FORMATS, _ACCEPTS = get_args(Format), get_args(Accept)
_TIMEOUT_MS, _COOLDOWN_MS = 120_000, 86_400_000
_MOST_PAIRS = 50


def read_wanted(value: Any, context: LdContext) -> Wanted:
    """The ``notification`` of a subscription. Raises :class:`BadRequestData`."""
    if not isinstance(value, dict) or not isinstance(value.get("endpoint"), dict):
        raise bad("notification.endpoint", "it is missing", '"notification": {"endpoint": {"uri": …}}')
    said = {member: item for member, item in value.items() if item is not None}
    attributes = names(said["attributes"], context, "notification.attributes") if "attributes" in said else ()
    pick, omit = _selection(said, context, "pick"), _selection(said, context, "omit")
    if attributes and (pick or omit):
        raise bad("notification.attributes", "it cannot stand beside pick or omit", "leave one of them out")
    if twice := set(pick) & set(omit):
        raise bad("notification.omit", f"{sorted(twice)[0]} is in pick and in omit", "name it in one of them")
    form = said.get("format", "normalized")
    if form not in _FORMATS:
        raise bad("notification.format", f"{checks.shown(form)} is no format", " or ".join(_FORMATS))
    show = flag(said.get("showChanges", False), "notification.showChanges")
    if show and form in ("keyValues", "simplified"):
        raise bad("notification.showChanges", "the simplified format cannot show changes", "choose another")
    join, level = _join(said)
    return Wanted(
        read_endpoint(said["endpoint"]),
        attributes,
        pick,
        omit,
        form,
        flag(said.get("sysAttrs", False), "notification.sysAttrs"),
        show,
        join,
        level,
        tuple(
            member for member in ("format", "sysAttrs", "showChanges", "join", "joinLevel") if member in said
        ),
    )


def _selection(said: Mapping[str, Any], context: LdContext, member: str) -> tuple[str, ...]:
    return members(said[member], context, f"notification.{member}") if member in said else ()


def _join(said: Mapping[str, Any]) -> tuple[Any, int]:
    join = said.get("join", "@none")
    if join not in ("flat", "inline", "@none"):
        raise bad("notification.join", f"{checks.shown(join)} is no way to join", "flat, inline or @none")
    level = number(said.get("joinLevel", 1), "notification.joinLevel", "levels", 1, LEVELS)
    return ("" if join == "@none" else join), int(level)


def read_endpoint(value: Mapping[str, Any]) -> Endpoint:
    """An ``endpoint``. Raises :class:`BadRequestData`."""
    said = {member: item for member, item in value.items() if item is not None}
    accept = said.get("accept", _ACCEPTS[0])
    if accept not in _ACCEPTS:
        raise bad(
            "notification.endpoint.accept", f"{checks.shown(accept)} is not given", " or ".join(_ACCEPTS)
        )
    receiver = _pairs(said.get("receiverInfo", []), "notification.endpoint.receiverInfo")
    try:
        check_headers(dict(receiver))
    except Invalid as error:
        raise bad("notification.endpoint.receiverInfo", error.fault.detail, error.fault.remedy) from error
    uri = _uri(said.get("uri"))
    notifier = _pairs(said.get("notifierInfo", []), "notification.endpoint.notifierInfo")
    if uri.lower().startswith("mqtt"):
        _check_mqtt(dict(notifier))
    timeout, cooldown = (said.get(name) for name in ("timeout", "cooldown"))
    return Endpoint(
        uri,
        accept,
        "accept" in said,
        receiver,
        notifier,
        0 if cooldown is None else _ms(cooldown, "cooldown", _COOLDOWN_MS),
        0 if timeout is None else _ms(timeout, "timeout", _TIMEOUT_MS),
    )


def _ms(value: Any, member: str, most: int) -> int:
    return int(number(value, f"notification.endpoint.{member}", "milliseconds", 1, most))


def _uri(value: Any) -> str:
    where = "notification.endpoint.uri"
    uri = checks.uri(value, where)
    try:
        parts = urlsplit(uri)
        right = bool(parts.hostname) and parts.scheme.lower() in SCHEMES and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise bad(where, f"{checks.shown(value)} is no address of a receiver", "http, https, mqtt or mqtts")
    if parts.scheme.lower().startswith("mqtt"):
        topic = parts.path.lstrip("/")
        if not topic or "+" in topic or "#" in uri:
            raise bad(where, "it names no topic to publish to", "mqtt://host[:port]/topic/subtopic")
    return uri


def _pairs(value: Any, where: str) -> Pairs:
    if not isinstance(value, list) or len(value) > _MOST_PAIRS:
        raise bad(where, f"it is no list of at most {_MOST_PAIRS} pairs", '[{"key": …, "value": …}]')
    found: list[tuple[str, str]] = []
    for at, item in enumerate(value):
        key = item.get("key") if isinstance(item, dict) else None
        said = item.get("value") if isinstance(item, dict) else None
        if isinstance(said, int) and not isinstance(said, bool):
            said = str(said)
        if not isinstance(key, str) or not key or not isinstance(said, str):
            raise bad(f"{where}[{at}]", "a pair has a key and a value, both texts", '{"key": …, "value": …}')
        found.append((key, said))
    return tuple(found)


def _check_mqtt(info: Mapping[str, str]) -> None:
    where = "notification.endpoint.notifierInfo"
    version, qos = info.get(MQTT_VERSION, MQTT_VERSIONS[-1]), info.get(MQTT_QOS, "0")
    if version not in MQTT_VERSIONS:
        raise bad(where, f"{checks.shown(version)} is no {MQTT_VERSION}", " or ".join(MQTT_VERSIONS))
    if qos not in ("0", "1", "2"):
        raise bad(where, f"{checks.shown(qos)} is no {MQTT_QOS}", "0, 1 or 2")
