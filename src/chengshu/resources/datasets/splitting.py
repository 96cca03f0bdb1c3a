"""Splits: which part a group of rows belongs to is a matter of its name and the salt, and nothing else.

All rows of one person, one site or one device stay together; rows that come later move none that are there.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence

from chengshu.kernel.errors import Invalid

_WHOLE = 2.0**64


def check_shares(shares: Sequence[tuple[str, float]]) -> None:
    """Raises :class:`Invalid` unless two or more parts, each named once and above 0, make up the whole."""
    names = [name for name, _ in shares]
    if len(shares) < 2 or len(set(names)) != len(names) or not all(name.strip() for name in names):
        raise Invalid(
            "split-parts", "a split has two or more parts, each with its name", remedy="train=0.8, test=0.2"
        )
    if any(not share > 0 for _, share in shares) or not math.isclose(
        sum(share for _, share in shares), 1.0, abs_tol=1e-6
    ):
        raise Invalid(
            "split-shares",
            f"the shares are {', '.join(f'{name} {share:g}' for name, share in shares)}; they must make up 1",
            remedy="train=0.8, test=0.2",
        )


def part_of(key: str, shares: Sequence[tuple[str, float]], salt: str) -> str:
    """The part of a group: SHA-256 of salt and key as a number from 0 to 1, laid on the shares in order."""
    head = hashlib.sha256(f"{salt}\x1f{key}".encode()).digest()[:8]
    position, end = int.from_bytes(head, "big") / _WHOLE, 0.0
    for name, share in shares:
        end += share
        if position < end:
            return name
    return shares[-1][0]


def parted(keys: Iterable[str], shares: Sequence[tuple[str, float]], salt: str) -> dict[str, str]:
    """The part of each group."""
    return {key: part_of(key, shares, salt) for key in keys}


def spread(sizes: Mapping[str, int], share: float) -> float:
    """How far the share of rows usually is from what was wanted (standard deviation): large groups weigh.

    Binomial over groups: sqrt(p (1 - p) sum of squared sizes) / rows.
    """
    total = sum(sizes.values())
    if not total:
        return 0.0
    return math.sqrt(share * (1 - share) * sum(size * size for size in sizes.values())) / total
