"""Readers of the rule book: changes, which version holds at a moment, past decisions of a rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.city.model import Scenario
from chengshu.foundation.rulebook import store
from chengshu.foundation.rulebook.files import bytes_of, is_versions, rule_sources
from chengshu.foundation.rulebook.model import ChangeState, KeptCase, RuleChange, Version
from chengshu.kernel.clock import as_utc, iso
from chengshu.kernel.errors import Missing


def rule_paths(scenario: Scenario) -> dict[str, Path]:
    """The rules of a scenario by name: ``rules/NAME.dmn``, or the folder ``rules/NAME`` of dated versions.

    What the overlay has under a name wins over what the package has.
    """
    found: dict[str, Path] = {}
    for root in (scenario.folder / "rules", scenario.overlay / "rules"):
        for path in sorted(root.glob("*")):
            if path.suffix == ".dmn" and path.is_file():
                found[path.stem] = path
            elif is_versions(path) and not (root / f"{path.name}.dmn").is_file():
                found[path.name] = path
    return {f"rules/{path.name}": path for _, path in sorted(found.items())}


def file_versions(path: Path, zone: tzinfo) -> list[Version]:
    """What the files say, in order; a day begins at midnight in ``zone``."""
    versions = []
    for period, file in rule_sources(path):
        dated = period.start.year > 1
        since = _midnight(period.start, zone) if dated else None
        until = None if period.end is None else _midnight(period.end + timedelta(days=1), zone)
        versions.append(Version(file.stem if dated else "", bytes_of(file), file, since, until))
    return sorted(versions, key=_beginning)


def _midnight(day: Any, zone: tzinfo) -> datetime:
    return as_utc(datetime(day.year, day.month, day.day, tzinfo=zone))


def _beginning(version: Version) -> float:
    return float("-inf") if version.since is None else version.since.timestamp()


def published(changes: Iterable[RuleChange], path: Path) -> list[Version]:
    """The publications among changes as versions."""
    return [
        Version(str(change.number), change.data, path, change.valid_from, None, change)
        for change in sorted(changes, key=lambda change: change.number)
        if change.state is ChangeState.PUBLISHED
    ]


def in_force(versions: Iterable[Version], moment: datetime, what: str) -> Version:
    """The version that holds at a moment: of all that have begun, the last to begin; the later number first.

    Raises Missing where none holds, naming when they begin.
    """
    begun = [one for one in versions if one.since is None or one.since <= moment]
    last = max(begun, key=lambda one: (_beginning(one), one.change.number if one.change else 0), default=None)
    if last is None or (last.until is not None and moment >= last.until):
        known = ", ".join(iso(one.since) for one in versions if one.since is not None) or "none"
        raise Missing(
            "not-in-force",
            f"no version of the rule holds at {iso(moment)}",
            where=what,
            remedy=f"versions begin: {known}; add one that holds then",
        )
    return last


def change_of(connection: Connection, change: str) -> RuleChange:
    """A change by id. Raises Missing."""
    found = store.find(connection, change)
    if found is None:
        raise Missing("rule-change-missing", f"there is no change {change!r}", where=change)
    return found


def changes_of(
    connection: Connection, scenario: str | None = None, file: str | None = None
) -> list[RuleChange]:
    """All changes of a rule, of a scenario, or of all; the newest last."""
    return store.listed(connection, scenario, file)


def publications(connection: Connection) -> list[RuleChange]:
    """All publications, whether they hold yet or not."""
    return store.listed(connection, state=ChangeState.PUBLISHED.value)


def begun_rules(connection: Connection) -> dict[tuple[str, str], bytes]:
    """Rules that began from nothing: their first texts by scenario and file."""
    return store.all_origins(connection)


def kept_cases(connection: Connection, scenario: str, file: str) -> list[KeptCase]:
    """The past decisions of a rule that were kept as cases; the newest last."""
    return store.kept(connection, scenario, file)


def all_kept_cases(connection: Connection) -> list[KeptCase]:
    """Every past decision that was kept as a case; the newest last."""
    return store.kept(connection)


def kept_case(connection: Connection, case: str) -> KeptCase:
    """A kept case by id. Raises Missing."""
    found = store.kept(connection, case=case)
    if not found:
        raise Missing("rule-case-missing", f"there is no kept case {case!r}", where=case)
    return found[0]


@dataclass(frozen=True, slots=True)
class Decided:
    """A past decision as the journal keeps it: the inputs it saw, and the rows that gave it.

    ``columns`` are the values that the columns of its tables had, by their headings; ``counted`` are inputs
    of which only the length was kept.
    """

    seq: int
    at: datetime
    rule: str
    inputs: dict[str, Any]
    rows: tuple[str, ...]
    columns: dict[str, Any]
    counted: frozenset[str] = frozenset()


def past_decisions(
    connection: Connection, file: str, decision: str, before: datetime, limit: int = 200
) -> list[Decided]:
    """The newest decisions that ``decision`` of a rule file took, with the inputs kept; the newest first."""
    found = []
    for seq, at, reason in store.decided(connection, f"{file}#{decision}", before, limit):
        kept = reason.get("inputs", {})
        inputs = kept.get("inputs")
        if isinstance(inputs, dict):
            rows = tuple(str(row.get("rule", "")).partition("@")[0] for row in kept.get("rows", ()))
            columns = {
                name: value for row in kept.get("rows", ()) for name, value in row.get("inputs", {}).items()
            }
            counted = frozenset(kept.get("counted", ()))
            found.append(Decided(seq, at, str(reason.get("rule", "")), inputs, rows, columns, counted))
    return found
