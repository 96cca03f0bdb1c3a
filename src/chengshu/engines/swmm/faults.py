"""SWMM's own words about a bad model, with the element and the line of the model file."""

from __future__ import annotations

import re

from chengshu.engines.swmm.inp import Inp
from chengshu.engines.swmm.prepare import Prepared
from chengshu.kernel.errors import ChengshuError, Findings, Invalid

_ERROR = re.compile(r"^\s*ERROR (\d+):\s*(.+?)\s*$")
_AT_LINE = re.compile(r"\s*at line (\d+) of (?:input file|\[?(\w+)\]? section)", re.IGNORECASE)
_ELEMENT = re.compile(
    r"\b(Conduit|Link|Node|Subcatchment|Rain Gage|Pump|Regulator|Weir|Orifice|Outlet|Outfall|"
    r"Curve|Time Series|Storage node|Divider|LID|Aquifer|Transect|Transect)\s+(\S+?)[.:]?(?:\s|$)"
)
_REMEDY = {
    "209": "declare the object, or correct the name on this line",
    "211": "write a number here",
    "205": "use a keyword SWMM knows",
    "207": "give it a name of its own",
    "235": "correct the infiltration parameters of this subcatchment (SWMM 5.2 wants Green-Ampt IMD below 1)",
    "119": "check the cross-section of this link in [XSECTIONS]",
    "138": "lower the initial depth or raise the rim",
    "141": "an outfall takes exactly one link",
    "145": "give the network an outfall",
    "173": "put the times of the series into order",
    "317": "check the data file named on this line",
}


def refused(message: str, report: str, prepared: Prepared, inp: Inp) -> ChengshuError:
    """The error to raise for a run SWMM refused or broke off: one fault per ERROR line of its report."""
    findings = Findings()
    lines = report.splitlines()
    for at, text in enumerate(lines):
        if not (match := _ERROR.match(text)) or match[1] == "200":
            continue
        number, detail = match[1], match[2]
        line = _line(detail, lines[at + 1] if at + 1 < len(lines) else "", prepared, inp)
        quoted = _quote(line, inp)
        findings.add(
            f"swmm-{number}",
            _AT_LINE.sub("", detail).rstrip(" :.") + quoted,
            where=f"{inp.name}:{line}" if line else inp.name,
            remedy=_REMEDY.get(number, "correct the model file; it is SWMM that refuses it"),
        )
    try:
        findings.raise_any()
    except Invalid as error:
        return error
    return Invalid(
        "swmm-failed",
        f"SWMM broke off: {message}",
        where=inp.name,
        remedy="run the model alone with SWMM and look at its report",
    )


def _line(detail: str, following: str, prepared: Prepared, inp: Inp) -> int:
    """The line in the model file: told by SWMM, or found by the element's name."""
    if match := _AT_LINE.search(detail):
        ours = int(match[1]) - 1
        if 0 <= ours < len(prepared.lines) and prepared.lines[ours]:
            return prepared.lines[ours]
    if match := _ELEMENT.search(detail):
        for row, tokens in inp.rows(*{section.name for section in inp.sections} - {"TITLE", "TAG"}):
            if tokens[0] == match[2]:
                return row.line
    for row, tokens in inp.rows(*{section.name for section in inp.sections}):
        if following.split() and tokens == following.split():
            return row.line
    return 0


def _quote(line: int, inp: Inp) -> str:
    for section in inp.sections:
        for row in section.rows:
            if line and row.line == line:
                return f" in [{section.title}]: {' '.join(row.tokens)}"
    return ""
