"""From a model file to the text a worker runs: our dates and rain, pump sites, held elements, spreads."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import gcd

from chengshu.engines.swmm.controls import NOTHING, Rule, longest_wait, ruled, rules_of, without
from chengshu.engines.swmm.gauges import gauges_of
from chengshu.engines.swmm.inp import Inp, Row
from chengshu.engines.swmm.network import MOBILE, actuators_of, nodes_of, ponding_of
from chengshu.engines.swmm.perturb import perturb
from chengshu.engines.swmm.series import kept_series
from chengshu.engines.swmm.units import Units
from chengshu.engines.swmm.wire import DATE_LINES, DATES
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import Actuator, Node, TwinSetup, Variant

GRID_S = 60  # steps and rain in whole minutes are computed fastest; any whole second is possible
_RAMP_M = 0.3  # a mobile pump reaches its flow at this depth and takes nothing from a dry node

_REPLACED = frozenset({"OPTION", "RAINGAGE", "TIMESERIES", "CONTROL", "REPORT", "FILE"})
_NOT_COMPUTED = frozenset(
    {
        "TITLE",
        "TAG",
        "MAP",
        "COORDINATE",
        "VERTICES",
        "POLYGON",
        "SYMBOL",
        "LABEL",
        "BACKDROP",
        "PROFILE",
        "EVENT",
    }
)
_OURS = frozenset(
    {
        "START_DATE",
        "START_TIME",
        "END_DATE",
        "END_TIME",
        "REPORT_START_DATE",
        "REPORT_START_TIME",
        "REPORT_STEP",
        "WET_STEP",
        "DRY_STEP",
        "THREADS",
        "IGNORE_QUALITY",
        "IGNORE_RDII",
        "DRY_DAYS",
    }
)
_CAUTIONS = {
    "LID_USAGE": "water inside LID units is not kept in snapshots",
    "SNOWPACK": "snow is kept in snapshots only as far as SWMM's hot start does",
    "RDII": "rain-derived infiltration (RDII) is not computed",
    "POLLUT": "water quality is not computed",
    "FILE": "interface files are not used",
    "EVENT": "routing events are not used: every moment is computed",
}


@dataclass(frozen=True)
class Prepared:
    """The text for workers, its name, and which line of it came from which line of the model file."""

    text: str
    digest: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """A model file, read once."""

    inp: Inp
    setup: TwinSetup
    units: Units
    nodes: tuple[Node, ...]
    ponding: tuple[bool, ...]
    actuators: tuple[Actuator, ...]
    gauges: tuple[str, ...]
    heard: dict[str, str]
    rules: tuple[Rule, ...]
    digest: str

    @classmethod
    def read(cls, setup: TwinSetup) -> Model:
        """Read ``setup.model``. Raises :class:`Invalid` for a file that cannot be a twin."""
        return cls.of(Inp.load(setup.model), setup)

    @classmethod
    def of(cls, inp: Inp, setup: TwinSetup) -> Model:
        """A model from a parsed file."""
        units = Units.of(inp.option("FLOW_UNITS", "CFS"), inp.name)
        nodes = nodes_of(inp, units)
        gauges, heard = gauges_of(inp, setup)
        actuators = actuators_of(inp) + _mobile(setup, nodes, inp.name)
        model = cls(
            inp,
            setup,
            units,
            nodes,
            ponding_of(inp, nodes),
            actuators,
            gauges,
            heard,
            tuple(rules_of(inp)),
            "",
        )
        text = model.prepared(Variant(), frozenset(), datetime(2000, 1, 1)).text  # noqa: DTZ001  model time
        sites = model.mobile_text(f"{MOBILE}{node}" for node in setup.mobile)
        digest = hashlib.sha256(f"{setup.zone}\n{gauges}\n{text}\n{sites}".encode()).hexdigest()
        return cls(
            *(*(getattr(model, name) for name in cls.__dataclass_fields__ if name != "digest"), digest)
        )

    def runoff_step(self, *spans: int) -> int:
        """The longest step of the runoff computation, not above the model's own and a minute, that divides
        all ``spans``: so that changes of the rain and ends of runs fall on the ends of steps."""
        longest = max(1, min(_seconds(self.inp.option("WET_STEP", "00:05:00")), GRID_S))
        common = gcd(GRID_S, *spans)
        return max(step for step in range(1, longest + 1) if common % step == 0)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What of the file this twin does not reproduce."""
        present = {section.name for section in self.inp.sections if any(row.tokens for row in section.rows)}
        return tuple(text for name, text in _CAUTIONS.items() if name in present)

    def prepared(
        self, variant: Variant, held: frozenset[str], anchor: datetime, elapsed_s: float = 0.0
    ) -> Prepared:
        """The text for one variant with the elements ``held`` from outside, for a run that begins
        ``elapsed_s`` after the reset at ``anchor``."""
        elapsed = min(elapsed_s / 3600, longest_wait(self.rules))  # later on the text changes no more
        return _prepared(self, variant, held & self._needs_holding(), anchor, elapsed)

    def mobile_text(self, elements: Iterable[str]) -> str:
        """What is added to a text for the pump sites ``elements``; a run is given only those it uses."""
        writer = _Writer()
        _add_mobile(writer, self, frozenset(elements))
        return writer.text() if writer.lines else ""

    def _needs_holding(self) -> frozenset[str]:
        """Elements the model would set by itself: by a rule, or by a pump's start-up depth."""
        pumps = {tokens[0] for _, tokens in self.inp.rows("PUMP")}
        return frozenset(ruled(self.rules) | pumps)

    __hash__ = object.__hash__


def _mobile(setup: TwinSetup, nodes: tuple[Node, ...], name: str) -> tuple[Actuator, ...]:
    known = {node.id for node in nodes}
    for node, capacity in setup.mobile.items():
        if node not in known:
            raise Invalid(
                "twin-site-unknown",
                f"there is no node {node!r} for a mobile pump",
                where=name,
                remedy="name a node of the model in [mobile]",
            )
        if not capacity > 0:
            raise Invalid(
                "twin-site-capacity",
                f"the mobile pump site {node!r} has capacity {capacity}",
                where=name,
                remedy="give the highest flow in m3/s that may be pumped there",
            )
    return tuple(
        Actuator(f"{MOBILE}{node}", "mobile", node, 0.0, float(capacity), "m3/s")
        for node, capacity in setup.mobile.items()
    )


@lru_cache(maxsize=256)
def _prepared(
    model: Model, variant: Variant, held: frozenset[str], anchor: datetime, elapsed: float
) -> Prepared:
    writer = _Writer()
    changed = perturb(model.inp, variant)
    changed |= _listening(model, changed)
    writer.section("OPTIONS", _options(model.inp))
    gauges = range(len(model.gauges))
    writer.section("RAINGAGES", [Row(0, f"rain:{i} INTENSITY 0:01 1.0 TIMESERIES rain:{i}") for i in gauges])
    for section in model.inp.sections:  # in the file's order: SWMM reads some sections with others' values
        if section.name == "PUMP":
            writer.section(section.title, [_pump(row, held) for row in section.rows])
        elif section.name not in _REPLACED | _NOT_COMPUTED:
            writer.section(section.title, [changed.get(row.line, row) for row in section.rows])
    rain = [Row(0, f"rain:{i} {hour} 0") for i in gauges for hour in (0, 24)]
    writer.section("TIMESERIES", [*rain, *kept_series(model.inp, anchor)])
    rules = without(model.rules, held, elapsed)
    writer.section("CONTROLS", rules)
    if any(NOTHING in row.text for row in rules):
        _add_nothing(writer)
    writer.section("REPORT", [Row(0, "INPUT NO"), Row(0, "CONTROLS NO")])
    text = writer.text()
    return Prepared(text, hashlib.sha256(text.encode()).hexdigest(), tuple(writer.lines))


class _Writer:
    def __init__(self) -> None:
        self._out: list[str] = []
        self.lines: list[int] = []

    def section(self, title: str, rows: Collection[Row]) -> None:
        kept = [row for row in rows if row.tokens or row.text == DATES]
        if kept:
            self._row(0, f"[{title}]")
            for row in kept:
                self._row(row.line, row.text)

    def _row(self, line: int, text: str) -> None:
        self._out.append(text)
        self.lines += [line] * (DATE_LINES if text == DATES else 1)

    def text(self) -> str:
        return "\n".join(self._out) + "\n"


def _options(inp: Inp) -> list[Row]:
    kept = [row for row, tokens in inp.rows("OPTION") if tokens[0].upper() not in _OURS]
    ours = ("REPORT_STEP 00:01:00", "THREADS 1", "IGNORE_QUALITY YES", "IGNORE_RDII YES")
    return [*kept, *(Row(0, text) for text in ours), Row(0, DATES)]


def _seconds(text: str) -> int:
    try:
        hours, minutes, seconds = (*(int(float(part)) for part in text.split(":")), 0, 0)[:3]
    except ValueError:
        return 300
    return hours * 3600 + minutes * 60 + seconds


def _listening(model: Model, changed: dict[int, Row]) -> dict[int, Row]:
    """The subcatchments' rows with our gauges in them."""
    index = {gauge: i for i, gauge in enumerate(model.gauges)}
    rows = {}
    for row, tokens in model.inp.rows("SUBCATCHMENT"):
        words = changed.get(row.line, row).tokens
        if tokens[0] in model.heard and len(words) > 1:
            words[1] = f"rain:{index[model.heard[tokens[0]]]}"
        rows[row.line] = Row(row.line, " ".join(words))
    return rows


def _pump(row: Row, held: frozenset[str]) -> Row:
    """A pump; a held one loses its start-up and shut-off depths, which would act against the outside."""
    words = row.tokens
    return Row(row.line, " ".join(words[:5])) if words and words[0] in held else row


def _add_mobile(writer: _Writer, model: Model, used: frozenset[str]) -> None:
    inverts = {node.id: node.invert / model.units.length for node in model.nodes}
    unit = 1.0 / model.units.flow
    ramp = _RAMP_M / model.units.length
    sites = [(i, node) for i, node in enumerate(model.setup.mobile) if f"{MOBILE}{node}" in used]
    writer.section("OUTFALLS", [Row(0, f"mobile:{i}:out {inverts[node]:.9g} FREE NO") for i, node in sites])
    writer.section(
        "PUMPS", [Row(0, f"{MOBILE}{node} {node} mobile:{i}:out mobile:curve OFF 0 0") for i, node in sites]
    )
    if sites:
        writer.section(
            "CURVES",
            [
                Row(0, "mobile:curve PUMP4 0 0"),
                Row(0, f"mobile:curve {ramp:.9g} {unit:.9g}"),
                Row(0, f"mobile:curve {1000 * ramp:.9g} {unit:.9g}"),
            ],
        )


def _add_nothing(writer: _Writer) -> None:
    writer.section("JUNCTIONS", [Row(0, "nothing:in 0 1 0 0 0")])
    writer.section("OUTFALLS", [Row(0, "nothing:out 0 FREE NO")])
    writer.section("PUMPS", [Row(0, f"{NOTHING} nothing:in nothing:out * OFF 0 0")])
