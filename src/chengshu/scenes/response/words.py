"""The sentences this scene says, in the three languages of the house."""

from __future__ import annotations

from chengshu.kernel.texts import LANGUAGES, Text


def said(pattern: Text, **values: object) -> Text:
    """The pattern filled in every language; a value that is a text is said in that language."""
    filled = {}
    for tag in LANGUAGES:
        words = {key: value.say(tag) if isinstance(value, Text) else value for key, value in values.items()}
        filled[tag] = pattern.say(tag).format(**words)
    return Text.of(filled)


JOINED = {
    "same": Text("{area} already belongs to the event", "{area}已属于该事件", "{area}已屬於該事件"),
    "inside": Text(
        "{area} and {other} lie one in the other", "{area}与{other}互为上下级", "{area}與{other}互為上下級"
    ),
    "touching": Text("{area} touches {other}", "{area}与{other}相邻", "{area}與{other}相鄰"),
    "parent": Text(
        "{area} and {other} lie under one area",
        "{area}与{other}同属一个上级区域",
        "{area}與{other}同屬一個上級區域",
    ),
    "radius": Text("{area} is near {other}", "{area}距{other}较近", "{area}距{other}較近"),
}
OPENED = Text(
    "no open event is near {area} in space and time",
    "{area}附近没有时空相近的未结事件",
    "{area}附近沒有時空相近的未結事件",
)
DUTY = Text(
    "duty list: {matter} in {area} is led by {lead}",
    "权责清单：{area}的{matter}由{lead}牵头",
    "權責清單：{area}的{matter}由{lead}牽頭",
)
NO_DUTY = Text(
    "no line of the duty list covers {matter} in {area}; it goes to the topmost body, {lead}",
    "权责清单未覆盖{area}的{matter}，转最上级机构{lead}",
    "權責清單未覆蓋{area}的{matter}，轉最上級機構{lead}",
)
TASK = Text("task of the plan", "预案任务", "預案任務")
SENT = Text(
    "{unit} is sent: {minutes} min away; worth {worth}",
    "派出{unit}：行程{minutes}分钟；效益{worth}",
    "派出{unit}：行程{minutes}分鐘；效益{worth}",
)
KEPT = Text("the unit keeps its order", "该队伍保持原任务", "該隊伍保持原任務")
REROUTED = Text(
    "the way has changed; {minutes} min to go",
    "路线变更，尚需{minutes}分钟",
    "路線變更，尚需{minutes}分鐘",
)
LOST = Text(
    "taken back in a re-plan: {why}",
    "重新调度时收回：{why}",
    "重新調度時收回：{why}",
)
GONE = Text("the place no longer needs it", "该处已不再需要", "該處已不再需要")
MISUSE = Text("Misuse of shared data: {title}", "共享数据被违规使用：{title}", "共享數據被違規使用：{title}")
BUREAU = Text(
    "the duty list has no line for {matter}: the data bureau ({lead}) looks into it",
    "权责清单未列 {matter}：由数据主管部门（{lead}）核查",
    "權責清單未列 {matter}：由數據主管部門（{lead}）核查",
)
DECISIONS = {
    "in_use": Text("decided: the grant answers again", "已决定：授权恢复使用", "已決定：授權恢復使用"),
    "revoked": Text("decided: the grant is revoked", "已决定：撤销授权", "已決定：撤銷授權"),
    "ended": Text("the applicant ended the grant", "申请部门已终止授权", "申請部門已終止授權"),
    "expired": Text("the granted time is over", "授权期限已届满", "授權期限已屆滿"),
}
OVER = Text("the event is verified by data", "事件已由数据核实", "事件已由數據覈實")
PLAN_DROPPED = Text("the plan took the task back", "预案已收回该任务", "預案已收回該任務")
PLAN_WENT_ON = Text("the plan's task was completed", "预案任务已完成", "預案任務已完成")
CHOSEN = Text("chosen by a person: {why}", "人工指定：{why}", "人工指定：{why}")
REFUSED = Text("given back: {why}", "退回：{why}", "退回：{why}")
FAILED = Text("could not be done: {why}", "未能完成：{why}", "未能完成：{why}")
NEAR_DUE = Text("{clock}: most of the time has gone", "{clock}：时限将至", "{clock}：時限將至")
CLOCK_NAMES = {
    "accept": Text("time to accept", "接单时限", "接單時限"),
    "arrive": Text("time to arrive", "到场时限", "到場時限"),
    "done": Text("time to finish", "办结时限", "辦結時限"),
}
LATE = Text("{clock}: the time has run out", "{clock}：已超时", "{clock}：已超時")
CONTROL = Text(
    "set {element} to {value}: {avoided} m³ less flooding",
    "将{element}调至{value}：减少积水{avoided}立方米",
    "將{element}調至{value}：減少積水{avoided}立方米",
)
INSPECT = Text(
    "data are missing ({fresh} of {total} sensors); somebody who did not handle it must look",
    "数据缺失（{total}个传感器仅{fresh}个有效），须由非处置人员核查",
    "數據缺失（{total}個傳感器僅{fresh}個有效），須由非處置人員覈查",
)
CALM = Text(
    "the closing condition has held for {minutes} min",
    "结案条件已持续满足{minutes}分钟",
    "結案條件已持續滿足{minutes}分鐘",
)
ROAD_CLOSED = Text("water at {place}: {depth} m", "{place}积水{depth}米", "{place}積水{depth}米")
ROAD_OPENED = Text("the water at {place} has gone", "{place}积水已退", "{place}積水已退")
UNSERVED = {
    "no_skill": Text("no free unit may or can do it", "没有具备条件的空闲队伍", "沒有具備條件的空閒隊伍"),
    "unreachable": Text("no open road leads there", "道路不通", "道路不通"),
    "too_late": Text("no free unit arrives in time", "空闲队伍均无法及时到达", "空閒隊伍均無法及時到達"),
    "capacity": Text("no free unit is large enough", "没有能力足够的空闲队伍", "沒有能力足夠的空閒隊伍"),
    "busy": Text(
        "every unit that could do it is at work elsewhere",
        "具备条件的队伍均在别处作业",
        "具備條件的隊伍均在別處作業",
    ),
    "not_worth": Text("the units do more elsewhere", "队伍用于别处效益更高", "隊伍用於別處效益更高"),
}
LESSONS = {
    "late": Text(
        "{department} met {met} of {total} clocks",
        "{department}在{total}项时限中按时完成{met}项",
        "{department}在{total}項時限中按時完成{met}項",
    ),
    "short_lead": Text(
        "the first warning came only {minutes} min before the first water",
        "首次预警仅早于积水{minutes}分钟",
        "首次預警僅早於積水{minutes}分鐘",
    ),
    "unserved": Text(
        "{count} place(s) that needed a unit got none; mostly: {why}",
        "{count}处需要队伍而未派到，主要原因：{why}",
        "{count}處需要隊伍而未派到，主要原因：{why}",
    ),
    "refused": Text("{count} order(s) were given back", "{count}件工单被退回", "{count}件工單被退回"),
    "blind": Text(
        "data were missing for the closing; an inspection had to be sent",
        "结案数据缺失，须派人核查",
        "結案數據缺失，須派人覈查",
    ),
    "none": Text("every clock was met", "各项时限均已满足", "各項時限均已滿足"),
}
