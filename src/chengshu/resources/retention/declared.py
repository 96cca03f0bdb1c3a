"""``retention.yaml`` of a city: which entries' data are kept how long, by which law."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.resources.ledger import KINDS, SOURCE_CLASSES, Resource
from chengshu.resources.retention.model import Ground
from chengshu.resources.retention.periods import keeping

FILE = "retention.yaml"


class Rule(Declaration):
    """Entries that all of its conditions fit. ``entries`` are ids, ``*`` standing for any signs.

    ``keep`` counts from when each part of the data came (a version was kept, a value was observed).
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    keep: str
    law: str = Field(min_length=1)
    basis: DeclaredText
    entries: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    source_classes: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()

    @field_validator("keep")
    @classmethod
    def _is_period(cls, text: str) -> str:
        try:
            keeping(text)
        except Exception as error:
            raise ValueError(str(getattr(error, "fault", error))) from None
        return text

    @model_validator(mode="after")
    def _known(self) -> Rule:
        for names, known, what in (
            (self.kinds, KINDS, "kind"),
            (self.source_classes, SOURCE_CLASSES, "source class"),
        ):
            if unknown := [name for name in names if name not in known]:
                raise ValueError(f"there is no {what} {unknown[0]!r}; use {', '.join(known)}")
        return self

    def fits(self, entry: Resource) -> bool:
        """Whether an entry is meant; a condition that is not given means any."""
        return (
            (not self.entries or any(fnmatchcase(entry.id, form) for form in self.entries))
            and (not self.kinds or entry.kind in self.kinds)
            and (not self.grades or entry.grade in self.grades)
            and (not self.source_classes or entry.source_class in self.source_classes)
            and (not self.themes or bool(set(self.themes) & set(entry.themes)))
        )

    @property
    def ground(self) -> Ground:
        """The rule as it is kept with what was done by it."""
        return Ground(self.id, self.keep, self.law, self.basis.as_dict())


class RetentionFile(Declaration):
    """The whole file; of the rules that fit an entry the first counts."""

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _ids_differ(self) -> RetentionFile:
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule {rule.id!r} is declared twice")
            seen.add(rule.id)
        return self


def read_retention(folder: Path) -> tuple[Rule, ...]:
    """The rules of the city in ``folder``, none where it has no file. Raises :class:`Invalid`."""
    path = folder / FILE
    return checked(RetentionFile, read_document(path)).rules if path.is_file() else ()


def rule_for(rules: tuple[Rule, ...], entry: Resource) -> Rule | None:
    """The first rule that fits; None: the entry's data are kept without end."""
    return next((rule for rule in rules if rule.fits(entry)), None)
