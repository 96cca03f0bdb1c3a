"""Why a use is denied: what is not granted, for that person, purpose, manner and moment, is not given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chengshu.kernel.clock import millis
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.sharing.intake import same_purpose
from chengshu.resources.sharing.model import OPEN_STATES, Party, Request, recipients


@dataclass(frozen=True, slots=True)
class Call:
    """One use as it is asked for."""

    who: Party
    purpose: str
    fields: tuple[str, ...]
    filter: str
    limit: int | None
    manner: str
    key: tuple[str, str] | None = None  # a field of a base library, and the value asked for


def refusal(request: Request, call: Call, now: datetime) -> Reason | None:
    """Why this use may not be, or None. What is not granted is denied."""
    grant = request.grant
    if grant is None or request.state not in OPEN_STATES:
        return said("state", _STATE, state=request.state)
    if millis(now) >= grant.ends_at:
        return said("expired", _EXPIRED)
    if not {call.who.person, call.who.department} & recipients(request):
        return said("third_party", _THIRD, person=call.who.person, department=call.who.department)
    if not same_purpose(call.purpose, request.ask.purpose):
        return said("purpose", _PURPOSE, purpose=call.purpose, granted=request.ask.purpose)
    if call.manner != request.ask.manner:
        return said("manner", _MANNER, manner=call.manner, granted=request.ask.manner)
    if beyond := [name for name in call.fields if name not in grant.names()]:
        return said("fields", _FIELDS, fields=", ".join(beyond))
    if call.limit is not None and not 1 <= call.limit <= grant.rows_per_use:
        return said("rows", _ROWS, limit=grant.rows_per_use)
    return None


def said(rule: str, text: Text, **values: Any) -> Reason:
    """A refusal with its numbers."""
    return Reason(f"sharing.gate.{rule}", text.fill(**values), values)


REMEDY = {
    "denied": "use the grant as it was given, or file a new request",
    "blocked": "the grant is suspended; the data bureau decides",
}
_STATE = Text(
    "the grant does not answer: it is {state}", "授权不可用：状态为 {state}", "授權不可用：狀態為 {state}"
)
_EXPIRED = Text("the granted time is over", "授权期限已届满", "授權期限已屆滿")
_THIRD = Text(
    "{person} of {department} is not among the recipients: data are not handed to third parties",
    "{department} 的 {person} 不在使用范围内：不得提供给第三方",
    "{department} 的 {person} 不在使用範圍內：不得提供給第三方",
)
_PURPOSE = Text(
    "«{purpose}» is not the purpose it was granted for («{granted}»)",
    "“{purpose}”不是授权的用途（“{granted}”），不得扩大使用目的",
    "「{purpose}」不是授權的用途（「{granted}」），不得擴大使用目的",
)
_MANNER = Text(
    "granted by {granted}, not by {manner}",
    "授权方式为 {granted}，不是 {manner}",
    "授權方式為 {granted}，不是 {manner}",
)
_FIELDS = Text("not granted: {fields}", "未授权字段：{fields}", "未授權欄位：{fields}")
FILTER = Text("the filter cannot be used: {detail}", "筛选条件不可用：{detail}", "篩選條件不可用：{detail}")
_ROWS = Text("a use gives 1 to {limit} rows", "每次使用限 1 至 {limit} 行", "每次使用限 1 至 {limit} 行")
DAY = Text(
    "{given} rows were given today; {rows} more are beyond the {limit} of a day",
    "今日已提供 {given} 行，再取 {rows} 行将超过每日 {limit} 行",
    "今日已提供 {given} 行，再取 {rows} 行將超過每日 {limit} 行",
)
WITHHELD = Text(
    "every field is withheld by the grade it has today",
    "按现行分级，全部字段均不予提供",
    "按現行分級，全部欄位均不予提供",
)
CLASS = Text(
    "the catalogue says that these data are not shared any more",
    "目录载明该数据已不再共享",
    "目錄載明該數據已不再共享",
)
CONSENT = Text(
    "it rests on consent, and the entry does not say which column names the person",
    "依据为个人同意，而目录未写明哪一列指明个人",
    "依據為個人同意，而目錄未寫明哪一列指明個人",
)
