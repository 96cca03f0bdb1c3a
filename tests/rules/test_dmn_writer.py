"""Editing a table in its file: the change is made, and nothing else differs by a byte."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.dmn.model import Decision, Rule, Table
from chengshu.rules.dmn.reader import read_definitions
from chengshu.rules.dmn.source import Source
from chengshu.rules.dmn.writer import Edit, InsertRule, MoveRule, RemoveRule, SetCell, edit_table

MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"
ODD = f"""<?xml version="1.0"?>
<!-- kept > as it is -->
<d:definitions xmlns:d="{MODEL}" xmlns:x="urn:x" name='a > b' namespace="urn:odd">
  <d:inputData id="i" name="rain"/><x:text>not <x:rule/> ours</x:text>
  <d:decision name="level" id="D" x:color="red">
    <d:informationRequirement><d:requiredInput href="#i"/></d:informationRequirement>
    <d:decisionTable
        id="T"   hitPolicy='FIRST'>
      <d:input><d:inputExpression><d:text>rain</d:text></d:inputExpression></d:input>
      <d:output/><d:annotation name="why"/>
      <d:rule id="r1"><d:inputEntry id="c1"><d:text><![CDATA[> 50]]></d:text></d:inputEntry
        ><d:outputEntry ><d:text/></d:outputEntry><d:annotationEntry/></d:rule> <!-- between -->
      <d:rule id="r2"><d:inputEntry/><d:outputEntry><d:text>&quot;雨&#x96E8;&quot;</d:text></d:outputEntry>
        <d:annotationEntry><d:description>x</d:description></d:annotationEntry></d:rule>
    </d:decisionTable>
  </d:decision>
</d:definitions>
<?end?>""".encode()


def table_of(data: bytes) -> Table:
    decision = next(e for e in read_definitions(data).elements if isinstance(e, Decision))
    assert isinstance(decision.logic, Table)
    return decision.logic


def test_a_cell_is_changed_and_nothing_else() -> None:
    changed = edit_table(ODD, "level", [SetCell(1, "input", 1, '>= 60 & "<" ')])
    assert changed == ODD.replace(b"<![CDATA[> 50]]>", b'&gt;= 60 &amp; "&lt;"')
    assert table_of(changed).rules[0].inputs == ('>= 60 & "<"',)


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        (SetCell(1, "output", 1, "7"), b"<d:outputEntry ><d:text/>", b"<d:outputEntry ><d:text>7</d:text>"),
        (SetCell(2, "input", 1, "-"), b"<d:inputEntry/>", b"<d:inputEntry><d:text>-</d:text></d:inputEntry>"),
        (
            SetCell(2, "annotation", 1, "y"),
            b"</d:description></d:annotationEntry>",
            b"</d:description><d:text>y</d:text></d:annotationEntry>",
        ),
    ],
)
def test_cells_without_text_get_one(edit: Edit, before: bytes, after: bytes) -> None:
    assert edit_table(ODD, "T", [edit]) == ODD.replace(before, after)


def test_rows_change_places_around_what_stands_between_them() -> None:
    moved = edit_table(ODD, "level", [MoveRule(2, 1)])
    assert moved.index(b'id="r2"') < moved.index(b"<!-- between -->") < moved.index(b'id="r1"')
    assert edit_table(moved, "level", [MoveRule(1, 2)]) == ODD


def test_a_row_that_is_added_and_taken_out_leaves_nothing() -> None:
    for at in (1, 2, 3):
        more = edit_table(ODD, "level", [InsertRule(at, ("1",), ("2",), ("3",))])
        assert table_of(more).rules[at - 1] == Rule(("1",), ("2",), "rule_1", ("3",))
        assert edit_table(more, "level", [RemoveRule(at)]) == ODD


def test_new_ids_are_not_those_of_others() -> None:
    data = ODD.replace(b'id="r1"', b'id="rule_1"').replace(b'id="c1"', b'id="rule_2_i1"')
    assert table_of(edit_table(data, "level", [InsertRule(3, ("1",), ("2",))])).rules[2].id == "rule_3"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "iso-8859-1", "big5"])
def test_a_file_stays_in_its_encoding(encoding: str) -> None:
    data = ODD.replace(b'version="1.0"', f'version="1.0" encoding="{encoding}"'.encode())
    data = data.decode().encode(encoding, "xmlcharrefreplace")
    changed = edit_table(data, "level", [SetCell(2, "input", 1, '"暴雨"')])
    assert table_of(changed).rules[1].inputs == ('"暴雨"',)
    assert edit_table(changed, "level", [SetCell(2, "input", 1, "")]).decode(encoding).count("雨") == (
        data.decode(encoding).count("雨")
    )


def test_a_byte_order_mark_stays() -> None:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        data = mark + ODD.decode().encode(encoding)
        changed = edit_table(data, "level", [SetCell(1, "output", 1, "8")])
        assert changed == data.replace("<d:text/>".encode(encoding), "<d:text>8</d:text>".encode(encoding))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (SetCell(3, "input", 1, "1"), "there is no rule 3"),
        (SetCell(1, "input", 2, "1"), "there is no input 2"),
        (SetCell(1, "colour", 1, "1"), "a rule has no «colour»"),
        (SetCell(1, "input", 1, "a\x00b"), "U+0000"),
        (InsertRule(4, ("1",), ("2",)), "there is no place for a rule 4"),
        (InsertRule(1, (), ("2",)), "0 conditions and 1 results"),
        (RemoveRule(0), "there is no rule 0"),
        (MoveRule(1, 3), "there is no rule 3"),
    ],
)
def test_what_cannot_be_done_is_said(edit: Edit, said: str) -> None:
    with pytest.raises(DmnError) as caught:
        edit_table(ODD, "level", [edit])
    assert said in caught.value.fault.detail


def test_a_table_that_is_not_there_is_told_from_those_that_are() -> None:
    with pytest.raises(DmnError) as caught:
        edit_table(ODD, "levels", [RemoveRule(1)])
    assert "«level»" in caught.value.fault.remedy


def test_a_doctype_is_refused() -> None:
    data = ODD.replace(b"<!-- kept", b'<!DOCTYPE d:definitions [<!ENTITY e "x">]><!-- kept', 1)
    with pytest.raises(DmnError, match="DOCTYPE"):
        edit_table(data, "level", [RemoveRule(1)])


def test_places_are_those_of_the_analysis(build: Any) -> None:
    from chengshu.rules.dmn import read_model
    from chengshu.rules.dmn.analysis import analyse_model

    inner = build.table(["x"], [("> 1", "1")])
    nested = (
        f'<context><contextEntry><variable name="a"/>{inner}</contextEntry>'
        f"<contextEntry>{inner}</contextEntry></context>"
    )
    data = build.wrap(
        build.input_data("x")
        + build.decision("plain", inner, ["x"])
        + build.decision("nested", nested, ["x"])
    )
    assert [name for name, _ in Source(data).tables()] == list(analyse_model(read_model(data)))
    changed = edit_table(data, "nested (2)", [SetCell(1, "output", 1, "5")])
    assert read_model(changed).decide("nested", {"x": 2}).value == 5


def test_every_table_of_the_scenarios_can_be_written(root: Path) -> None:
    files = sorted(root.glob("scenarios/*/rules/**/*.dmn"))
    assert files
    for file in files:
        data = file.read_bytes()
        for name, _ in Source(data).tables():
            more = edit_table(data, name, [MoveRule(1, 2), MoveRule(1, 2), SetCell(1, "input", 1, "1")])
            assert len(more) != len(data) or more != data


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12).filter(
    lambda text: all(c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") for c in text)
)


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[Edit, Table]]:
    """Edits one after another, each with the table that must come of it."""
    table, found = table_of(ODD), list[tuple[Edit, Table]]()
    for _ in range(draw(st.integers(1, 6))):
        rules, count = list(table.rules), len(table.rules)
        kinds = ["insert", "set", "remove", "move"] if count else ["insert"]
        kind = draw(st.sampled_from(kinds))
        at = draw(st.integers(1, max(count, 1)))
        text = draw(TEXTS)
        edit: Edit
        if kind == "set":
            part = draw(st.sampled_from(["inputs", "outputs"]))
            edit = SetCell(at, part.removesuffix("s"), 1, text)
            rules[at - 1] = replace(rules[at - 1], **{part: (text.strip(),)})
        elif kind == "insert":
            edit = InsertRule(at, (text,), ("1",))
            rules.insert(at - 1, Rule((text.strip(),), ("1",)))
        elif kind == "remove":
            edit = RemoveRule(at)
            del rules[at - 1]
        else:
            to = draw(st.integers(1, count))
            edit = MoveRule(at, to)
            rules.insert(to - 1, rules.pop(at - 1))
        table = replace(table, rules=tuple(rules))
        found.append((edit, table))
    return found


@given(edits())
def test_what_is_written_is_read(steps: list[tuple[Edit, Table]]) -> None:
    data = ODD
    for edit, expected in steps:
        data = edit_table(data, "level", [edit])
        known = [rule.id for rule in table_of(data).rules]
        assert len(set(known)) == len(known)
        read = table_of(data)
        assert [(rule.inputs, rule.outputs) for rule in read.rules] == [
            (rule.inputs, rule.outputs) for rule in expected.rules
        ]
        assert replace(read, rules=()) == replace(expected, rules=())
    assert data == edit_table(ODD, "level", [edit for edit, _ in steps])


@given(TEXTS, st.integers(1, 2))
def test_setting_a_cell_and_setting_it_back_gives_the_same_bytes(text: str, rule: int) -> None:
    plain = edit_table(ODD, "level", [SetCell(1, "input", 1, "> 50"), SetCell(2, "input", 1, "<= 50")])
    before = table_of(plain).rules[rule - 1].inputs[0]
    changed = edit_table(plain, "level", [SetCell(rule, "input", 1, text)])
    assert table_of(changed).rules[rule - 1].inputs[0] == text.strip()
    assert edit_table(changed, "level", [SetCell(rule, "input", 1, before)]) == plain


@pytest.mark.external
def test_tables_of_other_tools_are_edited_without_a_trace(shared: Path) -> None:
    """Over the models of the DMN TCK, which many tools have written: there and back is the same file."""
    tables = 0
    with tarfile.open(shared / "checks" / "dmn" / "tck_cases.tgz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".dmn") else None
            if file is None:
                continue
            data = file.read()
            try:
                places = list(Source(data).tables())
            except DmnError:
                with pytest.raises(DmnError):
                    read_definitions(data)  # what cannot be edited cannot be read either
                continue
            for place, span in places:
                tables += 1
                inputs, outputs = len(span.of("input")), len(span.of("output"))
                new = InsertRule(len(span.of("rule")) + 1, ("-",) * inputs, ("1",) * outputs)
                more = edit_table(data, place, [new])
                assert more != data, f"{member.name}: {place}"
                assert edit_table(more, place, [RemoveRule(new.at)]) == data, f"{member.name}: {place}"
                moved = edit_table(data, place, [MoveRule(1, new.at - 1)])
                assert edit_table(moved, place, [MoveRule(new.at - 1, 1)]) == data, f"{member.name}: {place}"
                marked = edit_table(data, place, [SetCell(1, "output", 1, "12321")])
                assert read_definitions(marked) != read_definitions(data)
    assert tables > 50
