"""How long the hub waits for a table: a reading that takes longer is cut off, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import duckdb

from chengshu.kernel.errors import Unavailable

_AGAIN = 0.2  # seconds: an interrupt hits only the query that is running, so it is repeated


@contextmanager
def patience(database: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Cut the database's queries off after ``seconds`` (None: never).

    Raises :class:`Unavailable` when they were cut off, whatever else was raised by that.
    """
    if seconds is None:
        yield
        return
    done, fired = Event(), Event()

    def cut() -> None:
        if done.wait(seconds):
            return
        fired.set()
        while not done.is_set():
            database.interrupt()
            done.wait(_AGAIN)

    watch = Thread(target=cut, name="chengshu-patience", daemon=True)
    watch.start()
    try:
        yield
    except Exception:
        if not fired.is_set():
            raise
        raise Unavailable(
            "table-slow",
            f"reading the table took longer than {seconds:g} s",
            remedy="split the file, or look into it when the hub has less to do",
        ) from None
    finally:
        done.set()
        watch.join()
