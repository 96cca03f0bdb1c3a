"""dispatch.yaml of a scenario: how its warnings become events, orders, assignments and closed events.

Expressions are FEEL. Those of ``when``, ``prize`` and ``skip`` see the attributes of the entity by name, and
``settings`` (the scenario's settings, nested by their dots). Durations are ISO 8601 (``PT30M``).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.kernel.errors import Findings
from chengshu.kernel.levels import Level
from chengshu.rules.feel import FeelSyntaxError, compile_expression


def _feel(text: str) -> str:
    try:
        compile_expression(text)
    except FeelSyntaxError as error:
        raise ValueError(f"no FEEL expression: {error}") from None
    return text


def _level(word: str) -> str:
    return Level.parse(word).word


Feel = Annotated[str, AfterValidator(_feel)]
LevelWord = Annotated[str, AfterValidator(_level)]


class Decision(Declaration):
    """A decision of a DMN file of the package: ``file`` below the scenario folder, ``decision`` its name."""

    file: str
    decision: str


class Join(Declaration):
    """When a warning joins an open event instead of opening one: near in space and close in time."""

    parent_kind: str | None = "district"  # same area of this kind above both; None: not a reason to join
    neighbours: bool = True  # areas that touch
    radius_m: float = Field(default=2000, ge=0)  # representative points of the areas
    within: timedelta = timedelta(hours=2)  # since the event was last touched


class Events(Declaration):
    """From warnings to events. ``{area}`` in the name is replaced by the area's name.

    The severity decision sees: ``highest`` (level word), ``highest rank`` (0-4), ``areas``, ``warnings``,
    ``probability`` (greatest, or null), ``lead time`` (shortest, seconds, or null), ``settings``; its
    result is a level word, or a context with ``level`` (and ``reason``, said as it stands).
    """

    name: DeclaredText
    open_from: LevelWord = "yellow"
    join: Join = Join()
    severity: Decision
    plan: str  # definition key of the BPMN plan
    plan_data: dict[str, Feel] = Field(
        default_factory=dict
    )  # variables the plan starts with, beside event, scenario, area, severity


class Clocks(Declaration):
    """How long each step may take, from the assignment on. None: no such clock."""

    accept: timedelta | None = None
    arrive: timedelta | None = None
    done: timedelta | None = None


class OrderKind(Declaration):
    """One kind of work order. ``auto``: the hub may order it alone (low risk); else an officer confirms."""

    name: DeclaredText  # {site}, {unit} are replaced
    matter: str  # of the duty list: who leads it
    unit: str | None = None  # entity type of the units that do it; None: the department itself
    skills: tuple[str, ...] = ()
    auto: bool = False
    clocks: Clocks = Clocks()
    stays: bool = False  # the unit stays until it is recalled (a pump at a flooded place)
    site_time: timedelta = timedelta(minutes=20)  # expected time at the site, for planning rounds
    form: tuple[Any, ...] = ()


class UnitKind(Declaration):
    """Which entities are units and where their attributes are."""

    type: str
    capacity: str | None = None  # attribute, m3/s
    skills: tuple[str, ...] = ()  # all of this type have these, beside their own attribute ``skills``
    department: str | None = None  # where the entity names none


class Need(Declaration):
    """Where units of an order kind are wanted: entities for which ``when`` holds.

    ``prize`` is the worth of serving the place, in ``prize_unit``; where the twin gives benefits they win.
    ``max_units`` units go to one place; each further one is worth ``fade`` of the one before.
    """

    order: str
    entity: str  # type
    when: Feel
    clear: Feel | None = None  # the need ends; default: ``when`` no longer holds
    prize: Feel = "1"
    max_units: int = Field(default=1, ge=1, le=20)
    fade: float = Field(default=0.5, ge=0, le=1)
    twin: bool = False  # ask the twin for the benefit in m3
    node: str | None = None  # attribute that names the twin's node; None: the entity's own swmmId


class Dispatch(Declaration):
    """How units are chosen: the solver's budget, how often, what a prize is worth in travel."""

    seed: int = 1
    iterations: int = Field(default=400, ge=1, le=100_000)
    replan_every: timedelta = timedelta(minutes=5)
    horizon: timedelta = timedelta(hours=6)
    prize_seconds: float = Field(default=60, gt=0)  # travel seconds worth taking for one unit of prize
    switch_gain: float = Field(
        default=300, ge=0
    )  # seconds' worth a re-plan must gain for each commitment it breaks
    max_travel: timedelta = timedelta(hours=1)


class Control(Declaration):
    """Settings of pumps and gates: proposed by the twin's what-if, ordered to the operator of the matter."""

    order: str
    interval: timedelta = timedelta(minutes=15)
    min_avoided_m3: float = Field(default=50, ge=0)


class RoadClosure(Declaration):
    """Water on the road: an entity type, from when it closes and when it opens again."""

    entity: str
    closes: Feel
    opens: Feel
    depth: str  # attribute shown as depth
    within_m: float | None = None  # roads this near to the entity; None: the roads that name it as underpass
    order: str | None = None  # kind of order to guard the closed place


class Evidence(Declaration):
    """Readings the closing condition looks at: all entities of this type in the event's areas."""

    entity: str
    attribute: str
    key: str  # its name in the condition: a list of contexts {entity, value, age, …the entity's attributes}


class Closing(Declaration):
    """When data, not the crew's report, say it is over.

    The decision sees ``<key>`` of each evidence (fresh readings only), ``highest`` and ``highest rank`` of
    the warnings still standing, ``coverage`` (share of evidence that is fresh), ``inspection`` (report of an
    independent inspection, or null) and ``settings``. It gives true or false, or a
    context with ``closed`` (and ``reason``). It must hold for ``dwell`` without a break.
    """

    decision: Decision
    evidence: tuple[Evidence, ...] = Field(min_length=1)
    fresh_for: timedelta = timedelta(minutes=15)
    coverage: float = Field(default=0.6, ge=0, le=1)
    dwell: timedelta = timedelta(minutes=30)
    every: timedelta = timedelta(minutes=1)
    inspect_after: timedelta = timedelta(minutes=30)
    inspect_order: str = "inspect"
    message: str = "verified"


class Escalating(Declaration):
    """At ``near`` of a clock the department is told; when it runs out, the bodies above, one per ``step``."""

    near: float = Field(default=0.8, gt=0, lt=1)
    step: timedelta = timedelta(minutes=15)


class Lessons(Declaration):
    """What the review looks for."""

    late_share: float = Field(default=0.2, ge=0, le=1)  # of a department's clocks
    short_lead: timedelta = timedelta(minutes=30)


class ResponseFile(Declaration):
    """The whole of dispatch.yaml."""

    matter: str  # of the duty list, for the event itself
    events: Events
    orders: dict[str, OrderKind]
    units: tuple[UnitKind, ...] = ()
    needs: tuple[Need, ...] = ()
    dispatch: Dispatch = Dispatch()
    control: Control | None = None
    roads: tuple[RoadClosure, ...] = ()
    closing: Closing
    escalation: Escalating = Escalating()
    lessons: Lessons = Lessons()
    task_order: Literal["task"] = "task"  # the kind of the plan's tasks; must stand in ``orders``

    def check(self, where: str) -> None:
        """Raise :class:`Invalid` with every reference that leads nowhere."""
        findings = Findings()
        named = [(f"needs[{i}]", need.order) for i, need in enumerate(self.needs)]
        named += [(f"roads[{i}]", road.order) for i, road in enumerate(self.roads) if road.order]
        named += [("closing.inspect_order", self.closing.inspect_order), ("task_order", self.task_order)]
        if self.control:
            named.append(("control", self.control.order))
        for place, order in named:
            if order not in self.orders:
                findings.add(
                    "order-unknown",
                    f"no order kind {order!r} is declared",
                    where=f"{where}: {place}",
                    remedy=f"declare it under orders, or use one of {', '.join(self.orders)}",
                )
        types = {unit.type for unit in self.units}
        for key, kind in self.orders.items():
            if kind.unit is not None and kind.unit not in types:
                findings.add(
                    "unit-unknown",
                    f"order kind {key!r} wants units of type {kind.unit!r}, not declared",
                    where=f"{where}: orders.{key}",
                    remedy="declare the type under units",
                )
        for index, need in enumerate(self.needs):
            kind_of = self.orders.get(need.order)
            if kind_of is not None and kind_of.unit is None:
                findings.add(
                    "need-without-unit",
                    f"orders of kind {need.order!r} have no unit to send",
                    where=f"{where}: needs[{index}]",
                    remedy="give the order kind a unit type",
                )
        findings.raise_any()


def read_response(path: Path) -> ResponseFile:
    """Read and check dispatch.yaml. Raises :class:`Invalid` with every mistake, its line and its remedy."""
    declared = checked(ResponseFile, read_document(path))
    declared.check(str(path))
    return declared
