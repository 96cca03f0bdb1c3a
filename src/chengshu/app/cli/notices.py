"""Commands of notices: what a city declares, one on trial, what became of those that left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, Data, Packages, app
from chengshu.app.cli.city_run import CityFolder
from chengshu.app.places import find_packages
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import SystemClock, iso
from chengshu.kernel.errors import Missing

if TYPE_CHECKING:
    from chengshu.foundation.journal import Delivery

notices_app = typer.Typer(help="Who is told what, by which way, and what became of it.", no_args_is_help=True)
app.add_typer(notices_app, name="notices")
State = Annotated[str, typer.Option(help="waiting, done or gave_up.")]


@notices_app.command("kinds")
def kinds(as_json: AsJson = False) -> None:
    """The kinds of notices, and whom each is for unless notices.yaml says otherwise."""
    from chengshu.foundation.notices import KINDS

    found = list(KINDS.values())
    if as_json:
        say_json(
            [
                {"kind": one.id, "name": one.name.as_dict(), "to": list(one.to), "urgent": one.urgent}
                for one in found
            ]
        )
        return
    table = Table("kind", "name", "for", "urgent", box=None)
    for one in found:
        table.add_row(one.id, one.name.en, ", ".join(one.to), "yes" if one.urgent else "")
    out.print(table)


@notices_app.command("test")
def test(
    city: CityFolder,
    channel: Annotated[str, typer.Argument(help="A channel of the city's notices.yaml.")],
    to: Annotated[str, typer.Option(help="The address it goes to [default: the first in reach].")] = "",
    reach: Annotated[
        list[str] | None,
        typer.Option(help="A host or network that is not public and may be called all the same."),
    ] = None,
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Send one notice on trial by a channel, at once, and say what the other side answered.

    Status 2 with what went wrong and what to do when it was not taken.
    """
    from chengshu.app.notices import send_trial
    from chengshu.foundation.city import read_city

    found = read_city(city, packages or find_packages(city))
    sent = send_trial(found, channel, to, reach or ())
    if as_json:
        say_json({"channel": channel, "to": sent.to, "key": sent.key, "taken": True})
        return
    out.print(f"{channel} took it for {sent.to} ({sent.key})", markup=False)


@notices_app.command("list")
def listed(
    data: Data,
    state: State = "waiting",
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """What leaves the hub: what waits, what was taken, what was given up, with what the last attempt met.

    It only looks, and works while the hub runs. Status 1 when something was given up.
    """
    from chengshu.app.stores import open_state
    from chengshu.foundation.journal import deliveries
    from chengshu.foundation.journal import store as journal_store
    from chengshu.foundation.journal.outbox import counts

    if state not in ("waiting", "done", "gave_up"):
        raise Missing("delivery-state", f"no delivery is {state!r}", remedy="use waiting, done or gave_up")
    database = open_state(data, must_exist=True)
    try:
        database.create(journal_store.metadata)
        with database.read() as connection:
            found, counted = deliveries(connection, state=state, limit=limit), counts(connection)
    finally:
        database.close()
    if as_json:
        say_json({"channels": counted, "deliveries": [_dict(one) for one in found]})
    else:
        _print(found, counted)
    raise typer.Exit(1 if any(one["gave_up"] for one in counted.values()) else 0)


@notices_app.command("retry")
def retry(
    data: Data,
    key: Annotated[str, typer.Argument(help="The key of a delivery that was given up; all for all of them.")],
) -> None:
    """Send again what was given up (the hub must be stopped; while it runs, do it on the page Notices)."""
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.journal import Actor, deliveries
    from chengshu.foundation.journal import store as journal_store
    from chengshu.foundation.journal.outbox import retry as again

    folder = DataFolder(data)
    try:
        database = open_state(data, must_exist=True)
        try:
            database.create(journal_store.metadata)
            with database.read() as connection:
                lost = [one.key for one in deliveries(connection, state="gave_up", limit=100_000)]
            actor, now = Actor("operator:command-line"), SystemClock().now()
            for one in lost if key == "all" else [key]:
                database.write(lambda connection, name=one: again(connection, name, actor, now))  # type: ignore[misc]
        finally:
            database.close()
    finally:
        folder.release()
    count = len(lost) if key == "all" else 1
    out.print(f"{count} to send again; they leave when the hub runs", markup=False)


def _print(found: list[Delivery], counted: dict[str, dict[str, int]]) -> None:
    table = Table("key", "channel", "since", "attempts", "next", "last answer", box=None)
    for one in found:
        then = one.done_at or one.gave_up_at or one.next_at
        table.add_row(one.key, one.channel, iso(one.at), str(one.attempts), iso(then), one.error or "")
    out.print(table)
    for name, states in counted.items():
        said = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in states.items())
        out.print(f"{name}: {said}", markup=False)


def _dict(one: Delivery) -> dict[str, Any]:
    return {
        "key": one.key,
        "channel": one.channel,
        "to": one.payload.get("to"),
        "at": iso(one.at),
        "attempts": one.attempts,
        "next": iso(one.next_at),
        "done": iso(one.done_at) if one.done_at else None,
        "gave_up": iso(one.gave_up_at) if one.gave_up_at else None,
        "error": one.error,
    }
