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
from chengshu.foundation.twins.storm import IntensityFormula, chicago
from chengshu.kernel.errors import Findings, Invalid
from chengshu.kernel.geometry import EARTH_RADIUS_M
from chengshu.ports.twin import Floats, Rain


def rain_of_drill(
    storm: ChicagoStorm | RecordedStorm,
    gauges: Sequence[tuple[str, float, float]],
    start: datetime,
    seconds: int,
    folder: Path,
    zone: ZoneInfo,
) -> Rain:
    """Rain in mm/h at each gauge (id, lon, lat) for ``seconds`` from ``start``, in the storm's own steps.

    Raises :class:`Invalid` for gauges, stations or times that the record does not have.
    """
    if isinstance(storm, ChicagoStorm):
        return _design(storm, gauges, seconds)
    return _recorded(storm, [gauge[0] for gauge in gauges], start, seconds, folder, zone)


def _design(storm: ChicagoStorm, gauges: Sequence[tuple[str, float, float]], seconds: int) -> Rain:
    """The Keifer–Chu pattern; each gauge gets it later along the storm's way, and a little more or less."""
    step_s = round(storm.step.total_seconds())
    steps = -(-seconds // step_s)
    formula = IntensityFormula(storm.formula.A, storm.formula.C, storm.formula.b, storm.formula.n)
    base = chicago(storm.return_period, storm.duration_min, storm.peak_ratio, step_s / 60, formula)
    places = np.array([_metres(lon, lat, gauges[0]) for _, lon, lat in gauges])
    factors, delays = _factors(storm, places), _delays(storm, places)
    begin = storm.starts_after.total_seconds()
    values = np.zeros((steps, len(gauges)))
    for column, (delay, factor) in enumerate(zip(delays, factors, strict=True)):
        first = round((begin + delay) / step_s)
        piece = base[: max(0, steps - first)] * factor
        values[first : first + len(piece), column] = piece
    return Rain(tuple(gauge[0] for gauge in gauges), step_s, values)


def _metres(lon: float, lat: float, origin: tuple[str, float, float]) -> tuple[float, float]:
    """East and north of ``origin`` in metres (flat: a city is small)."""
    scale = np.pi / 180 * EARTH_RADIUS_M
    return (lon - origin[1]) * scale * float(np.cos(np.radians(origin[2]))), (lat - origin[2]) * scale


def _factors(storm: ChicagoStorm, places: Floats) -> Floats:
    """Log-normal factors with mean 1, correlated by exp(-distance / scale)."""
    spatial = storm.spatial
    apart = np.linalg.norm(places[:, None, :] - places[None, :, :], axis=2)
    root = np.linalg.cholesky(np.exp(-apart / spatial.scale_m) + 1e-9 * np.eye(len(places)))
    field = root @ np.random.default_rng(spatial.seed).normal(size=len(places))
    return np.asarray(np.exp(spatial.spread * field - spatial.spread**2 / 2))


def _delays(storm: ChicagoStorm, places: Floats) -> Floats:
    """Seconds after the storm reaches the first gauge."""
    moving = storm.spatial.moving
    if moving is None:
        return np.zeros(len(places))
    heading = np.radians(moving.towards_deg)
    along = places @ np.array([np.sin(heading), np.cos(heading)])
    return np.asarray((along - along.min()) / moving.speed_m_s)


def _recorded(
    storm: RecordedStorm, gauges: Sequence[str], start: datetime, seconds: int, folder: Path, zone: ZoneInfo
) -> Rain:
    path = (folder / storm.file).resolve()
    totals = _read_totals(path, storm, ZoneInfo(storm.zone) if storm.zone else zone)
    stations = {
        gauge: storm.stations.get(gauge, storm.stations.get(gauge.split(":")[-1], "")) for gauge in gauges
    }
    findings = Findings()
    for gauge, station in stations.items():
        if station not in totals:
            findings.add(
                "storm-station",
                f"gauge {gauge} has no station in the record (asked for {station!r})",
                where=str(path),
                remedy=f"stations there: {', '.join(sorted(totals))}",
            )
    findings.raise_any()
    step_s = round(storm.step.total_seconds())
    steps = -(-seconds // step_s)
    values: Floats = np.zeros((steps, len(gauges)))
    for row in range(steps):
        moment = start + timedelta(seconds=row * step_s)
        for column, gauge in enumerate(gauges):
            values[row, column] = _rate(totals[stations[gauge]], moment, storm.interval) * storm.scale
    return Rain(tuple(gauges), step_s, values)


def _rate(record: Mapping[datetime, float], moment: datetime, span: timedelta) -> float:
    """mm/h at ``moment``: the total of the interval that covers it, spread evenly; 0 outside the record."""
    seconds = span.total_seconds()
    begin = datetime.fromtimestamp(moment.timestamp() // seconds * seconds, moment.tzinfo)
    return record.get(begin, 0.0) * 3600 / seconds


def _read_totals(path: Path, storm: RecordedStorm, zone: ZoneInfo) -> dict[str, dict[datetime, float]]:
    if not path.is_file():
        raise Invalid("storm-file", "the record of the storm is not there", where=str(path))
    unpack = gzip.open if path.suffix == ".gz" else open
    totals: dict[str, dict[datetime, float]] = {}
    with unpack(path, "rt", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            if storm.event is not None and row.get("event_id") != storm.event:
                continue
            try:
                moment = datetime.fromisoformat(row["time"])
                amount = float(row["rain_mm"])
            except (KeyError, ValueError) as error:
                raise Invalid(
                    "storm-row",
                    f"this row cannot be read: {error}",
                    where=f"{path}:{number}",
                    remedy="columns time (ISO 8601), station, rain_mm are needed",
                ) from None
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            totals.setdefault(row["station"], {})[datetime.fromtimestamp(moment.timestamp(), zone)] = amount
    # keys are compared as moments, whatever their zone
    return {station: dict(sorted(values.items())) for station, values in totals.items()}
