"""Commands that prove and report, in words and as JSON."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
import yaml
from tests.app.terminal import ROOT, run

from chengshu.app.hub import SERVICE, open_hub
from chengshu.app.stores import DataFolder
from chengshu.foundation.city import read_city
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.ids import TimeIds


@pytest.fixture(scope="module")
def journalled(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a hub that was opened once and has some journal."""
    data = tmp_path_factory.mktemp("data")
    clock = SystemClock()
    open_hub(read_city(pristine, ROOT / "scenarios"), data, clock, TimeIds(clock), SERVICE).close()
    for source in ("rain", "levels", "works"):
        assert run("token", source, "--data", data).code == 0
    return data


@pytest.fixture
def data(journalled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(journalled, tmp_path / "data"))


def test_the_journal_is_whole(data: Path) -> None:
    ran = run("journal", "verify", "--data", data, "--json")
    assert ran.code == 0
    assert ran.json["ok"] and ran.json["entries"] >= 4 and len(ran.json["head"]) == 64
    assert ran.json["head"] in run("journal", "verify", "--data", data).out


@pytest.mark.parametrize(
    "change",
    [
        "update journal set actor = 'person:nobody' where seq = 2",
        "update journal set at = at + 1 where seq = 2",
        "delete from journal where seq = 2",
        "update journal set body = '{}' where seq = 2",
    ],
)
def test_a_changed_row_is_found(data: Path, change: str) -> None:
    with sqlite3.connect(data / "hub.db") as connection:
        for trigger in list(connection.execute("select name from sqlite_master where type = 'trigger'")):
            connection.execute(f"drop trigger {trigger[0]}")
        assert connection.execute(change).rowcount == 1
    connection.close()
    ran = run("journal", "verify", "--data", data, "--json")
    assert ran.code == 1
    assert not ran.json["ok"] and ran.json["broken_at"] in (2, 3) and ran.json["detail"]
    assert "broken at entry" in run("journal", "verify", "--data", data).out


def test_a_folder_without_data_is_told(tmp_path: Path) -> None:
    for words in (["journal", "verify"], ["token", "rain"], ["account", "zhou"]):
        ran = run(*words, "--data", tmp_path / "nothing")
        assert ran.code == 2
        assert "no hub's data" in ran.err and "--data" in ran.err


def test_a_token_is_shown_once_and_can_be_revoked(data: Path) -> None:
    made = run("token", "rain", "--data", data, "--json").json
    assert made["source"] == "rain" and len(made["token"]) > 30
    assert made["token"].encode() not in (data / "hub.db").read_bytes()  # only its hash is kept
    assert run("token", "rain", "--data", data, "--revoke", "--json").json == {"source": "rain", "revoked": 2}


def test_an_account_gets_a_link_and_not_a_password(data: Path) -> None:
    words = ("account", "zhou", "--data", data, "--role", "operator:water", "--name", "Zhou Ming")
    made = run(*words, "--json")
    assert made.code == 0
    assert made.json["account"]["login"] == "zhou" and made.json["set_up"].startswith("/set-up?code=")
    assert {"role": "operator", "department": "water"}.items() <= made.json["account"]["grants"][0].items()
    again = run(*words)
    assert again.code == 2 and "taken" in again.err


def test_an_unknown_role_is_refused_with_those_there_are(data: Path) -> None:
    ran = run("account", "zhou", "--data", data, "--role", "emperor")
    assert ran.code == 2
    assert "emperor" in ran.err and "duty_officer" in ran.err


def test_commands_that_write_wait_for_the_hub_to_stop(data: Path) -> None:
    lock = DataFolder(data)
    try:
        ran = run("token", "rain", "--data", data)
    finally:
        lock.release()
    assert ran.code == 2 and "is in use by process" in ran.err and "stop that hub first" in ran.err


def test_the_capabilities_are_all_there_and_none_is_in_doubt() -> None:
    ran = run("capabilities", "--json")
    assert ran.code == 0, ran.json["doubts"]
    assert [row["id"] for row in ran.json["capabilities"]] == list(range(1, 105))
    words = run("capabilities").out
    works = sum(row["status"] == "works" for row in ran.json["capabilities"])
    assert f"works {works}" in words


def test_a_capability_without_its_proof_is_a_doubt(tmp_path: Path) -> None:
    row = {
        "id": 1,
        "name": "x",
        "quote": "x",
        "kind": "core",
        "works_when": "x",
        "status": "works",
        "proof": ["tests/a.py::b"],
    }
    (tmp_path / "capabilities.yaml").write_text(yaml.safe_dump([row]))
    ran = run("capabilities", "--file", tmp_path / "capabilities.yaml")
    assert ran.code == 1 and "no such file" in ran.out


def test_the_suites_are_named() -> None:
    assert run("conformance", "list", "--json").json == ["cap", "csvw", "dcat", "dmn"]
    assert run("conformance", "list").out.split() == ["cap", "csvw", "dcat", "dmn"]


def test_an_unknown_suite_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    ran = run("conformance", "capp")
    assert ran.code == 2 and "did you mean 'cap'?" in ran.err
    ran = run("conformance", "cap", tmp_path / "nowhere")
    assert ran.code == 2 and "chengshu conformance cap PATH" in ran.err


@pytest.mark.external
def test_the_cap_suite_passes(shared: Path) -> None:
    ran = run("conformance", "cap", shared / "checks" / "cap", "--json")
    assert ran.code == 0
    assert (ran.json["suite"], ran.json["failed"], ran.json["failing"]) == ("cap", 0, [])
    assert ran.json["passed"] == ran.json["total"] > 0


@pytest.mark.external
def test_a_suite_that_fails_says_so(shared: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shared / "checks" / "cap", tmp_path / "cap"))
    valid = folder / "sc_valid.xml"
    valid.write_text(valid.read_text("utf-8").replace("<status>", "<status>No"), "utf-8")
    ran = run("conformance", "cap", folder, "--json")
    assert ran.code == 1
    assert ran.json["failed"] >= 1 and any("sc_valid" in name for name in ran.json["failing"])


def test_schemas_are_exported_for_every_declared_file(tmp_path: Path) -> None:
    ran = run("schema", "--out", tmp_path)
    names = {path.name.removesuffix(".schema.json") for path in tmp_path.iterdir()}
    assert (
        ran.code == 0 and {"city.toml", "sources.yaml", "indicators.yaml", "drill.yaml", "twin.toml"} <= names
    )
    for path in tmp_path.iterdir():
        schema = json.loads(path.read_text("utf-8"))
        assert schema["type"] == "object" and schema["properties"], path.name
    assert set(run("schema", "--json").json) == names


def test_every_command_has_help_and_an_unknown_one_is_refused() -> None:
    words = run("--help").out
    for name in (
        "check",
        "new",
        "drill",
        "compare",
        "serve",
        "demo",
        "token",
        "account",
        "journal",
        "schema",
    ):
        assert name in words
        assert run(name, "--help").code == 0
    assert run("chek").code == 2
