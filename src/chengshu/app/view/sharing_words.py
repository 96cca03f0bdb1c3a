"""Words of data sharing: what each act will do, and what happened, in three languages."""

from __future__ import annotations

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
