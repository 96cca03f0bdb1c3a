"""What the parts of the hub write into the journal, in words: actions told without facts of their own."""

from __future__ import annotations

from chengshu.kernel.texts import Text

ACTIONS = {
    "account.changed": Text("Account changed", "账户已变更", "帳戶已變更"),
    "account.created": Text("Account made", "已建立账户", "已建立帳戶"),
    "account.disabled": Text("Account closed", "账户已停用", "帳戶已停用"),
    "account.enabled": Text("Account opened again", "账户已恢复", "帳戶已恢復"),
    "account.password_set": Text("Password set", "已设置密码", "已設定密碼"),
    "account.roles_set": Text("Roles of an account changed", "账户角色已变更", "帳戶角色已變更"),
    "broker.heard": Text(
        "News of another hub's entities taken in", "已接收其他中枢的实体变化", "已接收其他中樞的實體變化"
    ),
    "broker.named": Text(
        "A source of entities named to the broker", "已向中介登记实体来源", "已向中介登記實體來源"
    ),
    "change.skipped": Text(
        "A part was let pass over a change that it could not read",
        "已让部件跳过无法处理的一条变更",
        "已讓部件跳過無法處理的一筆變更",
    ),
    "client.created": Text("A program was given a token", "已为程序发放令牌", "已為程式發放權杖"),
    "client.revoked": Text("A program's token was taken away", "已收回程序的令牌", "已收回程式的權杖"),
    "contract.broken": Text(
        "Data contract not kept: the data differ from what was promised",
        "数据合同未履行：数据与约定不符",
        "資料合約未履行：資料與約定不符",
    ),
    "contract.held": Text(
        "Data held against their contract: it is kept",
        "已按合同核对数据：符合约定",
        "已按合約核對資料：符合約定",
    ),
    "contract.kept": Text("Data contract put on record", "数据合同已登记", "資料合約已登記"),
    "dataset.added": Text("Version of a dataset added", "已添加数据集版本", "已新增資料集版本"),
    "dataset.exported": Text("Dataset handed out", "数据集已导出", "資料集已匯出"),
    "dataset.judged": Text("Two labels that differ were decided", "分歧的标签已裁定", "分歧的標籤已裁定"),
    "dataset.labelled": Text("Labels added to a dataset", "已为数据集添加标签", "已為資料集新增標籤"),
    "dataset.labelling_begun": Text("Labelling begun", "开始标注", "開始標註"),
    "dataset.labelling_ended": Text("Labelling ended", "标注结束", "標註結束"),
    "dataset.settled": Text("Label settled", "标签已确定", "標籤已確定"),
    "dataset.split": Text(
        "Dataset split for training and testing",
        "数据集已划分为训练与测试部分",
        "資料集已劃分為訓練與測試部分",
    ),
    "dataset.version_ended": Text(
        "Version of a dataset destroyed at its end", "数据集版本到期销毁", "資料集版本到期銷毀"
    ),
    "delivery.gave_up": Text(
        "A message outside could not be delivered", "对外消息未能送达", "對外訊息未能送達"
    ),
    "delivery.retried": Text("A message outside is sent again", "对外消息重新发送", "對外訊息重新發送"),
    "dispatch.planned": Text("Crews and trucks planned", "已排定队伍与车辆", "已排定隊伍與車輛"),
    "entity.deleted": Text("Thing taken off the city's list", "城市对象已删除", "城市物件已刪除"),
    "entity.upserted": Text(
        "Thing of the city put on the list or changed", "城市对象已登记或变更", "城市物件已登記或變更"
    ),
    "forecast.made": Text("Forecast made", "已作出预报", "已作出預報"),
    "grading.exported": Text("Grades handed out", "分级结果已导出", "分級結果已匯出"),
    "grading.graded": Text("Table graded", "表已定级", "資料表已定級"),
    "grading.said": Text(
        "A steward said what a column holds", "管理员已说明列的内容", "管理員已說明欄的內容"
    ),
    "grading.withdrawn": Text(
        "What a steward said was withdrawn", "管理员的说明已撤回", "管理員的說明已撤回"
    ),
    "harvest.ended": Text("Source harvested", "来源采集完毕", "來源採集完畢"),
    "inspection.failed": Text(
        "The rows of an entry could not be read", "条目的数据行无法读取", "條目的資料列無法讀取"
    ),
    "knowledge.added": Text("Document added", "文档已添加", "文件已新增"),
    "knowledge.ended": Text("Document destroyed at its end", "文档到期销毁", "文件到期銷毀"),
    "ledger.booked": Text("Ledger brought up to date", "台账已更新", "臺帳已更新"),
    "ledger.drifted": Text("Source differs from its entry", "来源与条目不一致", "來源與條目不一致"),
    "lineage.kept": Text("Where columns come from put on record", "数据血缘已登记", "資料血緣已登記"),
    "linked.changed": Text("Entities changed through the broker", "经中介变更实体", "經中介變更實體"),
    "linked.context_deleted": Text(
        "Vocabulary of linked data removed", "关联数据词汇表已删除", "關聯資料詞彙表已刪除"
    ),
    "linked.context_kept": Text(
        "Vocabulary of linked data kept", "关联数据词汇表已保存", "關聯資料詞彙表已儲存"
    ),
    "linked.context_reloaded": Text(
        "Vocabulary of linked data read again", "关联数据词汇表已重新读取", "關聯資料詞彙表已重新讀取"
    ),
    "linked.evolved": Text("Past values changed through the broker", "经中介变更历史值", "經中介變更歷史值"),
    "login.throttled": Text(
        "Sign-in held back after repeated failures", "多次登录失败，已暂缓", "多次登入失敗，已暫緩"
    ),
    "observations.recorded": Text("Observations taken in", "已接收观测值", "已接收觀測值"),
    "process.deployed": Text("Plan brought in", "预案已部署", "預案已部署"),
    "process.ended": Text("Plan ended", "预案结束", "預案結束"),
    "process.error_sent": Text("Plan told of an error", "预案发出错误", "預案發出錯誤"),
    "process.escalation_sent": Text("Plan told of an escalation", "预案发出升级", "預案發出升級"),
    "process.incident": Text(
        "Plan stands still: a step could not be done", "预案停滞：某步骤无法执行", "預案停滯：某步驟無法執行"
    ),
    "process.message_sent": Text("Plan sent a message", "预案发出消息", "預案發出訊息"),
    "process.migrated": Text(
        "Plan under way moved to another version", "进行中的预案已迁移版本", "進行中的預案已遷移版本"
    ),
    "process.service_cancelled": Text("Step of the plan called off", "预案步骤取消", "預案步驟取消"),
    "process.service_claimed": Text("Step of the plan taken on", "预案步骤已领取", "預案步驟已領取"),
    "process.service_completed": Text("Step of the plan done", "预案步骤完成", "預案步驟完成"),
    "process.service_created": Text("Step of the plan is due", "预案步骤待执行", "預案步驟待執行"),
    "process.service_escalated": Text("Step of the plan late", "预案步骤超时", "預案步驟逾時"),
    "process.service_failed": Text("Step of the plan failed", "预案步骤失败", "預案步驟失敗"),
    "process.service_reassigned": Text("Step of the plan given to another", "预案步骤改派", "預案步驟改派"),
    "process.service_released": Text("Step of the plan given back", "预案步骤退回", "預案步驟退回"),
    "process.service_requested": Text("Step of the plan asked for", "预案步骤已请求", "預案步驟已請求"),
    "process.signal_sent": Text("Plan gave a signal", "预案发出信号", "預案發出信號"),
    "process.started": Text("Plan begun", "预案启动", "預案啟動"),
    "quality.corrected": Text("Datum corrected at its source", "数据已在源头更正", "資料已在源頭更正"),
    "quality.measured": Text("Quality measured", "质量已测评", "品質已測評"),
    "quarantine.added": Text(
        "Message put aside: it could not be read", "消息被隔离：无法读取", "訊息被隔離：無法讀取"
    ),
    "quarantine.discarded": Text(
        "Message that was put aside thrown away", "隔离的消息已弃置", "隔離的訊息已棄置"
    ),
    "quarantine.requeued": Text(
        "Message that was put aside tried again", "隔离的消息已重试", "隔離的訊息已重試"
    ),
    "retention.confirmed": Text(
        "Deletion confirmed by a second person", "删除已由第二人确认", "刪除已由第二人確認"
    ),
    "retention.destroyed": Text("Data destroyed, with proof", "数据已销毁并留存证明", "資料已銷毀並留存證明"),
    "retention.held": Text("Legal hold: not to be deleted", "法定保全：不得删除", "法定保全：不得刪除"),
    "retention.marked": Text("Marked for deletion", "已标记待删除", "已標記待刪除"),
    "retention.proposed": Text("Deletion proposed", "已提议删除", "已提議刪除"),
    "retention.released": Text("Legal hold lifted", "法定保全解除", "法定保全解除"),
    "retention.withdrawn": Text("Proposal to delete withdrawn", "删除提议已撤回", "刪除提議已撤回"),
    "road.closed": Text("Road closed", "道路封闭", "道路封閉"),
    "road.opened": Text("Road open again", "道路恢复通行", "道路恢復通行"),
    "session.closed": Text("Signed out", "已退出登录", "已登出"),
    "session.opened": Text("Signed in", "已登录", "已登入"),
    "setup_link.issued": Text("One-time link issued", "已发放一次性链接", "已發放一次性連結"),
    "setup_link.used": Text("One-time link used", "一次性链接已使用", "一次性連結已使用"),
    "sharing.catalogue_due": Text("The entry must be brought up to date", "条目须更新", "條目須更新"),
    "sharing.code_given": Text(
        "A resident was given a code to read at home", "已向居民发放居家查询码", "已向居民發放居家查詢碼"
    ),
    "sharing.code_taken": Text(
        "A resident's code was taken back", "居民的查询码已收回", "居民的查詢碼已收回"
    ),
    "sharing.completed": Text("What was missing has been handed in", "所缺材料已补交", "所缺材料已補交"),
    "sharing.consent_given": Text("Consent given", "已给予同意", "已給予同意"),
    "sharing.consent_withdrawn": Text("Consent withdrawn", "已撤回同意", "已撤回同意"),
    "sharing.correction_answered": Text("Correction answered", "数据校核已答复", "資料校核已答覆"),
    "sharing.correction_asked": Text("Correction asked for", "已提出数据校核", "已提出資料校核"),
    "sharing.destroyed": Text("Received data proven destroyed", "所获数据已证明销毁", "所獲資料已證明銷毀"),
    "sharing.due_soon": Text("A period ends soon", "时限将到", "時限將到"),
    "sharing.ended": Text("Grant ended by its holder", "持有方已终止授权", "持有方已終止授權"),
    "sharing.expired": Text("The granted time is over", "授权到期", "授權到期"),
    "sharing.extended": Text("Time to answer extended, once", "答复期限已延长一次", "答覆期限已延長一次"),
    "sharing.file_written": Text("Marked file written", "已生成带标记的文件", "已產生帶標記的檔案"),
    "sharing.first_used": Text("Used for the first time", "首次使用", "首次使用"),
    "sharing.granted": Text("Granted", "已同意共享", "已同意共享"),
    "sharing.misuse": Text(
        "Misuse: the grant was suspended at once", "滥用：授权已立即中止", "濫用：授權已立即中止"
    ),
    "sharing.objected": Text("Objection to the refusal", "对拒绝提出异议", "對拒絕提出異議"),
    "sharing.overdue": Text("A period ran out", "时限已过", "時限已過"),
    "sharing.refused": Text("Refused", "已拒绝", "已拒絕"),
    "sharing.restored": Text("Grant answers again", "授权恢复", "授權恢復"),
    "sharing.revoked": Text("Grant revoked", "授权已撤销", "授權已撤銷"),
    "sharing.subject_told": Text(
        "A resident was told who used the data", "已告知居民数据使用情况", "已告知居民資料使用情況"
    ),
    "sharing.submitted": Text("Request handed in", "申请已提交", "申請已提交"),
    "sharing.supplied": Text("Data supplied", "数据已提供", "資料已提供"),
    "sharing.suspended": Text("Grant suspended", "授权已中止", "授權已中止"),
    "sharing.told_missing": Text(
        "Applicant told once what is missing", "已一次性告知申请方所缺材料", "已一次性告知申請方所缺材料"
    ),
    "sharing.unusual": Text("Unusual use noted", "已记录异常使用", "已記錄異常使用"),
    "sharing.uses_destroyed": Text(
        "Old records of use destroyed at the end of their time", "使用记录期满销毁", "使用記錄期滿銷毀"
    ),
    "sharing.uses_sealed": Text("Records of use sealed", "使用记录已封存", "使用記錄已封存"),
    "sharing.withdrawn": Text("Request taken back", "申请已撤回", "申請已撤回"),
    "source.resumed": Text("Source heard again", "来源恢复", "來源恢復"),
    "source.silent": Text("Source silent", "来源无数据", "來源無數據"),
    "source_token.created": Text("Key of a source made", "已生成来源密钥", "已產生來源金鑰"),
    "source_token.revoked": Text("Keys of a source taken away", "来源密钥已作废", "來源金鑰已作廢"),
    "task.cancelled": Text("Task called off", "任务取消", "任務取消"),
    "task.claimed": Text("Task taken on", "任务已领取", "任務已領取"),
    "task.completed": Text("Task done", "任务完成", "任務完成"),
    "task.created": Text("Task is waiting", "任务待办", "任務待辦"),
    "task.escalated": Text("Task late", "任务超时升级", "任務逾時升級"),
    "task.failed": Text("Task failed", "任务失败", "任務失敗"),
    "task.reassigned": Text("Task given to another", "任务改派", "任務改派"),
    "task.released": Text("Task given back", "任务退回", "任務退回"),
    "task.requested": Text("Task asked for", "任务已请求", "任務已請求"),
    "unit.changed": Text("Crew or truck changed its state", "队伍或车辆状态变更", "隊伍或車輛狀態變更"),
    "work_order.departed": Text("Crew set out", "队伍出发", "隊伍出發"),
}
