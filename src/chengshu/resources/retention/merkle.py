"""A Merkle tree over digests: one root stands for all, and each can be shown to be among them.

Source: RFC 6962 clause 2.1 (hash of leaves and nodes, audit paths). Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the hashes of leaves, in their order; over none it is the hash of nothing."""
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]  # an odd one goes up as it is
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that lead from a leaf to the root. Raises IndexError for a leaf that is not there."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    found = []
    level = list(leaves)
    while len(level) > 1:
        other = index ^ 1
        if other < len(level):
            found.append(level[other])
        paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level, index = paired + level[len(paired) * 2 :], index // 2
    return tuple(found)


def leads(start: bytes, index: int, size: int, path_: Sequence[bytes], wanted: bytes) -> bool:
    """Whether a path leads from leaf ``index`` of ``size`` to the wanted root."""
    if not 0 <= index < size:
        return False
    found, width, steps = start, size, list(path_)
    while width > 1:
        if index ^ 1 < width:
            if not steps:
                return False
            other = steps.pop(0)
            found = _node(other, found) if index & 1 else _node(found, other)
        index, width = index // 2, (width + 1) // 2
    return not steps and found == wanted
