"""A database, described by its own catalogue: every table and view with its columns, keys and comments."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnClause, Engine, MetaData, Table, create_engine, func, inspect, select
from sqlalchemy import column as named
from sqlalchemy.engine import URL, Inspector, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from chengshu.kernel.errors import Invalid, Missing, Unavailable
from chengshu.kernel.texts import Text
from chengshu.resources.ledger.harvest.connectors.sheets import MOST_ROWS, as_text
from chengshu.resources.ledger.harvest.declared import Database
from chengshu.resources.ledger.harvest.model import Page, Problem, Record, Rows
from chengshu.resources.ledger.model import Distribution, Field, Resource, encode

_PAGE = 100
_MOST_CELLS = 2_000_000  # of a look at the rows: of a table of thousands of columns fewer rows are read
_SECONDS = 60  # for one question; a server that hangs is given up
_TIMEOUT: Mapping[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": 10, "options": f"-c statement_timeout={_SECONDS * 1000}"},
    "mysql": {"connect_timeout": 10, "read_timeout": _SECONDS},
    "mariadb": {"connect_timeout": 10, "read_timeout": _SECONDS},
}
_DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}


def has_password(declared: Database) -> bool:
    """Whether a password stands in the address. Raises :class:`Invalid` for one that cannot be opened."""
    return bool(_address(declared).password)


def _address(declared: Database) -> URL:
    try:
        url = make_url(declared.url)
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        place = declared.url.partition("@")[2] or declared.url  # without what may be a password
        raise Invalid(
            "harvest-database-url",
            f"this is no database address that can be opened here: {error}",
            where=place,
            remedy="write such as postgresql+psycopg://reader@host/name, and install its driver",
        ) from None
    return url


class DatabaseConnector:
    """Reads tables by name; the cursor is the last one read."""

    def __init__(self, declared: Database) -> None:
        self._declared = declared

    def pages(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
        """Tables and views of the schemas. Raises :class:`Unavailable` when the database does not answer."""
        engine = self._engine()
        try:
            inspector = inspect(engine)
            names = [name for name in self._names(inspector) if name > cursor]
            for start in range(0, len(names), _PAGE):
                bite = names[start : start + _PAGE]
                yield self._page(engine, inspector, bite)
        except SQLAlchemyError as error:
            raise self._silent(error) from None
        finally:
            engine.dispose()

    @property
    def dialect(self) -> str:
        """The name sqlglot has for the database's SQL."""
        backend = make_url(self._declared.url).get_backend_name()
        return _DIALECTS.get(backend, backend)

    def content(self, entry: Resource) -> str:
        """Empty: only reading the rows tells whether they changed."""
        return ""

    def rows(self, entry: Resource) -> Rows:
        """The first rows of the table, as text. Raises :class:`Missing`, :class:`Unavailable`."""
        name = entry.origin.native_id if entry.origin else ""
        if not name or not entry.fields:
            raise Missing("harvest-table", "the database has no such table", where=name)
        schema, table = self._split(name)
        names = [part.name for part in entry.fields]
        most = max(min(MOST_ROWS, _MOST_CELLS // len(names)), 1)
        columns: list[ColumnClause[Any]] = [named(name) for name in names]
        query = select(*columns).select_from(Table(table, MetaData(), schema=schema)).limit(most)
        engine = self._engine()
        try:
            with engine.connect() as connection:
                found = as_text(names, (list(row) for row in connection.execute(query)))
        except SQLAlchemyError as error:
            raise self._silent(error) from None
        finally:
            engine.dispose()
        whole = found.num_rows if found.num_rows < most else entry.rows
        return Rows(found, whole)

    def made(self) -> Mapping[str, str]:
        """What each view is made by; views whose text the account may not read are left out."""
        engine, found = self._engine(), dict[str, str]()
        try:
            inspector = inspect(engine)
            for schema in self._declared.schemas or (None,):
                for view in inspector.get_view_names(schema=schema):
                    if text := _definition(inspector, view, schema):
                        found[f"{schema}.{view}" if schema else view] = text
        except SQLAlchemyError as error:
            raise self._silent(error) from None
        finally:
            engine.dispose()
        return found

    def _silent(self, error: SQLAlchemyError) -> Unavailable:
        return Unavailable(
            "harvest-database",
            f"the database does not answer: {type(error).__name__}: {str(error).splitlines()[0]}",
            where=self._place(),
            remedy="check the address, the account's rights and that the server is up",
        )

    def _engine(self) -> Engine:
        url = _address(self._declared)
        if self._declared.password_env:
            url = url.set(password=os.environ.get(self._declared.password_env, ""))
        return create_engine(url, connect_args=_TIMEOUT.get(url.get_backend_name(), {}))

    def _place(self) -> str:
        try:
            return make_url(self._declared.url).render_as_string(hide_password=True)
        except ArgumentError:
            return "connector.url"

    def _names(self, inspector: Inspector) -> list[str]:
        names: list[str] = []
        for schema in self._declared.schemas or (None,):
            found = {*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)}
            names += [f"{schema}.{name}" if schema else name for name in found]
        return sorted(names)

    def _page(self, engine: Engine, inspector: Inspector, names: list[str]) -> Page:
        records: list[Record] = []
        problems: list[Problem] = []
        for name in names:
            try:
                resource = self._table(engine, inspector, name)
            except SQLAlchemyError as error:
                detail = f"{type(error).__name__}: {str(error).splitlines()[0]}"
                problems.append(Problem(name, "harvest-table", detail, "check the rights of the account"))
                continue
            records.append(Record(name, hashlib.sha256(encode(resource)).hexdigest(), resource))
        return Page(tuple(records), tuple(problems), names[-1])

    def _table(self, engine: Engine, inspector: Inspector, name: str) -> Resource:
        schema, table = self._split(name)
        keys = set(inspector.get_pk_constraint(table, schema=schema).get("constrained_columns") or ())
        fields = tuple(_field(column, keys) for column in inspector.get_columns(table, schema=schema))
        comment = _comment(inspector, table, schema)
        return Resource(
            "",
            "dataset",
            Text.of(comment or table),
            summary=Text.of(comment) if comment else Text(),
            format=engine.dialect.name,
            fields=fields,
            rows=self._count(engine, table, schema) if self._declared.count else None,
            distributions=(Distribution(f"{self._place()}#{name}", format=engine.dialect.name, local=True),),
        )

    def _split(self, name: str) -> tuple[str | None, str]:
        for schema in self._declared.schemas:
            if name.startswith(f"{schema}."):
                return schema, name[len(schema) + 1 :]
        return None, name

    @staticmethod
    def _count(engine: Engine, table: str, schema: str | None) -> int:
        with engine.connect() as connection:
            query = select(func.count()).select_from(Table(table, MetaData(), schema=schema))
            return int(connection.execute(query).scalar_one())


def _field(column: Mapping[str, Any], keys: set[str]) -> Field:
    comment = column.get("comment") or ""
    return Field(
        column["name"],
        str(column["type"]).lower(),
        Text.of(comment) if comment else Text(),
        nullable=bool(column.get("nullable", True)),
        key=column["name"] in keys,
    )


def _definition(inspector: Inspector, view: str, schema: str | None) -> str:
    """The SELECT behind a view; SQLite tells the whole CREATE VIEW."""
    try:
        text = (inspector.get_view_definition(view, schema=schema) or "").strip().rstrip(";")
    except (NotImplementedError, SQLAlchemyError):
        return ""
    return text


def _comment(inspector: Inspector, table: str, schema: str | None) -> str:
    try:
        return (inspector.get_table_comment(table, schema=schema).get("text") or "").strip()
    except NotImplementedError:
        return ""
