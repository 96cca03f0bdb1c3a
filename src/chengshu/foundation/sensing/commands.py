"""The way in: a message becomes durable observations and quarantined rest, then it is acknowledged."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.context import Columns, Context, SeriesKey
from chengshu.foundation.journal import Act, Actor
from chengshu.foundation.sensing import store
from chengshu.foundation.sensing.declared import FileConnector, Source
from chengshu.foundation.sensing.mapping import Mapped, Mapper, Row
from chengshu.foundation.sensing.model import Box, Receipt, Reject
from chengshu.foundation.sensing.payload import read_payload
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Missing, TooLarge
from chengshu.ports.database import Database

RAW_LIMIT = 64 * 1024  # characters of a rejected record that are kept


class Intake:
    """Receives messages of the declared sources. One object per hub; calls may come from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        context: Context,
        sources: Sequence[Source],
        zone: ZoneInfo,
        box: Box | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._context = context
        self._zone, self._box = zone, box
        self._doors: dict[str, _Door] = {}
        self.declare(sources)

    def declare(self, sources: Sequence[Source]) -> None:
        """Take these declarations from now on. Raises :class:`Invalid` for a bad one."""
        doors = {item.id: _Door(Mapper(item, self._zone, self._box), self._context) for item in sources}
        self._doors = doors

    @property
    def sources(self) -> Mapping[str, Source]:
        """The declared sources by id."""
        return {name: door.mapper.source for name, door in self._doors.items()}

    def mapper(self, source: str) -> Mapper:
        """The compiled declaration of a source. Raises :class:`Missing`."""
        return self._door(source).mapper

    def receive(
        self, source: str, body: bytes, *, format_: str | None = None, topic: str = ""
    ) -> Future[Receipt]:
        """Take in one message; the future is done when everything of it is durable.

        Raises :class:`Missing` for an unknown source and :class:`TooLarge` beyond its declared limits.
        """
        door = self._door(source)
        limits = door.mapper.source.limits
        if len(body) > limits.bytes:
            raise TooLarge(
                "message-too-large",
                f"the message has {len(body)} bytes; {source} may send at most {limits.bytes}",
                where=source,
                remedy="split it, or declare larger limits",
            )
        payload = read_payload(body, format_ or door.mapper.source.format)
        levels = topic.split("/") if topic else []
        records, rejects = payload.records, payload.rejects
        if payload.message is not None:
            try:
                records = list(enumerate(door.mapper.records(payload.message, levels)))
            except ValueError as error:
                rejects = [Reject(0, "malformed", str(error), payload.message)]
        if len(records) > limits.records:
            raise TooLarge(
                "message-too-long",
                f"the message has {len(records)} records; {source} may send at most {limits.records}",
                where=source,
                remedy="split it, or declare larger limits",
            )
        return self._take(door, records, rejects, {"message": payload.message, "topic": levels}, topic)

    def receive_records(self, source: str, records: Sequence[Any]) -> Future[Receipt]:
        """Take in records that are decoded already (a replayed file)."""
        scope: dict[str, Any] = {"message": None, "topic": []}
        return self._take(self._door(source), list(enumerate(records)), [], scope, "")

    def refuse(self, source: str, body: bytes, topic: str, error: TooLarge) -> Future[Receipt]:
        """Quarantine a message that cannot be refused to its sender (MQTT), cut to what is kept."""
        reject = Reject(0, "too-large", error.fault.detail, body[: RAW_LIMIT + 1].decode("utf-8", "replace"))
        return self._keep(source, Columns(), [reject], topic)

    def _door(self, source: str) -> _Door:
        try:
            return self._doors[source]
        except KeyError:
            raise Missing(
                "source-missing",
                f"source {source!r} does not exist",
                remedy="declare it in sources.yaml of the scenario",
            ) from None

    def _take(
        self,
        door: _Door,
        records: Sequence[tuple[int, Any]],
        rejects: Sequence[Reject],
        scope: Mapping[str, Any],
        topic: str,
    ) -> Future[Receipt]:
        mapped = door.mapper.map(records, millis(self._clock.now()) - door.shift_ms, scope)
        columns, unknown = door.columns(mapped, records)
        return self._keep(door.mapper.source.id, columns, [*rejects, *mapped.rejects, *unknown], topic)

    def _keep(self, source: str, columns: Columns, rejects: list[Reject], topic: str) -> Future[Receipt]:
        receipt = Receipt(len(columns), tuple(sorted(rejects, key=lambda item: item.index)))
        parts: list[Future[Any]] = []
        if rejects:
            parts.append(
                self._database.submit(
                    lambda connection: self._quarantine(connection, source, receipt.quarantined, topic)
                )
            )
        if len(columns):
            parts.append(self._context.submit(columns, source))
        return _when_all(parts, receipt)

    def _quarantine(self, connection: Connection, source: str, rejects: Sequence[Reject], topic: str) -> None:
        now = self._clock.now()
        codes: dict[str, int] = {}
        for item in rejects:
            codes[item.code] = codes.get(item.code, 0) + 1
        store.put_quarantined(connection, [_kept(source, item, topic, millis(now)) for item in rejects])
        journal.record(
            connection,
            Act(
                Actor(f"source:{source}"),
                "quarantine.added",
                source,
                now,
                {"source": source, "count": len(rejects), "codes": codes},
            ),
        )

    def requeue(self, source: str, actor: Actor, *, code: str | None = None) -> Requeued:
        """Try all waiting records of a source again under the present mapping; journalled.

        What can be kept now is kept; the rest waits on with its present reason. A record that was cut short
        stays: it cannot be tried.
        """
        door = self._door(source)
        kept, still, after = 0, 0, 0
        while True:
            with self._database.read() as connection:
                rows = store.quarantined_rows(
                    connection, source=source, state="waiting", code=code, after=after
                )
            if not rows:
                break
            after = rows[-1].id
            done, left = self._retry(door, rows)
            kept, still = kept + done, still + left
        act = Act(
            actor,
            "quarantine.requeued",
            source,
            self._clock.now(),
            {"source": source, "kept": kept, "still": still},
        )
        self._database.write(lambda connection: journal.record(connection, act))
        return Requeued(kept, still)

    def _retry(self, door: _Door, rows: Sequence[Any]) -> tuple[int, int]:
        columns, good = Columns(), []
        reasons: dict[int, Reject] = {}
        now = millis(self._clock.now())
        for row in rows:
            if row.cut:
                continue
            records, scope = _again(door.mapper, row)
            mapped = door.mapper.map(records, now - door.shift_ms, scope)
            filled, unknown = door.columns(mapped, records)
            columns.extend(filled)
            if bad := [*mapped.rejects, *unknown]:
                reasons[row.id] = bad[0]
            else:
                good.append(row.id)
        if len(columns):
            self._context.submit(columns, door.mapper.source.id).result()

        def note(connection: Connection) -> None:
            store.set_states(connection, good, "requeued")
            for row_id, reject in reasons.items():
                store.set_reason(connection, row_id, reject.code, reject.detail)

        self._database.write(note)
        return len(good), len(rows) - len(good)

    def discard(self, row_id: int, actor: Actor, why: str) -> int:
        """Give up all that waits of the same device for the same reason as a record; how many that were.

        They stay readable; the decision is one, and journalled.
        """

        def work(connection: Connection) -> int:
            if ids := store.waiting_like(connection, row_id):
                store.set_states(connection, ids, "discarded")
                about = {"ids": ids, "why": why}
                act = Act(actor, "quarantine.discarded", "quarantine", self._clock.now(), about)
                journal.record(connection, act)
            return len(ids)

        return self._database.write(work)


@dataclass(frozen=True, slots=True)
class Requeued:
    """What a requeue did: records ``kept`` now, and those that ``still`` wait."""

    kept: int
    still: int


class _Door:
    """A mapper with the series its entities lead to."""

    def __init__(self, mapper: Mapper, context: Context) -> None:
        self.mapper = mapper
        connector = mapper.source.connector
        shift = connector.shift if isinstance(connector, FileConnector) else timedelta()
        self.shift_ms = round(shift / timedelta(milliseconds=1))  # an old day played today
        self._context = context
        self._known: dict[tuple[str, str], int] = {}
        self._version = -1
        self._lock = threading.Lock()

    def columns(self, mapped: Mapped, records: Sequence[tuple[int, Any]]) -> tuple[Columns, list[Reject]]:
        """The mapped rows under their series ids, and rejects for entities nobody knows."""
        rows = mapped.rows
        with self._lock:
            if self._version != self._context.entities_version:
                self._known, self._version = {}, self._context.entities_version
            known = self._known
            fresh = {(row.entity, row.attribute) for row in rows if (row.entity, row.attribute) not in known}
            if fresh:
                self._learn(sorted(fresh))
        columns, unknown = Columns(), {}
        for row in rows:
            series = known.get((row.entity, row.attribute))
            if series is None:
                unknown[row.record] = row
            elif type(row.value) is float:
                columns.series.append(series)
                columns.observed_at.append(row.at)
                columns.values.append(row.value)
            else:
                columns.add(series, row.at, row.value)
        if self.shift_ms:
            columns.observed_at = [at + self.shift_ms for at in columns.observed_at]
        by_index = dict(records) if unknown else {}
        return columns, [self._unknown(row, by_index) for row in unknown.values()]

    def _unknown(self, row: Row, by_index: Mapping[int, Any]) -> Reject:
        detail = f"{row.entity} is not declared in this city"
        return Reject(row.record, "entity-unknown", detail, by_index[row.record], row.entity)

    def _learn(self, fresh: Sequence[tuple[str, str]]) -> None:
        source = self.mapper.source
        names = {entity for entity, _ in fresh}
        allowed = names if source.unknown == "create" else self._context.present(names)
        keys = [self._key(entity, attribute) for entity, attribute in fresh if entity in allowed]
        for key, series in zip(keys, self._context.open_series(keys), strict=True):
            self._known[(key.entity, key.attribute)] = series.id

    def _key(self, entity: str, attribute: str) -> SeriesKey:
        source = self.mapper.source
        if (declared := source.attributes.get(attribute)) is None:
            return SeriesKey(entity, source.type, attribute, "deg")  # lon, lat
        return SeriesKey(entity, source.type, attribute, declared.kept_unit, declared.kind)


def _kept(source: str, item: Reject, topic: str, now: int) -> dict[str, Any]:
    """The row of a rejected record; ``raw`` is JSON of the record, cut when it is longer than is kept."""
    raw = json.dumps(item.record, ensure_ascii=False, default=str)
    digest = hashlib.sha256("\0".join((source, item.code, topic, raw)).encode()).hexdigest()
    return {
        "source": source,
        "code": item.code,
        "digest": digest,
        "detail": item.detail,
        "raw": raw[:RAW_LIMIT],
        "cut": len(raw) > RAW_LIMIT or item.code == "too-large",
        "topic": topic,
        "times": 1,
        "first_at": now,
        "last_at": now,
        "state": "waiting",
        "entity": item.entity,
    }


def _again(mapper: Mapper, row: Any) -> tuple[list[tuple[int, Any]], dict[str, Any]]:
    """The records of a quarantined row: one record, or a whole message that could not be walked."""
    content = json.loads(row.raw)
    scope = {"message": content, "topic": row.topic.split("/") if row.topic else []}
    if row.code != "malformed":
        return [(0, content)], scope
    if isinstance(content, str):  # text that was no JSON: read it again as the source is declared now
        payload = read_payload(content.encode(), mapper.source.format)
        if payload.message is None:
            return payload.records or [(0, content)], scope
        content = payload.message
    try:
        return list(enumerate(mapper.records(content, scope["topic"]))), scope | {"message": content}
    except ValueError:
        return [(0, None)], scope


def _when_all(parts: Sequence[Future[Any]], receipt: Receipt) -> Future[Receipt]:
    """A future of ``receipt`` that is done when all parts are; it fails with the first part that failed."""
    result: Future[Receipt] = Future()
    if not parts:
        result.set_result(receipt)
        return result
    left = [len(parts)]
    lock = threading.Lock()

    def done(_part: Future[Any]) -> None:
        with lock:
            left[0] -= 1
            if left[0]:
                return
        error = next((error for part in parts if (error := part.exception()) is not None), None)
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(receipt)

    for part in parts:
        part.add_done_callback(done)
    return result
