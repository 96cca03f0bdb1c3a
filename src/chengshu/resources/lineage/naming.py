"""Names of columns in lineage: ``entry.column``, where the hub knows the entry. Pure."""

from __future__ import annotations

from collections.abc import Iterator


def column_key(entry: str, column: str) -> str:
    """The name of a column of an entry of the ledger."""
    return f"{entry}.{column}"


def splits(key: str) -> Iterator[tuple[str, str]]:
    """Every way to read a name as table and column, the longest table first: both may hold dots."""
    at = key.rfind(".")
    while at > 0:
        yield key[:at], key[at + 1 :]
        at = key.rfind(".", 0, at)
