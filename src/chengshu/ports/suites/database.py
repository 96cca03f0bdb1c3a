"""The promises of :class:`chengshu.ports.database.Database`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import wait

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from chengshu.kernel.errors import Conflict
from chengshu.ports.database import Database
from chengshu.ports.rows import put
from chengshu.ports.suites.promise import expect, expect_raises

Factory = Callable[[], Database]  # opens the same store each time it is called
_metadata = MetaData()
_things = Table("suite_things", _metadata, Column("id", Integer, primary_key=True), Column("name", String))
_marked = Table(
    "suite_marked",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("first", Integer),
    Column("last", Integer),
)


class _Refused(Exception):
    """Raised by a work of the suite."""


def _add(name: str) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        key = connection.execute(insert(_things).values(name=name)).inserted_primary_key
        return int(key[0]) if key else 0

    return work


def _add_and_fail(connection: Connection) -> None:
    _add("half")(connection)
    raise _Refused


def _names(database: Database) -> list[str | None]:
    with database.read() as connection:
        return list(connection.execute(select(_things.c.name).order_by(_things.c.id)).scalars())


def _opened(factory: Factory) -> Database:
    database = factory()
    database.create(_metadata)
    return database


def check_write_returns_after_commit(factory: Factory) -> None:
    """A reader sees what a write did as soon as the write returned."""
    database = _opened(factory)
    expect(database.write(_add("a")), 1, "write returns the value of the work")
    expect(_names(database), ["a"], "a write is visible when it has returned")
    database.close()


def check_failed_work_leaves_nothing(factory: Factory) -> None:
    """An exception of a work is raised to its caller and undoes all of that work."""
    database = _opened(factory)
    expect_raises(_Refused, lambda: database.write(_add_and_fail), "the error of a work is raised")
    expect(_names(database), [], "a failed work leaves nothing")
    database.write(_add("b"))
    expect(_names(database), ["b"], "after a failed work the next one succeeds")
    database.close()


def check_failure_in_a_group_is_its_own(factory: Factory) -> None:
    """Of works submitted together the failing one fails alone."""
    database = _opened(factory)
    first, bad, last = (database.submit(work) for work in (_add("a"), _add_and_fail, _add("b")))
    wait((first, bad, last), timeout=30)
    expect(type(bad.exception()), _Refused, "the future of a failing work carries its error")
    expect((first.exception(), last.exception()), (None, None), "its neighbours succeed")
    expect(_names(database), ["a", "b"], "its neighbours are kept, in order")
    database.close()


def check_readers_cannot_write(factory: Factory) -> None:
    """A connection from ``read`` refuses to change anything."""
    database = _opened(factory)

    def misuse() -> None:
        with database.read() as connection:
            connection.execute(insert(_things).values(name="sneaked"))

    expect_raises(DBAPIError, misuse, "a reader is refused when it writes")
    database.write(_add("a"))
    expect(_names(database), ["a"], "nothing of the refused write is kept, and writing goes on")
    database.close()


def check_rows_take_their_places(factory: Factory) -> None:
    """A row with the key of one that is there takes its place; what is to be kept stays as first written."""
    database = _opened(factory)
    old, new = {"id": 1, "name": "old"}, {"id": 1, "name": "new"}
    database.write(lambda connection: put(connection, _things, old, {"id": 2, "name": "other"}))
    database.write(lambda connection: put(connection, _things, new))
    expect(_names(database), ["new", "other"], "a row takes the place of the one with its key")
    database.write(lambda connection: put(connection, _marked, {"id": 1, "first": 1, "last": 1}))
    database.write(
        lambda connection: put(connection, _marked, {"id": 1, "first": 2, "last": 2}, keep=("first",))
    )
    with database.read() as connection:
        row = connection.execute(select(_marked)).one()
    expect(tuple(row), (1, 1, 2), "a column that is kept stays, the others are replaced")
    database.write(lambda connection: put(connection, _things))
    expect(_names(database), ["new", "other"], "no rows change nothing")
    database.close()


def check_read_is_one_state(factory: Factory) -> None:
    """Inside one ``read`` the state does not change, whatever is written meanwhile."""
    database = _opened(factory)
    database.write(_add("a"))
    with database.read() as connection:
        before = list(connection.execute(select(_things.c.name)).scalars())
        database.write(_add("b"))
        after = list(connection.execute(select(_things.c.name)).scalars())
    expect(after, before, "a reader sees one consistent state")
    expect(_names(database), ["a", "b"], "the next reader sees the new state")
    database.close()


def check_writers_from_many_threads(factory: Factory) -> None:
    """Writes of many threads all happen, each once."""
    database = _opened(factory)

    def work(start: int) -> None:
        for i in range(20):
            database.write(_add(f"{start}-{i}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(
        sorted(str(name) for name in _names(database)),
        sorted(f"{n}-{i}" for n in range(4) for i in range(20)),
        "every write of every thread is kept once",
    )
    database.close()


def check_hooks_run_after_commit(factory: Factory) -> None:
    """``on_commit`` is called after the data is visible."""
    database = _opened(factory)
    called = threading.Event()
    database.on_commit(called.set)
    database.write(_add("a"))
    expect(called.wait(10), True, "on_commit is called")
    database.close()


def check_close_finishes_and_keeps(factory: Factory) -> None:
    """``close`` finishes what was submitted; another opening finds it."""
    database = _opened(factory)
    futures = [database.submit(_add(str(i))) for i in range(10)]
    database.close()
    expect([future.exception() for future in futures], [None] * 10, "submitted works finish before close")
    expect_raises(RuntimeError, lambda: database.write(_add("late")), "a closed database refuses work")
    again = factory()
    expect(_names(again), [str(i) for i in range(10)], "what was written is there after opening again")
    again.close()


def check_no_write_inside_a_write(factory: Factory) -> None:
    """A write from inside a work is refused at once, and the outer one is undone."""
    database = _opened(factory)

    def nested(connection: Connection) -> None:
        _add("outer")(connection)
        database.write(_add("inner"))

    expect_raises(RuntimeError, lambda: database.write(nested), "a write inside a write is refused")
    expect(_names(database), [], "neither of the two is kept")
    database.write(_add("a"))
    expect(_names(database), ["a"], "writing goes on afterwards")
    database.close()


def check_create_twice(factory: Factory) -> None:
    """``create`` leaves what is there."""
    database = _opened(factory)
    database.write(_add("a"))
    database.create(_metadata)
    expect(_names(database), ["a"], "creating tables again changes nothing")
    database.close()


def check_create_brings_up(factory: Factory) -> None:
    """Tables of an earlier version get what is new; their rows stay."""
    database = _opened(factory)
    database.write(_add("a"))
    later = MetaData()
    table = Table(
        "suite_things",
        later,
        Column("id", Integer, primary_key=True),
        Column("name", String, index=True),
        Column("note", String),
        Column("weight", Integer, nullable=False, server_default="1"),
    )
    Table("suite_more", later, Column("id", Integer, primary_key=True))
    database.create(later)
    with database.read() as connection:
        rows = [tuple(row) for row in connection.execute(select(table))]
        expect(rows, [(1, "a", None, 1)], "the row stays, and what is new has its default")
        names = [index["name"] for index in inspect(connection).get_indexes("suite_things")]
        expect(names, ["ix_suite_things_name"], "the index is there")
    database.create(_metadata)  # the earlier version again: it leaves what it does not know
    database.write(_add("b"))
    expect(_names(database), ["a", "b"], "the earlier version can still write")
    database.create(later)
    database.close()


def check_create_touches_no_value(factory: Factory) -> None:
    """What could not be brought up without touching stored values is refused whole, by name."""
    database = _opened(factory)
    database.write(_add("a"))
    later = MetaData()
    Table(
        "suite_things",
        later,
        Column("id", Integer, primary_key=True),
        Column("name", Integer),
        Column("must", String, nullable=False),
        Column("may", String),
    )
    try:
        database.create(later)
    except Conflict as error:
        for word in ("suite_things", "name", "must"):
            expect(word in error.fault.detail, True, f"the difference is named: {word}")
    else:
        expect("created", "refused", "stored values are not touched")
    with database.read() as connection:
        columns = [column["name"] for column in inspect(connection).get_columns("suite_things")]
    expect(columns, ["id", "name"], "nothing half-done is kept")
    expect(_names(database), ["a"], "what was stored stays")
    keyed = MetaData()
    Table("suite_things", keyed, Column("id", Integer), Column("name", String, primary_key=True))
    expect_raises(Conflict, lambda: database.create(keyed), "another key is refused")
    database.close()


DATABASE_CHECKS: Sequence[Callable[[Factory], None]] = (
    check_write_returns_after_commit,
    check_failed_work_leaves_nothing,
    check_failure_in_a_group_is_its_own,
    check_readers_cannot_write,
    check_rows_take_their_places,
    check_read_is_one_state,
    check_writers_from_many_threads,
    check_hooks_run_after_commit,
    check_close_finishes_and_keeps,
    check_no_write_inside_a_write,
    check_create_twice,
    check_create_brings_up,
    check_create_touches_no_value,
)
