"""A request's whole life on the command line, over a file that the city harvested."""

from __future__ import annotations

import io
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.app.terminal import ROOT, run

WANG, LI, CHEN = "wang@emergency", "li@civil", "chen@data-bureau"
PURPOSE = "call those who need help before the storm"
ENTRY = "urn:chengshu:resource:files:people.csv"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A city with a register, harvested: the folder and its data."""
    folder = tmp_path_factory.mktemp("sharing")
    city = folder / "city"
    shutil.copytree(ROOT / "cities" / "demo", city)
    (city / "sharing.yaml").write_text("bureau: data-bureau\n")
    (city / "files").mkdir()
    lines = [f"{100 + at},王某{at},1380000{at:04d},{'東' if at % 2 else '西'}" for at in range(20)]
    (city / "files" / "people.csv").write_bytes("\n".join(["no,name,phone,side", *lines]).encode("gb18030"))
    (city / "harvest.yaml").write_text(
        "sources:\n  - {id: files, department: civil, connector: {kind: folder, path: files}}\n"
    )
    ran = run("ledger", "harvest", city, "--data", folder / "data", "--packages", ROOT / "scenarios")
    assert ran.code == 0, ran.err
    return city, folder / "data"


def sharing(hub: tuple[Path, Path], command: str, *words: object) -> Any:
    city, data = hub
    where = ("--data", data, "--packages", ROOT / "scenarios", "--json")
    return run("sharing", command, city, *words, *where)


@pytest.mark.slow
def test_from_the_request_to_the_record(
    hub: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (ENTRY, "--by", WANG, "--fields", "name,phone,side", "--for", "P30D", "--manner", "file")
    made = sharing(hub, "request", *asked, "--purpose", PURPOSE, "--recipients", "emergency").json
    assert made["state"] == "incomplete" and [item["item"] for item in made["told"]] == ["basis"]
    assert made["clocks"] == []
    full = (*asked, "--purpose", PURPOSE, "--recipients", "emergency", "--basis", "突發事件應對法")
    again = sharing(hub, "request", *full, "--completes", made["id"]).json
    assert again["state"] == "review" and again["clocks"][0]["days_left"] >= 10
    id_ = made["id"]

    assert sharing(hub, "decide", id_, "grant", "--by", WANG, "--reason", "to myself").code == 2
    refused = sharing(hub, "decide", id_, "refuse", "--by", LI, "--reason", "too much", "--law", "條例 20")
    assert refused.json["state"] == "refused"
    assert sharing(hub, "decide", id_, "object", "--by", WANG, "--reason", "it is our duty").code == 0
    treats = [part for pair in ("name=mask", "phone=mask", "side=show") for part in ("--treat", pair)]
    words = ("uphold", "--by", CHEN, "--reason", "it is their duty", *treats)
    granted = sharing(hub, "decide", id_, *words).json
    assert [field["treatment"] for field in granted["grant"]["fields"]] == ["mask", "mask", "show"]
    assert sharing(hub, "decide", id_, "supply", "--by", LI).json["state"] == "supplied"

    grant, out = granted["grant"]["id"], tmp_path / "people.csv"
    used = sharing(
        hub, "use", grant, "--by", WANG, "--purpose", PURPOSE, "--filter", 'side = "東"', "--out", out
    )
    assert used.json["use"]["rows"] == 10 and used.json["use"]["mark"] == "none"
    text = out.read_text("utf-8")
    assert text.startswith("name,phone,side\n") and "1380000" not in text and text.count("東") == 10
    denied = sharing(hub, "use", grant, "--by", "x@firm", "--purpose", PURPOSE, "--out", tmp_path / "no.csv")
    assert denied.code == 2 and "third parties" in denied.err and not (tmp_path / "no.csv").exists()

    said = ("--record", "100", "--claim", "the side is wrong", "--evidence", "we stood there")
    wrong = sharing(hub, "correct", grant, "--by", WANG, "--field", "side", *said).json[0]
    assert (wrong["state"], wrong["provider"]) == ("open", "civil")
    answer = ("--by", LI, "--corrected", "--reason", "mended in the register")
    done = sharing(hub, "answer-correction", wrong["id"], *answer).json[0]
    assert done["told"] == ["emergency"]
    assert [one["id"] for one in sharing(hub, "corrections", "--state", "corrected").json] == [wrong["id"]]

    assert sharing(hub, "decide", id_, "suspend", "--by", CHEN, "--reason", "a complaint").code == 0
    audit = sharing(hub, "record").json
    assert audit["outcomes"] == {"answered": 1, "denied": 1} and audit["suspended"] == [id_]
    life = sharing(hub, "record", "--id", id_).json
    assert [step["what"] for step in life["steps"]] == [
        *("submitted", "completed", "refused", "objected", "granted", "supplied", "first_used", "suspended")
    ]
    listed = sharing(hub, "list", "--state", "suspended").json
    assert [item["id"] for item in listed["requests"]] == [id_]
    monkeypatch.setattr(sys, "stdin", io.StringIO("110101195001010001\n"))
    assert sharing(hub, "record", "--subject").json == []  # this register names nobody by identity number
    monkeypatch.setattr(sys, "stdin", io.StringIO("110101195001010001\n"))
    city, data = hub
    taken = run(
        "sharing", "consent", city, ENTRY, "--withdraw", "--data", data, "--packages", ROOT / "scenarios"
    )
    assert taken.code == 0 and "taken back" in taken.out
    assert stat.S_IMODE((hub[1] / "sharing.key").stat().st_mode) == 0o600


def test_in_words(hub: tuple[Path, Path]) -> None:
    city, data = hub
    where = ("--data", data, "--packages", ROOT / "scenarios")
    ran = run(
        "sharing", "request", city, ENTRY, "--by", WANG, "--fields", "side", *where, "--language", "zh-Hant"
    )
    assert ran.code == 0 and "請寫明使用目的" in ran.out
    assert "stands still" in run("sharing", "record", city, "--id", ran.out.split(":")[0], *where).out
    assert run("sharing", "list", city, *where).out.count("incomplete") >= 1
    assert "record of uses: whole" in run("sharing", "record", city, *where).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("request", ENTRY, "--by", "wang"), "PERSON@DEPARTMENT"),
        (("request", "urn:x:none", "--by", WANG), "no entry"),
        (("request", ENTRY, "--by", WANG, "--fields", "pay"), "no field"),
        (("decide", "share-1", "grant", "--by", LI, "--reason", "why not"), "no request"),
        (("decide", "share-1", "grant", "--by", LI, "--treat", "name"), "NAME=VALUE"),
        (("record", "--since", "soon"), "no day"),
    ],
)
def test_mistakes_are_told(hub: tuple[Path, Path], words: tuple[str, ...], said: str) -> None:
    ran = sharing(hub, *words)
    assert ran.code == 2 and said.lower() in ran.err.replace("\n", " ").lower()
