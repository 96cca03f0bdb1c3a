"""What a contract promises of service: how fresh, how often, until when; held against entry and data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from chengshu.kernel.clock import as_utc, from_millis, iso
from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Invalid
from chengshu.resources.contracts.model import Contract, Finding, Promised, Service
from chengshu.resources.contracts.table import Typed
from chengshu.resources.ledger import Resource
from chengshu.resources.quality.table import quoted

_UNITS = {
    **dict.fromkeys(("y", "yr", "year", "years"), timedelta(days=365)),
    **dict.fromkeys(("m", "mo", "month", "months"), timedelta(days=31)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(days=7)),
    **dict.fromkeys(("", "d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("h", "hr", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("min", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), timedelta(seconds=1)),
}
_AGES = ("latency", "freshness", "ly")
_OFTEN = ("frequency", "fy")
_ENDS = {"endOfSupport": "support ended", "es": "support ended", "endOfLife": "it ended", "el": "it ended"}


def span_of(service: Service) -> timedelta:
    """How long a property says. Raises :class:`Invalid` for what is no length of time."""
    text = str(service.value).strip()
    if re.fullmatch(r"P.*", text, re.IGNORECASE):
        found = parse_duration(text)
        return found.exact + timedelta(days=found.days + 31 * found.months)
    unit = _UNITS.get(service.unit.strip().lower())
    if unit is None or not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        raise Invalid(
            "sla-span",
            f"{service.property} {text} {service.unit} is no length of time",
            remedy="write a number with y, m, d, h, min or s, or an ISO 8601 duration",
        )
    return float(text) * unit


def service_findings(
    contract: Contract, table: Promised, data: Typed, now: datetime, entry: Resource | None
) -> Iterator[Finding]:
    """Promises that are broken now, and those that the hub cannot judge."""
    for service in contract.services:
        try:
            yield from _judged(service, table, data, now, entry)
        except Invalid as error:
            yield _finding(service, error.fault.detail)


def _judged(
    service: Service, table: Promised, data: Typed, now: datetime, entry: Resource | None
) -> Iterator[Finding]:
    if service.property in _AGES:
        yield from _age(service, table, data, now, entry)
    elif service.property in _OFTEN:
        yield from _often(service, now, entry)
    elif service.property in _ENDS:
        end = _moment(str(service.value))
        if end <= now:
            yield _finding(service, f"{_ENDS[service.property]} on {iso(end)}")
    else:
        yield _finding(service, "the hub does not judge this property", unchecked=True)


def _age(
    service: Service, table: Promised, data: Typed, now: datetime, entry: Resource | None
) -> Iterator[Finding]:
    allowed = span_of(service)
    column = _column(service.element, table)
    if column:
        if column not in data.columns:
            yield _finding(service, f"the table has no column {column}")
            return
        [(newest,)] = data.ask(
            f"SELECT epoch_ms(max(TRY_CAST(CAST({quoted(column)} AS VARCHAR) AS TIMESTAMPTZ))) FROM data"
        )
        moment = from_millis(newest) if newest is not None else None
    else:
        moment = _moment(entry.updated_on) if entry and entry.updated_on else None
    if moment is None:
        yield _finding(service, "nothing says how old the data are", unchecked=not column)
    elif now - moment > allowed:
        yield _finding(service, f"the newest is of {iso(moment)}, older than {_said(service)}")


def _often(service: Service, now: datetime, entry: Resource | None) -> Iterator[Finding]:
    if entry is None:
        yield _finding(service, "no entry of the ledger says how often it is updated", unchecked=True)
        return
    allowed = span_of(service)
    if entry.update_cycle:
        cycle = span_of(Service("frequency", entry.update_cycle))
        if cycle > allowed:
            yield _finding(service, f"the ledger says {entry.update_cycle}, the contract {_said(service)}")
    if entry.updated_on and now - _moment(entry.updated_on) > allowed:
        yield _finding(service, f"last updated {entry.updated_on}, longer ago than {_said(service)}")


def _column(element: str, table: Promised) -> str:
    """The column that ``table.column`` means, empty for another table or none."""
    owner, _, name = element.rpartition(".")
    if not name or (owner and owner not in (table.name, table.physical_name)):
        return ""
    return next((item.column for item in table.elements if name in (item.name, item.column)), name)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("sla-moment", f"{text!r} is no date", remedy="write it as 2026-12-31") from None
    return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _said(service: Service) -> str:
    return f"{service.value} {service.unit}".strip()


def _finding(service: Service, detail: str, *, unchecked: bool = False) -> Finding:
    return Finding("service", service.property, detail, service.element, "timeliness", unchecked=unchecked)
