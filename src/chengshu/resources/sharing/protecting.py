"""How values of granted fields are shown: treatments proposed by grade, the stricter wins."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading.model import Grade
from chengshu.resources.grading.protection import Treatment as Protection
from chengshu.resources.grading.protection import treated, treatment_for
from chengshu.resources.ledger import Field, Resource
from chengshu.resources.sharing.model import GrantedField

TREATMENTS = ("show", "generalise", "mask", "tokenise", "withhold")  # from mild to strict
SHARING_ORDER = ("unconditional", "conditional", "none")
_HIDING = frozenset(["mask", "tokenise"])
_NO_REASON = Reason("sharing.grant", Text.of("as granted"))


def grade_of(field: Field, resource: Resource, ungraded: str) -> Grade:
    """The field's grade, else the resource's, else that of what nobody graded.

    Of a resource that is shared without condition, a field in which nobody found anything personal or
    identifying (no category) is general-1: its provider has said that every department may see it.
    """
    free = (field.sharing or resource.sharing) == "unconditional" and not field.category
    for text in (field.grade, resource.grade, Grade.GENERAL_1.value if free else ungraded):
        if text in set(Grade):
            return Grade(text)
    return Grade.CORE  # a word that is no grade: nothing is known, nothing is given


def sharing_of(resource: Resource, names: Iterable[str]) -> str:
    """The strictest sharing class among the resource and the fields asked for."""
    wanted = set(names)
    classes = [
        resource.sharing,
        *(f.sharing or resource.sharing for f in resource.fields if f.name in wanted),
    ]
    return max(classes, key=SHARING_ORDER.index)


def proposed(
    resource: Resource, names: Iterable[str], reader: str, day: date, ungraded: str
) -> tuple[GrantedField, ...]:
    """What the protection tables say for each field, in the order asked."""
    known = {field.name: field for field in resource.fields}
    found = []
    for name in names:
        field = known[name]
        grade = grade_of(field, resource, ungraded)
        treatment = treatment_for(reader, grade, field.category, day)
        reason = treatment.reason.as_dict()
        reason["inputs"] = {key: _plain(value) for key, value in reason["inputs"].items()}
        found.append(GrantedField(name, field.category, grade.value, treatment.kind, reason))
    return tuple(found)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | str | int) or value is None else int(value)


def in_force(granted: GrantedField, now: GrantedField) -> str:
    """The treatment today: as granted while the grade stands; the stricter of both once it has risen."""
    if Grade(now.grade).rank <= Grade(granted.grade).rank:
        return granted.treatment
    return max(granted.treatment, now.treatment, key=TREATMENTS.index)


def check_treatments(fields: Sequence[GrantedField], chosen: Mapping[str, str]) -> None:
    """Raises :class:`Invalid` for a treatment that does not exist, or shows important or core data."""
    by_name = {field.name: field for field in fields}
    for name, kind in chosen.items():
        if name not in by_name:
            raise Invalid("treatment-field", f"{name!r} was not asked for", where=name)
        if kind not in TREATMENTS:
            raise Invalid(
                "treatment-unknown",
                f"{kind!r} is no treatment",
                where=name,
                remedy=f"use one of {', '.join(TREATMENTS)}",
            )
        field = by_name[name]
        milder = TREATMENTS.index(kind) < TREATMENTS.index(field.treatment)
        if milder and Grade(field.grade) is Grade.CORE:
            raise Invalid("treatment-core", "core data are withheld from everybody", where=name)
        if Grade(field.grade) is Grade.IMPORTANT and kind == "show":
            raise Invalid(
                "treatment-important",
                "important data are never shown as they are",
                where=name,
                remedy="tokenise or mask them",
            )


def own_key(key: bytes, grant: str) -> bytes:
    """The token key of one grant: tokens join within it and with nothing else, and tell whose they are."""
    return hmac.new(key, f"sharing\0{grant}".encode(), hashlib.sha256).digest()


def shown(values: Sequence[Any], category: str, kind: str, key: bytes) -> list[Any]:
    """A column as its reader sees it. A masked or tokenised value is never the value itself.

    Masks keep the first sign of a value; of a single sign nothing would be hidden, so it becomes ``*``.
    """
    if kind == "show":
        return list(values)
    texts = [None if value is None else str(value) for value in values]
    done = treated(texts, category, Protection(kind, _NO_REASON), key=key)
    if done is None:
        raise Invalid("field-withheld", "the field is withheld", remedy="leave it out")
    if kind in _HIDING:
        return [_hidden(old, new) for old, new in zip(texts, done, strict=True)]
    return list(done)


def _hidden(old: str | None, new: str | None) -> str | None:
    if old is None or not old.strip():
        return None if old is None else ""
    if new != old:
        return new
    return "*" if old != "*" else "**"
