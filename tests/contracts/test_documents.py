"""Contracts read and written: what we write the standard's own validators accept, and mistakes are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from chengshu.foundation.declared import Document
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text
from chengshu.resources.contracts import as_csvw, contract_of, document_of, read_contract
from chengshu.resources.contracts import declared as form
from chengshu.resources.ledger import Distribution, Field, Resource
from chengshu.resources.quality.csvw import BASE, Shelf, faults_of
from chengshu.resources.quality.rules import Filled, Holds, OneOf, Pattern, Range, Rule, Unique

HERE = Path(__file__).parent
ENTRY = Resource(
    "urn:chengshu:resource:gauges",
    "dataset",
    Text("Rain gauges", "雨量站", "雨量站"),
    provider="water",
    purpose="warn of waterlogging",
    grade="general-2",
    keywords=("rain", "雨"),
    update_cycle="PT1H",
    fields=(
        Field("station", "VARCHAR", key=True, nullable=False, grade="general-1"),
        Field("mm", "DOUBLE", unit="mm"),
        Field("seen", "DATE"),
        Field("count", "INTEGER"),
    ),
    distributions=(Distribution("gauges.csv", local=True),),
)
RULES: tuple[Rule, ...] = (
    Pattern(id="form", kind="pattern", column="station", pattern="G[0-9]+"),
    Unique(id="once", kind="unique", columns=("station",)),
    Range(id="wet", kind="range", column="mm", least=0, most=300),
    Range(id="days", kind="range", column="seen", least="2026-01-01"),
    Range(id="odd", kind="range", column="station", least=0),
    OneOf(id="counts", kind="one_of", column="count", values=(1, 2)),
    Filled(id="both", kind="filled", columns=("mm", "seen")),
    Holds(id="sane", kind="holds", expression="mm >= count"),
)


@pytest.fixture(scope="module")
def judge() -> Any:
    """The JSON schema of the standard, as its package ships it."""
    package = pytest.importorskip("open_data_contract_standard")
    schemas = pytest.importorskip("jsonschema")
    schema = json.loads((Path(package.__file__).parent / "schema.json").read_text("utf-8"))
    return schemas.validators.validator_for(schema)(schema)


def faults(judge: Any, document: Any) -> list[str]:
    return [error.message for error in judge.iter_errors(document)]


def test_what_we_write_is_valid_and_reads_as_it_was_meant(judge: Any) -> None:
    from open_data_contract_standard.model import OpenDataContractStandard

    document = document_of(ENTRY, RULES)
    assert faults(judge, document) == []
    read = OpenDataContractStandard.from_string(yaml.safe_dump(document))
    assert read.schema_ and [item.name for item in read.schema_[0].properties or ()] == [
        *("station", "mm", "seen", "count")
    ]
    contract = contract_of(Document(Path("x"), document))
    [table] = contract.tables
    station, mm, seen, count = table.elements
    assert table.key() == ("station",) and station.unique and station.options == {"pattern": "G[0-9]+"}
    assert (mm.logical_type, mm.options) == ("number", {"minimum": 0, "maximum": 300})
    assert seen.options == {"minimum": "2026-01-01"} and station.classification == "general-1"
    assert [check.arguments for check in count.expectations] == [{"validValues": [1, 2]}]
    assert {check.id for check in table.expectations} == {"odd", "both", "sane"}
    assert [(item.property, item.value, item.unit) for item in contract.services] == [("frequency", 1.0, "h")]


def test_the_contract_of_the_tests_is_valid_itself(judge: Any) -> None:
    assert faults(judge, yaml.safe_load((HERE / "gauges.odcs.yaml").read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("apiVersion",), "v9", "apiVersion"),
        (("kind",), "Contract", "kind"),
        (("id",), None, "id"),
        (("colour",), "red", "colour is not known"),
        (("schema", 0, "properties", 0, "logicalType"), "text", "use one of string"),
        (("schema", 0, "properties", 1, "name"), None, "name"),
        (("schema", 0, "properties", 1, "nme"), "x", "did you mean 'name'"),
        (("schema", 0, "properties", 3, "quality", 0, "mustBe"), None, "must be"),
        (("schema", 0, "properties", 3, "quality", 0, "metric"), "typos", "not one of"),
        (("schema", 0, "properties", 3, "quality", 0, "dimension"), "beauty", "dimension"),
        (("schema", 0, "quality", 1, "query"), None, "needs a query"),
        (("schema", 0, "quality", 2, "engine"), None, "engine"),
        (("schema", 0, "quality", 0, "mustBeBetween"), [1], "mustBeBetween"),
        (("slaProperties", 0, "property"), None, "property"),
    ],
)
def test_a_mistake_that_the_standard_sees_we_see_too(
    place: tuple[Any, ...], value: Any, said: str, judge: Any, tmp_path: Path
) -> None:
    document = yaml.safe_load((HERE / "gauges.odcs.yaml").read_text("utf-8"))
    at: Any = document
    for step in place[:-1]:
        at = at[step]
    if value is None:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    with pytest.raises(Invalid) as error:
        read_contract(path)
    told = [error.value.fault.detail, error.value.fault.remedy, *map(str, error.value.extra["faults"])]
    assert any(said in text for text in told) and "bad.yaml" in error.value.fault.where
    assert faults(judge, document) != [] or place[-1] in ("mustBe", "mustBeBetween", "engine")


def test_every_key_of_the_standard_may_stand_in_a_contract(judge: Any) -> None:
    parts = {
        "": form.ContractFile,
        "SchemaObject": form.ObjectPart,
        "SchemaProperty": form.PropertyPart,
        "DataQualityLibrary": form.QualityPart,
        "DataQualitySql": form.QualityPart,
        "DataQualityCustom": form.QualityPart,
        "DataQuality": form.QualityPart,
        "ServiceLevelAgreementProperty": form.ServicePart,
        "EnumValue": form.ValuePart,
    }
    for name, model in parts.items():
        known = {field.alias or own for own, field in model.model_fields.items()}
        told = _keys(judge.schema["$defs"][name] if name else judge.schema, judge.schema)
        assert told and told <= known, name


def _keys(part: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    found = set(part.get("properties", {}))
    for more in (*part.get("allOf", ()), *part.get("anyOf", ()), *part.get("oneOf", ())):
        found |= _keys(more, schema)
    if "$ref" in part:
        found |= _keys(schema["$defs"][part["$ref"].rpartition("/")[2]], schema)
    return found


def test_csv_on_the_web_goes_out_and_comes_back(tmp_path: Path) -> None:
    table = contract_of(Document(Path("x"), document_of(ENTRY, RULES))).tables[0]
    metadata = as_csvw(table, "gauges.csv")
    (tmp_path / "meta.json").write_text(json.dumps(metadata), "utf-8")
    good = "station,mm,seen,count\nG1,3.5,2026-02-03,1\n"
    for text, valid in (
        (good, True),
        (good.replace("G1", "X1"), False),
        (good.replace("3.5", "301"), False),
        (good.replace("2026-02-03", "2025-02-03"), False),
        (good.replace("1\n", "one\n"), False),
        (good + "G1,1,2026-02-04,2\n", False),
    ):
        (tmp_path / "gauges.csv").write_text(text, "utf-8")
        told = faults_of(Shelf(tmp_path), f"{BASE}gauges.csv", f"{BASE}meta.json")
        assert (told == []) == valid, text
    back = read_contract(tmp_path / "meta.json")
    assert [(item.column, item.logical_type, item.options) for item in back.tables[0].elements] == [
        (item.column, item.logical_type, item.options) for item in table.elements
    ]
    assert back.tables[0].key() == ("station",) and back.tables[0].name == "gauges"


def test_words_that_uris_do_not_allow_come_back(tmp_path: Path) -> None:
    entry = Resource("urn:x:a", "dataset", Text.of("a"), fields=(Field("站点 名.x-1", "int"),))
    metadata = as_csvw(contract_of(Document(Path("x"), document_of(entry))).tables[0], "a.csv")
    (tmp_path / "m.json").write_text(json.dumps(metadata), "utf-8")
    (tmp_path / "a.csv").write_text("站点 名.x-1\n5\n", "utf-8")
    assert faults_of(Shelf(tmp_path), f"{BASE}a.csv", f"{BASE}m.json") == []
    assert read_contract(tmp_path / "m.json").tables[0].elements[0].column == "站点 名.x-1"
