"""Words the view adds to what the rooms say themselves."""

from __future__ import annotations

from chengshu.kernel.texts import Text

VERBS = {
    "accept": Text(
        "You take this order; the command centre sees it and the clock of acceptance stops.",
        "您接受此工单；指挥中心可见，接单时限停止计时。",
        "您接受此工單；指揮中心可見，接單時限停止計時。",
    ),
    "arrive": Text(
        "You report that you are at the place; a truck's pump is counted from now on.",
        "您报告已到达现场；泵车自此计入排水。",
        "您回報已到達現場；泵車自此計入排水。",
    ),
    "done": Text(
        "You report the work done; the plan goes on. The event closes by data alone.",
        "您报告工作完成；预案继续。事件只凭数据结案。",
        "您回報工作完成；預案繼續。事件只憑數據結案。",
    ),
    "refuse": Text(
        "You give the order back with a reason; another unit or department gets it.",
        "您说明原因退回工单；将改派其他单位。",
        "您說明原因退回工單；將改派其他單位。",
    ),
}
ACKNOWLEDGE = Text(
    "You take the warning on: it is not escalated further, and the journal names you.",
    "您确认此预警：不再升级，日志记录您的姓名。",
    "您確認此預警：不再升級，日誌記錄您的姓名。",
)
TASK_EFFECT = Text("The plan goes on to its next step.", "预案进入下一步。", "預案進入下一步。")
PART_DOWN = Text(
    "The part “{name}” does not work: {error}", "部件“{name}”异常：{error}", "部件「{name}」異常：{error}"
)
SOURCE_SILENT = Text("silent", "无数据", "無數據")
JOURNAL_OK = Text("The chain is whole: {count} entries.", "链条完整：{count} 条。", "鏈條完整：{count} 條。")
JOURNAL_BROKEN = Text(
    "The chain is broken at entry {at}: {detail}",
    "链条在第 {at} 条断裂：{detail}",
    "鏈條在第 {at} 條斷裂：{detail}",
)
VERIFY_NAME = Text(
    "Closing condition, from sensors of the event's areas",
    "结案条件：事件区域内传感器数据",
    "結案條件：事件區域內傳感器數據",
)
SCENELESS = {"sharing": Text("Data sharing", "数据共享", "數據共享")}  # events of no scenario
DECIDE_HERE = Text(
    "The request and its grant: decide there", "查看申请与授权并作出决定", "查看申請與授權並作出決定"
)
DATA = Text("independent data", "独立数据", "獨立數據")
A_WARNING = Text("Another warning", "又一条预警", "又一條預警")
WINDOW = Text("last {minutes} min", "近 {minutes} 分钟", "近 {minutes} 分鐘")
LESSONS = Text("What was learnt", "经验教训", "經驗教訓")
FORECAST_BY = Text("ensemble of the drainage twin", "排水孪生集合预报", "排水孿生集合預報")
TYPES = {
    "rule.drafted": Text("Rule draft begun by {actor}", "{actor} 开始起草规则", "{actor} 開始起草規則"),
    "rule.saved": Text("Rule draft saved by {actor}", "{actor} 保存规则草案", "{actor} 保存規則草案"),
    "rule.signed": Text("Rule draft signed by {actor}", "{actor} 签署规则草案", "{actor} 簽署規則草案"),
    "rule.published": Text(
        "Rule approved and published by {actor}", "{actor} 批准并发布规则", "{actor} 批准並發布規則"
    ),
    "rule.withdrawn": Text(
        "Rule change withdrawn by {actor}", "{actor} 撤回规则变更", "{actor} 撤回規則變更"
    ),
    "rule.case_kept": Text(
        "Past decision kept as a case by {actor}", "{actor} 将以往决定存为用例", "{actor} 將以往決定存為案例"
    ),
    "rule.case_dropped": Text(
        "Kept case taken away by {actor}", "{actor} 取消所存用例", "{actor} 取消所存案例"
    ),
    "warning.raised": Text("Warning raised: {headline}", "预警发布：{headline}", "預警發布：{headline}"),
    "warning.changed": Text("Warning changed: {headline}", "预警变更：{headline}", "預警變更：{headline}"),
    "warning.acknowledged": Text("Acknowledged by {actor}", "{actor} 已确认", "{actor} 已確認"),
    "warning.escalated": Text(
        "Nobody acknowledged in time: escalated", "未按时确认：已升级", "未按時確認：已升級"
    ),
    "warning.cleared": Text("All clear: {headline}", "解除：{headline}", "解除：{headline}"),
    "warning.corrected": Text("Corrected by late data", "迟到数据更正", "遲到數據更正"),
    "event.opened": Text("Event opened", "立案", "立案"),
    "event.updated": Text("Event updated", "事件更新", "事件更新"),
    "event.warning_joined": Text(
        "{headline}: the warning joined the event", "{headline}：预警并入事件", "{headline}：預警併入事件"
    ),
    "event.verified": Text("Verified by data", "数据核查通过", "數據覈查通過"),
    "event.closed": Text("Event closed", "结案", "結案"),
    "event.reviewed": Text("Review written", "复盘完成", "復盤完成"),
    "work_order.created": Text("Work order: {name}", "工单：{name}", "工單：{name}"),
    "work_order.proposed": Text("Proposed: {name}", "建议：{name}", "建議：{name}"),
    "work_order.assigned": Text("Assigned: {name}", "已派：{name}", "已派：{name}"),
    "work_order.reassigned": Text("Reassigned: {name}", "改派：{name}", "改派：{name}"),
    "work_order.rerouted": Text("New route: {name}", "改道：{name}", "改道：{name}"),
    "work_order.accepted": Text("Accepted: {name}", "接单：{name}", "接單：{name}"),
    "work_order.arrived": Text("Arrived: {name}", "到达：{name}", "到達：{name}"),
    "work_order.done": Text("Done: {name}", "完成：{name}", "完成：{name}"),
    "work_order.refused": Text("Refused: {name}", "退单：{name}", "退單：{name}"),
    "work_order.failed": Text("Failed: {name}", "失败：{name}", "失敗：{name}"),
    "work_order.cancelled": Text("Called off: {name}", "取消：{name}", "取消：{name}"),
    "work_order.withdrawn": Text("Withdrawn: {name}", "撤回：{name}", "撤回：{name}"),
    "work_order.escalated": Text("A clock ran out: {name}", "超时升级：{name}", "超時升級：{name}"),
}
