"""The rain that really falls in a drill: a design storm moving over the city, or a recorded event."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from chengshu.app.drill.declared import ChicagoStorm, RecordedStorm
from chengshu.foundation.twins.storm import chicago
from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Findings, Invalid
from chengshu.ports.twin import Floats, Rain

STEP_S = 300


def rain_of_drill(
    storm: ChicagoStorm | RecordedStorm, gauges: Sequence[tuple[str, float, float]], start: datetime,
    seconds: int, folder: Path, zone: ZoneInfo,
) -> Rain:
    """Rain in mm/h at each gauge (id, lon, lat) for ``seconds`` from ``start``, in steps of 5 minutes.

    Raises :class:`Invalid` for gauges, stations or times that the record does not have.
    """
    if isinstance(storm, ChicagoStorm):
        return _design(storm, gauges, seconds)
    return _recorded(storm, [gauge[0] for gauge in gauges], start, seconds, folder, zone)


def _design(storm: ChicagoStorm, gauges: Sequence[tuple[str, float, float]], seconds: int) -> Rain:
    """The Keifer–Chu pattern; each gauge gets it later along the storm's way, and a little more or less."""
    steps = -(-seconds // STEP_S)
    base = chicago(storm.return_period, storm.duration_min, storm.peak_ratio, STEP_S // 60)
    rng = np.random.default_rng(storm.seed)
    factors = np.exp(rng.normal(-storm.variation**2 / 2, storm.variation, len(gauges)))
    heading = rng.uniform(0, 2 * np.pi)
    along = np.array([lon * np.cos(heading) + lat * np.sin(heading) for _, lon, lat in gauges])
    spread = float(np.ptp(along)) or 1.0
    delays = (along - along.min()) / spread * parse_duration(storm.travel).total_seconds()
    begin = parse_duration(storm.starts_after).total_seconds()
    values = np.zeros((steps, len(gauges)))
    for column, (delay, factor) in enumerate(zip(delays, factors, strict=True)):
        first = round((begin + delay) / STEP_S)
        piece = base[: max(0, steps - first)] * factor
        values[first : first + len(piece), column] = piece
    return Rain(tuple(gauge[0] for gauge in gauges), STEP_S, values)


def _recorded(storm: RecordedStorm, gauges: Sequence[str], start: datetime, seconds: int, folder: Path,
              zone: ZoneInfo) -> Rain:
    path = (folder / storm.file).resolve()
    totals = _read_totals(path, storm, ZoneInfo(storm.zone) if storm.zone else zone)
    findings = Findings()
    for gauge in gauges:
        station = storm.stations.get(gauge)
        if station not in totals:
            findings.add("storm-station", f"gauge {gauge} has no station in the record (asked for {station!r})",
                         where=str(path), remedy=f"stations there: {', '.join(sorted(totals))}")
    findings.raise_any()
    steps = -(-seconds // STEP_S)
    values: Floats = np.zeros((steps, len(gauges)))
    span = timedelta(minutes=storm.step_min)
    for row in range(steps):
        moment = start + timedelta(seconds=row * STEP_S)
        for column, gauge in enumerate(gauges):
            record = totals[storm.stations[gauge]]
            values[row, column] = _rate(record, moment, span) * storm.scale
    return Rain(tuple(gauges), STEP_S, values)


def _rate(record: Mapping[datetime, float], moment: datetime, span: timedelta) -> float:
    """mm/h at ``moment``: the total of the interval that covers it, spread evenly; 0 outside the record."""
    seconds = span.total_seconds()
    begin = datetime.fromtimestamp(moment.timestamp() // seconds * seconds, moment.tzinfo)
    return record.get(begin, 0.0) * 3600 / seconds


def _read_totals(path: Path, storm: RecordedStorm, zone: ZoneInfo) -> dict[str, dict[datetime, float]]:
    if not path.is_file():
        raise Invalid("storm-file", "the record of the storm is not there", where=str(path))
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    totals: dict[str, dict[datetime, float]] = {}
    with opened as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            if storm.event is not None and row.get("event_id") != storm.event:
                continue
            try:
                moment = datetime.fromisoformat(row["time"])
                amount = float(row["rain_mm"])
            except (KeyError, ValueError) as error:
                raise Invalid("storm-row", f"this row cannot be read: {error}", where=f"{path}:{number}",
                              remedy="columns time (ISO 8601), station, rain_mm are needed") from None
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            totals.setdefault(row["station"], {})[datetime.fromtimestamp(moment.timestamp(), zone)] = amount
    # keys are compared as moments, whatever their zone
    return {station: dict(sorted(values.items())) for station, values in totals.items()}
