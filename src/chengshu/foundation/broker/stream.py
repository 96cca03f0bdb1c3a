"""How a group of writes lies in the change stream, and how a consumer reads it."""

from __future__ import annotations

import msgspec

from chengshu.foundation.broker.model import Changes
from chengshu.ports.runtime import Change

KIND = "linked.changed"
_decoder = msgspec.msgpack.Decoder(Changes)
_encoder = msgspec.msgpack.Encoder()


class _Packed(msgspec.Struct):
    """The payload: the group stays packed until a consumer wants it, as batches of observations do."""

    changes: bytes
    settled: tuple[int, ...] = ()


class PackedChange(msgspec.Struct, omit_defaults=True):
    """An :class:`~chengshu.foundation.broker.model.EntityChange` whose entity is packed already."""

    tenant: str
    what: str
    entity: msgspec.Raw
    touched: object = ()
    scopes: bool = False


def pack(items: list[PackedChange], settled: tuple[int, ...] = ()) -> bytes:
    """The payload of one record; :func:`changes_of` is its inverse.

    ``settled`` are the places of writes whose evolution is told elsewhere: they came from it, or from the
    history of the hub's own series.
    """
    return _encoder.encode(_Packed(_encoder.encode({"items": items}), settled))


def changes_of(change: Change) -> Changes:
    """The group of writes that a record of kind :data:`KIND` carries, in order."""
    return _decoder.decode(change.payload["changes"])


def settled(change: Change) -> frozenset[int]:
    """The places of the writes that add nothing to the evolutions."""
    return frozenset(change.payload.get("settled", ()))
