"""Commands of data contracts: bring one in, write one out, hold a table against it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.table import Table

from chengshu.app.cli.base import AsJson, Data, app
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import SystemClock, from_millis, iso
from chengshu.kernel.errors import Invalid, Missing

if TYPE_CHECKING:
    from chengshu.ports.database import Database
    from chengshu.resources.contracts import Contract, Verdict
    from chengshu.resources.ledger import Resource

contract_app = typer.Typer(help="Data contracts (ODCS) of the ledger's entries.", no_args_is_help=True)
app.add_typer(contract_app, name="contract")
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="The entry's id in the ledger.")]
_SHOWN = 5


class Form(StrEnum):
    """How a contract is written."""

    ODCS = "odcs"
    CSVW = "csvw"


@contextmanager
def _opened(data: Path, *, writing: bool) -> Iterator[Database]:
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.resources.contracts import store

    lock = DataFolder(data) if writing else None
    try:
        database = open_state(data, must_exist=True)
        try:
            database.create(store.metadata)
            yield database
        finally:
            database.close()
    finally:
        if lock is not None:
            lock.release()


def _operator() -> Any:
    from chengshu.foundation.journal import Actor

    return Actor("operator:command-line")


@contract_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="ODCS (.yaml, .json) or CSV on the Web metadata (.json).")],
    entry: Entry,
    data: Data,
    why: Annotated[str, typer.Option(help="What changed; it is journalled.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a contract with an entry of the ledger; every version stays."""
    from chengshu.resources.contracts import Contracts, read_contract
    from chengshu.resources.ledger import LedgerQueries

    contract = read_contract(file)
    with _opened(data, writing=True) as database:
        contracts = Contracts(database, SystemClock(), LedgerQueries(database))
        kept = contracts.keep(entry, contract.document, _operator(), why=why)
    if as_json:
        say_json({"entry": entry, "number": kept.number, "version": kept.version, "sha256": kept.digest})
        return
    out.print(f"{entry}: {contract.name} {kept.version} is contract {kept.number}", markup=False)


@contract_app.command("export")
def export(
    entry: Entry,
    data: Data,
    target: Annotated[Path | None, typer.Option("--out", help="Where it goes; none: the screen.")] = None,
    form: Annotated[Form, typer.Option(help="The standard it is written in.")] = Form.ODCS,
    number: Annotated[int, typer.Option(min=0, help="Which one was kept; 0: the one in force.")] = 0,
    draft: Annotated[bool, typer.Option("--draft", help="From the ledger, not what was kept.")] = False,
    rules: Annotated[Path | None, typer.Option(help="Rules of quality to promise in a draft.")] = None,
    language: Annotated[str, typer.Option(help="Of a draft: en, zh-Hans or zh-Hant.")] = "en",
) -> None:
    """Write an entry's contract: the one kept, or a draft from what the ledger says."""
    from chengshu.foundation.declared import Document
    from chengshu.resources.contracts import ContractQueries, as_csvw, contract_of, document_of, table_for
    from chengshu.resources.ledger import LedgerQueries
    from chengshu.resources.quality.rules import read_quality

    with _opened(data, writing=False) as database:
        resource = LedgerQueries(database).get(entry)
        if draft:
            document = document_of(resource, read_quality(rules) if rules else (), language=language)
        else:
            document = ContractQueries(database).kept(entry, number).document
    if form is Form.CSVW:
        contract = contract_of(Document(Path(entry), document))
        table = table_for(contract, Path(), contract.tables[0].name if contract.tables else "")
        document = as_csvw(table, (table.physical_name or f"{table.name}.csv").removeprefix("file:"))
    as_yaml = form is Form.ODCS and (target is None or target.suffix in (".yaml", ".yml"))
    text = (
        yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)
        if as_yaml
        else json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    )
    if target is None:
        out.print(text, markup=False, end="")
        return
    target.write_text(text, "utf-8")
    out.print(f"{entry}: written to {target}", markup=False)


@contract_app.command("check")
def check(
    file: Annotated[
        Path | None, typer.Argument(help="A table: .csv, .tsv, .parquet, .jsonl; none: the entry's own rows.")
    ] = None,
    contract: Annotated[Path | None, typer.Option(help="A file with the contract.")] = None,
    entry: Annotated[str, typer.Option(help="Or the entry it is kept with (with --data).")] = "",
    data: Annotated[Path | None, typer.Option("--data", help="The hub's data folder.")] = None,
    city: Annotated[Path | None, typer.Option(help="The city that harvests the entry's own rows.")] = None,
    table: Annotated[str, typer.Option(help="Which table of the contract [default: by the file].")] = "",
    zone: Annotated[str, typer.Option(help="Zone of moments that name none.")] = "UTC",
    note: Annotated[bool, typer.Option("--note", help="Note the result with the entry.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold a table against its contract; status 1 when it is broken."""
    from chengshu.resources.contracts import check_table, read_contract

    if (contract is None) == (not entry) or (entry and data is None):
        raise Invalid("contract-which", "say which contract", remedy="give --contract, or --entry and --data")
    if file is None and (not entry or city is None):
        raise Invalid(
            "contract-rows", "say which rows", remedy="name a file, or give --entry, --data, --city"
        )
    if contract is not None and file is not None:
        now, folder = SystemClock().now(), contract.parent
        verdict = check_table(read_contract(contract), file, now, table=table, folder=folder, zone=zone)
    else:
        assert data is not None  # noqa: S101  checked above
        verdict = _check_entry(data, entry, file, city, table, zone, note)
    _say(verdict, as_json)
    raise typer.Exit(0 if verdict.holds else 1)


def _check_entry(
    data: Path, entry: str, file: Path | None, city: Path | None, table: str, zone: str, note: bool
) -> Verdict:
    """The rows of a file, or those the city harvests, against the contract that is kept."""
    from chengshu.resources.contracts import ContractQueries, Contracts, check_table, of_rows
    from chengshu.resources.ledger import LedgerQueries

    with _opened(data, writing=note) as database:
        ledger = LedgerQueries(database)
        agreed, resource = ContractQueries(database).contract(entry), ledger.get(entry)
        clock = SystemClock()
        if file is None:
            verdict = of_rows(agreed, _own_rows(city or Path(), resource), resource, clock, zone)
        else:
            verdict = check_table(agreed, file, clock.now(), table=table, entry=resource, zone=zone)
        if note:
            Contracts(database, SystemClock(), ledger).held(entry, verdict, _operator())
    return verdict


def _own_rows(city: Path, entry: Resource) -> Any:
    """The rows of an entry as its source shows them. Raises :class:`Missing` where the hub sees none."""
    from chengshu.app.harvesting import FILE, connectors_of
    from chengshu.engines.http import AddressGuard, ThreadedHttp
    from chengshu.resources.ledger.harvest import RowSource, read_harvest

    calls = ThreadedHttp(AddressGuard(()))
    try:
        path = city / FILE
        found = connectors_of(read_harvest(path) if path.is_file() else (), city, calls)
        source = found.get(entry.origin.source) if entry.origin else None
        if not isinstance(source, RowSource):
            raise Missing(
                "contract-rows",
                "the hub cannot read the rows of this entry itself",
                where=entry.id,
                remedy="name a file with its rows",
            )
        return source.rows(entry)
    finally:
        calls.close()


def _say(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "contract": verdict.contract,
                "version": verdict.version,
                "table": verdict.table,
                "rows": verdict.rows,
                "checks": verdict.checks,
                "holds": verdict.holds,
                "findings": [item.as_dict() for item in verdict.findings],
            }
        )
        return
    for item in verdict.findings:
        word = "not judged" if item.unchecked else item.severity
        place = f" ({item.column})" if item.column else ""
        out.print(f"{word}: {item.check}{place}: {item.detail}", markup=False)
        for number, row in item.failing[:_SHOWN]:
            out.print(f"  row {number}: {row}", markup=False)
    words = "it is kept" if verdict.holds else "IT IS BROKEN"
    out.print(
        f"{verdict.contract} {verdict.version}: {verdict.rows:,} rows, {verdict.checks} checks: {words}",
        markup=False,
    )


@contract_app.command("show")
def show(entry: Entry, data: Data, as_json: AsJson = False) -> None:
    """The contract of an entry: its tables, its versions, and what the checks found."""
    from chengshu.resources.contracts import ContractQueries

    with _opened(data, writing=False) as database:
        queries = ContractQueries(database)
        contract, versions, checks = queries.contract(entry), queries.versions(entry), queries.checks(entry)
    if as_json:
        say_json(
            {
                "contract": contract.document,
                "versions": [
                    {"number": item.number, "version": item.version, "at": iso(from_millis(item.at))}
                    for item in versions
                ],
                "checks": [
                    {"at": iso(from_millis(item.at)), "number": item.number, "holds": item.holds}
                    for item in checks
                ],
            }
        )
        return
    _say_tables(contract)
    for item in versions:
        out.print(
            f"contract {item.number}: {item.version} {iso(from_millis(item.at))} by {item.actor}",
            markup=False,
        )
    for held in checks:
        words = "kept" if held.holds else f"BROKEN by {held.broken}"
        out.print(f"checked {iso(from_millis(held.at))}: {held.rows:,} rows, {words}", markup=False)


def _say_tables(contract: Contract) -> None:
    table = Table("table", "column", "type", "required", "classification", box=None)
    for part in contract.tables:
        for element in part.elements:
            required = "yes" if element.required or element.key else ""
            table.add_row(part.name, element.column, element.logical_type, required, element.classification)
    out.print(table)
    for service in contract.services:
        out.print(f"{service.property}: {service.value} {service.unit} {service.element}", markup=False)
