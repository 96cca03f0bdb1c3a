"""Reading SWMM input files tolerantly: sections in order, lines with their numbers, nothing thrown away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from chengshu.kernel.errors import Invalid

# SWMM accepts any title that begins with one of these words, in any case (EPA SWMM 5.2, text.h ws_*).
_SECTIONS = (
    "TITLE",
    "OPTION",
    "FILE",
    "RAINGAGE",
    "TEMPERATURE",
    "EVAP",
    "SUBCATCHMENT",
    "SUBAREA",
    "INFIL",
    "AQUIFER",
    "GROUNDWATER",
    "GWF",
    "SNOWPACK",
    "JUNCTION",
    "OUTFALL",
    "STORAGE",
    "DIVIDER",
    "CONDUIT",
    "PUMP",
    "ORIFICE",
    "WEIR",
    "OUTLET",
    "XSECTION",
    "TRANSECT",
    "LOSS",
    "CONTROL",
    "POLLUT",
    "LANDUSE",
    "BUILDUP",
    "WASHOFF",
    "COVERAGE",
    "INFLOW",
    "DWF",
    "PATTERN",
    "RDII",
    "HYDROGRAPH",
    "LOADING",
    "TREATMENT",
    "CURVE",
    "TIMESERIES",
    "REPORT",
    "COORDINATE",
    "VERTICES",
    "POLYGON",
    "LABEL",
    "SYMBOL",
    "BACKDROP",
    "TAG",
    "PROFILE",
    "MAP",
    "LID_CONTROL",
    "LID_USAGE",
    "ADJUSTMENT",
    "EVENT",
    "STREET",
    "INLET_USAGE",
    "INLET",
)
_TOKEN = re.compile(r'"([^"]*)"|(\S+)')


@lru_cache(maxsize=65536)  # a model's rows are read again for every variant of it
def _words(text: str) -> tuple[str, ...]:
    return tuple(quoted or plain for quoted, plain in _TOKEN.findall(text.split(";", 1)[0]))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file; ``line`` is its number there, 0 for a line of ours."""

    line: int
    text: str

    @property
    def tokens(self) -> list[str]:
        """The words before any comment; a quoted string is one word."""
        return list(_words(self.text))


@dataclass(slots=True)
class Section:
    """A section under its general name (``SUBCATCHMENT``), as titled in the file."""

    name: str
    title: str
    line: int
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Inp:
    """An input file in memory. A section may stand more than once, as SWMM allows."""

    name: str
    sections: list[Section]

    @classmethod
    def load(cls, path: Path) -> Inp:
        """Read ``path`` (UTF-8, else Latin-1). Raises :class:`Invalid` when it is no SWMM input file."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Invalid(
                "model-missing",
                f"the model file cannot be read: {error.strerror}",
                where=str(path),
                remedy="name the SWMM input file in the twin's declaration",
            ) from None
        try:
            return cls.parse(data.decode("utf-8-sig"), path.name)
        except UnicodeDecodeError:
            return cls.parse(data.decode("latin-1"), path.name)

    @classmethod
    def parse(cls, text: str, name: str = "model.inp") -> Inp:
        """Read the text of an input file."""
        sections: list[Section] = []
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            if stripped.startswith("["):
                title = stripped[1:].split("]", 1)[0].strip()
                sections.append(Section(general_name(title), title, number))
            elif sections:
                sections[-1].rows.append(Row(number, line.rstrip()))
            elif stripped and not stripped.startswith(";"):
                raise Invalid(
                    "model-format",
                    f"text before the first section: {stripped[:60]!r}",
                    where=f"{name}:{number}",
                    remedy="a SWMM input file begins with [TITLE] or [OPTIONS]",
                )
        if not sections:
            raise Invalid(
                "model-format",
                "there is no section in the file",
                where=name,
                remedy="a SWMM input file has sections such as [OPTIONS] and [JUNCTIONS]",
            )
        return cls(name, sections)

    def named(self, name: str) -> Iterator[Section]:
        """Every section of that general name."""
        return (section for section in self.sections if section.name == name)

    def rows(self, *names: str) -> Iterator[tuple[Row, list[str]]]:
        """The data lines (no comments, no blanks) of the named sections, with their words."""
        for section in self.sections:
            if section.name in names:
                for row in section.rows:
                    if tokens := row.tokens:
                        yield row, tokens

    def option(self, name: str, default: str) -> str:
        """A value of [OPTIONS]; the last one written counts, as in SWMM."""
        found = default
        for _, tokens in self.rows("OPTION"):
            if tokens[0].upper() == name and len(tokens) > 1:
                found = tokens[1].upper()
        return found


def general_name(title: str) -> str:
    """The general name of a section title; an unknown title stays itself, in capitals."""
    upper = title.upper()
    known = [name for name in _SECTIONS if upper.startswith(name)]
    return max(known, key=len) if known else upper


def number(text: str, row: Row, name: str, meaning: str) -> float:
    """``text`` as a number. Raises :class:`Invalid` naming the line."""
    try:
        return float(text)
    except ValueError:
        raise Invalid(
            "model-number",
            f"{meaning} is no number: {text!r}",
            where=f"{name}:{row.line}",
            remedy="correct this line of the model file",
        ) from None
