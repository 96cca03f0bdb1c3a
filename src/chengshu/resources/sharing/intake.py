"""What is looked at before a request is taken in: is it possible, complete, and needed at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Conflict, Findings, Invalid
from chengshu.kernel.reasons import Reason
from chengshu.resources.grading.model import Grade
from chengshu.resources.ledger import Resource
from chengshu.resources.sharing.model import ASKING_READERS, MANNERS, OPEN_STATES, Ask, Party, Request
from chengshu.resources.sharing.protecting import grade_of, proposed
from chengshu.resources.sharing.rulings import missing
from chengshu.resources.sharing.source_rules import SourceRule
from chengshu.rules.feel import Expression, FeelSyntaxError, compile_expression

MOST_TEXT = 4000


def check_ask(ask: Ask, by: Party, resource: Resource) -> None:
    """Raises :class:`Invalid` with every mistake: what is wrong, not what is merely missing."""
    findings = Findings()
    if not by.person or not by.department:
        findings.add(
            "party", "a person and a department must ask", where="by", remedy="say who asks, and for whom"
        )
    if resource.state == "retired":
        findings.add("resource-retired", "the resource is retired", where=ask.resource)
    known = {field.name for field in resource.fields}
    for name in ask.fields:
        if name not in known:
            findings.add(
                "field-unknown",
                f"the resource has no field {name!r}",
                where="fields",
                remedy=f"its fields: {', '.join(sorted(known)[:40]) or 'none are described'}",
            )
    if len(set(ask.fields)) != len(ask.fields):
        findings.add("field-double", "a field is named twice", where="fields")
    if ask.manner not in MANNERS:
        findings.add(
            "manner", f"{ask.manner!r} is no manner", where="manner", remedy=f"use {', '.join(MANNERS)}"
        )
    if ask.reader not in ASKING_READERS:
        findings.add(
            "reader", f"{ask.reader!r} may not ask", where="reader", remedy=f"use {', '.join(ASKING_READERS)}"
        )
    for name in ("purpose", "basis", "rows", "assessment"):
        if len(getattr(ask, name)) > MOST_TEXT:
            findings.add("text-long", f"more than {MOST_TEXT} signs", where=name, remedy="say it shorter")
    if ask.duration:
        _check_duration(ask.duration, findings)
    findings.raise_any()
    if ask.rows:
        row_filter(ask.rows, known)


def _check_duration(text: str, findings: Findings) -> None:
    try:
        length = parse_duration(text)
    except Invalid as error:
        findings.faults.append(error.fault)
        return
    if length.is_working or not (length.months or length.days or length.exact):
        findings.add("duration", f"{text!r} is no term", where="duration", remedy="write P30D, P6M or P1Y")


def row_filter(text: str, names: Iterable[str]) -> Expression:
    """A filter over the fields ``names``. Raises :class:`Invalid` for one that asks for anything else."""
    known = set(names)
    try:
        expression = compile_expression(text, known)
    except FeelSyntaxError as error:
        raise Invalid(
            "rows-syntax", str(error), where="rows", remedy='write FEEL, such as district = "east"'
        ) from None
    if unknown := sorted(expression.names - known):
        raise Invalid(
            "rows-field",
            f"the filter asks for {', '.join(unknown)}",
            where="rows",
            remedy=f"use only: {', '.join(sorted(known)[:40])}",
        )
    return expression


def touched(ask: Ask, resource: Resource) -> frozenset[str]:
    """The fields asked for and those the rows are chosen by: what a filter looks at, its answers tell."""
    names = frozenset(ask.fields)
    return (
        names | row_filter(ask.rows, {field.name for field in resource.fields}).names if ask.rows else names
    )


def highest_rank(ask: Ask, resource: Resource, ungraded: str) -> int:
    """The rank of the highest grade among the fields touched (就高從嚴), 1 to 6."""
    names = touched(ask, resource)
    grades = [grade_of(field, resource, ungraded) for field in resource.fields if field.name in names]
    return Grade.highest(grades).rank


def hidden_rows(ask: Ask, resource: Resource, day: date, ungraded: str) -> bool:
    """Whether the rows are chosen by a field whose values would not be shown as they are."""
    if not ask.rows:
        return False
    names = row_filter(ask.rows, {field.name for field in resource.fields}).names
    fields = proposed(resource, sorted(names), ask.reader, day, ungraded)
    return any(field.treatment != "show" for field in fields)


def lacking(ask: Ask, rank: int, day: date, rule: SourceRule) -> list[tuple[str, Reason]]:
    """Everything that is missing, with what to do: by the tables, then by the source of the data."""
    given = {
        "fields given": bool(ask.fields),
        "purpose given": bool(ask.purpose.strip()),
        "basis given": bool(ask.basis.strip()),
        "duration given": bool(ask.duration.strip()),
        "recipients given": any(recipient.strip() for recipient in ask.recipients),
        "assessment given": bool(ask.assessment.strip()),
        "rank": rank,
    }
    found = missing(day, given)
    if rule.assessment and not given["assessment given"] and all(item != "assessment" for item, _ in found):
        found.append(("assessment", rule.reason))
    return found


def reusable(
    ask: Ask, by: Party, standing: Iterable[Request], related: Iterable[Resource], renewable: int
) -> tuple[str, ...]:
    """What may already serve: standing grants of the department, entries with the same fields that are freer.

    Raises :class:`Conflict` when a standing grant gives all of it for the same purpose: then use that. One
    that ends by ``renewable`` (ms) may be asked for again.
    """
    found: list[str] = []
    wanted = set(ask.fields)
    for request in standing:
        grant = request.grant
        if (
            grant is None
            or request.by.department != by.department
            or request.state not in (*OPEN_STATES, "granted")
        ):
            continue
        covers = wanted <= set(grant.names()) and grant.rows in ("", f"({ask.rows})")
        same = same_purpose(ask.purpose, request.ask.purpose) and set(ask.recipients) <= set(
            request.ask.recipients
        )
        lasting = not grant.ends_at or grant.ends_at > renewable
        if wanted and covers and same and lasting and request.ask.manner == ask.manner:
            raise Conflict(
                "already-granted",
                f"{by.department} has this already, for this purpose",
                where=request.id,
                remedy=f"use grant {grant.id}",
                grant=grant.id,
            )
        if wanted & set(grant.names()):
            found.append(grant.id)
    for entry in related:
        if entry.sharing == "unconditional" and entry.state != "retired":
            names = {field.name for field in entry.fields}
            if wanted and wanted <= names:
                found.append(entry.id)
    return tuple(found)


def same_purpose(one: str, other: str) -> bool:
    """Whether two purposes are the same words: nothing is read into them."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
