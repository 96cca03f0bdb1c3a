"""Open the hub's stores in a data folder: one process at a time holds it."""

from __future__ import annotations

import os
from pathlib import Path

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.kernel.errors import Conflict, Missing

STATE_FILE = "hub.db"


class DataFolder:
    """A lock on a data folder, given back by the system itself when the process dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._file = (folder / "hub.lock").open("a+")
        try:
            import fcntl

            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # no flock on this system: the database's own lock must do
            return
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "another process"
            raise Conflict(
                "data-in-use",
                f"the data folder is in use by {holder}",
                where=str(folder),
                remedy="stop that hub first, or give another --data",
            ) from None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"process {os.getpid()}")
        self._file.flush()

    def release(self) -> None:
        """Give the folder back."""
        self._file.close()


def open_state(
    folder: Path, *, must_exist: bool = False, durable: bool = True, threaded: bool = True
) -> SqliteDatabase:
    """The hub's state in ``folder``. Raises :class:`Missing` when it must exist and does not."""
    path = folder / STATE_FILE
    if must_exist and not path.is_file():
        raise Missing(
            "data-missing",
            "there is no hub's data here",
            where=str(folder),
            remedy="give the folder that was given to: chengshu serve --data",
        )
    folder.mkdir(parents=True, exist_ok=True)
    return SqliteDatabase(path, durable=durable, threaded=threaded)
