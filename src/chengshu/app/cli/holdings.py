"""Commands about the data of the city as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from chengshu.app.cli.base import AsJson, Data
from chengshu.app.cli.ledger import Language, ledger_app
from chengshu.app.say import out, say_json
from chengshu.kernel.clock import SystemClock, iso

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
