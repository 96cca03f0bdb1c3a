"""The runner of the compatibility kit over folders that are odd: one line for each, never a traceback."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.rules.conftest import decision, literal, wrap

from chengshu.kernel.errors import Invalid
from chengshu.rules.dmn.conformance import Report, run

HEAD = (
    '<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
MODEL = wrap(decision("a", literal("1")) + decision("l", literal("[1, null, {x: null}, []]")))
ONE = "<value xsi:type='xsd:decimal'>1</value>"
NO_DAY = "<inputNode name='i'><value xsi:type='xsd:date'>2026-99-01</value></inputNode>"
LISTED = (
    "<list><item><value xsi:type='xsd:double'>1.0</value></item><item xsi:nil='true'/>"
    "<item><component name='x' xsi:nil='true'/></item><item><list/></item></list>"
)


def _case(expected: str, decided: str = "a", inputs: str = "", more: str = "", ident: str = "1") -> str:
    result = f'<resultNode name="{decided}" {more}><expected>{expected}</expected></resultNode>'
    return f'<testCase id="{ident}">{inputs}{result}</testCase>'


def _ran(folder: Path, tests: str, model: bytes | None = MODEL) -> Report:
    place = folder / "compliance-level-3" / "odd"
    place.mkdir(parents=True)
    if model is not None:
        (place / "odd.dmn").write_bytes(model)
    (place / "odd-test-01.xml").write_text(tests)
    return run(folder)


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ("<foo", "not XML"),
        ("", "not XML"),
        (HEAD + _case("<value xsi:type='xsd:foo'>1</value>") + "</testCases>", "unknown type «foo»"),
        (HEAD + _case("<value xsi:type='xsd:decimal'>x</value>") + "</testCases>", "«x» is no decimal"),
        (HEAD + _case(ONE, inputs=NO_DAY) + "</testCases>", "is no date"),
        (HEAD + _case("<value xsi:type='xsd:double'>NaN</value>") + "</testCases>", "1 instead of NaN"),
        (HEAD + _case(ONE, "b") + "</testCases>", "no decision «b»"),
        (HEAD + _case("", "a", more="errorResult='true'") + "</testCases>", "1 instead of null"),
        (HEAD + "<modelName>other.dmn</modelName>" + _case(ONE) + "</testCases>", ""),
        (HEAD + _case(LISTED, "l") + "</testCases>", ""),
        (HEAD + _case(ONE) + "</testCases>", ""),
    ],
)  # fmt: skip
def test_each_oddity_is_one_line(tmp_path: Path, tests: str, why: str) -> None:
    report = _ran(tmp_path, tests)
    assert report.total == 1
    assert [reason for reason in report.failing.values() if why not in reason or "\n" in reason] == []
    assert report.failed == bool(why)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (None, "no model «odd.dmn» beside it"),
        (b"<foo", "not XML"),
        (MODEL.replace(b"www.omg.org/spec/DMN", b"example.org/other"), "the root is"),
        (MODEL.replace(b"20230324", b"20300101"), ""),
    ],
)
def test_each_odd_model_is_one_line(tmp_path: Path, model: bytes | None, why: str) -> None:
    report = _ran(tmp_path, HEAD + _case(ONE) + "</testCases>", model)
    assert report.total == 1
    assert report.failed == bool(why) and all(why in reason for reason in report.failing.values())


def test_knowledge_models_and_services_are_called_by_name(tmp_path: Path) -> None:
    model = wrap(
        decision("a", literal("1"))
        + decision("b", literal("2"))
        + '<businessKnowledgeModel id="k" name="k"><variable name="k"/><encapsulatedLogic>'
        f'<formalParameter name="n"/>{literal("n + 1")}</encapsulatedLogic></businessKnowledgeModel>'
        '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#a"/>'
        '<outputDecision href="#b"/></decisionService>'
    )
    calls = (
        '<testCase id="k" type="bkm" invocableName="k">'
        f'<inputNode name="n">{ONE}</inputNode>'
        f'<resultNode name="k"><expected>{ONE.replace("1", "2")}</expected></resultNode></testCase>'
        '<testCase id="s" type="decisionService" invocableName="s">'
        f'<resultNode name="b"><expected>{ONE.replace("1", "2")}</expected></resultNode></testCase>'
    )
    report = _ran(tmp_path, f"{HEAD}{calls}</testCases>", model)
    assert (report.total, report.failing) == (2, {})


def test_a_folder_of_one_case_and_archives_are_run_too(tmp_path: Path) -> None:
    _ran(tmp_path / "kit", HEAD + _case(ONE) + "</testCases>")
    inner = tmp_path / "kit" / "compliance-level-3"
    assert run(inner / "odd").total == 1
    with tarfile.open(tmp_path / "kit.tgz", "w:gz") as packed:
        packed.add(inner, "x/compliance-level-2")
    assert run(tmp_path / "kit.tgz").level(2).passed == 1
    with zipfile.ZipFile(tmp_path / "kit.zip", "w") as archive:
        for file in (inner / "odd").iterdir():
            archive.write(file, f"odd/{file.name}")
    assert run(tmp_path / "kit.zip").groups["other"].passed == 1
    (tmp_path / "broken.tgz").write_bytes(b"x")
    with pytest.raises(Invalid, match="archive"):
        run(tmp_path / "broken.tgz")


def test_a_link_that_leads_nowhere_and_a_folder_named_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "lost.xml").symlink_to(tmp_path / "gone")
    (tmp_path / "folder.dmn").mkdir()
    (tmp_path / "other.xml").write_text("<foo/>")
    report = run(tmp_path)
    assert (report.total, report.failed) == (1, 1)
