"""Commands of the knowledge base: add a document, ask, read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from chengshu.app.cli.base import AsJson, Data, app
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text

if TYPE_CHECKING:
    from chengshu.app.knowledge import KnowledgeRoom
    from chengshu.resources.grading import Grade
    from chengshu.resources.knowledge.search import Cited

knowledge_app = typer.Typer(help="Documents, searched with the clause that answers.", no_args_is_help=True)
app.add_typer(knowledge_app, name="knowledge")
AsOf = Annotated[str, typer.Option("--as-of", help="The day that counts, such as 2026-07-01; none: today.")]
Level = Annotated[str, typer.Option("--grade", help="The highest grade that may be read.")]


@contextmanager
def _room(data: Path, *, writing: bool = False) -> Iterator[KnowledgeRoom]:
    """The knowledge base of a data folder; to write, the hub must be stopped."""
    from chengshu.app.knowledge import knowledge_of
    from chengshu.app.meaning import meanings_of
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.journal import Pump
    from chengshu.foundation.journal import store as journal_store
    from chengshu.kernel.ids import TimeIds
    from chengshu.ports.runtime import Consumer
    from chengshu.resources.knowledge import store
    from chengshu.resources.knowledge.meaning import KnowledgeMeaning
    from chengshu.resources.ledger import Ledger, LedgerQueries
    from chengshu.resources.ledger import store as ledger_store

    lock = DataFolder(data) if writing else None
    database = open_state(data, must_exist=not writing)
    clock = SystemClock()
    room, meaning = None, meanings_of(data)
    try:
        if writing:
            for part in (journal_store, ledger_store, store):
                database.create(part.metadata)
        entries = LedgerQueries(database)
        ledger = Ledger(database, clock, TimeIds(clock))
        room = knowledge_of(data, database, clock, ledger, entries, meaning.knowledge if meaning else None)
        yield room
        if writing:
            followers: list[Consumer] = [room.search]
            if meaning is not None:
                followers.append(KnowledgeMeaning(meaning.knowledge, room.queries))
            Pump(database, clock, followers, strict=True).drain()
    finally:
        if room is not None:
            room.index.close()
        if meaning is not None:
            meaning.close()
        database.close()
        if lock is not None:
            lock.release()


@knowledge_app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="Markdown, text, HTML or DOCX.")],
    data: Data,
    valid_from: Annotated[str, typer.Option("--from", help="First day it holds, such as 2026-01-01.")],
    until: Annotated[str, typer.Option(help="First day it holds no longer; none: open.")] = "",
    title: Annotated[str, typer.Option(help="Its title; none: the file's name.")] = "",
    document: Annotated[str, typer.Option(help="The document it is a new edition of; none: a new one.")] = "",
    label: Annotated[str, typer.Option(help="What the edition is called; none: its first day.")] = "",
    provider: Annotated[str, typer.Option(help="The department it comes from.")] = "",
    grade: Annotated[str, typer.Option(help="general-1 … general-4, important, core. [general-2]")] = "",
    is_open: Annotated[
        bool | None, typer.Option("--open/--closed", help="Whether everybody sees it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a document, or a new edition of one, cut into passages (the hub must be stopped)."""
    from chengshu.foundation.journal import Actor
    from chengshu.resources.knowledge.commands import About

    about = About(
        _day(valid_from, "--from"),
        Text.of(title),
        document,
        label,
        _day(until, "--until") if until else None,
        provider,
        _grade(grade) if grade else None,
        is_open,
    )
    body = _bytes(file)
    with _room(data, writing=True) as room:
        added = room.commands.add(file.name, body, about, Actor("operator:command-line"))
    edition = added.edition
    if as_json:
        say_json({"new": added.new, **edition.as_dict()})
        return
    what = f"edition {edition.number} of {edition.document}" if added.new else "nothing new"
    out.print(f"{what}: {edition.passages} passages, holds from {edition.valid_from}", markup=False)


@knowledge_app.command("search")
def search(
    text: Annotated[str, typer.Argument(help="A question, in Chinese or English.")],
    data: Data,
    as_of: AsOf = "",
    grade: Level = "core",
    limit: Annotated[int, typer.Option(min=1, max=50)] = 5,
    as_json: AsJson = False,
) -> None:
    """Passages that answer, each with its clause; status 1 and plain words when nothing does."""
    from chengshu.resources.knowledge.readers import Reader

    with _room(data) as room:
        found = room.search.ask(text, Reader(_grade(grade)), _today(as_of), limit=limit)
    if as_json:
        say_json(found.as_dict())
    elif found.found:
        for hit in found.passages:
            out.print(
                f"[bold]{escape(hit.resource.title.say('en'))} {escape(hit.place)}{_page(hit.page)}[/bold]"
            )
            out.print(f"  {hit.edition.label}, holds from {hit.edition.valid_from}", markup=False)
            out.print(_marked(hit))
    else:
        out.print(f"not found in {found.documents} documents", markup=False)
        if found.unknown:
            out.print(f"none of them has: {', '.join(found.unknown)}", markup=False)
    raise typer.Exit(0 if found.found else 1)


def _page(number: int) -> str:
    return f" (page {number})" if number else ""


@knowledge_app.command("show")
def show(
    document: Annotated[str, typer.Argument(help="The document's id.")],
    data: Data,
    edition: Annotated[int, typer.Option(help="An edition by number; 0: the one that holds.")] = 0,
    as_of: AsOf = "",
    grade: Level = "core",
    as_json: AsJson = False,
) -> None:
    """A document passage by passage with the clause of each, and its editions."""
    from chengshu.resources.knowledge.citing import place_of
    from chengshu.resources.knowledge.readers import Reader

    reader = Reader(_grade(grade))
    with _room(data) as room:
        if edition:
            page = room.queries.page(document, reader, edition=edition)
        else:
            page = room.queries.page(document, reader, day=_today(as_of))
    if as_json:
        say_json(page.as_dict())
        return
    for item in page.editions:
        here = "*" if item.number == page.held.edition.number else " "
        until = f" until {item.valid_until}" if item.valid_until else ""
        out.print(f"{here} edition {item.number} {item.label}: from {item.valid_from}{until}", markup=False)
    for part in page.passages:
        out.print(f"[dim]{escape(place_of(part))}{_page(page.held.edition.page_of(part))}[/dim]")
        out.print(part.text.rstrip("\n"), markup=False)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        detail = f"the file cannot be read: {error.strerror}"
        raise Invalid("document-file", detail, where=str(file), remedy="check its name") from None


def _marked(hit: Cited) -> str:
    """The passage with its matched words in bold."""
    text, at, said = hit.passage.text.rstrip("\n"), 0, ""
    for start, end in hit.marks:
        said += f"{escape(text[at:start])}[bold]{escape(text[start:end])}[/bold]"
        at = end
    return said + escape(text[at:])


def _today(text: str) -> date:
    return _day(text, "--as-of") if text else SystemClock().now().date()


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("day", f"{text!r} is no day", where=where, remedy="write it as 2026-07-01") from None


def _grade(text: str) -> Grade:
    from chengshu.resources.grading import Grade

    if text not in {*Grade}:
        known = ", ".join(Grade)
        raise Invalid("grade-unknown", f"{text!r} is no grade", where="--grade", remedy=f"use one of {known}")
    return Grade(text)
