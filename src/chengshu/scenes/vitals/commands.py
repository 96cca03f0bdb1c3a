"""The only writer of warnings: a step is stored, journalled, published and told as CAP in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.city import City
from chengshu.foundation.journal import Act, Actor
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.errors import Missing
from chengshu.kernel.ids import Ids
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.scenes.vitals import alarms, cap, store
from chengshu.scenes.vitals.alarms import Facts
from chengshu.scenes.vitals.evaluate import Pair
from chengshu.scenes.vitals.judge import Standing
from chengshu.scenes.vitals.members import place_of
from chengshu.scenes.vitals.model import Indicator, Vital, Warning, WarningRule, WarningStep
from chengshu.scenes.vitals.reader import Catalogue
from chengshu.scenes.vitals.words import (
    LEVEL_WORDS,
    fill,
    late_reason,
    level_reason,
    say_duration,
    say_unit,
    say_value,
    unanswered_reason,
)

HUB = Actor.hub("vitals")
Standings = Mapping[Pair, Standing]
Trace = Sequence[tuple[int, int]]  # (time in ms, level) of every row


@dataclass(frozen=True, slots=True)
class Warnings:
    """Lets warnings follow the levels. All methods take the caller's open transaction."""

    catalogue: Catalogue
    city: City
    ids: Ids
    issuer: cap.Issuer

    def follow(
        self,
        connection: Connection,
        standings: Standings,
        due: Collection[str],
        causes: Mapping[Pair, tuple[str, ...]],
        now: datetime,
    ) -> None:
        """Raise, change and clear warnings so that they fit ``standings`` (of the indicators in ``due``)."""
        by_pair = {(item.indicator, item.area): item for item in store.open_warnings(connection)}
        for pair in self.moving(standings, due, by_pair):
            item, rule = self._rule(pair[0])
            vital, before = standings[pair].vital, by_pair.get(pair)
            facts = self._facts(item, rule, vital, before, standings, causes.get(pair, ()))
            if before is not None:
                made = (alarms.clear if vital.level is Level.NORMAL else alarms.change)(before, facts, now)
                kind = alarms.CHANGED if made.open else alarms.CLEARED
            else:
                last = store.last_warning(connection, *pair)
                if last is not None and last.cleared_at and now - last.cleared_at <= rule.rejoin_within:
                    made = alarms.reopen(last, facts, now)
                else:
                    made = alarms.raise_new(facts, self.ids.new("warning"), now)
                kind = alarms.RAISED
            by_pair[pair] = made
            self.issue(connection, made, kind, now, HUB, facts.reason)

    def moving(self, standings: Standings, due: Collection[str], open_: Mapping[Pair, Warning]) -> list[Pair]:
        """The pairs whose level differs from their warning's, coarser areas first, without inhibited ones.

        Inhibition: no warning is raised in an area while one above it has a warning of the same indicator at
        the same or a higher level. It is looked at anew each time, so a warning comes as soon as that ends.
        """
        levels = {pair: alarms.level_of(warning) for pair, warning in open_.items()}
        result: list[Pair] = []
        for name, area in self._ranked(due):
            standing = standings.get((name, area))
            if standing is None or standing.vital.level == levels.get((name, area), Level.NORMAL):
                continue
            level = standing.vital.level
            above = self.city.areas.ancestors(area)[1:]
            if (name, area) not in open_ and any(
                levels.get((name, up), Level.NORMAL) >= level for up in above
            ):
                continue
            levels[name, area] = level
            result.append((name, area))
        return result

    def _ranked(self, due: Collection[str]) -> list[Pair]:
        tree = self.city.areas
        pairs = [
            (item.id, area.id)
            for item in self.catalogue
            if item.id in due and item.warning
            for area in tree
            if area.kind in item.warning.at
        ]
        return sorted(pairs, key=lambda pair: len(tree.ancestors(pair[1])))

    def escalate(self, connection: Connection, now: datetime) -> None:
        """Escalate the open warnings that nobody acknowledged in time."""
        for warning in store.open_warnings(connection):
            if warning.escalate_at is None or warning.escalate_at > now:
                continue
            if warning.indicator not in self.catalogue.indicators:
                continue
            item, rule = self._rule(warning.indicator)
            within = rule.acknowledge_within.get(alarms.level_of(warning))
            reason = unanswered_reason(item, within.total_seconds() if within else 0.0)
            made = alarms.escalate(warning, rule, reason, now)
            self.issue(connection, made, alarms.ESCALATED, now, HUB, reason)

    def correct(
        self,
        connection: Connection,
        pair: Pair,
        was: Trace,
        late_from: int,
        late: Collection[int],
        now: datetime,
    ) -> None:
        """Correct the warning of a pair whose past changed; ``was`` is its trace before."""
        warning = store.last_warning(connection, *pair)
        if warning is None or (warning.cleared_at and millis(warning.cleared_at) <= late_from):
            return
        item, _ = self._rule(pair[0])
        onset = millis(warning.onset_at)
        rows = store.rows_between(connection, *pair, min(onset, late_from), millis(now))
        levels = [row.vital.level for row in rows]
        begin = next((row.vital.at for row in rows if row.vital.level > Level.NORMAL), None)
        peak = max(levels, default=Level.NORMAL)
        before = max((Level(level) for _, level in was), default=Level.NORMAL)
        reason = late_reason(
            item,
            max(before, Level.parse(warning.peak)),
            peak,
            {"late_from": from_millis(late_from).isoformat(), "series": sorted(late)},
        )
        made = alarms.correct(warning, peak, begin, reason, now)
        self.issue(connection, made, alarms.CORRECTED, now, HUB, reason)

    def acknowledge(
        self, connection: Connection, warning_id: str, actor: Actor, note: str, policy: str, now: datetime
    ) -> Warning:
        """Note that a person has seen the warning."""
        warning = store.get_warning(connection, warning_id)
        if warning is None:
            raise Missing(
                "warning-missing",
                f"warning {warning_id} does not exist",
                remedy="look for it in the list of warnings",
            )
        made = alarms.acknowledge(warning, actor.id, now)
        self.issue(connection, made, alarms.ACKNOWLEDGED, now, actor, None, note=note, policy=policy)
        return made

    def issue(
        self,
        connection: Connection,
        warning: Warning,
        kind: str,
        now: datetime,
        actor: Actor,
        reason: Reason | None,
        *,
        note: str = "",
        policy: str = "",
    ) -> None:
        """Store, journal and publish a step, and its CAP message where the public is told."""
        step = WarningStep(warning.id, warning.steps, kind, now, actor.id, warning, note)
        store.put_step(connection, step)
        body = warning.body() | ({"note": note} if note else {})
        journal.record(connection, Act(actor, kind, warning.id, now, body, reason, policy))
        earlier = [item.reference for item in store.messages_of(connection, warning.id)]
        indicator = self.catalogue.indicators.get(warning.indicator)
        if indicator is None:
            return
        message = cap.message_for(step, indicator, self.city.areas[warning.area], self.issuer, earlier)
        if message is not None:
            store.put_message(connection, message, step.number)

    def _rule(self, name: str) -> tuple[Indicator, WarningRule]:
        item = self.catalogue[name]
        assert item.warning is not None  # noqa: S101  only indicators with a rule have warnings
        return item, item.warning

    def _facts(
        self,
        item: Indicator,
        rule: WarningRule,
        vital: Vital,
        before: Warning | None,
        standings: Standings,
        causes: tuple[str, ...],
    ) -> Facts:
        area = self.city.areas[vital.area]
        previous = alarms.level_of(before) if before else Level.NORMAL
        probability = self._value(rule.probability, vital.area, standings)
        lead = self._value(rule.lead_time, vital.area, standings)
        inputs = {"entities": list(causes), "probability": probability, "lead_time_s": lead}
        reason = level_reason(item, area.name, vital, vital.level, previous, inputs)
        headline = fill(
            rule.headline,
            area=area.name,
            level=LEVEL_WORDS[vital.level],
            name=item.name,
            value=say_value(item, vital.value),
            unit=say_unit(item.unit),
            lead_time=say_duration(lead),
        )
        return Facts(item, rule, vital, area.name, reason, headline, causes, probability, lead)

    def _value(self, name: str | None, area: str, standings: Standings) -> float | None:
        if name is None:
            return None
        standing = standings.get((name, place_of(self.city.areas, area, self.catalogue[name].by)))
        return standing.vital.value if standing else None
