"""Commands of corrections: say what is wrong with shared data, see what waits, answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from chengshu.app.cli.base import AsJson, Data, Packages
from chengshu.app.cli.city_run import CityFolder
from chengshu.app.cli.sharing import By, party, sharing_app
from chengshu.app.cli.sharing_room import opened
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import from_millis, iso

if TYPE_CHECKING:
    from chengshu.resources.sharing import Correction


@sharing_app.command("correct")
def correct(
    city: CityFolder,
    grant: Annotated[str, typer.Argument(help="The grant under which the data were had.")],
    data: Data,
    by: By,
    record: Annotated[str, typer.Option(help="The row: a key that its provider understands.")],
    claim: Annotated[str, typer.Option(help="What is wrong, and what is right.")],
    evidence: Annotated[str, typer.Option(help="What shows it.")],
    field: Annotated[str, typer.Option(help="The field; none: the whole row.")] = "",
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Say that a row, or a field of it, is wrong; the provider must answer in working days."""
    with opened(city, data, packages) as room:
        found = room.corrections.ask(grant, record, field, claim, evidence, party(by))
    _say([found], as_json)


@sharing_app.command("corrections")
def corrections(
    city: CityFolder,
    data: Data,
    state: Annotated[str, typer.Option(help="open, corrected or declined; none: all.")] = "",
    resource: Annotated[str, typer.Option(help="Only of this entry.")] = "",
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """Corrections that were asked for, and what became of them."""
    with opened(city, data, packages, writing=False) as room:
        found = room.queries.corrections(resource, state)
    _say(found, as_json)


@sharing_app.command("answer-correction")
def answer_correction(
    city: CityFolder,
    id_: Annotated[str, typer.Argument(metavar="ID", help="The correction's id.")],
    data: Data,
    by: By,
    reason: Annotated[str, typer.Option(help="What was done, or why the value stands.")],
    corrected: Annotated[bool, typer.Option("--corrected/--stands", help="Which it is.")],
    packages: Packages = None,
    as_json: AsJson = False,
) -> None:
    """The provider's answer; of a correction everybody who had the data is told."""
    with opened(city, data, packages) as room:
        found = room.corrections.answer(id_, party(by), corrected=corrected, reason=reason)
    _say([found], as_json)


def _say(found: list[Correction], as_json: bool) -> None:
    if as_json:
        say_json([_dict(item) for item in found])
        return
    table = Table(
        Column("correction", overflow="fold"), "state", "entry", "field", "provider", "told", box=None
    )
    for item in found:
        table.add_row(
            item.id, item.state, item.resource, item.field or "-", item.provider, ", ".join(item.told) or "-"
        )
    out.print(table)


def _dict(item: Correction) -> dict[str, Any]:
    return {
        "id": item.id,
        "state": item.state,
        "resource": item.resource,
        "field": item.field,
        "provider": item.provider,
        "department": item.department,
        "claim": item.claim,
        "evidence": item.evidence,
        "at": iso(from_millis(item.at)),
        "reason": item.reason,
        "told": list(item.told),
    }
