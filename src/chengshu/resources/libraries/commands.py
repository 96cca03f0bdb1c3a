"""The only writer: an entry that a city names as the authority of a base library says so in the ledger."""

from __future__ import annotations

from msgspec.structs import replace

from chengshu.foundation.journal import Actor
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.libraries.declared import LibrariesFile
from chengshu.resources.libraries.keys import entry_name

_ACTOR = Actor.hub("libraries")


def mark_libraries(declared: LibrariesFile, ledger: Ledger, queries: LedgerQueries) -> int:
    """Book the library of each authority that the ledger has; how many changed. What another entry says of
    itself stays: it may belong to a library without being its authority.
    """
    wanted = {item.entry: item.library for item in declared.libraries}
    moved = []
    for source in sorted({name.partition("/")[0] for name in wanted}):
        after = ""
        while page := queries.page(origin=source, after=after):
            after = page[-1].id
            for entry in page:
                library = wanted.get(entry_name(entry), "")
                if library and entry.base_library != library and entry.state != "retired":
                    moved.append(replace(entry, base_library=library))
    ledger.put(moved, _ACTOR, why="libraries.yaml")
    return len(moved)
