"""Instances as they lie in the table, and back."""

from __future__ import annotations

from typing import Any

import msgspec

from chengshu.foundation.broker.indexing import KIND_CODES, KINDS
from chengshu.foundation.broker.model import NULL, Attribute, Kind
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.store_temporal import InstanceRow, SeriesRow
from chengshu.kernel.clock import from_millis, iso

_ID = "urn:ngsi-ld:Instance:"
_EXACT = 2**53  # integers up to here are themselves as doubles
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Attribute).decode


def instance_id(number: int) -> str:
    """The instanceId of an instance: it stays when the instance is changed."""
    return f"{_ID}{number:x}"


def number_of(instance: str) -> int | None:
    """The inverse of :func:`instance_id`; None for an id that is none of ours."""
    try:
        return int(instance.removeprefix(_ID), 16) if instance.startswith(_ID) else None
    except ValueError:
        return None


def to_row(item: Attribute, series: SeriesRow, number: int, now: int) -> InstanceRow:
    """An instance under its number; its times of creation and change are ``now`` when it has none."""
    observed = millis_of(item.observed_at) if item.observed_at else None
    created, modified = item.created_at or now, item.modified_at or now
    at = (item.deleted_at or modified) if observed is None else observed
    number_ = _number(item)
    plain = number_ is not None and is_plain(item, series, observed)
    doc = (
        None
        if plain
        else _encode(msgspec.structs.replace(item, created_at=0, modified_at=0, deleted_at=0, instance=""))
    )
    return InstanceRow(
        series.id,
        at,
        number,
        int(observed is not None),
        created,
        modified,
        item.deleted_at or None,
        number_,
        doc,
    )


def _number(item: Attribute) -> float | None:
    """The value as the aggregates take it."""
    value = item.value
    if item.kind != "Property" or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_EXACT <= value <= _EXACT or isinstance(value, float) else None


def is_plain(item: Attribute, series: SeriesRow, observed: int | None) -> bool:
    """Whether number, times and series say all there is to say."""
    value = item.value
    if isinstance(value, float) and value.is_integer():
        return False  # 3.0 is to come back as 3.0
    if observed is not None and item.observed_at != iso(from_millis(observed)):
        return False
    return (
        item.unit_code == series.unit
        and not item.attributes
        and not item.object_types
        and not item.value_type
        and not item.expires_at
    )


def to_attribute(row: InstanceRow, series: SeriesRow) -> Attribute:
    """The instance of a row."""
    times: dict[str, Any] = {
        "created_at": row.created_at,
        "modified_at": row.modified_at,
        "deleted_at": row.deleted_at or 0,
        "instance": instance_id(row.number),
    }
    if row.doc is not None:
        return msgspec.structs.replace(_decode(row.doc), **times)
    value = row.num
    return Attribute(
        kind_of(series.kind),
        int(value) if value is not None and value.is_integer() else value,
        observed_at=iso(from_millis(row.at)) if row.observed else "",
        unit_code=series.unit,
        dataset=series.dataset,
        **times,
    )


def kind_of(code: int) -> Kind:
    """The kind of an attribute by its code."""
    return KINDS[code]  # type: ignore[return-value]


def code_of(kind: Kind) -> int:
    """The code of a kind of attribute."""
    return KIND_CODES[kind]


def gone(kind: Kind, dataset: str, at: int) -> Attribute:
    """The instance that says that an attribute was deleted (clause 4.5.6: deletedAt, value urn:ngsi-
    ld:null).
    """
    value: object = {"@none": NULL} if kind == "LanguageProperty" else NULL
    return Attribute(kind, value, created_at=at, modified_at=at, deleted_at=at, dataset=dataset)
