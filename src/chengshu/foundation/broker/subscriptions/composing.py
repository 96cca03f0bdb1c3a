"""Writes notifications out: each write once per form, however many subscriptions want it in that form.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.3.1 (Notification), 5.8.6 (behaviour), 6.3.8 (HTTP headers).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeGuard

import msgspec
from msgspec.structs import replace

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.core import CORE_URL
from chengshu.foundation.broker.ld.rendering import Form, Renderer
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.ld.versions import NEWEST, Version, amended, version_of
from chengshu.foundation.broker.model import Attribute, Entity, EntityChange
from chengshu.foundation.broker.query.model import LOCATION, Query
from chengshu.foundation.broker.subscriptions.desk import Record
from chengshu.foundation.broker.subscriptions.joining import Joining
from chengshu.foundation.broker.subscriptions.model import LAST, Subscription, seq_of
from chengshu.foundation.broker.subscriptions.sending import Outgoing
from chengshu.foundation.broker.subscriptions.shelf import Shelf

SEQUENCE = "Chengshu-Sequence"
_REL = "http://www.w3.org/ns/json-ld#context"
_LD_JSON, _GEO_JSON = "application/ld+json", "application/geo+json"
_WRITTEN = 32 * 1024 * 1024  # bytes of written entities kept for the next subscription
_MOST_MANNERS = 50_000
_PERIODIC = 1_000  # entities in one periodic notification
_encode = msgspec.json.Encoder().encode


class Contexts(Protocol):
    """Where JSON-LD contexts come from."""

    def get(self, source: Any) -> LdContext:
        """The compiled context of what a request said. Raises :class:`LdContextNotAvailable`."""
        ...


class Entities(Protocol):
    """What is read of the present state."""

    def peek(self, tenant: str, entity: str) -> Entity | None:
        """One entity, if it exists."""
        ...

    def many(self, tenant: str, ids: Sequence[str]) -> Sequence[Entity]:
        """Those of the entities that exist."""
        ...

    def find(self, tenant: str, query: Query, *, limit: int = 20) -> Any:
        """Entities that meet the query, under ``entities``."""
        ...


class _Key(NamedTuple):
    """What makes two subscriptions write a change alike."""

    context: bytes
    form: Form
    accept: str
    show_changes: bool
    deleted: bool  # deleted attributes are told
    watched: frozenset[str]
    version: Version


class _Manner(NamedTuple):
    """One way of writing a change; ``number`` stands for it in the memory of what was written."""

    number: int
    key: _Key
    renderer: Renderer
    context: Any


class Composer:
    """Makes the notifications of all subscriptions."""

    def __init__(self, contexts: Contexts, entities: Entities) -> None:
        self._contexts, self._entities = contexts, entities
        self._manners: dict[_Key, _Manner] = {}
        self._numbers = 0
        self._by_number: dict[int, tuple[_Manner, dict[str, str]]] = {}
        self._written: Shelf[tuple[int, int], bytes] = Shelf(_WRITTEN)

    def peek(self, tenant: str, entity: str) -> Entity | None:
        """An entity as it is now: for conditions on what entities link to."""
        return self._entities.peek(tenant, entity)

    def forget(self, subscription: Subscription) -> None:
        """The subscription has changed."""
        self._by_number.pop(subscription.number, None)

    @staticmethod
    def reads(subscription: Subscription) -> bool:
        """Whether a notification needs more than the writes it tells of."""
        return bool(subscription.wanted.join)

    def write(
        self,
        subscription: Subscription,
        name: str,
        items: Sequence[int],
        records: Mapping[int, Record],
        now: int,
    ) -> Outgoing | None:
        """The notification ``name`` of the writes at ``items``; None when none of them is there any more."""
        manner, headers = self._manner(subscription)
        told = _told(items, records)
        if not told:
            return None
        if subscription.wanted.join:
            parts = [self._joined(subscription, manner, change) for _, change in told]
        else:
            parts = [self._part(manner, item, change) for item, change in told]
        headers = headers | {SEQUENCE: ", ".join(str(seq_of(item)) for item, _ in told)}
        return self._outgoing(subscription, manner, headers, name, parts, now)

    def present(self, subscription: Subscription, name: str, now: int) -> Outgoing | None:
        """The periodic notification ``name`` of what matches now (clause 5.8.6); None if nothing does."""
        manner, headers = self._manner(subscription)
        found = self._entities.find(subscription.tenant, subscription.query, limit=_PERIODIC).entities
        changes = [EntityChange(subscription.tenant, "updated", entity) for entity in found]
        parts = [self._joined(subscription, manner, change) for change in changes]
        return self._outgoing(subscription, manner, headers, name, parts, now) if parts else None

    def _outgoing(
        self,
        subscription: Subscription,
        manner: _Manner,
        headers: dict[str, str],
        name: str,
        parts: Iterable[bytes],
        now: int,
    ) -> Outgoing:
        head = {
            "id": name,
            "type": "Notification",
            "subscriptionId": subscription.id,
            "notifiedAt": stamp(now),
        }
        if manner.key.accept == _LD_JSON:
            head["@context"] = manner.context
        data = b"[" + b",".join(parts) + b"]"
        if manner.key.accept == _GEO_JSON:
            data = b'{"type":"FeatureCollection","features":' + data + b"}"
        endpoint = subscription.wanted.endpoint
        body = _encode(head)[:-1] + b',"data":' + data + b"}"
        return Outgoing(endpoint.uri, headers, body, endpoint.notifier_info, endpoint.timeout_ms)

    # --- one entity ----------------------------------------------------------------------------------

    def _part(self, manner: _Manner, item: int, change: EntityChange) -> bytes:
        key = (item, manner.number)
        written = self._written.get(key)
        if written is None:
            written = self._encoded(manner, self._entity(manner, change), change.entity)
            self._written.put(key, written, len(written) + 100)
        return written

    def _entity(self, manner: _Manner, change: EntityChange) -> dict[str, Any]:
        key = manner.key
        previous: dict[tuple[str, str], Attribute] = {}
        if key.show_changes:
            previous = {(t.name, t.dataset): t.before for t in change.touched if _known(t.before)}
        return manner.renderer.entity(as_told(change, key.deleted, key.show_changes, key.watched), previous)

    def _joined(self, subscription: Subscription, manner: _Manner, change: EntityChange) -> bytes:
        rendered, wanted = self._entity(manner, change), subscription.wanted
        if not wanted.join:
            return self._encoded(manner, rendered, change.entity)
        form = replace(manner.key.form, attrs=None, pick=None, omit=frozenset(), datasets=None)
        inner = Renderer(manner.renderer.context, form)
        joining = Joining(
            manner.renderer,
            inner,
            wanted.join_level,
            lambda names: self._entities.many(subscription.tenant, names),
        )
        if wanted.join == "inline":
            return self._encoded(manner, joining.inline(rendered, change.entity), change.entity)
        return b",".join(
            self._encoded(manner, item, change.entity) for item in joining.flat(rendered, change.entity)
        )

    @staticmethod
    def _encoded(manner: _Manner, rendered: dict[str, Any], entity: Entity) -> bytes:
        if manner.key.accept == _LD_JSON:
            rendered = rendered | {"@context": manner.context}
        elif manner.key.accept == _GEO_JSON:
            rendered = _feature(rendered, entity)
        return _encode(amended(rendered, manner.key.version))

    # --- the manner of a subscription ----------------------------------------------------------------

    def _manner(self, subscription: Subscription) -> tuple[_Manner, dict[str, str]]:
        found = self._by_number.get(subscription.number)
        if found is None:
            found = self._by_number[subscription.number] = self._make(subscription)
        return found

    def _make(self, subscription: Subscription) -> tuple[_Manner, dict[str, str]]:
        wanted = subscription.wanted
        source = subscription.jsonld_context or subscription.context
        triggers = set(subscription.triggers)
        key = _Key(
            _encode(source),
            form_of(subscription),
            wanted.endpoint.accept,
            wanted.show_changes,
            bool(triggers & {"attributeDeleted", "entityUpdated"}),
            frozenset(subscription.watched),
            version_of(subscription.conformance) or NEWEST,
        )
        manner = self._manners.get(key)
        if manner is None:
            if len(self._manners) >= _MOST_MANNERS:
                self._manners.clear()
            context = self._contexts.get(source)
            self._numbers += 1
            said = source or CORE_URL
            manner = _Manner(self._numbers, key, Renderer(context, key.form), said)
            self._manners[key] = manner
        return manner, headers_of(subscription, manner.context)


def form_of(subscription: Subscription) -> Form:
    """How the subscription wants its entities."""
    wanted = subscription.wanted
    simple = wanted.format in ("keyValues", "simplified")
    return Form(
        style="simplified" if simple else "concise" if wanted.format == "concise" else "normalized",
        sys_attrs=wanted.sys_attrs,
        lang=subscription.lang,
        attrs=frozenset(wanted.attributes) or None,
        pick=frozenset(wanted.pick) or None,
        omit=frozenset(wanted.omit),
        datasets=frozenset(subscription.datasets) or None,
    )


def headers_of(subscription: Subscription, context: Any) -> dict[str, str]:
    """The HTTP headers of every notification: what the receiver asked for, then what the API says."""
    accept: str = subscription.wanted.endpoint.accept
    headers = dict(subscription.wanted.endpoint.receiver_info)
    ours = {"Content-Type": accept}
    if subscription.tenant:
        ours["NGSILD-Tenant"] = subscription.tenant
    if accept != _LD_JSON:
        ours["Link"] = f'<{_link(context)}>; rel="{_REL}"; type="{_LD_JSON}"'
    lower = {name.lower() for name in ours}
    return {name: value for name, value in headers.items() if name.lower() not in lower} | ours


def _link(context: Any) -> str:
    """The one URL that stands for a context: the first that is named."""
    if isinstance(context, str):
        return context
    urls = [part for part in context if isinstance(part, str)] if isinstance(context, list) else []
    return urls[0] if urls else CORE_URL


def as_told(change: EntityChange, deleted: bool, show: bool, watched: frozenset[str]) -> Entity:
    """The entity of a write as a notification tells it: with the attributes that were deleted, if these are
    told; of a deleted entity nothing but these, or all of them when changes are shown.

    An attribute that is gone with all its instances is told once, unless what each of them was is shown.
    """
    entity = change.entity
    gone = change.what == "deleted"
    moment = entity.deleted_at if gone else entity.modified_at
    attributes = {} if gone else dict(entity.attributes)
    for touched in change.touched:
        before = touched.before
        told = (gone and show) or (deleted and (not watched or touched.name in watched))
        if touched.what == "deleted" and before is not None and told:
            left = attributes.get(touched.name, ())
            alone = touched.name not in entity.attributes or gone
            if alone and left and not show:
                if before.dataset:
                    continue
                left = ()
            attributes[touched.name] = (*left, _deleted(before, moment))
    return entity if attributes == entity.attributes and not gone else replace(entity, attributes=attributes)


def _known(before: Attribute | None) -> TypeGuard[Attribute]:
    """Whether it can be shown what an instance was: of one deleted at a source it is not known."""
    return before is not None and before.value is not None


def _deleted(before: Attribute, moment: int) -> Attribute:
    """What is told of an attribute instance that was deleted."""
    return Attribute(
        before.kind,
        before.value,
        before.created_at,
        before.modified_at,
        dataset=before.dataset,
        deleted_at=moment,
    )


def _told(items: Sequence[int], records: Mapping[int, Record]) -> list[tuple[int, EntityChange]]:
    """The writes to tell, in order."""
    told: list[tuple[int, EntityChange]] = []
    for item in items:
        record = records.get(seq_of(item))
        if record is not None:
            told.append((item, record.items[item & LAST]))
    return told


def _feature(rendered: dict[str, Any], entity: Entity) -> dict[str, Any]:
    """An entity as a GeoJSON feature (clause 4.5.16)."""
    geometry = next(
        (item.value for item in entity.attributes.get(LOCATION, ()) if item.kind == "GeoProperty"), None
    )
    properties = {name: value for name, value in rendered.items() if name != "id"}
    return {"id": entity.id, "type": "Feature", "geometry": geometry, "properties": properties}
