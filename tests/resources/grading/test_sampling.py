"""Samples of files: the same from the same file, in the encodings in use, and plain words about bad ones."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chengshu.kernel.errors import Invalid, Missing
from chengshu.resources.grading import read_sample, samples_of

TEXT = "姓名,手机号\n王小明,13800138000\n李娜,13912345678\n,13912345678\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))
    found = read_sample(path)
    assert found.rows == 3 and [column.name for column in found.columns] == ["姓名", "手机号"]
    assert set(found.columns[0].values) == {"王小明", "李娜"} and found.columns[0].nulls == 1
    assert sorted(zip(found.columns[1].values, found.columns[1].counts, strict=True)) == [
        ("13800138000", 1),
        ("13912345678", 2),
    ]


def test_a_part_of_many_rows_is_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("n\n" + "\n".join(map(str, range(50_000))), "utf-8")
    one, other, third = (
        read_sample(path, most=1000),
        read_sample(path, most=1000),
        read_sample(path, most=1000, seed=2),
    )
    assert one.rows == 50_000 and 800 < one.sample.num_rows < 1200
    assert sorted(one.columns[0].values) == sorted(other.columns[0].values) != sorted(third.columns[0].values)
    assert one.columns[0].rows == 50_000


def test_parquet_and_tsv(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2, None], "b": ["x", "y", "y"]}), tmp_path / "a.parquet")
    (tmp_path / "b.tsv").write_text("a\tb\n1\tx\n", "utf-8")
    found = read_sample(tmp_path / "a.parquet")
    assert set(found.columns[0].values) == {"1", "2"} and found.columns[0].nulls == 1
    assert [column.name for column in read_sample(tmp_path / "b.tsv").columns] == ["a", "b"]


def test_names_are_names_and_never_commands(tmp_path: Path) -> None:
    name = 'x"; DROP TABLE data; --'
    path = tmp_path / "a'); DROP TABLE data; --.csv"
    path.write_text('"x""; DROP TABLE data; --",b\n1,2\n', "utf-8")
    assert [column.name for column in read_sample(path).columns] == [name, "b"]


def test_samples_of_an_arrow_table() -> None:
    (column,) = samples_of(pa.table({"a": ["x", "x", None]}), rows=300)
    assert (column.values, column.counts, column.nulls, column.rows) == (("x",), (2,), 1, 300)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="does not exist"):
        read_sample(tmp_path / "none.csv")
    (tmp_path / "a.docx").write_bytes(b"PK")
    with pytest.raises(Invalid, match=r"only \.csv"):
        read_sample(tmp_path / "a.docx")
    (tmp_path / "a.parquet").write_bytes(b"nothing of the sort")
    with pytest.raises(Invalid, match="table-unreadable"):
        read_sample(tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_bytes("姓名\n".encode() + b"\xff\xff\xfe\n")
    with pytest.raises(Invalid, match="neither UTF-8"):
        read_sample(tmp_path / "a.csv")
