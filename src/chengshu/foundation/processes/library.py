"""Definitions by key and version, loaded once: they never change."""

from __future__ import annotations

from threading import Lock

from sqlalchemy import Connection

from chengshu.foundation.processes import store
from chengshu.kernel.errors import Missing
from chengshu.ports.process_engine import Definition, ProcessEngine


class Library:
    """A cache over the table of definitions."""

    def __init__(self, engine: ProcessEngine) -> None:
        self._engine = engine
        self._loaded: dict[tuple[str, int], Definition] = {}
        self._lock = Lock()

    def get(self, connection: Connection, key: str, version: int) -> Definition:
        """The definition. Raises :class:`Missing` for a version that was never deployed."""
        with self._lock:
            found = self._loaded.get((key, version))
            if found is None:
                sources = store.sources_of(connection, key, version)
                if sources is None:
                    raise Missing(
                        "process-definition", f"there is no version {version} of {key!r}", where=key
                    )
                found = self._loaded[key, version] = self._engine.load(sources)
            return found

    def gather(self, connection: Connection, source: bytes) -> tuple[bytes, ...]:
        """``source`` and the newest deployed files of everything it calls, directly or through others."""
        files, todo = [source], [source]
        while todo:
            for name in sorted(self._engine.calls(todo.pop())):
                deployed = store.latest_definition(connection, name)
                sources = store.sources_of(connection, name, deployed.version) if deployed else None
                for file in sources or ():
                    if file not in files:
                        files.append(file)
                        todo.append(file)
        return tuple(files)
