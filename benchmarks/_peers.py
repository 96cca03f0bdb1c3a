"""Datasette and pycsw, from their own packages in an environment of their own, over the same entries."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from benchmarks._asking import Spent, ask, free_port, serving
from benchmarks._catalogue import resources

HERE = Path(__file__).resolve().parent
HOME = HERE.parent / "var" / "benchmarks" / "peers"
_WANTED = HERE / "peers" / "requirements.txt"
FACETS = ("kind", "provider", "sharing", "theme")
_CSW = """[server]
home=.
url=http://127.0.0.1:{port}/
mimetype=application/xml; charset=UTF-8
encoding=UTF-8
language=en-US
maxrecords=20
loglevel=ERROR
logfile=
ogc_schemas_base=http://127.0.0.1/
federatedcatalogues=
pretty_print=false
gzip_compresslevel=0
[manager]
transactions=false
[metadata:main]
identification_title=bench
identification_abstract=bench
identification_keywords=bench
identification_keywords_type=theme
identification_fees=None
identification_accessconstraints=None
provider_name=bench
provider_url=http://127.0.0.1/
contact_name=bench
contact_position=bench
contact_address=bench
contact_city=bench
contact_stateorprovince=bench
contact_postalcode=1
contact_country=bench
contact_phone=1
contact_fax=1
contact_email=bench
contact_url=http://127.0.0.1/
contact_hours=bench
contact_instructions=bench
contact_role=pointOfContact
[repository]
database=sqlite:///{database}
table=records
"""

_RECORD = (
    "INSERT INTO records (identifier, typename, schema, mdsource, insert_date, xml, anytext, title, "
    "abstract, format) VALUES (?, 'csw:Record', ?, 'local', '2026-01-01', ?, ?, ?, ?, ?)"
)
_NAMES = ("http://www.opengis.net/cat/csw/2.0.2", "http://purl.org/dc/elements/1.1/")


def environment() -> Path:
    """The folder of programs; made once. Raises :class:`RuntimeError` with the reason when it cannot be."""
    wanted, note = _WANTED.read_text("utf-8"), HOME / "installed.txt"
    programs = HOME / "bin"
    if note.is_file() and note.read_text("utf-8") == wanted:
        return programs
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(HOME)],
        [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check", "-r", str(_WANTED)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1][:200])
    note.write_text(wanted, "utf-8")
    return programs


def datasette(programs: Path, folder: Path, count: int, questions: Sequence[str], rounds: int) -> Spent:
    """Its own search over FTS5 (trigrams: words of two signs it cannot find), four facets, JSON."""
    path = folder / "datasette.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(
            "CREATE TABLE records (id TEXT PRIMARY KEY, kind TEXT, title TEXT, summary TEXT, provider TEXT, "
            "sharing TEXT, theme TEXT, format TEXT)"
        )
        db.execute(
            "CREATE VIRTUAL TABLE records_fts USING fts5(title, summary, content=[records], tokenize=trigram)"
        )
        for bite in _bites(count):
            db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", bite)
        db.execute("INSERT INTO records_fts (records_fts) VALUES ('rebuild')")
        for name in FACETS:
            db.execute(f"CREATE INDEX {name}_index ON records ({name})")
        db.commit()
    port = free_port()
    limits = ["--setting", "sql_time_limit_ms", "60000", "--setting", "facet_time_limit_ms", "60000"]
    command = [str(programs / "datasette"), "serve", "-i", str(path), "-p", str(port), *limits]
    counted = "".join(f"&_facet={name}" for name in FACETS)
    paths = [f"/datasette/records.json?_search={quote(_quoted(q))}&_size=20{counted}" for q in questions]
    with serving(command, port, "/-/versions.json", folder, folder / "datasette.log"):
        return ask(
            port, paths, lambda body: int(json.loads(body)["filtered_table_rows_count"]), rounds=rounds
        )


def pycsw(programs: Path, folder: Path, count: int, questions: Sequence[str], rounds: int) -> Spent:
    """Its CSW 2.0.2 GetRecords over SQLite, any text like the words; it counts no facets."""
    port, config, path = free_port(), folder / "pycsw.cfg", folder / "pycsw.db"
    config.write_text(_CSW.format(port=port, database=path), "utf-8")
    admin = [str(programs / "python"), str(programs / "pycsw-admin.py"), "-c", "setup_db", "-f", str(config)]
    subprocess.run(admin, cwd=folder, check=True, capture_output=True)
    with contextlib.closing(sqlite3.connect(path)) as db:
        for bite in _bites(count):
            db.executemany(_RECORD, [_record(row) for row in bite])
        db.commit()
    start = (
        "import os; from wsgiref.simple_server import make_server, WSGIRequestHandler as H; "
        f"os.environ['PYCSW_CONFIG'] = {str(config)!r}; from pycsw.wsgi import application; "
        f"make_server('127.0.0.1', {port}, application).serve_forever()"
    )
    base = "/?service=CSW&version=2.0.2&request=GetRecords&typenames=csw:Record&elementsetname=brief"
    base += "&resulttype=results&maxrecords=20&constraintlanguage=CQL_TEXT&constraint_language_version=1.1.0"
    paths = [f"{base}&constraint={quote(_like(q))}" for q in questions]
    command = [str(programs / "python"), "-c", start]
    with serving(command, port, "/?service=CSW&request=GetCapabilities", folder, folder / "pycsw.log"):
        return ask(port, paths, _matched, rounds=rounds)


def _bites(count: int) -> Iterator[list[tuple[str, ...]]]:
    rows = (
        (r.id, r.kind, r.title.zh_hans, r.summary.zh_hans, r.provider, r.sharing, r.themes[0], r.format)
        for r in resources(count)
    )
    while bite := list(islice(rows, 10_000)):
        yield bite


def _quoted(question: str) -> str:
    return " ".join(f'"{word}"' for word in question.split())


def _like(question: str) -> str:
    return " AND ".join(f"csw:AnyText like '%{word}%'" for word in question.split())


def _record(row: tuple[str, ...]) -> tuple[str, ...]:
    xml = (
        f'<csw:Record xmlns:csw="{_NAMES[0]}" xmlns:dc="{_NAMES[1]}"><dc:identifier>{row[0]}</dc:identifier>'
        f"<dc:title>{row[2]}</dc:title></csw:Record>"
    )
    return (row[0], _NAMES[0], xml, " ".join(row), row[2], row[3], row[7])


def _matched(body: bytes) -> int:
    found = re.search(rb'numberOfRecordsMatched="(\d+)"', body)
    if found is None:
        raise RuntimeError(f"no answer of a catalogue: {body[:300]!r}")
    return int(found[1])
