"""Bad input at the real doors: what cannot be read is named with a remedy, nothing leaks, others go on."""

from __future__ import annotations

import socket
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from tests.inspection.house import House

from chengshu.engines.http import AddressGuard, ThreadedHttp
from chengshu.kernel.errors import Unavailable
from chengshu.resources.ledger.harvest.connectors import database as database_connector
from chengshu.resources.ledger.harvest.connectors import web
from chengshu.resources.ledger.harvest.connectors.database import DatabaseConnector
from chengshu.resources.ledger.harvest.connectors.web import WebConnector
from chengshu.resources.ledger.harvest.declared import Database, Web

PHONES = "".join(f"{n},138{n * 7919:08},站点\n" for n in range(1, 40))
TEXT = f"id,手机号,名称\n{PHONES}"
SECRET = "the-secret-of-the-machine"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    sqlite3.connect(tmp_path / "register.db").close()
    made = House(tmp_path)
    yield made
    made.database.close()


def outcome(house: House, name: str) -> str:
    """``graded``, or where it was stopped: ``harvest: …`` or ``look: …``."""
    if (problem := house.problems().get(name)) is not None:
        assert problem.remedy, problem
        return f"harvest: {problem.code}"
    look = house.look(name)
    if look.error:
        assert look.remedy, look
        return f"look: {look.error}"
    assert house.quality(name).newest.rows >= 0
    return "graded"


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("gb.csv", TEXT.encode("gb18030"), "mobile"),
        ("mark.csv", TEXT.encode("utf-8-sig"), "mobile"),
        ("wide.csv", TEXT.encode("utf-16"), "mobile"),
        ("crlf.csv", TEXT.replace("\n", "\r\n").encode(), "mobile"),
        ("mixed.csv", TEXT.encode() + "40,13800000000,站点\n".encode("gb18030"), ""),
        ("noise.csv", bytes(range(128, 256)) * 40, ""),
        ("zero.csv", TEXT.encode().replace(b"\xe7\xab\x99", b"\0"), ""),
    ],
)
def test_every_encoding_is_read_or_named(house: House, name: str, data: bytes, expected: str) -> None:
    (house.files / name).write_bytes(data)
    (house.files / "good.csv").write_text(TEXT)
    house.cycle()
    assert outcome(house, "good.csv") == "graded"
    told = outcome(house, name)
    if expected:
        assert told == "graded" and house.grades(name)["手机号"][0] == expected
    else:
        assert told == "graded" or told.startswith(("harvest: ", "look: ")), told


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1\n1,2,3\n1,2\n",
        'a,b\n"never closed,1\n2,3\n',
        "a,a,,\n1,2,3,4\n",
        "\n\n\na,b\n1,2\n",
        "a;b,c\t d\n1;2,3\t4\n",
        "a\n" + "x" * 300_000 + "\n",
    ],
    ids=["ragged", "open quote", "names twice and none", "empty lines", "three separators", "one long value"],
)
def test_rough_tables_are_read_or_named(house: House, text: str) -> None:
    (house.files / "rough.csv").write_text(text)
    (house.files / "good.csv").write_text(TEXT)
    house.cycle()
    assert outcome(house, "good.csv") == "graded"
    assert outcome(house, "rough.csv").startswith(("graded", "harvest: ", "look: "))


def test_names_that_are_sql_stay_names(house: House) -> None:
    nasty = ['x"; DROP TABLE data; --', "' OR 1=1 --", "a]b`c", "$path", "%(x)s {y}"]
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in nasty)
    file = "a'; DROP TABLE grading_results; --.csv"
    (house.files / file).write_text(quoted + "\n" + "1,2,3,4,5\n" * 30)
    with sqlite3.connect(house.register) as db:
        db.execute('CREATE TABLE "t""; DELETE FROM ledger_entries; --" ("c""); --" TEXT)')
        db.execute('INSERT INTO "t""; DELETE FROM ledger_entries; --" VALUES (\'1\')')
    db.close()
    assert house.cycle().failed == 0
    assert outcome(house, file.replace("'", "%27").replace(";", "%3B").replace(" ", "%20")) == "graded"
    entries = {entry.origin.native_id: entry for entry in house.queries.page() if entry.origin}
    assert [part.name for part in entries[file].fields] == nasty
    assert [part.grade for part in entries[file].fields] == ["general-1"] * 5
    assert all(part.grade for part in entries['t"; DELETE FROM ledger_entries; --'].fields)


@pytest.mark.slow
def test_a_table_of_five_thousand_columns_is_graded_and_measured(house: House) -> None:
    names = ",".join(f"c{n}" for n in range(5000))
    (house.files / "wide.csv").write_text(names + "\n" + (",".join(["7"] * 5000) + "\n") * 30)
    house.inspector._seconds = 300.0  # a busy machine
    assert house.cycle().failed == 0
    assert len(house.grades("wide.csv")) == 5000
    assert len(house.quality("wide.csv").newest.body["columns"]) == 5000


# ---- Excel files that are made to hurt


def workbook(path: Path, **parts: str) -> None:
    """A workbook with some of its parts exchanged (``xl_workbook``: xl/workbook.xml)."""
    plain = path.with_name("plain.tmp")
    book = openpyxl.Workbook()
    book.active.append(["id", "name"])  # type: ignore[union-attr]
    book.active.append([1, "x"])  # type: ignore[union-attr]
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            name = item.filename.replace("/", "_").removesuffix(".xml")
            new.writestr(item.filename, parts.pop(name, old.read(item).decode()))
        for name, text in parts.items():
            new.writestr(name.replace("xl_", "xl/", 1) + ".xml", text)
    plain.unlink()


SHEET = """<?xml version="1.0"?>{doctype}
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>
<row r="2"><c r="A2" t="inlineStr"><is><t>{body}</t></is></c></row></sheetData></worksheet>"""
LAUGHS = (
    "<!DOCTYPE w [<!ENTITY l0 'ha'>"
    + "".join(f"<!ENTITY l{n} '" + f"&l{n - 1};" * 10 + "'>" for n in range(1, 10))
    + "]>"
)


def test_entities_that_grow_or_read_files_bring_nothing_in(house: House, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    outside = f"<!DOCTYPE w [<!ENTITY x SYSTEM 'file://{tmp_path}/secret.txt'>]>"
    laughs = SHEET.format(doctype=LAUGHS, body="&l9;")
    workbook(house.files / "laughs.xlsx", xl_worksheets_sheet1=laughs)
    workbook(house.files / "outside.xlsx", xl_worksheets_sheet1=SHEET.format(doctype=outside, body="&x;"))
    (house.files / "good.csv").write_text(TEXT)
    house.cycle()
    assert outcome(house, "good.csv") == "graded"
    for name in ("laughs.xlsx", "outside.xlsx"):
        told = outcome(house, name)
        kept = "" if told.startswith("harvest") else str(house.quality(name).newest.body)
        assert SECRET not in kept + told and "ha" * 100 not in kept


def test_archives_that_say_less_than_they_hold_are_not_unpacked(house: House) -> None:
    workbook(house.files / "liar.xlsx", xl_big="A" * 30_000_000)
    data = bytearray((house.files / "liar.xlsx").read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/big.xml"))
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # the directory says: a hundred bytes
    (house.files / "liar.xlsx").write_bytes(data)
    workbook(house.files / "bomb.xlsx", xl_sharedStrings="<sst>" + " " * 60_000_000 + "</sst>")
    house.cycle()
    assert outcome(house, "bomb.xlsx") == "harvest: harvest-unreadable"
    assert outcome(house, "liar.xlsx").startswith(("graded", "harvest: "))


def test_json_that_nests_without_end_and_broken_parquet_are_named(house: House) -> None:
    (house.files / "deep.json").write_text("[" * 100_000 + "]" * 100_000)
    (house.files / "torn.parquet").write_bytes(b"PAR1" + b"\xff" * 400 + b"PAR1")
    house.cycle()
    assert outcome(house, "deep.json") == "harvest: harvest-unreadable"
    assert outcome(house, "torn.parquet") == "harvest: harvest-unreadable"


# ---- places that do not answer


class Hole:
    """A server that accepts and then says nothing, or a byte now and then."""

    def __init__(self, word: bytes) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.word, self.open = word, True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        self.socket.settimeout(0.1)
        held: list[socket.socket] = []
        while self.open:
            try:
                held.append(self.socket.accept()[0])
                held[-1].sendall(self.word)
            except TimeoutError:
                continue
        for one in held:
            one.close()

    def close(self) -> None:
        self.open = False
        self.thread.join()
        self.socket.close()


@pytest.mark.parametrize(
    "word", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"], ids=["mute", "half"]
)
def test_a_catalogue_that_hangs_is_given_up(word: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_TIMEOUT_S", 0.3)
    hole, calls = Hole(word), ThreadedHttp(AddressGuard(("127.0.0.1",)))
    try:
        connector = WebConnector(Web(kind="ckan", url=f"http://127.0.0.1:{hole.port}"), calls)
        with pytest.raises(Unavailable, match="no answer"):
            list(connector.pages("", {}))
    finally:
        calls.close()
        hole.close()


@pytest.mark.slow
def test_a_database_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setattr(database_connector, "_TIMEOUT", {"postgresql": {"connect_timeout": 2}})
    hole = Hole(b"")
    try:
        url = f"postgresql+psycopg://me@127.0.0.1:{hole.port}/db"
        with pytest.raises(Unavailable, match="does not answer"):
            list(DatabaseConnector(Database(kind="database", url=url)).pages("", {}))
    finally:
        hole.close()


def test_a_table_that_takes_too_long_is_given_up_and_tried_again(house: House) -> None:
    (house.files / "good.csv").write_text(TEXT)
    house.inspector._seconds = 0.0
    found = house.cycle()
    assert found.failed == 1 and "longer than" in house.look("good.csv").error
    house.inspector._seconds = 60.0
    assert house.cycle().looked == 1
    assert outcome(house, "good.csv") == "graded"
