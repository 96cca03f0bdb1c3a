"""Commands that only look work while a hub runs; those that write say that it must be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.terminal import ROOT, run

from chengshu.app.hub import STORES
from chengshu.app.stores import DataFolder, open_state

NOWHERE = "urn:chengshu:resource:nowhere"
LOOKS = (
    ("sharing", "list", "CITY"),
    ("sharing", "record", "CITY"),
    ("sharing", "corrections", "CITY"),
    ("retention", "due", "CITY"),
    ("retention", "proof", "CITY"),
    ("ledger", "balance", "--since", "2026-01-01"),
    ("grading", "queue"),
    ("client", "list"),
    ("journal", "verify"),
)
WRITES = (
    ("sharing", "decide", "CITY", "share-1", "withdraw", "--by", "wang@water"),
    ("sharing", "answer-correction", "CITY", "c-1", "--by", "li@civil", "--stands", "--reason", "as it is"),
    ("retention", "hold", "CITY", NOWHERE, "--reason", "a case"),
    ("client", "add", "program"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a hub that runs: locked, its tables made, a reader and a writer open."""
    folder = tmp_path_factory.mktemp("running")
    lock = DataFolder(folder)
    database = open_state(folder)
    for store in STORES:
        database.create(store.metadata)
    yield folder
    database.close()
    lock.release()


def words(command: tuple[str, ...], data: Path) -> list[object]:
    return [ROOT / "cities" / "demo" if word == "CITY" else word for word in command] + ["--data", data]


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_a_look_needs_no_stop(command: tuple[str, ...], data: Path) -> None:
    ran = run(*words(command, data))
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("command", WRITES, ids=lambda command: " ".join(command[:2]))
def test_what_writes_says_that_the_hub_must_be_stopped(command: tuple[str, ...], data: Path) -> None:
    ran = run(*words(command, data))
    assert ran.code == 2 and "stop that hub first" in ran.err
