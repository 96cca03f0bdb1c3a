"""Commands of the ledger: what data there is, what it says, how it changed, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from chengshu.app.cli.base import AsJson, Data, Packages, app
from chengshu.app.cli.city_run import CityFolder
from chengshu.app.places import find_packages
from chengshu.app.say import err, in_terminal, out, say_json
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.errors import Fault, Invalid

ledger_app = typer.Typer(help="The one ledger of the city's data.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")
Language = Annotated[str, typer.Option(help="en, zh-Hans or zh-Hant.")]


@contextmanager
def _reading(data: Path) -> Iterator[Any]:
    """The ledger of a hub, running or not."""
    from chengshu.app.stores import open_state
    from chengshu.resources.ledger import LedgerQueries

    database = open_state(data, must_exist=True)
    try:
        yield LedgerQueries(database)
    finally:
        database.close()


def _index(database: Any, data: Path, clock: Any, city: Path, ledger: Any) -> None:
    """Book which entries are the authorities of base libraries, then bring the search index up."""
    from chengshu.engines.tantivy import TantivyIndex
    from chengshu.foundation.journal import Pump
    from chengshu.resources.ledger import LedgerQueries
    from chengshu.resources.ledger.search import LAYOUT, LedgerSearch
    from chengshu.resources.libraries import mark_libraries, read_libraries

    mark_libraries(read_libraries(city), ledger, LedgerQueries(database))
    index = TantivyIndex(data / "search" / "ledger", LAYOUT)
    try:
        Pump(database, clock, [LedgerSearch(index, LedgerQueries(database))], [], strict=True).drain()
    finally:
        index.close()


@ledger_app.command("search")
def search(
    text: Annotated[str, typer.Argument(help="Words, in Chinese or English.")],
    data: Data,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Find entries, best first, and say why each was found."""
    from chengshu.app.meaning import meanings_of
    from chengshu.engines.tantivy import TantivyIndex
    from chengshu.resources.ledger.search import LAYOUT, LedgerSearch

    with _reading(data) as queries:
        index, meaning = TantivyIndex(data / "search" / "ledger", LAYOUT), meanings_of(data)
        try:
            found = LedgerSearch(index, queries, meaning.ledger if meaning else None).ask(text, limit=limit)
        finally:
            index.close()
            if meaning is not None:
                meaning.close()
    hits = [
        {
            "id": hit.resource.id,
            "title": hit.resource.title.say(language),
            "kind": hit.resource.kind,
            "score": round(hit.score, 3),
            "why": [f"{match.part}: {match.word} ({match.how})" for match in hit.why],
        }
        for hit in found.hits
    ]
    if as_json:
        say_json({"total": found.total, "hits": hits, "facets": found.facets})
        return
    table = Table(Column("entry", overflow="fold"), "kind", "title", "why", box=None)
    for item in hits:
        table.add_row(str(item["id"]), str(item["kind"]), str(item["title"]), "; ".join(item["why"][:4]))  # type: ignore[index]
    out.print(table)
    out.print(f"{found.total} found")


@ledger_app.command("show")
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The entry's id.")],
    data: Data,
    as_json: AsJson = False,
) -> None:
    """One entry with everything it says, what is wanting, and its versions."""
    from chengshu.kernel.clock import from_millis, iso
    from chengshu.resources.ledger import wanting

    with _reading(data) as queries:
        entry = queries.get(id_)
        versions = [
            {"version": item.version, "at": iso(from_millis(item.at)), "actor": item.actor, "what": item.what}
            for item in queries.versions(id_)
        ]
    lacks = [{"code": fault.code, "detail": fault.detail, "remedy": fault.remedy} for fault in wanting(entry)]
    if as_json:
        say_json({"entry": entry.as_dict(), "wanting": lacks, "versions": versions})
        return
    table = Table("part", "says", box=None)
    for name, value in entry.as_dict().items():
        table.add_row(name, ", ".join(part["name"] for part in value) if name == "fields" else str(value))
    out.print(table)
    for fault in map(in_terminal, wanting(entry)):
        out.print(f"wanting: {fault.detail} — {fault.remedy}", markup=False)
    for item in versions:
        out.print(f"version {item['version']}: {item['what']} {item['at']} by {item['actor']}", markup=False)


@ledger_app.command("balance")
def balance(
    data: Data,
    since: Annotated[str, typer.Option(help="First day, such as 2026-07-01.")],
    until: Annotated[str, typer.Option(help="Day after the last; none: now.")] = "",
    as_json: AsJson = False,
) -> None:
    """Opening, added, retired, closing, and whether it adds up; status 1 when it does not."""
    now = SystemClock().now()
    start, end = _day(since), _day(until) if until else now
    with _reading(data) as queries:
        found = queries.balance(start, end, now=now)
        moves = queries.differences(start, end)
    body = {
        "opening": found.opening,
        "added": found.added,
        "retired": found.retired,
        "closing": found.closing,
        "changed": found.changed,
        "reconciles": found.reconciles,
        "differences": [{"id": item.id, "what": item.what, "parts": sorted(item.parts)} for item in moves],
    }
    if as_json:
        say_json(body)
    else:
        words = "it adds up" if found.reconciles else "IT DOES NOT ADD UP"
        out.print(
            f"{found.opening} + {found.added} − {found.retired} = {found.closing} ({words}); "
            f"{found.changed} changed"
        )
        for item in moves[:50]:
            out.print(f"{item.what}: {item.id} {', '.join(sorted(item.parts))[:100]}", markup=False)
    raise typer.Exit(0 if found.reconciles else 1)


def _day(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("day", f"{text!r} is no day", remedy="write it as 2026-07-01") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@ledger_app.command("harvest")
def harvest(
    data: Data,
    city: CityFolder,
    source: Annotated[str | None, typer.Argument(help="One source of harvest.yaml; none: all.")] = None,
    packages: Packages = None,
    reach: Annotated[list[str] | None, typer.Option(help="A host or network that may be called.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring what the city's harvest.yaml declares into the ledger now, and look into its rows: they are
    graded, measured and followed (the hub must be stopped).
    """
    from chengshu.app.harvesting import harvester_of
    from chengshu.app.inspection import STORES, inspector_of, room_of
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.engines.http import AddressGuard, ThreadedHttp
    from chengshu.foundation.city import read_city
    from chengshu.foundation.journal import store as journal_store
    from chengshu.kernel.ids import TimeIds
    from chengshu.resources.ledger import Ledger, LedgerQueries
    from chengshu.resources.ledger import store as ledger_store
    from chengshu.resources.ledger.harvest import store as harvest_store

    found = read_city(city, packages or find_packages(city))
    lock = DataFolder(data)
    database = open_state(data)
    calls = ThreadedHttp(AddressGuard(reach or ()))
    try:
        for store in (journal_store, ledger_store, harvest_store, *STORES):
            database.create(store.metadata)
        clock = SystemClock()
        ids = TimeIds(clock)
        ledger = Ledger(database, clock, ids)
        harvester = harvester_of(found, database, clock, ledger, calls)
        room = room_of(data, database, clock, ids, ledger, LedgerQueries(database))
        inspector = inspector_of(found, database, clock, room, harvester)
        if source is not None and source not in harvester.sources:
            known = ", ".join(harvester.sources) or "none"
            raise Invalid("harvest-source", f"no source {source!r} is declared", remedy=f"declared: {known}")
        runs = [harvester.run(name) for name in ([source] if source else harvester.sources)]
        with err.status("looking into the rows …"):
            looks = inspector.look(most=1_000_000)
        _index(database, data, clock, found.folder, ledger)
        with database.read() as connection:
            problems = {
                run.source: harvest_store.problems_of(connection, run.source, run.number) for run in runs
            }
    finally:
        calls.close()
        database.close()
        lock.release()
    if as_json:
        say_json(
            [
                {
                    "source": run.source,
                    "state": run.state,
                    "seen": run.seen,
                    "added": run.added,
                    "changed": run.changed,
                    "vanished": run.vanished,
                    "stale": run.stale,
                    "drifts": run.drifts,
                    "error": run.error,
                    "problems": [
                        {
                            "id": item.native_id,
                            "code": item.code,
                            "detail": item.detail,
                            "remedy": item.remedy,
                        }
                        for item in problems[run.source]
                    ],
                }
                for run in runs
            ]
        )
    else:
        table = Table(
            "source", "state", "seen", "added", "changed", "vanished", "problems", "drifts", box=None
        )
        for run in runs:
            counts = (run.seen, run.added, run.changed, run.vanished, run.problems, run.drifts)
            table.add_row(run.source, run.state, *map(str, counts))
        out.print(table)
        out.print(f"rows looked into: {looks.looked}, as before: {looks.same}, unreadable: {looks.failed}")
        for run in runs:
            if run.error:
                out.print(f"{run.source}: {run.error}", markup=False)
            for item in problems[run.source]:
                fault = in_terminal(Fault(item.code, item.detail, remedy=item.remedy))
                out.print(f"{run.source}: {item.native_id}: {fault.detail} — {fault.remedy}", markup=False)
    raise typer.Exit(0 if all(run.state == "done" for run in runs) else 1)
