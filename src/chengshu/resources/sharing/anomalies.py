"""Is a use unlike the grant's own past? By thresholds a person can check; each finding says its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.sharing.declared import Action, Thresholds
from chengshu.resources.sharing.model import Use

_BULK = Text(
    "{rows} rows; this grant gave {usual} on most of its last {uses} uses (limit {limit})",
    "读取 {rows} 行；该授权近 {uses} 次使用通常为 {usual} 行（上限 {limit}）",
    "讀取 {rows} 行；該授權近 {uses} 次使用通常為 {usual} 行（上限 {limit}）",
)
_DRIP = Text(
    "{rows} rows today in many uses (limit {limit})",
    "今日多次读取合计 {rows} 行（上限 {limit}）",
    "今日多次讀取合計 {rows} 行（上限 {limit}）",
)
_OFF = Text(
    "{rows} rows outside working time (limit {limit})",
    "在工作时间之外读取 {rows} 行（上限 {limit}）",
    "在工作時間之外讀取 {rows} 行（上限 {limit}）",
)
_FIELDS = Text(
    "{fields} were never used in the last {uses} uses",
    "近 {uses} 次使用从未读取 {fields}",
    "近 {uses} 次使用從未讀取 {fields}",
)
_JOINS = Text(
    "for the first time read beside grant {other} within {minutes} minutes, both with {fields}",
    "首次在 {minutes} 分钟内与授权 {other} 同时读取，均含 {fields}，可能关联",
    "首次在 {minutes} 分鐘內與授權 {other} 同時讀取，均含 {fields}，可能關聯",
)
_PROBING = Text(
    "{denied} attempts were denied today (limit {limit})",
    "今日已被拒绝 {denied} 次（上限 {limit}）",
    "今日已被拒絕 {denied} 次（上限 {limit}）",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is unusual, whether it blocks, and the numbers."""

    kind: str
    blocks: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Beside:
    """Another grant that the same person used shortly before, and the identifying fields both had.

    ``before`` says whether the two were ever used like that earlier.
    """

    grant: str
    fields: tuple[str, ...]
    before: bool


def judge(
    use: Use,
    past: Sequence[Use],
    beside: Sequence[Beside],
    now: datetime,
    calendar: WorkingCalendar,
    limits: Thresholds,
    today: int = 0,
) -> list[Finding]:
    """What is unusual about ``use``, against the answered uses of the same grant before it.

    ``today`` are the rows it gave today already: many small uses are a large one.
    """
    found = [
        _bulk(use, past, limits) or _drip(use, today, limits),
        _off_hours(use, now, calendar, limits),
        _new_fields(use, past, limits),
        *(_joined(item, limits) for item in beside),
    ]
    return [finding for finding in found if finding is not None]


def probing(denied: int, limits: Thresholds) -> Finding | None:
    """Too many denied attempts of a day."""
    if denied < limits.denied_per_day:
        return None
    return _finding("probing", limits.probing, _PROBING, denied=denied, limit=limits.denied_per_day)


def _bulk(use: Use, past: Sequence[Use], limits: Thresholds) -> Finding | None:
    usual = float(median(item.rows for item in past)) if past else 0.0
    limit = float(limits.bulk_rows)
    if len(past) >= limits.past_uses:
        limit = min(limit, max(limits.bulk_factor * usual, limits.bulk_least))
    if use.rows <= limit:
        return None
    return _finding(
        "bulk", limits.bulk, _BULK, rows=use.rows, usual=f"{usual:g}", uses=len(past), limit=f"{limit:g}"
    )


def _drip(use: Use, today: int, limits: Thresholds) -> Finding | None:
    if use.rows + today <= limits.bulk_rows:
        return None
    return _finding("bulk", limits.bulk, _DRIP, rows=use.rows + today, limit=limits.bulk_rows)


def _off_hours(use: Use, now: datetime, calendar: WorkingCalendar, limits: Thresholds) -> Finding | None:
    if calendar.is_working(now) or use.rows <= limits.off_hours_rows:
        return None
    if use.rows > limits.bulk_least:
        return _finding("off_hours_bulk", limits.off_hours_bulk, _OFF, rows=use.rows, limit=limits.bulk_least)
    return _finding("off_hours", limits.off_hours, _OFF, rows=use.rows, limit=limits.off_hours_rows)


def _new_fields(use: Use, past: Sequence[Use], limits: Thresholds) -> Finding | None:
    if len(past) < limits.past_uses:
        return None
    used = {field for item in past for field in item.fields}
    new = [field for field in use.fields if field not in used]
    if not new:
        return None
    return _finding("fields", limits.fields, _FIELDS, fields=", ".join(new), uses=len(past))


def _joined(beside: Beside, limits: Thresholds) -> Finding | None:
    if beside.before:
        return None
    return _finding(
        "joins",
        limits.joins,
        _JOINS,
        other=beside.grant,
        minutes=limits.join_minutes,
        fields=", ".join(beside.fields),
    )


def _finding(kind: str, action: Action, text: Text, **numbers: Any) -> Finding | None:
    if action == "off":
        return None
    return Finding(kind, action == "block", Reason(f"sharing.anomaly.{kind}", text.fill(**numbers), numbers))
