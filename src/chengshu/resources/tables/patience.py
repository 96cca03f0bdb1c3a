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

    Raises :class:`Unavailable` when the time was up, whatever was raised or swallowed by that.
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
        raise _slow(seconds) from None
    else:
        if fired.is_set():
            raise _slow(seconds)
    finally:
        done.set()
        watch.join()


def _slow(seconds: float) -> Unavailable:
    return Unavailable(
        "table-slow",
        f"reading the table took longer than {seconds:g} s",
        remedy="split the file, or look into it when the hub has less to do",
    )
