"""`chengshu entity lint`: what is wrong with an example, how to mend it, and the mended file."""

from __future__ import annotations

import json
from pathlib import Path

from tests.app.terminal import run


def test_an_example_that_is_not_ngsi_ld_is_told_and_mended(tmp_path: Path) -> None:
    path, fixed = tmp_path / "gauge.json", tmp_path / "fixed.json"
    path.write_text(json.dumps({"id": "urn:x:1", "type": "Gauge", "depth": {"type": "number", "value": 3}}))
    told = run("entity", "lint", str(path), "--fix", str(fixed))
    assert told.code == 1
    assert "depth" in told.out
    assert json.loads(fixed.read_text())["depth"]["type"] == "Property"
    again = run("entity", "lint", str(fixed))
    assert (again.code, again.out.strip()) == (0, "0 faults in 1 entities")


def test_a_list_and_what_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(json.dumps([{"id": "urn:x:1", "type": "Gauge"}, {"type": "Gauge"}]))
    told = json.loads(run("entity", "lint", str(path), "--json").out)
    assert {row["entity"] for row in told["faults"]} == {2}
    path.write_text("{")
    assert run("entity", "lint", str(path)).code == 2
