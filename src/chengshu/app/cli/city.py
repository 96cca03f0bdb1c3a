"""Commands about a city's folder and who may enter: check, new, schema, account, token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from chengshu.app.cli.base import AsJson, Data, Packages, app
from chengshu.app.places import find_packages
from chengshu.app.say import out, say_faults, say_json


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A city folder or a scenario package.")],
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Explain every mistake in a city or scenario folder: file, line, remedy."""
    from chengshu.app.checks import check_folder

    found = check_folder(folder, packages or find_packages(folder))
    if as_json:
        say_json(
            {
                "folder": str(folder),
                "ok": not found,
                "faults": [
                    {"code": one.code, "where": one.where, "detail": one.detail, "remedy": one.remedy}
                    for one in found
                ],
            }
        )
    elif found:
        say_faults(found)
        out.print(f"{len(found)} mistake{'s' if len(found) > 1 else ''} in {folder}")
    else:
        out.print(f"{folder}: no mistakes")
    raise typer.Exit(1 if found else 0)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The city's id: lower-case letters, digits, - and _.")],
    folder: Annotated[Path, typer.Option("--in", help="Where the city folder is made.")] = Path("cities"),
) -> None:
    """Make a small city that checks and runs, to be changed into your own."""
    from chengshu.app.newcity import make_city

    made = make_city(name, folder)
    out.print(f"made {made}")
    out.print(f"next: chengshu check {made}   chengshu drill {made} waterlogging   chengshu serve {made}")


@app.command()
def schema(
    folder: Annotated[
        Path | None, typer.Option("--out", help="Write one file per schema into this folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Export the JSON Schemas of the declared files, for editors."""
    from chengshu.app.checks import schemas

    found = schemas()
    if folder is None or as_json:
        say_json(found)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
        out.print(str(path))


@app.command()
def token(
    source: Annotated[str, typer.Argument(help="The source's id in sources.yaml.")],
    data: Data,
    revoke: Annotated[bool, typer.Option(help="Make all tokens of the source worthless instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a token with which a source may push observations; it is shown once (the hub must be stopped)."""
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.journal import Actor
    from chengshu.foundation.sensing import Tokens
    from chengshu.kernel.clock import SystemClock

    lock = DataFolder(data)
    database = open_state(data, must_exist=True)
    try:
        tokens, actor = Tokens(database, SystemClock()), Actor("operator:command-line")
        if revoke:
            count = tokens.revoke(source, actor)
            say_json({"source": source, "revoked": count}) if as_json else out.print(f"{count} revoked")
        else:
            made = tokens.create(source, actor)
            say_json({"source": source, "token": made}) if as_json else out.print(made)
    finally:
        database.close()
        lock.release()


@app.command()
def account(
    login: Annotated[str, typer.Argument(help="Name to sign in with.")],
    data: Data,
    role: Annotated[
        list[str] | None, typer.Option(help="ROLE or ROLE:DEPARTMENT or ROLE:DEPARTMENT:AREA.")
    ] = None,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    unit: Annotated[str, typer.Option(help="Entity id of the crew or truck the person belongs to.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an account and a one-time link to set its password (the hub must be stopped)."""
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.access import Accounts, Grant, store
    from chengshu.foundation.journal import Actor
    from chengshu.kernel.clock import SystemClock
    from chengshu.kernel.ids import TimeIds

    grants = [Grant(*part.split(":", 2)) for part in role or ["viewer"]]
    lock = DataFolder(data)
    database = open_state(data, must_exist=True)
    try:
        database.create(store.metadata)
        clock, actor = SystemClock(), Actor("operator:command-line")
        accounts = Accounts(database, clock, TimeIds(clock))
        person = accounts.create_account(login, name or login, grants, actor, unit=unit)
        code = accounts.issue_setup_link(actor, person.id)
    finally:
        database.close()
        lock.release()
    if as_json:
        say_json({"account": person.as_dict(), "set_up": f"/set-up?code={code}"})
    else:
        out.print(f"made {person.login}; set-up link: /set-up?code={code}")
