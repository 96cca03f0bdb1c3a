"""Files kept as tables: the same rows and types as the file, anew as soon as it changes, within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sharing.office import APPLICANT, PURPOSE, RESIDENTS, Office

from chengshu.kernel.errors import Missing
from chengshu.resources.quality.table import opened
from chengshu.resources.sharing import Source
from chengshu.resources.sharing.shelf import Shelf

CSV = "no,name,amount,day,at\n7,王,1.25,2026-07-01,09:30:00\n8,李,,2026-07-02,\n"


def asked(source: Path | pa.Table) -> tuple[dict[str, str], list[tuple[object, ...]]]:
    with opened(source) as table:
        return table.columns, table.rows("SELECT * FROM data")


def test_a_kept_table_is_what_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CSV.encode("gb18030"))
    shelf = Shelf()
    kept = shelf.table(path, "gb18030")
    assert isinstance(kept, pa.Table) and shelf.table(path, "gb18030") is kept
    path_utf8 = tmp_path / "b.csv"
    path_utf8.write_text(CSV, "utf-8")
    assert asked(kept) == asked(path_utf8)


def test_a_changed_file_is_read_anew_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV, "utf-8")
    shelf = Shelf()
    before = shelf.table(path, "")
    stamp = path.stat().st_mtime_ns
    path.write_text(CSV.replace("王", "张"), "utf-8")  # as long as before
    os.utime(path, ns=(stamp, stamp + 1))
    after = shelf.table(path, "")
    assert after is not before and asked(after)[1][0][1] == "张"
    spare = tmp_path / "new.csv"
    spare.write_text(CSV.replace("王", "赵"), "utf-8")
    os.utime(spare, ns=(stamp, stamp + 1))  # put in its place with the same size and moment
    spare.replace(path)
    assert asked(shelf.table(path, ""))[1][0][1] == "赵"


def test_what_is_large_or_gone_stays_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV, "utf-8")
    assert Shelf(largest=10).table(path, "") == path
    assert Shelf().table(tmp_path / "none.csv", "") == tmp_path / "none.csv"
    with pytest.raises(Missing):
        asked(Shelf().table(tmp_path / "none.csv", ""))


def test_a_type_that_a_table_would_change_stays_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with opened(pa.table({"a": [1]})) as table:
        table.database.execute(f"COPY (SELECT '{{}}'::JSON AS j) TO '{path}' (FORMAT parquet)")
    shelf = Shelf()
    kept = shelf.table(path, "")
    assert asked(kept)[0] == asked(path)[0]
    assert shelf.table(path, "") is kept or kept == path


def test_the_oldest_goes_when_there_is_no_room(tmp_path: Path) -> None:
    shelf, paths = Shelf(room=1500), []
    for name in "abc":
        paths.append(tmp_path / f"{name}.parquet")
        pq.write_table(pa.table({"x": list(range(80))}), paths[-1])  # 640 bytes each
    first, second, third = (shelf.table(path, "") for path in paths)
    assert shelf.table(paths[2], "") is third and shelf.table(paths[1], "") is second
    assert shelf.table(paths[0], "") is not first


def test_the_gate_gives_the_same_rows_by_table_and_by_file(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "residents.parquet"
    pq.write_table(office.tables[RESIDENTS], path)
    grant = office.supplied().grant_id
    office.tables[RESIDENTS] = path
    by_file = office.gate.query(grant, APPLICANT, PURPOSE).rows
    office.tables[RESIDENTS] = Shelf().table(path, "")
    assert office.gate.query(grant, APPLICANT, PURPOSE).rows == by_file and len(by_file) == 40
    assert Source(path).table == path
