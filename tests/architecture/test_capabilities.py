"""The mission's table tells the truth: what says 'works' has a proof that exists and can fail."""

from pathlib import Path

import pytest

from chengshu.app.capabilities import Capability, doubts, read_capabilities


def test_all_rows_are_there_once(root: Path) -> None:
    assert [row.id for row in read_capabilities(root / "capabilities.yaml")] == list(range(1, 105))


def test_every_row_that_works_names_a_proof_that_exists(root: Path) -> None:
    assert doubts(read_capabilities(root / "capabilities.yaml"), root) == []


@pytest.mark.parametrize(
    ("status", "proof", "word"),
    [
        ("works", (), "names no proof"),
        ("works", ("tests/nowhere.py::test_x",), "no such file"),
        ("works", ("tests/architecture/test_capabilities.py::test_never_written",), "no such test"),
        ("partly", (), "not what is missing"),
    ],
)
def test_an_unbacked_row_is_found(root: Path, status: str, proof: tuple[str, ...], word: str) -> None:
    row = Capability(id=1, name="x", quote="x", kind="core", works_when="x", status=status, proof=proof)
    assert word in doubts((row,), root)[0].detail
