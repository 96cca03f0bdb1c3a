"""Commands of the base libraries: how they stand, and one key looked up by a grant."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, Data, Packages
from chengshu.app.cli.city_run import CityFolder
from chengshu.app.cli.ledger import Language, ledger_app
from chengshu.app.cli.sharing import By, party
from chengshu.app.cli.sharing_room import opened
from chengshu.app.cli.sharing_words import use_dict
from chengshu.app.places import find_packages
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import SystemClock, iso
from chengshu.kernel.errors import Invalid

if TYPE_CHECKING:
    from chengshu.resources.libraries import Standing


@ledger_app.command("libraries")
def libraries(
    city: CityFolder,
    data: Data,
    packages: Packages = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """The five base libraries: authority, key, coverage, freshness, quality, who answers, look-ups."""
    from chengshu.app.libraries import libraries_of
    from chengshu.app.stores import open_state
    from chengshu.foundation.city import read_city
    from chengshu.resources.ledger import LedgerQueries
    from chengshu.resources.ledger import store as ledger_store
    from chengshu.resources.quality import store as quality_store
    from chengshu.resources.sharing import store as sharing_store

    found = read_city(city, packages or find_packages(city))
    database = open_state(data, must_exist=True)
    try:
        for store in (ledger_store, quality_store, sharing_store):
            database.create(store.metadata)
        standing = libraries_of(found, database, LedgerQueries(database)).all(SystemClock().now())
    finally:
        database.close()
    if as_json:
        say_json([_dict(item, language) for item in standing])
        return
    table = Table("library", "authority", "key", "rows", "coverage", "state", "quality", "look-ups", box=None)
    for item in standing:
        told = _dict(item, language)
        parts = ("title", "key", "rows", "coverage", "state", "quality", "lookups")
        shown = ("–" if told[name] is None else _short(told[name]) for name in parts)
        table.add_row(item.library, *shown)
    out.print(table)


@ledger_app.command("lookup")
def lookup(
    city: CityFolder,
    grant: Annotated[str, typer.Argument(help="The grant's id; its entry must be the authority of a key.")],
    data: Data,
    by: By,
    purpose: Annotated[str, typer.Option(help="What for: the purpose it was granted for.")],
    fields: Annotated[str, typer.Option(help="Some of the granted fields [default: all].")] = "",
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Look one key up in a base library, by a grant, on record; reads the key from stdin. Status 1 when it is
    not there.
    """
    from chengshu.foundation.city import read_city
    from chengshu.resources.libraries import check_key, entry_name, normal_key, read_libraries

    declared = read_libraries(read_city(city, packages or find_packages(city)).folder)
    who, key = party(by), normal_key(sys.stdin.readline())
    if not key:
        raise Invalid("subject", "no number was given", where="stdin", remedy="write it on standard input")
    with opened(city, data, packages) as room:
        entry = entry_name(room.entries.get(room.queries.request(grant).ask.resource))
        kind = next((item.key for item in declared.libraries if item.entry == entry), "")
        if kind:
            check_key(kind, key)
        answer = room.gate.lookup(
            grant, who, purpose, key, fields=tuple(name.strip() for name in fields.split(",") if name.strip())
        )
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    if as_json:
        say_json({"use": use_dict(answer.use), "rows": rows})
    else:
        table = Table(*answer.columns, box=None)
        for row in answer.rows:
            table.add_row(*("" if value is None else str(value) for value in row))
        out.print(table)
        out.print(f"use {answer.use.seq}: {len(rows)} rows", markup=False)
    raise typer.Exit(0 if rows else 1)


def _short(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return "99%" if 0.99 < value < 1 else f"{value:.0%}"  # never rounded up to all of it


def _dict(item: Standing, language: str) -> dict[str, Any]:
    declared, entry, coverage = item.declared, item.entry, item.coverage
    return {
        "library": item.library,
        "entry": declared.entry if declared else None,
        "id": entry.id if entry else None,
        "title": entry.title.say(language) if entry else None,
        "key": declared.key if declared else None,
        "field": declared.field if declared else None,
        "rows": coverage.rows if coverage else None,
        "coverage": coverage.share if coverage else None,
        "unread": item.unread or None,
        "state": entry.state if entry else None,
        "updated": entry.updated_on or None if entry else None,
        "quality": item.quality,
        "measured_at": iso(item.measured_at) if item.measured_at else None,
        "provider": entry.provider or None if entry else None,
        "owner": entry.owner or None if entry else None,
        "steward": entry.steward or None if entry else None,
        "lookups": item.lookups,
        "found": item.found,
    }
