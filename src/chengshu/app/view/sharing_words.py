"""Words of data sharing: what each act will do, what happened, and what was wrong, in three languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chengshu.kernel.errors import ChengshuError
from chengshu.kernel.texts import Text

EFFECTS = {
    "complete": Text(
        "The request goes to {provider}; the clock goes on with the days that are left.",
        "申请转给{provider}；时限按剩余天数继续计算。",
        "申請轉給{provider}；時限按剩餘天數繼續計算。",
    ),
    "withdraw": Text(
        "The request is over; nobody decides on it.", "申请终止，不再审核。", "申請終止，不再審核。"
    ),
    "missing": Text(
        "{applicant} is told once, and of everything; the clock stands still until it is handed in.",
        "一次性告知{applicant}全部所缺内容；补齐之前停止计时。",
        "一次性告知{applicant}全部所缺內容；補齊之前停止計時。",
    ),
    "extend": Text(
        "{days} more working days to answer, once; {applicant} sees why.",
        "答复期限延长 {days} 个工作日，限一次；{applicant}可见理由。",
        "答覆期限延長 {days} 個工作日，限一次；{applicant}可見理由。",
    ),
    "grant": Text(
        "{applicant} gets what is chosen here and nothing else; the clock of supply begins.",
        "{applicant}仅获得此处所选内容；供给时限开始计算。",
        "{applicant}僅獲得此處所選內容；供給時限開始計算。",
    ),
    "refuse": Text(
        "{applicant} sees the reason and the law, and may object once; the data bureau then decides.",
        "{applicant}可见理由和依据，可提出一次异议，由数据主管部门裁定。",
        "{applicant}可見理由和依據，可提出一次異議，由數據主管部門裁定。",
    ),
    "object": Text(
        "{bureau} decides within its period; you can object once.",
        "由{bureau}在期限内裁定；异议限一次。",
        "由{bureau}在期限內裁定；異議限一次。",
    ),
    "uphold": Text(
        "The refusal is set aside: {applicant} gets what is chosen here; {provider} must supply it.",
        "撤销原拒绝决定：{applicant}获得此处所选内容，由{provider}供给。",
        "撤銷原拒絕決定：{applicant}獲得此處所選內容，由{provider}供給。",
    ),
    "reject": Text(
        "The refusal stands for good; {applicant} sees the reason and the law.",
        "维持拒绝，为最终决定；{applicant}可见理由和依据。",
        "維持拒絕，為最終決定；{applicant}可見理由和依據。",
    ),
    "supply": Text(
        "{applicant} may use the data from now on; the granted time begins.",
        "{applicant}自此可使用数据；授权期限开始计算。",
        "{applicant}自此可使用數據；授權期限開始計算。",
    ),
    "suspend": Text(
        "The next use is denied, at once; {bureau} decides how it goes on.",
        "立即暂停，下一次使用即被拒；由{bureau}决定后续。",
        "立即暫停，下一次使用即被拒；由{bureau}決定後續。",
    ),
    "restore": Text("The grant answers again, at once.", "授权立即恢复使用。", "授權立即恢復使用。"),
    "revoke": Text(
        "The grant is over for good; {applicant} must destroy what it received, and prove it.",
        "授权终止；{applicant}须销毁已得数据并提交证明。",
        "授權終止；{applicant}須銷毀已得數據並提交證明。",
    ),
    "end": Text(
        "The grant is over; what you received must be destroyed, and that be proven.",
        "授权终止；须销毁已得数据并提交证明。",
        "授權終止；須銷毀已得數據並提交證明。",
    ),
    "destroyed": Text(
        "The proof is kept with the request; the clock of destruction ends.",
        "证明随申请存档；销毁时限停止计算。",
        "證明隨申請存檔；銷毀時限停止計算。",
    ),
}
STEPS = {
    "submitted": Text("Handed in", "提交申请", "提交申請"),
    "completed": Text("Completed", "补齐材料", "補齊材料"),
    "told_missing": Text("Told what is missing", "一次性告知所缺内容", "一次性告知所缺內容"),
    "extended": Text("Period extended", "延长答复期限", "延長答覆期限"),
    "granted": Text("Granted", "同意", "同意"),
    "refused": Text("Refused", "拒绝", "拒絕"),
    "objected": Text("Objection", "提出异议", "提出異議"),
    "supplied": Text("Supplied", "开始供给", "開始供給"),
    "first_used": Text("Used for the first time", "首次使用", "首次使用"),
    "suspended": Text("Suspended", "暂停", "暫停"),
    "restored": Text("Restored", "恢复使用", "恢復使用"),
    "revoked": Text("Revoked", "撤销授权", "撤銷授權"),
    "ended": Text("Ended by the applicant", "申请部门终止", "申請部門終止"),
    "expired": Text("Granted time over", "授权到期", "授權到期"),
    "withdrawn": Text("Taken back", "撤回申请", "撤回申請"),
    "destroyed": Text("Destruction proven", "提交销毁证明", "提交銷毀證明"),
}
BY_HUB = Text("{what}, by the hub itself", "{what}（中枢自动）", "{what}（中樞自動）")
NOT_YOURS = Text(
    "Only the parties of a request, its recipients, auditors and administrators see it.",
    "仅申请的当事部门、使用方、审计员和管理员可见。",
    "僅申請的當事部門、使用方、稽核員和管理員可見。",
)
NO_RECIPIENT = Text("You act for none of the recipients.", "您不代表任何使用方。", "您不代表任何使用方。")
NOT_STATE = {
    "granted": Text("It is granted and not supplied yet.", "已同意，尚未供给。", "已同意，尚未供給。"),
    "suspended": Text(
        "It is suspended; the data bureau decides.",
        "已暂停，由数据主管部门决定。",
        "已暫停，由數據主管部門決定。",
    ),
}
OVER = Text("It is over.", "已终止。", "已終止。")
FOR_PROGRAMS = Text(
    "It is for programs (/shared/grants), not for pages.",
    "供程序使用（/shared/grants），不在页面上使用。",
    "供程式使用（/shared/grants），不在頁面上使用。",
)
COUNTER = Text(
    "Residents are answered at the counters of {names}, by operators and leads.",
    "由{names}的操作员或负责人在窗口答复居民。",
    "由{names}的操作員或負責人在窗口答覆居民。",
)

_FAULTS = {
    "reason-missing": Text("Say why, in a sentence.", "请用一句话说明理由。", "請用一句話說明理由。"),
    "text-long": Text("That is too long; say it shorter.", "文字过长，请精简。", "文字過長，請精簡。"),
    "fields-beyond": Text(
        "Grant at least one of the fields asked for.",
        "至少同意一个所申请的字段。",
        "至少同意一個所申請的欄位。",
    ),
    "nothing-granted": Text(
        "Every field would be withheld: choose another treatment, or refuse with the reason.",
        "全部字段均不提供：请改选呈现方式，或说明理由拒绝。",
        "全部欄位均不提供：請改選呈現方式，或說明理由拒絕。",
    ),
    "limit": Text("A limit is at least one row.", "行数至少为 1。", "行數至少為 1。"),
    "number": Text("Write a whole number.", "请填整数。", "請填整數。"),
    "items": Text("Say what is missing.", "请写明所缺内容。", "請寫明所缺內容。"),
    "told-twice": Text(
        "The applicant was told once already: grant it, or refuse it with the reason.",
        "已一次性告知过：请同意，或说明理由拒绝。",
        "已一次性告知過：請同意，或說明理由拒絕。",
    ),
    "extension": Text(
        "The period was extended already, or the request is not under review.",
        "期限已延长过，或申请不在审核中。",
        "期限已延長過，或申請不在審核中。",
    ),
    "objection-twice": Text(
        "The data bureau has decided already: file a new request with what has changed.",
        "数据主管部门已裁定：情况有变请重新申请。",
        "數據主管部門已裁定：情況有變請重新申請。",
    ),
    "already-granted": Text(
        "Your department has this already for this purpose: use that grant.",
        "本部门就同一用途已有授权：请直接使用。",
        "本部門就同一用途已有授權：請直接使用。",
    ),
    "still-missing": Text(
        "Something is missing still; the clock stands still until all of it is handed in.",
        "仍有缺项；全部补齐之前停止计时。",
        "仍有缺項；全部補齊之前停止計時。",
    ),
    "sharing-state": Text(
        "That is no longer possible: the request has gone on meanwhile.",
        "已不能这样办理：申请状态已变。",
        "已不能這樣辦理：申請狀態已變。",
    ),
    "sharing.own": Text(
        "Nobody decides on a request of their own: a colleague must.",
        "不得办理自己提出的申请：请由同事办理。",
        "不得辦理自己提出的申請：請由同事辦理。",
    ),
    "resource-retired": Text("The entry is retired.", "该条目已注销。", "該條目已註銷。"),
    "field-unknown": Text("The entry has no such field.", "条目没有该字段。", "條目沒有該欄位。"),
    "duration": Text(
        "Write for how long as P30D, P6M or P1Y.",
        "使用期限请写作 P30D、P6M 或 P1Y。",
        "使用期限請寫作 P30D、P6M 或 P1Y。",
    ),
    "rows-syntax": Text(
        'The rows cannot be read: write FEEL, such as district = "east".',
        '行的条件无法识别：请写 FEEL，如 district = "east"。',
        '列的條件無法識別：請寫 FEEL，如 district = "east"。',
    ),
    "rows-field": Text(
        "The condition of rows asks for a field the entry does not have.",
        "行的条件用到条目没有的字段。",
        "列的條件用到條目沒有的欄位。",
    ),
    "treatment-important": Text(
        "Important data are never shown as they are: mask or tokenise them.",
        "重要数据不得原样提供：请脱敏或用令牌。",
        "重要數據不得原樣提供：請脫敏或用令牌。",
    ),
    "treatment-core": Text(
        "Core data are withheld from everybody.", "核心数据不提供给任何人。", "核心數據不提供給任何人。"
    ),
    "witness": Text(
        "Name a second person who saw it.", "请写明在场见证的另一人。", "請寫明在場見證的另一人。"
    ),
    "digest": Text(
        "The digest of the protocol has 64 signs, 0–9 and a–f (SHA-256).",
        "记录摘要为 64 位 0–9、a–f（SHA-256）。",
        "紀錄摘要為 64 位 0–9、a–f（SHA-256）。",
    ),
    "subject": Text(
        "An identity number has 18 digits (the last may be X), or 15. Look at the card again.",
        "身份证号为 18 位（末位可为 X）或 15 位，请核对证件。",
        "身分證號為 18 位（末位可為 X）或 15 位，請核對證件。",
    ),
    "lookups": Text(
        "Too many questions in the last hour. Go on later, or let a colleague ask.",
        "最近一小时查询过多，请稍后再试或由同事查询。",
        "最近一小時查詢過多，請稍後再試或由同事查詢。",
    ),
    "sharing-source": Text(
        "The hub cannot read the rows of this entry itself: the provider must hand them over.",
        "中枢不能直接读取该条目的数据：请由提供部门交付。",
        "中樞不能直接讀取該條目的數據：請由提供部門交付。",
    ),
    "source-drifted": Text(
        "The table no longer has the granted fields: the provider must mend it or decide anew.",
        "数据表已没有授权的字段：请提供部门修复或重新决定。",
        "資料表已沒有授權的欄位：請提供部門修復或重新決定。",
    ),
}


@contextmanager
def spoken() -> Iterator[None]:
    """What is raised within gets its words in three languages, where there are any."""
    try:
        yield
    except ChengshuError as error:
        reason = error.extra.get("reason")
        if isinstance(reason, dict) and "text" in reason:
            error.extra.setdefault("text", reason["text"])
        elif (words := _FAULTS.get(error.fault.code)) is not None:
            error.extra.setdefault("text", words.as_dict())
        raise
