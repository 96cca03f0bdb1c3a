"""Commands of retention: what is due, holds, deletion after a look, proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from chengshu.app.cli.base import AsJson, Data, app
from chengshu.app.cli.city_run import CityFolder
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import SystemClock, from_millis, iso
from chengshu.kernel.errors import Invalid, Missing

if TYPE_CHECKING:
    from chengshu.app.retention import RetentionRoom
    from chengshu.resources.retention import Destruction, Due, Proof

retention_app = typer.Typer(help="How long data are kept, and proof of their deletion.", no_args_is_help=True)
app.add_typer(retention_app, name="retention")
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="The entry's id in the ledger.")]
Language = Annotated[str, typer.Option(help="en, zh-Hans or zh-Hant.")]
_SHOWN = 50


@contextmanager
def _opened(city: Path, data: Path, *, writing: bool) -> Iterator[RetentionRoom]:
    from chengshu.app.datasets import datasets_of
    from chengshu.app.retention import retention_of
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.engines.embedded.history import DuckHistory
    from chengshu.foundation.context import store as context_store
    from chengshu.foundation.journal import store as journal_store
    from chengshu.kernel.ids import TimeIds
    from chengshu.resources.datasets import store as dataset_store
    from chengshu.resources.knowledge import store as knowledge_store
    from chengshu.resources.ledger import store as ledger_store
    from chengshu.resources.retention import read_retention, store
    from chengshu.resources.sharing import store as sharing_store

    rules = read_retention(city)
    lock = DataFolder(data) if writing else None
    try:
        database = open_state(data, must_exist=True)
        history = DuckHistory(data / "history.duckdb" if writing else None)  # a look needs no history
        try:
            held = (context_store, dataset_store, knowledge_store, sharing_store)
            for part in (journal_store, ledger_store, *held, store):
                database.create(part.metadata)
            clock = SystemClock()
            ids = TimeIds(clock)
            datasets = datasets_of(data, database, clock, ids)
            yield retention_of(database, clock, ids, rules, datasets, history)
        finally:
            history.close()
            database.close()
    finally:
        if lock is not None:
            lock.release()


def _operator() -> Any:
    from chengshu.foundation.journal import Actor

    return Actor("operator:command-line")


@retention_app.command("due")
def due(
    city: CityFolder,
    data: Data,
    entry: Annotated[str, typer.Option(help="One entry; none: all.")] = "",
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """What is kept longer than retention.yaml says, by which law, and what a hold keeps back."""
    with _opened(city, data, writing=False) as room:
        found = room.queries.due(SystemClock().now(), entry)
        holds, waiting = room.queries.holds(entry), room.queries.destructions(entry)
    unfinished = [item.id for item in waiting if item.state == "marked"]
    if as_json:
        say_json(
            {
                "due": [_due(item) for item in found],
                "holds": [{"id": item.id, "entry": item.entry, "reason": item.reason} for item in holds],
                "unfinished": unfinished,
            }
        )
        return
    table = Table("entry", "items", "due since", "rule", "law", "held by", box=None)
    for item in found:
        table.add_row(
            *(item.entry, f"{len(item.items):,}", iso(from_millis(item.since)), item.ground.rule),
            *(item.ground.law, ", ".join(item.holds)),
        )
    out.print(table)
    for hold in holds:
        out.print(f"{hold.id} holds {hold.entry}: {hold.reason}", markup=False)
    for id_ in unfinished:
        out.print(f"{id_} is not finished: chengshu retention delete … --resume", markup=False)
    out.print(f"{len(found)} entries hold data that are due")


def _due(item: Due) -> dict[str, Any]:
    return {
        "entry": item.entry,
        "rule": item.ground.rule,
        "keep": item.ground.keep,
        "law": item.ground.law,
        "basis": item.ground.basis,
        "since": iso(from_millis(item.since)),
        "holds": list(item.holds),
        "root": item.root,
        "items": [
            {"holding": one.holding, "name": one.name, "sha256": one.digest, "size": one.size}
            for one in item.items
        ],
    }


@retention_app.command("hold")
def hold(
    city: CityFolder,
    entry: Entry,
    data: Data,
    reason: Annotated[str, typer.Option(help="Why; it is journalled.")],
    law: Annotated[str, typer.Option(help="The law or order it rests on.")] = "",
    release: Annotated[str, typer.Option(help="A hold to end, by its id.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep an entry's data whatever its rule says, or end such a hold."""
    with _opened(city, data, writing=True) as room:
        if release:
            if entry not in {item.entry for item in room.queries.holds() if item.id == release}:
                raise Missing("hold-missing", f"no hold {release!r} stands on this entry", where=entry)
            found = room.retention.release(release, reason, _operator())
        else:
            found = room.retention.hold(entry, reason, _operator(), law=law)
    if as_json:
        say_json({"hold": found.id, "entry": entry, "released": bool(found.released_at)})
        return
    out.print(f"{found.id} {'no longer holds' if found.released_at else 'holds'} {entry}", markup=False)


@retention_app.command("delete")
def delete(
    city: CityFolder,
    data: Data,
    entry: Annotated[str, typer.Argument(metavar="[ENTRY]", help="The entry's id in the ledger.")] = "",
    confirm: Annotated[str, typer.Option(help="The root that was shown: 8 signs of it or more.")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="Finish what was begun before.")] = False,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show what would be destroyed, with one root over all of it; destroy it when that root is confirmed."""
    if resume == bool(entry):
        raise Invalid("retention-which", "say which entry", remedy="name one, or give --resume")
    with _opened(city, data, writing=resume or bool(confirm)) as room:
        if resume:
            _say_done(room.retention.resume(_operator()), as_json)
            return
        found = room.queries.due(SystemClock().now(), entry)
        if found and confirm:
            _say_done((room.retention.delete(found[0], confirm, _operator()),), as_json)
            return
    if as_json:
        say_json(_due(found[0]) if found else None)
        return
    if not found:
        out.print(f"{entry}: nothing is due", markup=False)
        return
    _say_look(found[0], language)


def _say_look(due: Due, language: str) -> None:
    from chengshu.kernel.texts import Text

    for item in due.items[:_SHOWN]:
        out.print(f"  {item.holding} {item.name}: {item.size:,}, SHA-256 {item.digest[:16]}…", markup=False)
    if len(due.items) > _SHOWN:
        out.print(f"  and {len(due.items) - _SHOWN:,} more")
    basis = Text.of(due.ground.basis).say(language)
    out.print(f"by {due.ground.rule} ({due.ground.keep}): {due.ground.law}, {basis}", markup=False)
    for hold in due.holds:
        out.print(f"{hold} holds it: nothing will be destroyed", markup=False)
    out.print(f"nothing is destroyed yet; to destroy it: --confirm {due.root[:16]}")


def _say_done(found: tuple[Destruction, ...], as_json: bool) -> None:
    if as_json:
        say_json(
            [{"id": item.id, "entry": item.entry, "state": item.state, "root": item.proven} for item in found]
        )
        return
    for item in found:
        words = f" ({item.why})" if item.why else ""
        out.print(f"{item.id}: {item.entry} {item.state}{words}, root {item.proven}", markup=False)
    if not found:
        out.print("nothing was waiting")


@retention_app.command("proof")
def proof(
    city: CityFolder,
    data: Data,
    id_: Annotated[str, typer.Argument(metavar="[ID]", help="A deletion; none: all of them.")] = "",
    file: Annotated[Path | None, typer.Option(help="A file: was it among what was destroyed?")] = None,
    as_json: AsJson = False,
) -> None:
    """Hold deletions against the journal and what is there; status 1 when a proof is broken."""
    from chengshu.resources.retention.files import digest_of

    if file is not None and not file.is_file():
        raise Missing("file-missing", "the file does not exist", where=str(file), remedy="correct the name")
    digest = digest_of(file) if file is not None else ""
    with _opened(city, data, writing=False) as room:
        named = [id_] if id_ else [item.id for item in room.queries.destructions()]
        if digest and not id_:
            named = room.queries.destroyed_with(digest)
        proofs = [room.queries.proof(name) for name in named]
    if as_json:
        say_json([_proof(item, digest) for item in proofs])
    else:
        for item in proofs:
            _say_proof(item, digest)
        out.print(f"{len(proofs)} deletions" + (f" of SHA-256 {digest}" if digest else ""), markup=False)
    raise typer.Exit(1 if any(item.broken for item in proofs) or (digest and not proofs) else 0)


def _proof(item: Proof, digest: str) -> dict[str, Any]:
    from chengshu.resources.retention import among

    told = item.destruction
    found = among(item, digest) if digest else None
    return {
        "id": told.id,
        "entry": told.entry,
        "state": told.state,
        "law": told.ground.law,
        "by": told.by,
        "at": iso(from_millis(told.at)),
        "marked": told.marked,
        "root": told.proven,
        "counts": item.counts(),
        "journal": {"entry": item.entry, "hash": item.hash},
        "broken": item.broken,
        "items": [
            {"holding": one.holding, "name": one.name, "sha256": one.digest, "outcome": one.outcome}
            for one in item.items
        ],
        "among": None
        if found is None
        else {"name": found[0].name, "index": found[1], "path": list(found[2])},
    }


def _say_proof(item: Proof, digest: str) -> None:
    told = item.destruction
    counts = ", ".join(f"{count:,} {word}" for word, count in item.counts().items())
    words = f"BROKEN: {item.broken}" if item.broken else "the proof holds"
    out.print(
        f"{told.id}: {told.entry} {told.state} {iso(from_millis(told.at))} by {told.by}, {told.ground.law}: "
        f"{counts}; journal entry {item.entry}; {words}",
        markup=False,
    )
    if digest:
        from chengshu.resources.retention import among

        found = among(item, digest)
        out.print(f"  it was {found[0].name}" if found else "  it was not among it", markup=False)
