"""What follows from whose data they are: a table of the law's minimum, or the city's own in its place.

Government, enterprise, social and personal data stand in one ledger; the sharing class of the catalogue and
the source class together decide how they are shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from msgspec.structs import replace

from chengshu.foundation.rulebook.files import read_rules
from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.ledger.model import SOURCE_CLASSES
from chengshu.resources.sharing.model import GrantedField
from chengshu.resources.sharing.protecting import TREATMENTS
from chengshu.rules.dated import Period, Timeline
from chengshu.rules.dmn import Model, read_model

DECISION = "source"
TELLING = frozenset(
    [
        "identity_number",
        "passport",
        "hk_macao_permit",
        "taiwan_permit",
        "person_name",
        "birth_date",
        "mobile",
        "landline",
        "email",
        "address",
        "bank_card",
        "plate",
    ]
)
"""Categories whose values tell, alone or with others, who somebody is."""
_PLACES = ("rules/sharing-sources", "rules/sharing-sources.dmn")


@dataclass(frozen=True, slots=True)
class SourceRule:
    """What a source class asks of sharing, and why.

    ``review``: a person decides, also where the catalogue shares without condition. ``agreement``: a grant
    names the agreement of the firm or body that it rests on. ``assessment``: a request names the impact
    assessment. ``floor``: the mildest treatment of values that tell who somebody is.
    """

    source_class: str
    review: bool
    agreement: bool
    assessment: bool
    floor: str
    reason: Reason

    def held(self, fields: Iterable[GrantedField]) -> tuple[GrantedField, ...]:
        """Fields as proposed by grade, those milder than the floor raised to it with the reason."""
        return tuple(self._held(field) for field in fields)

    def _held(self, field: GrantedField) -> GrantedField:
        if field.category not in TELLING or not _milder(field.treatment, self.floor):
            return field
        return replace(field, treatment=self.floor, reason=self.reason.as_dict())


class SourceRules:
    """The table by the day from which it holds."""

    def __init__(self, versions: Timeline[Model] | None = None) -> None:
        self._versions = versions or _shipped()

    def on(self, day: date, source_class: str) -> SourceRule:
        """The rule for a source class. Raises Missing for a day without a table, Invalid for a bad one."""
        found = self._versions.on(day).decide(DECISION, {"source class": source_class}).matched
        if not found:
            raise _bad(self._versions.what, f"no row is for {source_class!r}")
        outputs = found[0].outputs
        floor = str(outputs.get("floor"))
        if floor not in TREATMENTS:
            raise _bad(self._versions.what, f"{floor!r} is no treatment")
        said = Text(*(str(outputs.get(tag) or "") for tag in ("en", "hans", "hant")))
        source = ", ".join(found[0].annotations)
        reason = Reason(found[0].rule_id, said, {"source class": source_class, "source": source})
        review, agreement, assessment = (
            outputs.get(name) is True for name in ("review", "agreement", "assessment")
        )
        return SourceRule(source_class, review, agreement, assessment, floor, reason)


def read_source_rules(folder: Path) -> SourceRules:
    """The city's own table, where it has one: ``rules/sharing-sources.dmn`` or versions in a folder of that
    name. Raises :class:`Invalid` with the file, also for a table that does not answer for every class.
    """
    for name in _PLACES:
        path = folder / name
        if path.exists():
            versions = read_rules(path)
            rules = SourceRules(versions)
            for period, _ in versions.entries:
                for source_class in SOURCE_CLASSES:
                    rules.on(period.start, source_class)
            return rules
    return SourceRules()


@cache
def _shipped() -> Timeline[Model]:
    found = [file for file in (files(__package__) / "sources").iterdir() if file.name.endswith(".dmn")]
    dated = [
        (Period(date.fromisoformat(file.name.removesuffix(".dmn"))), read_model(file.read_bytes()))
        for file in found
    ]
    return Timeline("sharing by source", dated)


def _milder(one: str, other: str) -> bool:
    return TREATMENTS.index(one) < TREATMENTS.index(other)


def _bad(where: str, detail: str) -> Invalid:
    remedy = "give each of government, enterprise, social and personal a row; see docs, Sharing"
    return Invalid("source-rule", detail, where=where, remedy=remedy)
