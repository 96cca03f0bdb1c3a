"""The words of notices, by kind; ``{…}`` are filled with names in the reader's language."""

from __future__ import annotations

from chengshu.kernel.texts import Text

SAID = {
    "sharing.submitted": Text(
        "{by} asks for “{entry}”: your answer has its clock",
        "{by}申请共享“{entry}”：请在时限内答复",
        "{by}申請共享「{entry}」：請在時限內答覆",
    ),
    "sharing.incomplete": Text(
        "Your request for “{entry}” lacks something; this is told once",
        "您对“{entry}”的申请缺少材料，现一次性告知",
        "您對「{entry}」的申請缺少材料，現一次性告知",
    ),
    "sharing.extended": Text(
        "{provider} takes longer to answer your request for “{entry}”",
        "{provider}延长了对“{entry}”申请的答复期限",
        "{provider}延長了對「{entry}」申請的答覆期限",
    ),
    "sharing.granted": Text(
        "Your request for “{entry}” is granted",
        "您对“{entry}”的申请已获同意",
        "您對「{entry}」的申請已獲同意",
    ),
    "sharing.refused": Text(
        "Your request for “{entry}” is refused; you may object",
        "您对“{entry}”的申请被拒绝，可提出异议",
        "您對「{entry}」的申請被拒絕，可提出異議",
    ),
    "sharing.objected": Text(
        "{by} objects to the refusal of “{entry}”",
        "{by}对拒绝共享“{entry}”提出异议",
        "{by}對拒絕共享「{entry}」提出異議",
    ),
    "sharing.supplied": Text("“{entry}” can be used from now on", "“{entry}”现可使用", "「{entry}」現可使用"),
    "sharing.suspended": Text(
        "The grant of {by} on “{entry}” is suspended",
        "{by}对“{entry}”的授权已中止",
        "{by}對「{entry}」的授權已中止",
    ),
    "sharing.restored": Text(
        "The grant of {by} on “{entry}” answers again",
        "{by}对“{entry}”的授权已恢复",
        "{by}對「{entry}」的授權已恢復",
    ),
    "sharing.over": Text(
        "Your grant on “{entry}” is over: prove that what you received is destroyed",
        "您对“{entry}”的授权已终止：请证明所获数据已销毁",
        "您對「{entry}」的授權已終止：請證明所獲資料已銷毀",
    ),
    "sharing.due_soon": Text(
        "“{entry}”: {clock}, due {due}", "“{entry}”：{clock}，截止 {due}", "「{entry}」：{clock}，截止 {due}"
    ),
    "sharing.overdue": Text(
        "“{entry}”: {clock} is overdue at {owner} (since {due})",
        "“{entry}”：{owner}的{clock}已逾期（自 {due}）",
        "「{entry}」：{owner}的{clock}已逾期（自 {due}）",
    ),
    "correction.asked": Text(
        "Somebody says that “{entry}” is wrong (field {field})",
        "有人指出“{entry}”有误（字段 {field}）",
        "有人指出「{entry}」有誤（欄位 {field}）",
    ),
    "correction.answered": Text(
        "“{entry}”, field {field}: {state}",
        "“{entry}”字段 {field}：{state}",
        "「{entry}」欄位 {field}：{state}",
    ),
    "state.open": Text("asked for", "待答复", "待答覆"),
    "state.corrected": Text("corrected at its source", "已在源头更正", "已在源頭更正"),
    "state.declined": Text("the value stands", "维持原值", "維持原值"),
    "warning.raised": Text("{headline}", "{headline}", "{headline}"),
    "warning.escalated": Text(
        "Nobody has acknowledged: {headline}", "尚无人确认：{headline}", "尚無人確認：{headline}"
    ),
    "warning.cleared": Text("All clear: {headline}", "解除：{headline}", "解除：{headline}"),
    "order.issued": Text(
        "{area}: {name}, for {department}",
        "{area}：{name}，由{department}处理",
        "{area}：{name}，由{department}處理",
    ),
    "order.proposed": Text("To approve: {name}, {area}", "待批：{area}，{name}", "待批：{area}，{name}"),
    "order.cancelled": Text("Called off: {name}, {area}", "已取消：{area}，{name}", "已取消：{area}，{name}"),
    "order.late": Text(
        "A clock ran out at {department}: {name}, {area}",
        "{department}超时：{area}，{name}",
        "{department}逾時：{area}，{name}",
    ),
    "order.late.near": Text(
        "A clock runs out soon: {name}, {area}", "时限将到：{area}，{name}", "時限將到：{area}，{name}"
    ),
    "delivery.failed": Text(
        "A message by {channel} could not be delivered",
        "经 {channel} 的消息未能送达",
        "經 {channel} 的訊息未能送達",
    ),
}
CLOCKS = {
    "answer": Text("the answer to the request", "申请答复", "申請答覆"),
    "supply": Text("the supply of the data", "数据提供", "資料提供"),
    "objection": Text("the decision on the objection", "异议裁决", "異議裁決"),
    "destroy": Text("the proof of destruction", "销毁证明", "銷毀證明"),
    "catalogue": Text("the update of the entry", "目录更新", "目錄更新"),
    "correction": Text("the answer to the correction", "校核答复", "校核答覆"),
}
TRIAL = Text("A notice on trial", "试发通知", "試發通知")
TRIAL_TEXT = Text(
    "The channel {channel} works: this was sent by hand to try it.",
    "渠道 {channel} 可用：此消息为人工试发。",
    "渠道 {channel} 可用：此訊息為人工試發。",
)
