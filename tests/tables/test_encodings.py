"""Encodings of tables: told by marks, by trying, at the end of the file too; copied as UTF-8 or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.errors import Invalid
from chengshu.resources.tables import encoding_of, encoding_of_file, utf8_copy

TEXT = "名称,数量\n水务局,1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_each_encoding_is_told_and_copied(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert encoding_of_file(path) == encoding
    assert utf8_copy(path, encoding, tmp_path / "y.csv").read_text("utf-8") == TEXT


def test_a_file_that_begins_in_ascii_is_looked_at_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n1,2\n" * 100_000 + "水务局,1\n".encode("gb18030"))
    assert encoding_of_file(path) == "gb18030"


def test_plain_utf_8_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(TEXT, "utf-8")
    assert utf8_copy(path, "utf-8", tmp_path / "y.csv") == path
    assert not (tmp_path / "y.csv").exists()


def test_a_file_of_mixed_encodings_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xff\xfea\x00" + b"\x00\xd8\x00\xd8")
    with pytest.raises(Invalid, match="not utf-16"):
        utf8_copy(path, "utf-16", tmp_path / "y.csv")


@given(st.text(max_size=200), st.integers(0, 3))
def test_a_beginning_cut_inside_a_sign_is_still_utf_8(text: str, cut: int) -> None:
    look = ("字" + text).encode("utf-8")
    look = look[: max(len(look) - cut, 3)]
    if not look.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert encoding_of(look) == "utf-8"


@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding(look: bytes) -> None:
    look.decode(encoding_of(look), errors="replace")
