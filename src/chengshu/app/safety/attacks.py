"""What the drill plays: ways to take more than was granted, each with what the hub is expected to do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chengshu.app.safety.stage import PROGRAM, Stage
from chengshu.kernel.errors import Denied
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Resource
from chengshu.resources.sharing import Party, Request

_SILENT = Text()
_USUAL, _USES = 20, 12  # rows of a usual use, and how many there are before anything happens
_MOST_READS = 150


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one attack: when it began and when it was stopped, what had left by then, and why."""

    request: Request
    began: datetime
    outcome: str  # blocked, denied, traced; "answered" or "unmarked" where nothing stopped or named it
    stopped: datetime | None
    rows_left: int
    rule: str = ""
    reason: Text = _SILENT
    use: int = 0


@dataclass(frozen=True, slots=True)
class Attack:
    """One way, its name on screen, and the outcome that passes."""

    id: str
    name: Text
    expected: str
    play: Callable[[Stage, date], Played]


def _usual(stage: Stage, request: Request, day: date) -> None:
    """The past against which a use is unusual: small reads in working time."""
    for number in range(_USES):
        stage.move(stage.moment(day, 10) + timedelta(minutes=number))
        stage.hub.sharing.gate.query(
            request.grant_id, PROGRAM, request.ask.purpose, limit=_USUAL, manner="api"
        )


def _read(stage: Stage, request: Request, began: datetime, who: Party, purpose: str, left: int) -> Played:
    """One read of all that the grant lets go at once."""
    try:
        answer = stage.hub.sharing.gate.query(request.grant_id, who, purpose, manner="api")
    except Denied as error:
        return _stopped(stage, request, began, error, left)
    return Played(
        request, began, "answered", None, left + len(answer.rows), use=answer.use.seq, reason=_GOT_THROUGH
    )


def _stopped(stage: Stage, request: Request, began: datetime, error: Denied, left: int) -> Played:
    reason = error.extra["reason"]
    suspended = stage.hub.sharing.queries.request(request.id).state == "suspended"
    outcome = "blocked" if reason["rule"].startswith("sharing.anomaly.") and suspended else "denied"
    use = int(error.extra["use"])
    return Played(
        request, began, outcome, stage.clock.now(), left, reason["rule"], Text.of(reason["text"]), use
    )


def _at_night(stage: Stage, day: date) -> Played:
    request = stage.granted("night")
    _usual(stage, request, day)
    night = stage.moment(day + timedelta(days=1), 3)
    stage.move(night)
    return _read(stage, request, stage.clock.now(), PROGRAM, request.ask.purpose, 0)


def _again(stage: Stage, day: date) -> Played:
    """The grant of the night, a minute later."""
    found = stage.hub.sharing.queries.page(state="suspended", newest=True, limit=1)
    request = found[0] if found else stage.granted("again")
    stage.move(stage.moment(day + timedelta(days=1), 3, 1))
    return _read(stage, request, stage.clock.now(), PROGRAM, request.ask.purpose, 0)


def _drip(stage: Stage, day: date) -> Played:
    """Many small reads in working time, one a second, each below every limit of a single use."""
    request = stage.granted("drip")
    limits = stage.hub.sharing.desk.terms.anomalies
    stage.move(stage.moment(day + timedelta(days=1), 10))
    began, left = stage.clock.now(), 0
    size = min(limits.bulk_least, stage.entry.rows or 1)
    for _ in range(_MOST_READS):
        try:
            answer = stage.hub.sharing.gate.query(
                request.grant_id, PROGRAM, request.ask.purpose, limit=size, manner="api"
            )
        except Denied as error:
            return _stopped(stage, request, began, error, left)
        left += len(answer.rows)
        stage.move(stage.clock.now() + timedelta(seconds=1))
    return Played(request, began, "answered", None, left, reason=_GOT_THROUGH)


def _purpose(stage: Stage, day: date) -> Played:
    request = stage.granted("purpose")
    stage.move(stage.moment(day + timedelta(days=1), 11))
    return _read(stage, request, stage.clock.now(), PROGRAM, "another purpose", 0)


def _third(stage: Stage, day: date) -> Played:
    request = stage.granted("third")
    stage.move(stage.moment(day + timedelta(days=1), 11, 10))
    return _read(
        stage, request, stage.clock.now(), Party("client:somebody-else", "elsewhere"), request.ask.purpose, 0
    )


def _leak(stage: Stage, day: date) -> Played:
    """A file that two programs were given turns up outside: whose copy is it?

    Of the gravest register whose files bear a mark in their digits; a city where none does fails here.
    """
    stage.move(stage.moment(day + timedelta(days=1), 11, 20))
    began, last = stage.clock.now(), None
    for number, entry in enumerate((stage.entry, *stage.others)):
        last = _leaked(stage, began, entry, number)
        if last.outcome == "traced":
            return last
    assert last is not None  # noqa: S101  the stage has one entry at least
    return last


def _leaked(stage: Stage, began: datetime, entry: Resource, number: int) -> Played:
    one = stage.granted(f"copy {number}", "file", entry)
    other = stage.granted(f"other copy {number}", "file", entry)
    gate = stage.hub.sharing.gate
    limit = min(stage.hub.sharing.desk.terms.anomalies.bulk_least, entry.rows or 1)
    export = gate.export(one.grant_id, PROGRAM, one.ask.purpose, limit=limit)
    table = list(csv.reader(io.StringIO(export.content.decode())))
    columns = list(zip(*table[1:], strict=True)) if len(table) > 1 else []
    found = gate.trace(columns, [other.grant_id, one.grant_id])
    named = bool(found) and found[0].recipient == one.grant_id and found[0].named
    rows, use = len(table) - 1, export.answer.use.seq
    if not named:
        return Played(one, began, "unmarked", None, rows, use=use, reason=_UNMARKED)
    return Played(one, began, "traced", stage.clock.now(), rows, "sharing.watermark", _TRACED, use)


_GOT_THROUGH = Text("nothing stopped it", "未被阻止", "未被阻止")
_UNMARKED = Text(
    "no file of the city bears a mark in its digits that names its recipient",
    "没有一个文件带有可指明接收方的数位标记",
    "沒有一個檔案帶有可指明接收方的數位標記",
)
_TRACED = Text("the mark names the right recipient", "标记指明了真正的接收方", "標記指明了真正的接收方")

ATTACKS = (
    Attack(
        "night",
        Text("All rows at 03:00", "凌晨三时读取全部数据", "凌晨三時讀取全部數據"),
        "blocked",
        _at_night,
    ),
    Attack("again", Text("Once more, a minute later", "一分钟后再读", "一分鐘後再讀"), "denied", _again),
    Attack("drip", Text("Many small reads", "多次小量读取", "多次小量讀取"), "blocked", _drip),
    Attack("purpose", Text("For another purpose", "改作他用", "改作他用"), "denied", _purpose),
    Attack(
        "third", Text("By somebody else's program", "由第三方程序读取", "由第三方程序讀取"), "denied", _third
    ),
    Attack("leak", Text("A file turns up outside", "文件流出", "檔案流出"), "traced", _leak),
)
