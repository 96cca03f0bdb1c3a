"""Events, the plan, work orders, assignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from chengshu.console import model as m
from chengshu.kernel.errors import Missing
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text

from .storm import (
    DEPTH_MARKS,
    NOW,
    ROOT,
    SCENARIO,
    START,
    WATER,
    T,
    areas,
    depth,
    geo,
    grade,
    reason,
)


class Response:
    """Events, the plan, work orders, assignments."""

    def _events(self, at: datetime) -> list[m.EventRow]:
        if self.quiet or at < START + timedelta(minutes=80):
            return []
        orders = self._orders(at)
        hot = [a for a in areas() if a.kind == "community"]
        done = sum(o.state == "done" for o in orders)
        first = m.EventRow(
            "e-1",
            T("Waterlogging at Tongji Avenue Underpass", "通济大道下穿立交积水", "通濟大道下穿立交積水"),
            "waterlogging",
            SCENARIO,
            hot[3],
            grade(depth(at), DEPTH_MARKS) or Level.BLUE,
            "responding",
            START + timedelta(minutes=80),
            WATER,
            done,
            len(orders),
            sum(o.overdue for o in orders),
            expected_end=NOW + timedelta(minutes=50),
            warnings=3,
        )
        second = replace(
            first,
            id="e-0",
            title=T("Waterlogging at Matou Road", "码头路积水", "碼頭路積水"),
            area=hot[8],
            level=Level.YELLOW,
            state="verifying",
            orders_done=3,
            orders_total=3,
            orders_overdue=0,
            expected_end=NOW + timedelta(minutes=15),
        )
        return [first, second]

    def events(
        self, person: m.Person, state: Literal["current", "past", "all"], as_of: datetime | None
    ) -> Sequence[m.EventRow]:
        at = self._at(as_of)
        past = [] if self.quiet else [self._closed(at)]
        current = self._events(at)
        return {"current": current, "past": past, "all": current + past}[state]

    def _closed(self, at: datetime) -> m.EventRow:
        area = areas()[20]
        return m.EventRow(
            "e-past",
            T("Waterlogging at Fenglin Park", "枫林公园积水", "楓林公園積水"),
            "waterlogging",
            SCENARIO,
            area,
            Level.YELLOW,
            "reviewed",
            START - timedelta(days=9),
            WATER,
            4,
            4,
            0,
            closed_at=START - timedelta(days=9, hours=-2),
        )

    def event(self, person: m.Person, event: str, as_of: datetime | None) -> m.EventView:
        at = self._at(as_of)
        row = next((e for e in [*self._events(at), self._closed(at)] if e.id == event), None)
        if row is None:
            raise Missing("event-missing", f"there is no event {event!r} at this moment", where=event)
        closed = row.state == "reviewed"
        spot = geo("entities/underpasses")[0]["geometry"]["coordinates"]
        steps = [at - timedelta(minutes=4 * k) for k in range(45, -1, -1)]
        low = depth(at) < 0.05
        return m.EventView(
            row,
            at,
            T(
                "0.41 m of water under Tongji Avenue. Road closed, two pump trucks sent.",
                "通济大道下穿水深0.41米，道路已封闭，已派两台泵车并启用备用泵。",
                "通濟大道下穿水深0.41公尺，道路已封閉，已派兩台泵車並啟用備用泵。",
            ),
            tuple(item for item in self._timeline() if item.at <= at),
            tuple(self._orders(at)),
            self._assignments(at),
            tuple((w.id, w.indicator_name, w.level) for w in self._warnings(at)[:3]),
            self._plan(at),
            (
                m.VerificationView(
                    T("Water level, independent sensor L03", "独立液位计L03", "獨立液位計L03"),
                    T("Below 0.05 m for 15 minutes", "低于0.05米并持续15分钟", "低於0.05公尺並持續15分鐘"),
                    "m",
                    0.05,
                    900,
                    900 if low else 0,
                    low,
                    tuple((s, depth(s)) for s in steps),
                    T("another source than the one that warned", "非触发预警的来源", "非觸發預警的來源"),
                ),
            ),
            self._review() if closed else None,
            (spot[0] - 0.004, spot[1] - 0.018, spot[0] + 0.03, spot[1] + 0.006),
            self.matter,
        )

    def _timeline(self) -> list[m.TimelineItem]:
        def at(minute: int) -> datetime:
            return START + timedelta(minutes=minute)

        return [
            m.TimelineItem(
                at(75),
                T("Warning: water on roads, blue", "预警：道路积水，蓝色", "預警：道路積水，藍色"),
                "hub:vitals",
                level=Level.BLUE,
            ),
            m.TimelineItem(
                at(80),
                T("Event opened; plan 1.0.0 started", "事件立案，启动预案1.0.0", "事件立案，啟動預案1.0.0"),
                "hub:response",
                reason=reason(
                    "plan/measures#2",
                    T("Orange or above opens an event.", "橙色及以上立案。", "橙色及以上立案。"),
                    level="orange",
                ),
            ),
            m.TimelineItem(
                at(96),
                T("Tongji Avenue Underpass closed", "通济大道下穿已封闭", "通濟大道下穿已封閉"),
                "Song Yan 宋岩",
            ),
            m.TimelineItem(at(101), T("Pump truck 1 sent", "泵车1号出动", "泵車1號出動"), "hub:dispatch"),
            m.TimelineItem(
                at(118),
                T("Warning rises to orange", "预警升为橙色", "預警升為橙色"),
                "hub:vitals",
                level=Level.ORANGE,
            ),
            m.TimelineItem(
                at(131), T("Pump truck 1 on site", "泵车1号到场", "泵車1號到場"), "Zhou Ping 周平"
            ),
        ]

    def _plan(self, at: datetime) -> m.PlanView:
        xml = (ROOT / "scenarios/waterlogging/plan.bpmn").read_text(encoding="utf-8")
        open_task = m.TaskRow(
            "t-1",
            "guard_roads",
            T("Guard underpasses, lead traffic around", "值守下穿立交、疏导交通", "值守下穿立交、疏導交通"),
            T("Traffic police", "交警支队", "交警支隊"),
            "open",
            START + timedelta(minutes=96),
            NOW + timedelta(minutes=5),
            False,
            m.ALLOWED,
            T(
                "The plan goes on; the water bureau sees your answer.",
                "预案继续执行，水务局可见答复。",
                "預案繼續執行，水務局可見答覆。",
            ),
            (
                m.FormField(
                    "closed",
                    T("Is the underpass closed?", "下穿立交是否已封闭？", "下穿立交是否已封閉？"),
                    "boolean",
                    required=True,
                ),
                m.FormField("note", T("Remark", "说明", "說明"), "longtext"),
            ),
        )
        done = replace(
            open_task,
            id="t-0",
            element="watch_rain",
            name=T("Watch the rain and brief", "监视雨情并会商", "監視雨情並會商"),
            state="completed",
            completed_at=START + timedelta(minutes=100),
            form=(),
        )
        late = replace(
            open_task,
            id="t-2",
            element="ready_works",
            overdue=True,
            claimed_by="Tao Ran 陶然",
            state="claimed",
            name=T("Make pumps and gates ready", "泵闸备勤", "泵閘備勤"),
            complete=m.Permission(
                False, T("Only the water bureau may.", "仅限水务局办理。", "僅限水務局辦理。")
            ),
        )
        return m.PlanView(
            "waterlogging",
            "1.0.0",
            T("Waterlogging response", "内涝处置预案", "內澇處置預案"),
            xml,
            ("ready_works", "guard_roads", "dispatch"),
            ("start", "measures", "fork", "watch_rain"),
            tasks=(late, open_task, done),
        )

    def _assignments(self, at: datetime) -> tuple[m.Assignment, ...]:
        if at < START + timedelta(minutes=101):
            return ()
        return (
            m.Assignment(
                "o-0",
                "urn:ngsi-ld:PumpTruck:T1",
                T("Pump truck 1", "排水泵车1号", "排水泵車1號"),
                T("Tongji Avenue Underpass", "通济大道下穿立交", "通濟大道下穿立交"),
                reason(
                    "dispatch#value",
                    T(
                        "It saves most water per minute of driving: 0.8 m³/s for 11 minutes.",
                        "单位行程减灾最大：11分钟到达，排水0.8 m³/s。",
                        "單位行程減災最大：11分鐘到達，排水0.8 m³/s。",
                    ),
                    benefit_m3=2100,
                    drive_min=11,
                ),
                START + timedelta(minutes=101),
                START + timedelta(minutes=112),
                5300.0,
                (
                    m.Alternative(
                        T("Pump truck 3", "排水泵车3号", "排水泵車3號"),
                        START + timedelta(minutes=119),
                        T("7 minutes later", "晚到7分钟", "晚到7分鐘"),
                    ),
                ),
            ),
        )

    def _review(self) -> m.ReviewView:
        return m.ReviewView(
            START - timedelta(days=8),
            (
                m.Figure("accept", T("Time to accept", "接单用时", "接單用時"), 240, "s", "lower"),
                m.Figure("close", T("Time to close", "办结用时", "辦結用時"), 7200, "s", "lower", 11400),
                m.Figure("lead", T("Lead time", "提前量", "提前量"), 1980, "s", "higher"),
            ),
            (
                (
                    T("What happened", "经过", "經過"),
                    T(
                        "Heavy rain met full sewers.\n\nThe event was closed after two hours.",
                        "强降雨叠加管网高水位。\n\n两小时后办结。",
                        "強降雨疊加管網高水位。\n\n兩小時後辦結。",
                    ),
                ),
                (
                    T("What to change", "改进", "改進"),
                    T(
                        "Place one pump truck on the south bank before the rain.",
                        "雨前在南岸预置一台泵车。",
                        "雨前在南岸預置一台泵車。",
                    ),
                ),
            ),
        )

    def _orders(self, at: datetime) -> list[m.OrderRow]:
        if self.quiet or at < START + timedelta(minutes=95):
            return []
        place = T("Tongji Avenue Underpass", "通济大道下穿立交", "通濟大道下穿立交")
        base = m.OrderRow(
            "o-0",
            "e-1",
            T("Waterlogging at Tongji Avenue Underpass", "通济大道下穿立交积水", "通濟大道下穿立交積水"),
            T("Pump out the underpass", "抽排下穿立交积水", "抽排下穿立交積水"),
            "water",
            WATER,
            "assigned",
            Level.ORANGE,
            START + timedelta(minutes=101),
            place,
            False,
            NOW + timedelta(minutes=25),
            (T("Pump truck 1", "排水泵车1号", "排水泵車1號"),),
            120.8644,
            31.6089,
            NOW + timedelta(minutes=8),
            5300.0,
            T(
                "Set up on the north ramp and pump into manhole J0112.",
                "在北侧匝道布设，排入检查井J0112。",
                "在北側匝道布設，排入檢查井J0112。",
            ),
            reason(
                "dispatch#value",
                T("Nearest truck with enough capacity.", "能力足够且最近的泵车。", "能力足夠且最近的泵車。"),
                drive_min=11,
            ),
        )
        rows = [
            base,
            replace(
                base,
                id="o-1",
                title=T("Close the underpass", "封闭下穿立交", "封閉下穿立交"),
                state="done",
                units=(),
                department="traffic",
                department_name=T("Traffic police", "交警支队", "交警支隊"),
                eta=None,
                instruction=Text(),
            ),
            replace(
                base,
                id="o-2",
                title=T("Clear inlets on Matou Road", "清理码头路雨水口", "清理碼頭路雨水口"),
                state="accepted",
                overdue=True,
                due=NOW - timedelta(minutes=6),
                level=Level.YELLOW,
                place=T("Matou Road", "码头路", "碼頭路"),
                units=(T("Drainage crew 2", "排水抢险队2", "排水搶險隊2"),),
            ),
        ]
        return [self._act(row) for row in rows]

    def _act(self, row: m.OrderRow) -> m.OrderRow:
        state = self.order_states.get(row.id, row.state)
        verbs: dict[str, tuple[m.OrderVerb, ...]] = {
            "assigned": ("accept", "refuse"),
            "accepted": ("arrive", "refuse"),
            "arrived": ("done",),
        }
        effects = {
            "accept": T(
                "The command centre sees that you are on the way.",
                "指挥中心将看到您已出发。",
                "指揮中心將看到您已出發。",
            ),
            "arrive": T(
                "The clock of arrival stops; the event page shows you on site.",
                "到场计时结束，事件页显示已到场。",
                "到場計時結束，事件頁顯示已到場。",
            ),
            "done": T(
                "Independent sensors then check whether the water is gone.",
                "随后由独立传感器核实积水是否消退。",
                "隨後由獨立感測器核實積水是否消退。",
            ),
            "refuse": T(
                "The order goes back and another unit is sent at once.",
                "工单退回，立即改派其他力量。",
                "工單退回，立即改派其他力量。",
            ),
        }
        actions = tuple(m.OrderAction(verb, m.ALLOWED, effects[verb]) for verb in verbs.get(state, ()))
        history = (m.TimelineItem(row.created_at, T("Order given", "工单派发", "工單派發"), "hub:response"),)
        return replace(row, state=state, actions=actions, history=history)  # type: ignore[arg-type]

    def work_orders(
        self, person: m.Person, scope: Literal["mine", "department", "all"], as_of: datetime | None
    ) -> Sequence[m.OrderRow]:
        rows = self._orders(self._at(as_of))
        return [r for r in rows if scope == "all" or r.department == person.department]

    def work_order(self, person: m.Person, order: str, as_of: datetime | None) -> m.OrderRow:
        row = next((o for o in self._orders(self._at(as_of)) if o.id == order), None)
        if row is None:
            raise Missing("order-missing", f"there is no work order {order!r}", where=order)
        return row
