"""A file played again: by the hub's clock, or as fast as it can be kept. It goes on where it was stopped."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from chengshu.foundation.sensing import store
from chengshu.foundation.sensing.commands import Intake
from chengshu.foundation.sensing.declared import FileConnector, Source
from chengshu.foundation.sensing.model import Reject
from chengshu.foundation.sensing.payload import csv_records, read_payload
from chengshu.kernel.clock import Clock, from_millis
from chengshu.kernel.errors import Invalid
from chengshu.ports.database import Database

_BITE = 2000  # records per batch
_LIMIT = 1_000_000_000  # bytes of a file after unpacking


class FileReplay:
    """The ticker ``replay:<source>``. Pace ``virtual`` brings each record when its time has come, in
    the order of time; ``fast`` brings all at once in the order of the file. What was brought is noted
    after it is durable; a kill in between brings a bite twice, which changes
    nothing (same series, time and value).
    """

    def __init__(
        self, database: Database, clock: Clock, intake: Intake, source: Source, folder: Path
    ) -> None:
        if not isinstance(source.connector, FileConnector):
            raise Invalid(
                "source-not-a-file", f"source {source.id} is not declared as a file", where=source.id
            )
        self.name = f"replay:{source.id}"
        self._database = database
        self._clock = clock
        self._intake = intake
        self._source = source.id
        self._virtual = source.connector.pace == "virtual"
        self._shift = round(source.connector.shift.total_seconds() * 1000)
        content = _read(folder / source.connector.path)
        self._digest = hashlib.sha256(content).hexdigest()
        self._records = list(_records(content, source.format))
        self._moments = self._order() if self._virtual else []
        with database.read() as connection:
            self._done = store.replay_done(connection, source.id, self._digest)

    def __len__(self) -> int:
        """How many records are still to come."""
        return len(self._records) - self._done

    def _order(self) -> list[int]:
        """Sort the records by time; those without a readable time come first and go to quarantine."""
        mapper = self._intake.mapper(self._source)
        timed = [((mapper.moment(record, {}) or 0), record) for record in self._records]
        timed.sort(key=lambda pair: pair[0])
        self._records = [record for _, record in timed]
        return [moment + self._shift for moment, _ in timed]

    def next_due(self) -> datetime | None:
        """When the next record comes; None at the end of the file."""
        if self._done >= len(self._records):
            return None
        if not self._virtual:
            return self._clock.now()
        return from_millis(max(self._moments[self._done], 0))

    def tick(self, now: datetime) -> None:
        """Bring what has come due, a bite at a time."""
        end = len(self._records)
        if self._virtual:
            limit = round(now.timestamp() * 1000)
            end = self._done
            while end < len(self._records) and self._moments[end] <= limit:
                end += 1
        end = min(end, self._done + _BITE)
        bite = self._records[self._done : end]
        self._intake.receive_records(self._source, bite).result()
        self._done = end
        self._database.write(lambda connection: store.put_replay(connection, self._source, self._digest, end))


def _read(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        if path.suffix == ".gz":
            with gzip.open(io.BytesIO(raw)) as unpacked:
                raw = unpacked.read(_LIMIT + 1)
    except (OSError, EOFError) as error:
        raise Invalid(
            "replay-file",
            f"the file cannot be read: {error}",
            where=str(path),
            remedy="put it there, or correct connector.path",
        ) from None
    if len(raw) > _LIMIT:
        raise Invalid(
            "replay-file-too-large",
            f"the file has more than {_LIMIT} bytes",
            where=str(path),
            remedy="split it",
        )
    return raw


def _records(content: bytes, format_: str) -> Iterator[Any]:
    """The records of a file; one that cannot be read comes as its text, and the mapping refuses it."""
    if format_ == "csv":
        text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", "replace", newline="")
        for _, record in csv_records(text):
            yield record.record if isinstance(record, Reject) else record
        return
    payload = read_payload(content, format_)
    if payload.message is not None:
        yield from payload.message if isinstance(payload.message, list) else [payload.message]
    merged = [*payload.records, *((item.index, item.record) for item in payload.rejects)]
    yield from (record for _, record in sorted(merged, key=lambda pair: pair[0]))
