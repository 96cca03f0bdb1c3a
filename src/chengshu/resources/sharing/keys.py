"""Look-ups by the key of a base library: one row by a value its reader knows, though the column is masked.

Whoever asks with an identity number learns whether it is there. So only a declared key may be asked by, only
by a grant that has the key among its fields, each question is a use on record (with a token, not the number),
and who asks for many that are not there is taken for one who guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Resource
from chengshu.resources.sharing.anomalies import Finding
from chengshu.resources.sharing.declared import Thresholds
from chengshu.resources.sharing.model import Use

KEYED = "key:"
KeyOf: TypeAlias = Callable[[Resource], str]
"""The field by which an entry may be asked; empty for none."""
_GUESSED = Text(
    "{count} keys that are not there were asked for today (limit {limit})",
    "今日查询了 {count} 个不存在的标识（上限 {limit}）",
    "今日查詢了 {count} 個不存在的標識（上限 {limit}）",
)
NO_KEY = Text(
    "{field} is no key of a base library by which this entry may be asked",
    "{field} 不是可用于查询该条目的基础库标识",
    "{field} 不是可用於查詢該條目的基礎庫標識",
)


def no_key(_: Resource) -> str:
    """Where no base library is declared."""
    return ""


def kept_filter(field: str, token: str) -> str:
    """How the record names a look-up: never by the value itself."""
    return f"{KEYED}{field} = {token}"


def guessing(use: Use, today: Iterable[Use], limits: Thresholds) -> Finding | None:
    """Too many look-ups of a day that found nothing; ``today`` are the grant's uses of the day."""
    if not _empty(use) or limits.probing == "off":
        return None
    count = 1 + sum(item.outcome == "answered" and _empty(item) for item in today)
    if count < limits.denied_per_day:
        return None
    numbers = {"count": count, "limit": limits.denied_per_day}
    reason = Reason("sharing.anomaly.probing", _GUESSED.fill(**numbers), numbers)
    return Finding("probing", limits.probing == "block", reason)


def _empty(use: Use) -> bool:
    return use.filter.startswith(KEYED) and use.rows == 0
