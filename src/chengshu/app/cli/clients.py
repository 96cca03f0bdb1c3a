"""Commands about programs that use the hub's interfaces: client add, list, revoke."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, Data, app
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import iso

client_app = typer.Typer(help="Programs that use the hub's interfaces.", no_args_is_help=True)
app.add_typer(client_app, name="client")
Name = Annotated[str, typer.Argument(help="The program's name.")]


@contextmanager
def _desk(data: Path, *, writing: bool = True) -> Iterator[Any]:
    """The programs, the actor who changes them, and the moment; to change them the hub must be stopped."""
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.access import Clients, store
    from chengshu.foundation.journal import Actor
    from chengshu.kernel.clock import SystemClock

    lock = DataFolder(data) if writing else None
    try:
        database = open_state(data, must_exist=True)
        try:
            database.create(store.metadata)
            clock = SystemClock()
            yield Clients(database, clock), Actor("operator:command-line"), clock.now()
        finally:
            database.close()
    finally:
        if lock is not None:
            lock.release()


@client_app.command("add")
def add(
    name: Name,
    data: Data,
    may: Annotated[str, typer.Option(help="Its rights, with commas: read, write.")] = "read",
    tenants: Annotated[str, typer.Option(help="Tenants it may name, with commas; * for all.")] = "",
    days: Annotated[int, typer.Option(help="Days until its token ends; 0 for never.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Let a program in; its token is shown once (the hub must be stopped)."""
    with _desk(data) as (clients, actor, now):
        ends: datetime | None = now + timedelta(days=days) if days else None
        rights = [part.strip() for part in may.split(",")]
        allowed = [part.strip() for part in tenants.split(",")]
        token = clients.create(name, rights, actor, tenants=allowed, expires_at=ends)
    say_json({"client": name, "token": token}) if as_json else out.print(token)


@client_app.command("list")
def list_(data: Data, as_json: AsJson = False) -> None:
    """The programs that may come in."""
    with _desk(data, writing=False) as (clients, _, _now):
        found = clients.all()
    rows = [
        {
            "client": item.name,
            "may": list(item.rights),
            "tenants": list(item.tenants),
            "expires_at": iso(item.expires_at) if item.expires_at else None,
        }
        for item in found
    ]
    if as_json:
        say_json({"clients": rows})
        return
    table = Table("program", "may", "tenants", "until", box=None)
    for row in rows:
        table.add_row(
            row["client"], ", ".join(row["may"]), ", ".join(row["tenants"]), row["expires_at"] or "–"
        )
    out.print(table)


@client_app.command("revoke")
def revoke(name: Name, data: Data, as_json: AsJson = False) -> None:
    """Make a program's token worthless (the hub must be stopped)."""
    with _desk(data) as (clients, actor, _):
        clients.revoke(name, actor)
    say_json({"client": name, "revoked": True}) if as_json else out.print(f"{name} revoked")
