"""What an entry must say before it is booked, and what is still wanting of its core metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Fault, Findings, Invalid
from chengshu.resources.ledger.model import Resource

_ID = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]{1,500}")
_CODE = re.compile(r"[1-3]\d{2}\d{3}[0-9A-Z/]{1,30}")
_MOST_FIELDS = 20_000
_WANTED = (
    ("summary", "say what it holds in a sentence"),
    ("provider", "say which department provides it"),
    ("owner", "say who answers for it"),
    ("steward", "say who looks after it daily"),
    ("format", "say in which format it comes"),
    ("update_cycle", "promise how often it is updated, such as P1D"),
    ("purpose", "say what it was collected for"),
    ("distributions", "say where it is to be had"),
)

MOST_WANTED = len(_WANTED) + 2  # core metadata an entry may lack: those above, fields, condition or basis


def check(resources: Iterable[Resource]) -> None:
    """Raises :class:`Invalid` with every mistake: ids, titles, codes, cycles, fields, boxes."""
    findings = Findings()
    for item in resources:
        for fault in faults_of(item):
            findings.add(fault.code, fault.detail, where=fault.where, remedy=fault.remedy)
    findings.raise_any()


def faults_of(item: Resource) -> list[Fault]:
    """The mistakes for which an entry is refused."""
    found: list[Fault] = []
    if not _ID.fullmatch(item.id):
        found.append(Fault("resource-id", "the id is no URI", item.id, "write urn:chengshu:resource:NAME"))
    if not any((item.title.en, item.title.zh_hans, item.title.zh_hant)):
        found.append(Fault("resource-title", "the title is empty", item.id, "name the resource"))
    if item.code and not _CODE.fullmatch(item.code):
        found.append(
            Fault(
                "resource-code",
                f"{item.code!r} is no resource code",
                item.id,
                "write class (1 digit 1-3), item (2 digits), heading (3 digits), then detail and serial",
            )
        )
    if item.update_cycle and (problem := _cycle(item.update_cycle)):
        found.append(Fault("resource-cycle", problem, item.id, "write an ISO 8601 duration such as P1D"))
    found += _field_faults(item)
    if item.bbox is not None and not _box(item.bbox):
        found.append(
            Fault("resource-box", "the box is no box on Earth", item.id, "write west, south, east, north")
        )
    return found


def _cycle(text: str) -> str:
    try:
        parse_duration(text)
    except Invalid:
        return f"{text!r} is no duration"
    return ""


def _field_faults(item: Resource) -> list[Fault]:
    if len(item.fields) > _MOST_FIELDS:
        return [Fault("resource-fields", f"more than {_MOST_FIELDS} fields", item.id, "split the resource")]
    seen: set[str] = set()
    found: list[Fault] = []
    for field in item.fields:
        if not field.name:
            found.append(Fault("field-name", "a field has no name", item.id, "name it"))
        elif field.name in seen:
            found.append(
                Fault("field-double", f"two fields are named {field.name!r}", item.id, "name one anew")
            )
        seen.add(field.name)
    return found


def _box(box: Sequence[float]) -> bool:
    west, south, east, north = box
    return -180 <= west <= east <= 180 and -90 <= south <= north <= 90


def wanting(item: Resource) -> list[Fault]:
    """Core metadata an entry could still have; the share present is its completeness."""
    found = [
        Fault(f"wanting-{name}", f"{name} is empty", item.id, remedy)
        for name, remedy in _WANTED
        if not getattr(item, name)
    ]
    if item.kind == "dataset" and not item.fields:
        found.append(Fault("wanting-fields", "no field is described", item.id, "describe the columns"))
    if item.sharing == "conditional" and not item.sharing_condition:
        found.append(
            Fault(
                "wanting-condition", "the condition of sharing is empty", item.id, "say under which condition"
            )
        )
    if item.sharing == "none" and not item.sharing_condition:
        found.append(
            Fault("wanting-basis", "nothing says why it is not shared", item.id, "name the law it rests on")
        )
    return found
