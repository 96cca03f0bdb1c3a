"""From the declared indicators of a city's scenarios to a checked, resolved catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from chengshu.foundation.city import City, Scenario
from chengshu.foundation.city.model import nested
from chengshu.foundation.declared import Document, checked, read_document
from chengshu.kernel.errors import ChengshuError, Fault, Findings, Invalid
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text
from chengshu.rules.feel import compile_expression
from chengshu.scenes.vitals import declared
from chengshu.scenes.vitals.formula import compile_formula
from chengshu.scenes.vitals.model import Group, Indicator, Levels, Source, Threshold, WarningRule

FILE = "indicators.yaml"
ALSO_IN_FORMULAS = {"settings", "item"}  # names a formula may use beside indicators

#: Which attributes each entity type offers; a type or attribute missing here is a mistake.
Offer = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All indicators of the hub in an order in which every formula comes after what it needs."""

    groups: Mapping[str, Group] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by scenario, with dotted keys
    grace: timedelta = timedelta(0)
    lateness: timedelta = timedelta(hours=2)

    def __getitem__(self, indicator: str) -> Indicator:
        return self.indicators[indicator]

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self.indicators.values())

    def __len__(self) -> int:
        return len(self.indicators)


def read_catalogue(city: City, offer: Offer | None = None) -> Catalogue:
    """The indicators of every installed scenario of ``city``.

    ``offer`` says which attributes exist; None skips that check. Raises :class:`Invalid` with every mistake.
    """
    findings = Findings()
    groups: dict[str, Group] = {}
    found: dict[str, Indicator] = {}
    files: list[declared.IndicatorsFile] = []
    for scenario in city.scenarios.values():
        path = scenario.file(FILE)
        if path is None:
            continue
        try:
            document = read_document(path)
            content = checked(declared.IndicatorsFile, document)
        except ChengshuError as error:
            _take(findings, error)
            continue
        files.append(content)
        reading = _Reading(city, scenario, document, content, findings)
        _join(findings, "group", groups, reading.groups())
        _join(findings, "indicator", found, reading.indicators())
    _check_tree(findings, groups, found)
    if offer is not None:
        _check_offer(findings, found, offer)
    ordered = _ordered(findings, found)
    findings.raise_any()
    return Catalogue(
        groups,
        ordered,
        {item.id: item.settings for item in city.scenarios.values()},
        max((item.grace for item in files), default=timedelta(0)),
        max((item.lateness for item in files), default=timedelta(hours=2)),
    )


def _take(findings: Findings, error: ChengshuError) -> None:
    faults = error.extra.get("faults")
    findings.faults += [Fault(**fault) for fault in faults] if faults else [error.fault]


def _join(findings: Findings, what: str, known: dict[str, Any], new: Sequence[tuple[Any, str]]) -> None:
    for item, where in new:
        if item.id in known:
            findings.add(
                f"{what}-double",
                f"{what} {item.id!r} is declared twice",
                where=where,
                remedy="ids are unique in the whole hub: give one of them another id",
            )
        else:
            known[item.id] = item


class _Reading:
    """Resolves one file."""

    def __init__(
        self,
        city: City,
        scenario: Scenario,
        document: Document,
        content: declared.IndicatorsFile,
        findings: Findings,
    ) -> None:
        self.kinds = {area.kind for area in city.areas}
        self.scenario, self.document, self.content, self.findings = scenario, document, content, findings
        self.context = {"settings": nested(scenario.settings)}

    def groups(self) -> list[tuple[Group, str]]:
        return [
            (Group(item.id, item.name, item.parent), self.document.where(("groups", index)))
            for index, item in enumerate(self.content.groups)
        ]

    def indicators(self) -> list[tuple[Indicator, str]]:
        result = []
        for index, entry in enumerate(self.content.indicators):
            where = self.document.where(("indicators", index))
            made = self.attempt(lambda entry=entry, index=index: self.indicator(entry, index))  # type: ignore[misc]
            if made is not None:
                result.append((made, where))
        return result

    def attempt(self, work: Callable[[], Indicator]) -> Indicator | None:
        try:
            return work()
        except ChengshuError as error:
            _take(self.findings, error)
            return None

    def place(self, index: int, *steps: str) -> str:
        return self.document.where(("indicators", index, *steps))

    def indicator(self, entry: declared.IndicatorEntry, index: int) -> Indicator:
        self.kind(entry.by, self.place(index, "by"))
        stale = entry.stale_after or (entry.interval * 3 if entry.interval else None)
        levels = self.levels(entry.levels, index) if entry.levels else None
        made = Indicator(
            id=entry.id,
            scenario=self.scenario.id,
            name=entry.name,
            unit=entry.unit,
            group=entry.group,
            note=entry.note or Text(),
            owner=entry.owner,
            decimals=entry.decimals,
            by=entry.by,
            pane=entry.pane,
            window=entry.window,
            rollup=entry.rollup,
            value=entry.value or "",
            weight=entry.weight,
            source=self.source(entry, index),
            formula=entry.formula,
            needs=(),
            interval=entry.interval,
            stale_after=stale,
            idle=entry.when_silent == "idle",
            coverage=entry.coverage,
            levels=levels,
            warning=self.warning(entry, index),
            where=self.place(index),
        )
        if entry.source is not None:
            self.check_value(made, index)
        return made

    def kind(self, kind: str, where: str) -> None:
        if kind not in self.kinds:
            self.findings.add(
                "area-kind-unknown",
                f"the city has no areas of kind {kind!r}",
                where=where,
                remedy=f"use one of {', '.join(sorted(self.kinds))}",
            )

    def source(self, entry: declared.IndicatorEntry, index: int) -> Source | None:
        if (item := entry.source) is None:
            return None
        if item.where is not None:
            where = self.place(index, "source", "where")
            try:
                compile_expression(item.where)
            except Invalid as error:
                raise Invalid(
                    error.fault.code,
                    error.fault.detail,
                    where=f"{where}: {error.fault.where}",
                    remedy=error.fault.remedy,
                ) from None
        return Source(item.type, item.attribute, item.unit, item.where)

    def check_value(self, made: Indicator, index: int) -> None:
        value = compile_formula(
            made.value,
            where=self.place(index, "value"),
            settings=self.scenario.settings,
            constants=constants(made),
        )
        if made.rollup == "pooled" and value.attributes:
            raise Invalid(
                "formula-wrong",
                f"«{made.value}»: a pooled value cannot use entity attributes",
                where=self.place(index, "value"),
                remedy="use another rollup",
            )
        if made.weight is not None:
            compile_formula(
                made.weight, where=self.place(index, "weight"), settings=self.scenario.settings, partials=()
            )

    def levels(self, item: declared.Levels, index: int) -> Levels:
        above = item.direction == "above"
        made = []
        for level, entry in item.declared().items():
            where = self.place(index, "levels", level.word)
            at = self.number(entry.at, where)
            clear = at if entry.clear is None else self.number(entry.clear, where)
            if (clear > at) if above else (clear < at):
                side = "above" if above else "below"
                self.findings.add(
                    "level-band",
                    f"{level.word}: clear {clear:g} lies {side} at {at:g}",
                    where=where,
                    remedy="a level is left on the quiet side of where it begins",
                )
            made.append(Threshold(level, at, clear, item.dwell if entry.dwell is None else entry.dwell))
        for low, high in pairwise(made):
            if (high.at < low.at) if above else (high.at > low.at):
                self.findings.add(
                    "level-order",
                    f"{high.level.word} begins at {high.at:g}, before {low.level.word} at {low.at:g}",
                    where=self.place(index, "levels", high.level.word),
                    remedy="order the thresholds, or change direction",
                )
        return Levels(above, tuple(made), item.keep, item.hold)

    def number(self, value: float | str, where: str) -> float:
        if isinstance(value, int | float):
            return float(value)
        try:
            result = compile_expression(value)(self.context)
        except Invalid as error:
            raise Invalid(
                "threshold-wrong", f"«{value}»: {error.fault.detail}", where=where, remedy=error.fault.remedy
            ) from None
        if isinstance(result, bool) or not isinstance(result, int | float | Decimal):
            near = get_close_matches(value.removeprefix("settings."), self.scenario.settings, n=1)
            raise Invalid(
                "threshold-wrong",
                f"«{value}» gives no number",
                where=where,
                remedy=f"did you mean settings.{near[0]}?"
                if near
                else "declare the setting in scenario.yaml, or give a number",
            )
        return float(result)

    def warning(self, entry: declared.IndicatorEntry, index: int) -> WarningRule | None:
        if (item := entry.warning) is None:
            return None
        for kind in item.at:
            self.kind(kind, self.place(index, "warning", "at"))
        self.check_texts(item, index)
        return WarningRule(
            item.at or (entry.by,),
            item.event,
            item.headline,
            item.instruction or Text(),
            item.category,
            item.probability,
            item.lead_time,
            {Level.parse(word): within for word, within in item.acknowledge_within.items()},
            item.escalations,
            item.rejoin_within,
        )

    def check_texts(self, item: declared.WarningRule, index: int) -> None:
        sample = dict.fromkeys(("area", "level", "value", "unit", "name", "lead_time"), "x")
        for key, text in (("headline", item.headline), ("instruction", item.instruction or Text())):
            try:
                text.fill(**sample)
            except (KeyError, IndexError, ValueError) as error:
                self.findings.add(
                    "text-place",
                    f"the text has a place that is not known: {error}",
                    where=self.place(index, "warning", key),
                    remedy="use {area}, {level}, {value}, {unit}, {name}, {lead_time}",
                )


def constants(indicator: Indicator) -> dict[str, float]:
    """The numbers a value formula may name beside the partials."""
    result = {"window_s": indicator.window.total_seconds()}
    if indicator.interval is not None:
        result["interval_s"] = indicator.interval.total_seconds()
    return result


def _check_tree(findings: Findings, groups: Mapping[str, Group], found: Mapping[str, Indicator]) -> None:
    for group in groups.values():
        if group.parent is not None and group.parent not in groups:
            findings.add(
                "group-unknown",
                f"group {group.id!r} has unknown parent {group.parent!r}",
                where=group.id,
                remedy=_near(group.parent, groups),
            )
    for item in found.values():
        if item.group not in groups:
            findings.add(
                "group-unknown",
                f"group {item.group!r} is not declared",
                where=item.where,
                remedy=_near(item.group, groups),
            )
        rule = item.warning
        for name in (rule.probability, rule.lead_time) if rule else ():
            if name is not None and name not in found:
                findings.add(
                    "indicator-unknown",
                    f"the warning names indicator {name!r}, which is not declared",
                    where=item.where,
                    remedy=_near(name, found),
                )


def _check_offer(findings: Findings, found: Mapping[str, Indicator], offer: Offer) -> None:
    for item in found.values():
        if (source := item.source) is None:
            continue
        if source.type not in offer:
            findings.add(
                "source-unknown",
                f"nothing in this city is of type {source.type!r}",
                where=item.where,
                remedy=_near(source.type, offer),
            )
        elif source.attribute not in offer[source.type]:
            findings.add(
                "attribute-unknown",
                f"nothing gives {source.attribute!r} of {source.type}",
                where=item.where,
                remedy=_near(source.attribute, offer[source.type]),
            )


def _near(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(sorted(known)[:12]) or '(none)'}"


def _ordered(findings: Findings, found: Mapping[str, Indicator]) -> dict[str, Indicator]:
    """The indicators with what their formulas need filled in, needed ones first."""
    result: dict[str, Indicator] = {}
    for item in found.values():
        needs = () if item.formula is None else _needs(findings, item, found)
        result[item.id] = replace(item, needs=needs)
    try:
        order = list(TopologicalSorter({item.id: item.needs for item in result.values()}).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        findings.add(
            "indicator-cycle",
            f"formulas need each other in a circle: {circle}",
            where=result[error.args[1][0]].where,
            remedy="let one of them use measured indicators only",
        )
        return result
    return {name: result[name] for name in order if name in result}


def _needs(findings: Findings, item: Indicator, found: Mapping[str, Indicator]) -> tuple[str, ...]:
    try:
        names = compile_expression(item.formula or "").names
    except Invalid as error:
        findings.add(
            "formula-wrong",
            f"«{item.formula}»: {error.fault.detail}",
            where=item.where,
            remedy=error.fault.remedy,
        )
        return ()
    for name in sorted(names - found.keys() - ALSO_IN_FORMULAS):
        findings.add(
            "indicator-unknown",
            f"the formula names {name!r}, which is no indicator",
            where=item.where,
            remedy=_near(name, found),
        )
    needs = tuple(sorted(names & found.keys()))
    if not needs:
        findings.add(
            "formula-constant",
            "the formula uses no indicator",
            where=item.where,
            remedy="name at least one, or remove it",
        )
    return needs
