"""Hot start files of a model with and without the mobile pumps of a run.

A run computes only the mobile pumps it uses, for each of them costs a node and a link at every step. So a
snapshot holds the hot start of the model without any; a run's own pumps are put in before it and taken out
after it. They are the last nodes and links of the text, and stand still until they are set.

Layout (SWMM 5.2, hotstart.c): a name, six int32 counts (subcatchments, land uses, nodes, links, pollutants,
flow unit), the runoff, then per node two float32 (a third for a storage) and one per pollutant, then per link
three and one per pollutant.
"""

from __future__ import annotations

import struct

_NAME = b"SWMM5-HOTSTART4"
_COUNTS = struct.Struct("<6i")
_NODES, _LINKS, _POLLUTANTS = 2, 3, 4


def widened(data: bytes, pumps: int) -> bytes:
    """``data`` with ``pumps`` more outfalls and pumps at the end, all at rest."""
    if not pumps:
        return data
    counts, node, link, split = _parts(data)
    return b"".join(
        (
            _head(counts, pumps),
            data[len(_NAME) + _COUNTS.size : split],
            bytes(node * pumps),
            data[split:],
            bytes(link * pumps),
        )
    )


def narrowed(data: bytes, pumps: int) -> bytes:
    """The inverse of :func:`widened`, whatever the pumps did."""
    if not pumps:
        return data
    counts, node, link, split = _parts(data)
    return b"".join(
        (
            _head(counts, -pumps),
            data[len(_NAME) + _COUNTS.size : split - node * pumps],
            data[split : len(data) - link * pumps],
        )
    )


def _head(counts: tuple[int, ...], more: int) -> bytes:
    changed = [count + more if at in (_NODES, _LINKS) else count for at, count in enumerate(counts)]
    return _NAME + _COUNTS.pack(*changed)


def _parts(data: bytes) -> tuple[tuple[int, ...], int, int, int]:
    """The counts, the bytes of a node that is no storage and of a link, and where the links begin."""
    if not data.startswith(_NAME):
        raise ValueError("the hot start is not one of SWMM 5.2")
    counts = _COUNTS.unpack_from(data, len(_NAME))
    node, link = 4 * (2 + counts[_POLLUTANTS]), 4 * (3 + counts[_POLLUTANTS])
    return counts, node, link, len(data) - counts[_LINKS] * link
