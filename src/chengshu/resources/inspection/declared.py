"""What a city says of its entries: ``quality/*.yaml``, the rules of one each; ``grading.yaml``, what it is
about.

An entry is named as ``source/name``: the source in ``harvest.yaml``, and the name its source has for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from chengshu.foundation.declared import Declaration, checked, read_document
from chengshu.kernel.errors import ChengshuError, Fault, Findings
from chengshu.resources.grading import Elements
from chengshu.resources.grading.grade import PLAIN
from chengshu.resources.ledger import Resource
from chengshu.resources.quality.rules import QualityFile, Rule

QUALITY, GRADING = "quality", "grading.yaml"
_NAME = r"^[a-z][a-z0-9_-]{0,63}/.+$"


class EntryQuality(QualityFile):
    """A file in ``quality/``: the rules of one entry."""

    entry: str = Field(pattern=_NAME)


class EntryElements(Declaration):
    """What grading cannot read from the columns of an entry (GB/T 43697: sector, scale, depth …)."""

    entry: str = Field(pattern=_NAME)
    sector: str = ""
    persons: int = Field(0, ge=0)
    coverage: Literal["district", "city", "province", "nation"] = "city"
    precision: Literal["precise", "coarse", "aggregate"] = "precise"
    depth: Literal["raw", "derived", "insight"] = "raw"
    importance: Literal["ordinary", "key", "catalogued", "core"] = "ordinary"
    group: Literal["", "minors"] = ""

    @property
    def elements(self) -> Elements:
        """As grading takes them."""
        return Elements(**self.model_dump(exclude={"entry"}))


class GradingFile(Declaration):
    """grading.yaml."""

    entries: tuple[EntryElements, ...]

    @model_validator(mode="after")
    def _entries_differ(self) -> GradingFile:
        seen: set[str] = set()
        for item in self.entries:
            if item.entry in seen:
                raise ValueError(f"{item.entry!r} is described twice")
            seen.add(item.entry)
        return self


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of an entry, and the folder that files of references are relative to."""

    rules: tuple[Rule, ...]
    folder: Path
    file: Path


@dataclass(frozen=True, slots=True)
class Declared:
    """All that a city says of its entries, by ``source/name``."""

    rules: Mapping[str, Rules] = field(default_factory=dict)
    elements: Mapping[str, Elements] = field(default_factory=dict)

    def rules_of(self, entry: Resource) -> Rules | None:
        """The declared rules of an entry; None: it is measured by what it suggests itself."""
        return self.rules.get(name_of(entry))

    def elements_of(self, entry: Resource) -> Elements:
        """What is said of an entry beyond its columns."""
        return self.elements.get(name_of(entry), PLAIN)


def name_of(entry: Resource) -> str:
    """``source/name`` of a harvested entry, "" for others."""
    return f"{entry.origin.source}/{entry.origin.native_id}" if entry.origin else ""


def read_declared(folder: Path) -> Declared:
    """What the city in ``folder`` declares. Raises :class:`Invalid` with every mistake of every file."""
    findings, rules = Findings(), dict[str, Rules]()
    for path in sorted((folder / QUALITY).glob("*.yaml")):
        try:
            found = checked(EntryQuality, read_document(path))
        except ChengshuError as error:
            findings.faults += _all(error)
            continue
        if found.entry in rules:
            other = rules[found.entry].file.name
            findings.add(
                "quality-double",
                f"{found.entry} has rules in {other} too",
                where=str(path),
                remedy="keep one of the two",
            )
        rules[found.entry] = Rules(found.rules, path.parent, path)
    elements: dict[str, Elements] = {}
    if (path := folder / GRADING).is_file():
        try:
            told = checked(GradingFile, read_document(path))
            elements = {item.entry: item.elements for item in told.entries}
        except ChengshuError as error:
            findings.faults += _all(error)
    findings.raise_any()
    return Declared(rules, elements)


def _all(error: ChengshuError) -> list[Fault]:
    return [Fault(**fault) for fault in error.extra.get("faults", [])] or [error.fault]
