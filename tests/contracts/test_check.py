"""A table held against its contract: each promise, broken by one row, is found in that row."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from chengshu.foundation.declared import Document
from chengshu.kernel.errors import Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.resources.contracts import Verdict, check_table, contract_of, read_contract
from chengshu.resources.ledger import Resource

HERE = Path(__file__).parent
CONTRACT = HERE / "gauges.odcs.yaml"
CASES = yaml.safe_load((HERE / "cases.yaml").read_text("utf-8"))["cases"]
NOW = datetime(2026, 7, 6, 1, 30, tzinfo=UTC)  # half past nine in the city
HEADER = "station,observed_at,mm,state,depth"


def table(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    path = folder / "gauges.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def held(folder: Path, rows: list[str], **parts: Any) -> Verdict:
    return check_table(read_contract(CONTRACT), table(folder, rows), NOW, zone="Asia/Shanghai", **parts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case: dict[str, Any], tmp_path: Path) -> None:
    verdict = held(tmp_path, case["rows"])
    found = {
        item.check: {"check": item.check, "column": item.column, "rows": [row for row, _ in item.failing]}
        for item in verdict.findings
        if not item.unchecked
    }
    for name in case.get("also", ()):
        found.pop(name, None)
    wanted = {item["check"]: item for item in case["finds"]}
    assert found == wanted
    assert verdict.holds == case.get("holds", not wanted)


def test_what_the_hub_cannot_judge_is_said_and_breaks_nothing(tmp_path: Path) -> None:
    verdict = held(tmp_path, CASES[0]["rows"])
    assert {item.check for item in verdict.findings if item.unchecked} == {"eyes", "availability"}
    assert verdict.holds and verdict.rows == 2 and verdict.checks > 15


def test_columns_missing_and_unpromised(tmp_path: Path) -> None:
    path = table(tmp_path, ["G001,2026-07-06 09:00:00,1,ok,x"], "station,observed_at,mm,state,colour")
    verdict = check_table(read_contract(CONTRACT), path, NOW, zone="Asia/Shanghai")
    codes = {(item.code, item.column, item.severity) for item in verdict.findings}
    assert ("column-missing", "depth", "error") in codes and not verdict.holds
    assert ("column-unpromised", "colour", "info") in codes


def test_types_of_the_file_itself_are_believed(tmp_path: Path) -> None:
    path = tmp_path / "gauges.parquet"
    rows = {
        "station": ["G001"],
        "observed_at": pa.array([datetime(2026, 7, 6, 1, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        "mm": pa.array([1.5]),
        "state": ["ok"],
        "depth": pa.array([2], pa.uint16()),
    }
    pq.write_table(pa.table(rows), path)
    assert check_table(read_contract(CONTRACT), path, NOW).holds
    time = rows | {"observed_at": pa.array([3.5])}
    pq.write_table(pa.table(time), path)
    assert "observed_at: timestamp" in {
        item.check for item in check_table(read_contract(CONTRACT), path, NOW).findings
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT count(*) FROM read_csv('/etc/passwd')", "cannot be run"),
        ("SELECT count(*) FROM '/etc/hosts'", "cannot be run"),
        ("COPY gauges TO 'x.csv'", "one SELECT"),
        ("SELECT 1; DROP TABLE gauges", "one SELECT"),
        ("SELECT * FROM gauges", "one number"),
        ("SELEC", "one SELECT"),
        ("SELECT count(*) FROM other", "cannot be run"),
        ("SELECT max(station) FROM gauges", "no number"),
    ],
)
def test_a_query_sees_the_table_and_nothing_else(query: str, said: str, tmp_path: Path) -> None:
    contract = contract_of(Document(Path("x"), _with_query(query)))
    verdict = check_table(contract, table(tmp_path, CASES[0]["rows"]), NOW, zone="Asia/Shanghai")
    [finding] = [item for item in verdict.findings if item.check == "q"]
    assert said in finding.detail and not verdict.holds


def _with_query(query: str) -> dict[str, Any]:
    check = {"id": "q", "type": "sql", "query": query, "mustBe": 2}
    return {
        "apiVersion": "v3.0.2",
        "kind": "DataContract",
        "id": "q",
        "version": "1",
        "status": "active",
        "schema": [{"name": "gauges", "quality": [check]}],
    }


def test_a_query_that_holds(tmp_path: Path) -> None:
    contract = contract_of(
        Document(Path("x"), _with_query("WITH g AS (SELECT * FROM gauges) SELECT count(*) FROM g"))
    )
    assert check_table(contract, table(tmp_path, CASES[0]["rows"]), NOW).holds


@pytest.mark.parametrize(
    ("service", "entry", "said"),
    [
        ({"property": "frequency", "value": 1, "unit": "d"}, {"update_cycle": "P7D"}, "the ledger says P7D"),
        ({"property": "frequency", "value": "PT1H"}, {"updated_on": "2026-07-05"}, "last updated"),
        ({"property": "latency", "value": 1, "unit": "d"}, {"updated_on": "2026-07-01T00:00:00Z"}, "older"),
        ({"property": "endOfSupport", "value": "2026-01-01"}, {}, "support ended"),
        ({"property": "latency", "value": "soon"}, {}, "no length of time"),
        ({"property": "latency", "value": 2, "unit": "moons"}, {}, "no length of time"),
        ({"property": "endOfLife", "value": "one day"}, {}, "no date"),
        ({"property": "latency", "value": 1, "element": "gauges.when"}, {}, "no column when"),
    ],
)
def test_promises_of_service(
    service: dict[str, Any], entry: dict[str, Any], said: str, tmp_path: Path
) -> None:
    document = _with_query("SELECT 2") | {"slaProperties": [service]}
    resource = Resource("urn:x:1", "dataset", Text.of("gauges"), **entry)
    contract = contract_of(Document(Path("x"), document))
    verdict = check_table(contract, table(tmp_path, CASES[0]["rows"]), NOW, entry=resource)
    assert [said in item.detail for item in verdict.findings] == [True] and not verdict.holds


def test_a_bound_that_is_no_moment_is_found(tmp_path: Path) -> None:
    document = _with_query("SELECT 2")
    document["schema"][0]["properties"] = [
        {"name": "observed_at", "logicalType": "date", "logicalTypeOptions": {"minimum": "soon"}}
    ]
    verdict = check_table(
        contract_of(Document(Path("x"), document)), table(tmp_path, ["1"], "observed_at"), NOW
    )
    assert any("soon" in item.detail for item in verdict.findings)


def test_the_table_is_found_by_the_file_or_named(tmp_path: Path) -> None:
    other = tmp_path / "x.csv"
    other.write_text(f"{HEADER}\n", "utf-8")
    assert check_table(read_contract(CONTRACT), other, NOW).table == "gauges"  # the only one
    with pytest.raises(Missing, match="no table 'rivers'"):
        check_table(read_contract(CONTRACT), other, NOW, table="rivers")
    with pytest.raises(Missing, match="not there"):
        check_table(read_contract(CONTRACT), tmp_path / "gauges.csv", NOW)
    with pytest.raises(Invalid, match="not read here"):
        check_table(read_contract(CONTRACT), CONTRACT, NOW)
