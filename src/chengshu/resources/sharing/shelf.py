"""Small files kept as tables until they change, so that not every use reads its file again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import pyarrow as pa

from chengshu.resources.quality.table import opened

LARGEST = 8 * 2**20  # bytes of a file that is kept
ROOM = 64 * 2**20  # bytes of all tables together

_Sign = tuple[int, int, int]


class Shelf:
    """The tables used last. Safe to use from several threads; what does not fit is read from its file."""

    def __init__(self, largest: int = LARGEST, room: int = ROOM) -> None:
        self._largest, self._room = largest, room
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, str], tuple[_Sign, pa.Table | None]] = OrderedDict()

    def table(self, path: Path, encoding: str) -> Path | pa.Table:
        """The rows of a file as they are now: a table, or the path of one that is not kept.

        A table is kept only if it says the same types as its file: treatments and marks go by them. Raises
        what reading the file raises; a file that is not there is left to the reader to tell of.
        """
        try:
            found = path.stat()
        except OSError:
            return path
        if found.st_size > self._largest:
            return path
        sign, key = (found.st_mtime_ns, found.st_size, found.st_ino), (path, encoding)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == sign:
                self._kept.move_to_end(key)
                return path if kept[1] is None else kept[1]
        table = _read(path, encoding)
        self._keep(key, sign, table)
        return path if table is None else table

    def _keep(self, key: tuple[Path, str], sign: _Sign, table: pa.Table | None) -> None:
        with self._lock:
            self._kept[key] = (sign, table)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(_size(item) for _, item in self._kept.values()) > self._room:
                self._kept.popitem(last=False)


def _read(path: Path, encoding: str) -> pa.Table | None:
    """The file as a table; None when a table would say other types than the file."""
    with opened(path, encoding) as file:
        types, table = file.columns, file.arrow("SELECT * FROM data")
    with opened(table) as again:
        return table if again.columns == types else None


def _size(table: pa.Table | None) -> int:
    return 0 if table is None else int(table.nbytes)
