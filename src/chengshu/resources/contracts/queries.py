"""Readers of contracts: the one in force, those before it, and how well they were kept."""

from __future__ import annotations

from pathlib import Path

from chengshu.foundation.declared import Document
from chengshu.kernel.errors import Missing
from chengshu.ports.database import Database
from chengshu.resources.contracts import store
from chengshu.resources.contracts.model import Contract, Held, Kept
from chengshu.resources.contracts.reading import contract_of


class ContractQueries:
    """What was promised of the ledger's entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kept(self, entry: str, number: int = 0) -> Kept:
        """A version kept with an entry; 0: the one in force. Raises :class:`Missing`."""
        found = self.versions(entry)
        for item in reversed(found):
            if number in (0, item.number):
                return item
        raise Missing(
            "contract-missing",
            f"no contract{f' number {number}' * bool(number)} is kept with this entry",
            where=entry,
            remedy="bring one in: chengshu contract import FILE ENTRY",
        )

    def contract(self, entry: str, number: int = 0) -> Contract:
        """As :meth:`kept`, read."""
        return contract_of(Document(Path(entry), self.kept(entry, number).document))

    def versions(self, entry: str) -> list[Kept]:
        """Every version, oldest first."""
        with self._database.read() as connection:
            return store.versions_of(connection, entry)

    def checks(self, entry: str, limit: int = 100) -> list[Held]:
        """The newest checks, oldest first."""
        with self._database.read() as connection:
            return store.checks_of(connection, entry, limit)
