"""Tables of the rule book: changes with texts and signatures, kept cases; past decisions from the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from chengshu.foundation.journal.model import canonical
from chengshu.foundation.journal.store import journal
from chengshu.foundation.rulebook.model import ChangeState, KeptCase, RuleChange, Signature, digest
from chengshu.kernel.clock import from_millis, millis

metadata = MetaData()
REACH = 200_000
"""Newest lines of the journal that are searched for past decisions: a page must not read them all."""
_NEVER = ("observations.recorded", "entity.upserted", "forecast.made")
"""What is journalled most and is never decided by a rule."""

changes = Table(
    "rule_changes",
    metadata,
    Column("id", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("file", String, nullable=False),
    Column("state", String, nullable=False),
    Column("base", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("checks", Text, nullable=False),
    Column("author", String, nullable=False),
    Column("author_name", String, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("signed", Text),
    Column("approved", Text),
    Column("withdrawn", Text),
    Column("valid_from", BigInteger),
    Index("rule_changes_file", "scenario", "file", "number"),
)


cases = Table(
    "rule_cases",
    metadata,
    Column("id", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("file", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("person", String, nullable=False),
    Column("person_name", String, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    Index("rule_cases_file", "scenario", "file", "seq"),
)


origins = Table(
    "rule_origins",
    metadata,
    Column("scenario", String, primary_key=True),
    Column("file", String, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)


def put_origin(connection: Connection, scenario: str, file: str, data: bytes) -> None:
    """Keep the text that a rule without a file begins with."""
    connection.execute(insert(origins).values(scenario=scenario, file=file, data=data))


def all_origins(connection: Connection) -> dict[tuple[str, str], bytes]:
    """The first texts of rules that have no file, by scenario and file."""
    return {(row.scenario, row.file): row.data for row in connection.execute(select(origins))}


def put_case(connection: Connection, case: KeptCase) -> None:
    """Keep a case."""
    connection.execute(
        insert(cases).values(
            id=case.id,
            scenario=case.scenario,
            file=case.file,
            decision=case.decision,
            name=case.name,
            given=json.dumps(dict(case.given), ensure_ascii=False, sort_keys=True),
            expected=json.dumps(case.then, ensure_ascii=False, sort_keys=True),
            seq=case.seq,
            person=case.person,
            person_name=case.person_name,
            kept_at=millis(case.kept_at),
        )
    )


def remove_case(connection: Connection, case: str) -> None:
    """Let a kept case go."""
    connection.execute(delete(cases).where(cases.c.id == case))


def kept(
    connection: Connection, scenario: str | None = None, file: str | None = None, case: str | None = None
) -> list[KeptCase]:
    """The kept cases of a rule, or the one with an id; the newest last."""
    query = select(cases).order_by(cases.c.kept_at, cases.c.id)
    for column, value in ((cases.c.scenario, scenario), (cases.c.file, file), (cases.c.id, case)):
        if value is not None:
            query = query.where(column == value)
    return [
        KeptCase(
            row.id,
            row.scenario,
            row.file,
            row.decision,
            row.name,
            json.loads(row.given),
            json.loads(row.expected),
            row.seq,
            row.person,
            row.person_name,
            from_millis(row.kept_at),
        )
        for row in connection.execute(query)
    ]


def put(connection: Connection, change: RuleChange) -> None:
    """Keep a change as it is now."""
    values: dict[str, Any] = {
        "scenario": change.scenario,
        "file": change.file,
        "state": change.state.value,
        "base": change.base,
        "number": change.number,
        "revision": change.revision,
        "data": change.data,
        "hash": change.hash,
        "note": change.note,
        "checks": json.dumps(dict(change.checks), ensure_ascii=False, sort_keys=True),
        "author": change.author,
        "author_name": change.author_name,
        "begun_at": millis(change.begun_at),
        "saved_at": millis(change.saved_at),
        "signed": _dump(change.signed),
        "approved": _dump(change.approved),
        "withdrawn": _dump(change.withdrawn),
        "valid_from": None if change.valid_from is None else millis(change.valid_from),
    }
    done = connection.execute(update(changes).where(changes.c.id == change.id).values(**values))
    if not done.rowcount:
        connection.execute(insert(changes).values(id=change.id, **values))


def find(connection: Connection, change: str) -> RuleChange | None:
    """A change by id."""
    row = connection.execute(select(changes).where(changes.c.id == change)).first()
    return None if row is None else _change(row)


def listed(
    connection: Connection, scenario: str | None = None, file: str | None = None, state: str | None = None
) -> list[RuleChange]:
    """Changes, the newest last."""
    query = select(changes).order_by(changes.c.begun_at, changes.c.id)
    for column, value in (
        (changes.c.scenario, scenario),
        (changes.c.file, file),
        (changes.c.state, state),
    ):
        if value is not None:
            query = query.where(column == value)
    return [_change(row) for row in connection.execute(query)]


def newest_number(connection: Connection, scenario: str, file: str) -> int:
    """The number of the newest publication of a file, withdrawn ones counted; 0 for none."""
    query = select(func.max(changes.c.number)).where(changes.c.scenario == scenario, changes.c.file == file)
    return int(connection.execute(query).scalar() or 0)


def decided(
    connection: Connection, rule: str, before: datetime, limit: int
) -> list[tuple[int, datetime, dict[str, Any]]]:
    """The newest different reasons in the journal whose rule begins with ``rule``: number, moment, reason.

    They stand beside an entry, or in its body where an event is kept with why it is as bad as it is.
    """
    wanted = '"rule":' + json.dumps(rule, ensure_ascii=False)[:-1]
    query = (
        select(journal.c.seq, journal.c.at, journal.c.reason, journal.c.body)
        .where(
            journal.c.action.not_in(_NEVER),
            journal.c.seq > (select(func.max(journal.c.seq)).scalar_subquery() - REACH),
            or_(
                journal.c.reason.contains(wanted, autoescape=True),
                journal.c.body.contains(wanted, autoescape=True),
            ),
            journal.c.at <= millis(before),
        )
        .order_by(journal.c.seq.desc())
    )
    found: dict[str, tuple[int, datetime, dict[str, Any]]] = {}
    for row in connection.execute(query):
        for reason in _reasons(rule, [json.loads(row.reason), json.loads(row.body)]):
            key = canonical([reason["rule"], reason.get("inputs")])
            found[key] = (row.seq, from_millis(row.at), reason)  # the first time it was decided so stays last
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def _reasons(rule: str, value: Any) -> Iterator[dict[str, Any]]:
    """The reasons within kept data whose rule begins with ``rule``."""
    if isinstance(value, dict):
        if str(value.get("rule", "")).startswith(rule):
            yield value
        else:
            for part in value.values():
                yield from _reasons(rule, part)
    elif isinstance(value, list):
        for part in value:
            yield from _reasons(rule, part)


def _dump(signature: Signature | None) -> str | None:
    if signature is None:
        return None
    kept = [signature.person, signature.name, millis(signature.at), signature.policies]
    return json.dumps(kept, ensure_ascii=False)


def _load(text: str | None) -> Signature | None:
    if text is None:
        return None
    person, name, at, policies = json.loads(text)
    return Signature(person, name, from_millis(at), policies)


def _change(row: Row[Any]) -> RuleChange:
    if digest(row.data) != row.hash:
        raise ValueError(f"the text of the rule change {row.id} is not the one that was signed")
    return RuleChange(
        row.id,
        row.scenario,
        row.file,
        ChangeState(row.state),
        row.data,
        row.author,
        row.author_name,
        from_millis(row.begun_at),
        from_millis(row.saved_at),
        row.base,
        row.number,
        row.revision,
        row.note,
        json.loads(row.checks),
        _load(row.signed),
        _load(row.approved),
        None if row.valid_from is None else from_millis(row.valid_from),
        _load(row.withdrawn),
    )
