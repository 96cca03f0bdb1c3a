"""Due, held, looked at, destroyed, proven: on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.app.terminal import run

ENTRY = "urn:chengshu:resource:reports"
RULES = """
rules:
  - id: reports
    entries: ["urn:chengshu:resource:*"]
    keep: PT0.001S
    law: 個人信息保護法 19
    basis: {en: no longer than needed, zh-Hans: 最短时间, zh-Hant: 最短時間}
"""


@pytest.mark.slow
def test_from_due_to_proof(tmp_path: Path) -> None:
    city, data = tmp_path / "city", ("--data", tmp_path / "data")
    city.mkdir()
    (city / "retention.yaml").write_text(RULES, "utf-8")
    file, stranger = tmp_path / "a.txt", tmp_path / "b.txt"
    file.write_text("about people", "utf-8")
    stranger.write_text("never here", "utf-8")
    assert run("dataset", "add", ENTRY, file, *data, "--title", "Reports").code == 0

    [due] = run("retention", "due", city, *data, "--json").json["due"]
    assert due["entry"] == ENTRY and [item["name"] for item in due["items"]] == ["version/1/a.txt"]
    held = run(
        "retention", "hold", city, ENTRY, *data, "--reason", "a case", "--law", "民事訴訟法", "--json"
    ).json
    refused = run("retention", "delete", city, ENTRY, *data, "--confirm", due["root"])
    assert refused.code == 2 and "a case" in refused.err
    assert held["hold"] in run("retention", "due", city, *data).out
    words = ("--release", held["hold"], "--reason", "closed")
    assert "no longer holds" in run("retention", "hold", city, ENTRY, *data, *words).out
    assert run("retention", "hold", city, ENTRY, *data, *words).code == 2

    look = run("retention", "delete", city, ENTRY, *data, "--language", "zh-Hant")
    assert "nothing is destroyed yet" in look.out and "最短時間" in look.out and due["root"][:16] in look.out
    assert run("retention", "delete", city, ENTRY, *data, "--confirm", "0" * 16).code == 2
    [done] = run("retention", "delete", city, ENTRY, *data, "--confirm", due["root"][:16], "--json").json
    assert done["state"] == "proven"
    assert "nothing is due" in run("retention", "delete", city, ENTRY, *data).out
    assert "nothing was waiting" in run("retention", "delete", city, *data, "--resume").out
    assert run("retention", "delete", city, *data).code == 2

    [proof] = run("retention", "proof", city, *data, "--json", "--file", file).json
    assert proof["broken"] == "" and proof["among"]["name"] == "version/1/a.txt" and proof["journal"]["entry"]
    told = run("retention", "proof", city, *data, done["id"], "--file", file)
    assert told.code == 0 and "the proof holds" in told.out and "it was version/1/a.txt" in told.out
    assert run("retention", "proof", city, *data, "--file", stranger).code == 1
    assert run("retention", "proof", city, *data, "--file", tmp_path / "none").code == 2
    shown = run("dataset", "show", ENTRY, *data)
    assert "(destroyed)" in shown.out
