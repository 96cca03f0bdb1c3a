"""Commands of sharing: ask for data, decide, use a grant, and see who used what for what."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from chengshu.app.cli.base import AsJson, Data, Packages, app
from chengshu.app.cli.city_run import CityFolder
from chengshu.app.cli.rules import Language, Tongue
from chengshu.app.cli.sharing_room import Room, opened
from chengshu.app.cli.sharing_words import (
    clock_dict,
    clock_words,
    reason_words,
    request_dict,
    use_dict,
    use_words,
)
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import from_millis, iso
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text

if TYPE_CHECKING:
    from chengshu.resources.sharing import Party, Request

sharing_app = typer.Typer(help="Sharing of government data 政務數據共享.", no_args_is_help=True)
app.add_typer(sharing_app, name="sharing")

By = Annotated[str, typer.Option("--by", help="Who acts, as PERSON@DEPARTMENT.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="A request's or a grant's id.")]


class Act(StrEnum):
    """What can be done with a request."""

    WITHDRAW = "withdraw"
    MISSING = "missing"
    EXTEND = "extend"
    GRANT = "grant"
    REFUSE = "refuse"
    OBJECT = "object"
    UPHOLD = "uphold"
    REJECT = "reject"
    SUPPLY = "supply"
    SUSPEND = "suspend"
    RESTORE = "restore"
    REVOKE = "revoke"
    END = "end"
    DESTROYED = "destroyed"


def party(by: str) -> Party:
    """The person and department of PERSON@DEPARTMENT. Raises :class:`Invalid`."""
    from chengshu.resources.sharing import Party

    person, _, department = by.partition("@")
    if not person or not department:
        raise Invalid(
            "party", f"{by!r} does not say who acts", where="--by", remedy="write PERSON@DEPARTMENT"
        )
    return Party(person, department)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@sharing_app.command("request")
def request(
    city: CityFolder,
    resource: Annotated[str, typer.Argument(help="The entry's id in the ledger.")],
    data: Data,
    by: By,
    fields: Annotated[str, typer.Option(help="Fields, separated by commas.")] = "",
    rows: Annotated[str, typer.Option(help='Which rows, in FEEL: district = "east". None: all.')] = "",
    purpose: Annotated[str, typer.Option(help="What they are needed for.")] = "",
    basis: Annotated[str, typer.Option(help="The law or duty that needs them.")] = "",
    duration: Annotated[str, typer.Option("--for", help="For how long: P30D, P6M, P1Y.")] = "",
    recipients: Annotated[str, typer.Option(help="Persons or departments, separated by commas.")] = "",
    manner: Annotated[str, typer.Option(help="query, api or file.")] = "query",
    reader: Annotated[
        str, typer.Option(help="official, or analyst (numbers as tokens and bands).")
    ] = "official",
    assessment: Annotated[str, typer.Option(help="The risk assessment; important data need one.")] = "",
    consent: Annotated[
        bool, typer.Option("--consent", help="It rests on the persons' consent, which they may take back.")
    ] = False,
    completes: Annotated[str, typer.Option(help="The incomplete request that this completes.")] = "",
    packages: Packages = None,
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Ask for data; says at once what is missing, what was decided by rule, and until when."""
    from chengshu.resources.sharing import Ask

    ask = Ask(
        resource,
        _listed(fields),
        rows,
        purpose,
        basis,
        duration,
        _listed(recipients),
        manner,
        reader,
        assessment,
        consent,
    )
    with opened(city, data, packages) as room:
        if completes:
            made = room.desk.complete(completes, ask, party(by))
        else:
            made = room.desk.submit(ask, party(by))
        _say_request(room, made, language, as_json)


@sharing_app.command("list")
def list_(
    city: CityFolder,
    data: Data,
    state: Annotated[str, typer.Option(help="Only requests in this state.")] = "",
    department: Annotated[str, typer.Option(help="Only what this department asked for.")] = "",
    provider: Annotated[str, typer.Option(help="Only what this department must answer.")] = "",
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Requests with their clocks, then every clock that runs, the most urgent first."""
    given = {"state": state, "department": department, "provider": provider}
    with opened(city, data, packages, writing=False) as room:
        wanted = {name: value for name, value in given.items() if value}
        found = room.queries.page(limit=1000, newest=False, **wanted)
        ticking = room.queries.ticking(room.clock.now())
    if as_json:
        say_json(
            {
                "requests": [request_dict(item) for item in found],
                "clocks": [clock_dict(item) for item in ticking],
            }
        )
        return
    table = Table(
        Column("request", overflow="fold"), "state", "by", "provider", "resource", "grant", box=None
    )
    for item in found:
        table.add_row(
            item.id, item.state, item.by.department, item.provider, item.ask.resource, item.grant_id
        )
    out.print(table)
    for clock in ticking:
        out.print(clock_words(clock), markup=False)


@sharing_app.command("decide")
def decide(
    city: CityFolder,
    id_: Id,
    act: Annotated[Act, typer.Argument(help="What is done.")],
    data: Data,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    law: Annotated[str, typer.Option(help="The law a refusal rests on.")] = "",
    fields: Annotated[str, typer.Option(help="Grant only these fields.")] = "",
    rows: Annotated[str, typer.Option(help="Grant only these rows too (FEEL).")] = "",
    treat: Annotated[
        list[str] | None, typer.Option(help="FIELD=show|generalise|mask|tokenise|withhold (repeatable).")
    ] = None,
    item: Annotated[
        list[str] | None, typer.Option(help="What is missing: ITEM=WHAT TO DO (repeatable).")
    ] = None,
    place: Annotated[str, typer.Option(help="Where the data can be had from now on.")] = "the hub",
    witness: Annotated[str, typer.Option(help="Who saw the data destroyed.")] = "",
    digest: Annotated[str, typer.Option(help="SHA-256 of the protocol of destruction.")] = "",
    agreement: Annotated[
        str, typer.Option(help="The agreement of the firm or body whose data they are.")
    ] = "",
    packages: Packages = None,
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Do the next thing with a request: answer, object, supply, suspend, end, prove."""
    who = party(by)
    chosen = _pairs(treat, "--treat")
    with opened(city, data, packages) as room:
        desk = room.desk
        granted = _listed(fields) or None
        deeds: dict[Act, Callable[[], Request]] = {
            Act.WITHDRAW: lambda: desk.withdraw(id_, who),
            Act.MISSING: lambda: desk.tell_missing(id_, who, _pairs(item, "--item")),
            Act.EXTEND: lambda: desk.extend(id_, who, reason),
            Act.GRANT: lambda: desk.grant(
                id_, who, reason, fields=granted, rows=rows, treatments=chosen, agreement=agreement
            ),
            Act.REFUSE: lambda: desk.refuse(id_, who, reason, law=law),
            Act.OBJECT: lambda: desk.object(id_, who, reason),
            Act.UPHOLD: lambda: desk.settle(
                id_, who, upheld=True, reason=reason, treatments=chosen, agreement=agreement
            ),
            Act.REJECT: lambda: desk.settle(id_, who, upheld=False, reason=reason, law=law),
            Act.SUPPLY: lambda: desk.supply(id_, who, place),
            Act.SUSPEND: lambda: desk.suspend(id_, who, reason),
            Act.RESTORE: lambda: desk.restore(id_, who, reason),
            Act.REVOKE: lambda: desk.revoke(id_, who, reason),
            Act.END: lambda: desk.end(id_, who),
            Act.DESTROYED: lambda: desk.destroyed(id_, who, how=reason, witness=witness, digest=digest),
        }
        _say_request(room, deeds[act](), language, as_json)


@sharing_app.command("use")
def use(
    city: CityFolder,
    grant: Id,
    data: Data,
    by: By,
    purpose: Annotated[str, typer.Option(help="What for: the purpose it was granted for.")],
    fields: Annotated[str, typer.Option(help="Some of the granted fields [default: all].")] = "",
    filter_: Annotated[
        str, typer.Option("--filter", help="Which rows, in FEEL, by values as they are seen.")
    ] = "",
    limit: Annotated[int | None, typer.Option(help="At most so many rows.")] = None,
    file: Annotated[
        Path | None, typer.Option("--out", help="Write a marked CSV file (a grant by file only).")
    ] = None,
    packages: Packages = None,
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """Read data by a grant; each use, and each denied attempt, goes on record."""
    who, names = party(by), _listed(fields)
    with opened(city, data, packages) as room:
        if file is not None:
            export = room.gate.export(grant, who, purpose, fields=names, filter=filter_, limit=limit)
            answer = export.answer
            room.files.write(export, file)
        else:
            answer = room.gate.query(grant, who, purpose, fields=names, filter=filter_, limit=limit)
    notes = [note.text.say(language) for note in answer.notes]
    if as_json:
        rows = (
            [] if file is not None else [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        )
        say_json({"use": use_dict(answer.use), "more": answer.more, "notes": notes, "rows": rows})
        return
    if file is None:
        table = Table(*answer.columns, box=None)
        for row in answer.rows:
            table.add_row(*("" if value is None else str(value) for value in row))
        out.print(table)
    more = ", and there are more" if answer.more else ""
    mark = f", marked by {answer.use.mark}" if answer.use.mark else ""
    out.print(f"use {answer.use.seq}: {answer.use.rows} rows{more}{mark}", markup=False)
    for note in notes:
        out.print(f"note: {note}", markup=False)


@sharing_app.command("record")
def record(
    city: CityFolder,
    data: Data,
    id_: Annotated[str, typer.Option("--id", help="The whole life of one request or grant.")] = "",
    subject: Annotated[
        bool,
        typer.Option("--subject", help="Who used one person's data: reads the identity number from stdin."),
    ] = False,
    since: Annotated[str, typer.Option(help="First day, such as 2026-07-01.")] = "2000-01-01",
    until: Annotated[str, typer.Option(help="Day after the last; none: now.")] = "",
    packages: Packages = None,
    language: Language = Tongue.ENGLISH,
    as_json: AsJson = False,
) -> None:
    """The auditor's view of a period, one request's life, or who used a resident's data.

    Status 1 when the record of uses was changed after it was sealed.
    """
    with opened(city, data, packages, writing=False) as room:
        if subject:
            _say_subject(room, _number(), as_json)
            return
        if id_:
            _say_life(room, id_, language, as_json)
            return
        end = _day(until) if until else room.clock.now()
        audit = room.queries.audit(_day(since), end)
    if as_json:
        say_json(
            {
                "outcomes": audit.outcomes,
                "rows": audit.rows,
                "by_grant": audit.by_grant,
                "suspended": list(audit.suspended),
                "overdue": [{"subject": clock.subject, "kind": clock.kind} for clock in audit.overdue],
                "destroyed": audit.destroyed,
                "not_destroyed": list(audit.not_destroyed),
                "seals": audit.seals or "whole",
                "uses": [use_dict(item) for item in audit.uses],
            }
        )
    else:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in audit.outcomes.items()) or "no uses"
        out.print(f"{counts}; {audit.rows} rows left", markup=False)
        for item in audit.uses[-50:]:
            out.print(use_words(use_dict(item), language), markup=False)
        for name in audit.suspended:
            out.print(f"suspended: {name}", markup=False)
        for name in audit.not_destroyed:
            out.print(f"no proof of destruction: {name}", markup=False)
        out.print(f"record of uses: {audit.seals or 'whole'}", markup=False)
    raise typer.Exit(1 if audit.seals else 0)


@sharing_app.command("consent")
def consent(
    city: CityFolder,
    resource: Annotated[str, typer.Argument(help="The entry's id in the ledger.")],
    data: Data,
    given: Annotated[bool, typer.Option("--give/--withdraw", help="Give consent again, or take it back.")],
    packages: Packages = None,
) -> None:
    """Take one person's consent back, or give it again; reads the identity number from stdin."""
    from chengshu.foundation.journal import Actor

    number = _number()
    with opened(city, data, packages) as room:
        token = room.gate.subject_token(number)
        room.duties.consent(resource, token, Actor(f"subject:{token}"), given=given)
    out.print("consent given" if given else "consent taken back, from the next use on")


def _number() -> str:
    number = sys.stdin.readline().strip()
    if not number:
        raise Invalid("subject", "no number was given", where="stdin", remedy="write it on standard input")
    return number


def _say_subject(room: Room, number: str, as_json: bool) -> None:
    found = [
        {
            "at": iso(from_millis(seen.at)),
            "department": seen.department,
            "purpose": seen.purpose,
            "basis": seen.basis,
            "resource": seen.resource,
            "fields": [f"{name} ({how})" for name, how in seen.fields],
        }
        for seen in room.queries.who_used(room.gate.subject_token(number))
    ]
    if as_json:
        say_json(found)
        return
    for item in found:
        fields = ", ".join(item["fields"])
        out.print(f"{item['at']} {item['department']}: {item['purpose']} — {fields}", markup=False)
    out.print(f"{len(found)} uses", markup=False)


def _say_life(room: Room, id_: str, language: str, as_json: bool) -> None:
    life = room.queries.life(id_, room.clock.now())
    steps = [
        {
            "at": iso(from_millis(step.at)),
            "what": step.what,
            "state": step.after,
            "actor": step.actor,
            "reason": step.reason,
        }
        for step in life.steps
    ]
    if as_json:
        say_json(
            {
                "request": request_dict(life.request),
                "steps": steps,
                "clocks": [clock_dict(item) for item in life.clocks],
                "uses": [use_dict(item) for item in life.uses],
            }
        )
        return
    for step in steps:
        why = reason_words(step["reason"], language)  # type: ignore[arg-type]
        out.print(f"{step['at']} {step['what']} → {step['state']} by {step['actor']} {why}", markup=False)
    for clock in life.clocks:
        out.print(clock_words(clock), markup=False)
    for item in life.uses:
        out.print(use_words(use_dict(item), language), markup=False)


def _say_request(room: Room, made: Request, language: str, as_json: bool) -> None:
    ticking = room.queries.life(made.id, room.clock.now()).clocks
    running = [item for item in ticking if item.clock.running]
    if as_json:
        say_json(request_dict(made) | {"clocks": [clock_dict(item) for item in running]})
        return
    out.print(f"{made.id}: {made.state} {reason_words(made.reason, language)}", markup=False)
    if made.state == "incomplete":
        for told in made.told:
            out.print(f"  missing: {told['item']}: {Text.of(told['text']).say(language)}", markup=False)
    for name in made.reuse:
        out.print(f"  may already serve: {name}", markup=False)
    if made.grant is not None:
        out.print(f"  grant {made.grant.id}", markup=False)
        for field in made.grant.fields:
            out.print(f"    {field.name}: {field.treatment} ({field.grade})", markup=False)
    for item in running:
        out.print(f"  {clock_words(item)}", markup=False)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given or []:
        name, sign, value = pair.partition("=")
        if not sign or not name or not value:
            raise Invalid("pair", f"{pair!r} is no NAME=VALUE", where=option, remedy="write name=value")
        found[name] = value
    return found


def _day(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("day", f"{text!r} is no day", remedy="write it as 2026-07-01") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
