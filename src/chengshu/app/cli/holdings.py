"""Commands about the data of the city as a whole, and the drill of its safety."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from chengshu.app.cli.base import AsJson, Data, Packages
from chengshu.app.cli.city_run import CityFolder
from chengshu.app.cli.ledger import Language, ledger_app
from chengshu.app.cli.sharing import sharing_app
from chengshu.app.places import find_packages
from chengshu.app.say import err, out, say_json
from chengshu.kernel.clock import SystemClock, iso
from chengshu.kernel.errors import Invalid

if TYPE_CHECKING:
    from chengshu.resources.value import Valued


@ledger_app.command("value")
def value(
    data: Data,
    days: Annotated[int, typer.Option(min=1, max=3660, help="The period: so many days back.")] = 90,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Entries ranked by value density: uses on record × quality ÷ megabytes stored, and what is not known."""
    from chengshu.app.stores import open_state
    from chengshu.resources.ledger import LedgerQueries
    from chengshu.resources.quality import store as quality_store
    from chengshu.resources.sharing import store as sharing_store
    from chengshu.resources.value import ValueQueries

    now = SystemClock().now()
    database = open_state(data, must_exist=True)
    try:
        for store in (quality_store, sharing_store):
            database.create(store.metadata)
        found = ValueQueries(database, LedgerQueries(database)).ranking(now - timedelta(days=days), now)
    finally:
        database.close()
    if as_json:
        say_json(
            {
                "since": iso(found.since),
                "until": iso(found.until),
                "formula": "uses × quality ÷ megabytes",
                "ranked": [_dict(item, language) for item in found.ranked],
                "idle": [_dict(item, language) for item in found.idle],
                "unknown": [_dict(item, language) for item in found.unknown],
                "silent": found.silent,
            }
        )
        return
    table = Table(Column("entry", overflow="fold"), "density", "uses", "quality", "MB", box=None)
    for item in found.ranked:
        density = item.density
        if density is not None:
            parts = (
                f"{density.value:.3g}",
                density.uses,
                f"{density.quality:.0%}",
                f"{density.megabytes:.3g}",
            )
            table.add_row(item.entry.title.say(language), *map(str, parts))
    out.print(table)
    for item in found.idle:
        out.print(f"no use on record: {item.entry.title.say(language)}", markup=False)
    for item in found.unknown:
        out.print(f"not known ({', '.join(item.lacks)}): {item.entry.title.say(language)}", markup=False)
    out.print(f"{found.silent} more were neither used by a grant nor measured")


def _dict(item: Valued, language: str) -> dict[str, Any]:
    basis, density = item.basis, item.density
    return {
        "id": item.entry.id,
        "title": item.entry.title.say(language),
        "density": density.value if density else None,
        "uses": basis.uses,
        "rows": basis.rows,
        "bytes": basis.size or None,
        "quality": basis.quality,
        "measured_at": iso(basis.measured_at) if basis.measured_at else None,
        "lacks": list(item.lacks),
    }


@ledger_app.command("crossings")
def crossings(
    city: CityFolder,
    data: Data,
    packages: Packages = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """The five crossings: on which paths data passed lately, and where that is on record; status 1 while one
    of them is not fresh.
    """
    from chengshu.app.crossings import crossings_of
    from chengshu.app.stores import open_state
    from chengshu.foundation.city import read_city
    from chengshu.foundation.journal import store as journal_store
    from chengshu.resources.ledger.harvest import store as harvest_store
    from chengshu.resources.sharing import store as sharing_store

    found = read_city(city, packages or find_packages(city))
    database = open_state(data, must_exist=True)
    try:
        for store in (journal_store, harvest_store, sharing_store):
            database.create(store.metadata)
        lines = crossings_of(found, database).lines(SystemClock().now())
    finally:
        database.close()
    told = [
        {
            "crossing": line.crossing,
            "state": line.state,
            "days": line.days,
            "broken": list(line.broken),
            "paths": [
                {
                    "from": path.giver.say(language),
                    "to": path.taker.say(language),
                    "how": path.how,
                    "about": path.about,
                    "at": iso(path.at),
                    "state": path.state,
                    "count": path.count,
                    "record": path.record,
                    "journal": path.journal or None,
                }
                for path in line.paths
            ],
        }
        for line in lines
    ]
    if as_json:
        say_json(told)
    else:
        for line in lines:
            out.print(f"{line.crossing}: {line.state}", markup=False)
            for path in line.paths:
                where = f"journal {path.journal}" if path.journal else "not sealed yet"
                ways = f"{path.giver.say(language)} → {path.taker.say(language)}"
                out.print(
                    f"  {ways}: {path.how} of {path.about}, {iso(path.at)}, {path.state}, {where}",
                    markup=False,
                )
    raise typer.Exit(0 if all(line.state == "fresh" for line in lines) else 1)


@sharing_app.command("drill")
def drill(
    city: CityFolder,
    entry: Annotated[str, typer.Option(help="What is stolen [default: the gravest with rows].")] = "",
    day: Annotated[str, typer.Option(help="First day, such as 2026-07-13 [default: of the calendar].")] = "",
    to: Annotated[Path | None, typer.Option("--out", help="Write the report here, as JSON.")] = None,
    packages: Packages = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Play misuse of granted data in virtual time, all rows at 03:00 first, on a hub of its own; status 1
    when something was not stopped, told and put on record.
    """
    from chengshu.app.safety.run import run_safety_drill, words
    from chengshu.foundation.city import read_city

    found = read_city(city, packages or find_packages(city))
    folder = Path(tempfile.mkdtemp(prefix="chengshu-safety-"))
    try:
        with err.status("playing …") as shown:
            report = run_safety_drill(
                found,
                folder / "data",
                entry=entry,
                day=_first(day),
                progress=lambda share, name: shown.update(f"{share:.0%} {name}"),
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if to is not None:
        to.write_text(json.dumps(report, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
    if as_json:
        say_json(report)
    else:
        for line in words(report, language):
            out.print(line, markup=False)
        out.print(f"result {report['result_hash']}")
    raise typer.Exit(0 if report["passed"] else 1)


def _first(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("day", f"{text!r} is no day", where="--day", remedy="write it as 2026-07-01") from None
