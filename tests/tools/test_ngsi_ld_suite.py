"""The runner of the NGSI-LD conformance suite: configures a copy, gathers contexts, reads robot's result."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from tools import ngsi_ld_suite as runner

RESULT = """<robot>
 <suite name="Provision"><suite name="001" source="/somewhere/001_01.robot">
  <test name="one"><status status="PASS"/></test>
  <test name="two"><status status="FAIL">expected 204
   but 207</status></test>
  <test name="three"><status status="SKIP"/></test>
 </suite></suite>
</robot>"""
CONTEXT = "https://suite.example/raw/vocabulary-compound.jsonld"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    files = {
        "resources/variables.py": "url = 'http://localhost:9090'\nown = 5\ncore_context = 'old'\n",
        "resources/jsonld-contexts/vocabulary-compound.jsonld": '{"@context": {"a": "urn:a"}}',
        "data/entities/one.jsonld": json.dumps(
            {"@context": [CONTEXT, "https://other.example/x-compound.jsonld"]}
        ),
        "data/entities/lost.jsonld": '{"@context": "https://lost.example/non-existing.jsonld"}',
        "data/jsonldContext/@context-cached-valid.json": '{"@context": ["http://public.example/c.jsonld"]}',
        "TP/NGSI-LD/a.robot": f"Log  {CONTEXT}",
        "results-old/output.xml": "<x/>",
        "libraries/thing.py": "",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_copy_is_configured_and_the_given_suite_stays_as_it_is(suite: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in suite.rglob("*") if path.is_file()}
    copy = tmp_path / "copy"
    runner.configure(suite, copy, 9191, 8200)
    values = runpy.run_path(str(copy / "resources" / "variables.py"))
    assert values["url"] == "http://127.0.0.1:9191/ngsi-ld/v1" and values["own"] == 5
    ports = [values[f"{name}_port"] for name in ("notification_server", "context_source", "context_server")]
    assert ports == [8200, 8201, 8202] and values["core_context"] == runner.CORE
    assert not (copy / "results-old").exists()
    assert before == {path: path.read_bytes() for path in suite.rglob("*") if path.is_file()}


def test_every_address_the_suite_brings_a_file_for_is_in_the_folder(suite: Path, tmp_path: Path) -> None:
    runner.gather_contexts(suite, tmp_path / "contexts")
    index = json.loads((tmp_path / "contexts" / "index.json").read_text())
    assert index[CONTEXT] == index["https://other.example/x-compound.jsonld"] == "vocabulary-compound.jsonld"
    assert json.loads((tmp_path / "contexts" / index["http://public.example/c.jsonld"]).read_text()) == {
        "@context": {}
    }
    assert "https://lost.example/non-existing.jsonld" not in index
    assert all((tmp_path / "contexts" / name).is_file() for name in index.values())


def test_the_result_and_the_report(tmp_path: Path) -> None:
    (tmp_path / "output.xml").write_text(RESULT)
    score = runner.read_result(tmp_path / "output.xml", "Provision")
    assert (score.passed, score.total) == (1, 2)
    runner.write_report(tmp_path / "report.txt", [score])
    assert (tmp_path / "report.txt").read_text().splitlines() == [
        "# Provision 1/2",
        "001_01.robot: two: expected 204 but 207",
    ]


@pytest.mark.slow
def test_a_suite_that_cannot_run_ends_with_two(suite: Path, tmp_path: Path) -> None:
    arguments = [
        str(suite),
        "--robot",
        "/bin/false",
        "--work",
        str(tmp_path / "work"),
        "--group",
        "Provision",
    ]
    code = runner.main([*arguments, "--port", "9192", "--report", str(tmp_path / "report.txt")])
    assert code == 2 and not (tmp_path / "report.txt").exists()
