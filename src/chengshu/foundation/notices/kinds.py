"""The kinds of notices that the hub knows, and whom each is for unless a city says otherwise."""

from __future__ import annotations

from chengshu.foundation.notices.model import Kind
from chengshu.kernel.texts import Text

PARTIES = (
    "requester",  # the department that asked for data, or who asked for a correction
    "provider",  # the department whose data they are
    "bureau",  # the data bureau
    "owner",  # the department whose clock runs
    "told",  # departments that had a datum which was corrected
    "duty",  # who is on duty in the area
    "handler",  # the department that has the work order
    "above",  # the body that a late clock goes to
    "operators",  # administrators of the hub
)

_KINDS = (
    Kind("sharing.submitted", Text("Request for data", "数据共享申请", "資料共享申請"), ("provider",)),
    Kind(
        "sharing.incomplete",
        Text("What is missing in a request", "申请缺少的材料", "申請缺少的材料"),
        ("requester",),
    ),
    Kind("sharing.extended", Text("Answer takes longer", "答复期限延长", "答覆期限延長"), ("requester",)),
    Kind("sharing.granted", Text("Request granted", "申请获同意", "申請獲同意"), ("requester",)),
    Kind("sharing.refused", Text("Request refused", "申请被拒绝", "申請被拒絕"), ("requester",)),
    Kind("sharing.objected", Text("Objection to decide", "待裁决的异议", "待裁決的異議"), ("bureau",)),
    Kind("sharing.supplied", Text("Data supplied", "数据已提供", "資料已提供"), ("requester",)),
    Kind(
        "sharing.suspended",
        Text("Grant suspended", "授权被中止", "授權被中止"),
        ("requester", "provider", "bureau"),
        urgent=True,
    ),
    Kind("sharing.restored", Text("Grant answers again", "授权恢复", "授權恢復"), ("requester", "provider")),
    Kind("sharing.over", Text("Grant is over", "授权终止", "授權終止"), ("requester",)),
    Kind("sharing.due_soon", Text("A period ends soon", "时限将到", "時限將到"), ("owner",)),
    Kind(
        "sharing.overdue", Text("A period ran out", "时限已过", "時限已過"), ("owner", "above"), urgent=True
    ),
    Kind("correction.asked", Text("Correction asked for", "请求数据校核", "請求資料校核"), ("provider",)),
    Kind(
        "correction.answered",
        Text("Correction answered", "数据校核答复", "資料校核答覆"),
        ("requester", "told"),
    ),
    Kind("warning.raised", Text("Warning raised", "预警发布", "預警發布"), ("duty",), urgent=True),
    Kind("warning.escalated", Text("Warning escalated", "预警升级", "預警升級"), ("duty",), urgent=True),
    Kind("warning.cleared", Text("All clear", "预警解除", "預警解除"), ("duty",)),
    Kind("order.issued", Text("Work order", "工单派发", "工單派發"), ("handler",), urgent=True),
    Kind("order.proposed", Text("Work order to approve", "待批工单", "待批工單"), ("duty",), urgent=True),
    Kind("order.cancelled", Text("Work order called off", "工单取消", "工單取消"), ("handler",), urgent=True),
    Kind(
        "order.late",
        Text("Clock of a work order", "工单时限", "工單時限"),
        ("handler", "above"),
        urgent=True,
    ),
    Kind(
        "delivery.failed",
        Text("A message outside failed", "对外消息未送达", "對外訊息未送達"),
        ("operators",),
    ),
)

KINDS = {kind.id: kind for kind in _KINDS}
