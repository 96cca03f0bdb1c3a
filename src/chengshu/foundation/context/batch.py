"""How a batch of observations lies in the change stream: three little-endian columns and the texts."""

from __future__ import annotations

import msgspec
import numpy as np

from chengshu.foundation.context.model import Batch, Columns


class _Packed(msgspec.Struct, array_like=True):
    series: bytes
    observed_at: bytes
    values: bytes
    texts: dict[int, str] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Packed)


def encode_batch(columns: Columns) -> bytes:
    """Pack the columns; equal columns give equal bytes."""
    return _encoder.encode(
        _Packed(
            np.array(columns.series, dtype="<i8").tobytes(),
            np.array(columns.observed_at, dtype="<i8").tobytes(),
            np.array(columns.values, dtype="<f8").tobytes(),
            columns.texts,
        )
    )


def decode_batch(payload: bytes) -> Batch:
    """The inverse of :func:`encode_batch`, as numpy columns (read-only views, nothing is copied)."""
    packed = _decoder.decode(payload)
    return Batch(
        np.frombuffer(packed.series, dtype="<i8"),
        np.frombuffer(packed.observed_at, dtype="<i8"),
        np.frombuffer(packed.values, dtype="<f8"),
        packed.texts,
    )
