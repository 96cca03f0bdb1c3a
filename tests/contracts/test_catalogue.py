"""Every entry of a real catalogue as a draft contract: the standard's own schema accepts it, and so do we."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.ledger.harvest.test_catalogue import DECLARED

from chengshu.foundation.declared import Document
from chengshu.resources.contracts import contract_of, document_of
from chengshu.resources.ledger import Resource
from chengshu.resources.ledger.harvest.connectors.records import RecordsConnector

pytestmark = pytest.mark.external


def entries(shared: Path) -> Iterator[Resource]:
    for page in RecordsConnector(DECLARED, shared / "data" / "catalog").pages("", {}):
        for record in page.records:
            if record.resource is not None:
                yield replace(record.resource, id=f"urn:chengshu:resource:first:{record.native_id}")


def test_drafts_of_a_real_catalogue_are_valid(shared: Path) -> None:
    package, schemas = (
        pytest.importorskip("open_data_contract_standard"),
        pytest.importorskip("jsonschema_rs"),
    )
    schema = json.loads((Path(package.__file__).parent / "schema.json").read_text("utf-8"))
    judge = schemas.validator_for(schema)
    count = 0
    for entry in entries(shared):
        for language in ("en", "zh-Hans"):
            document = document_of(entry, language=language)
            assert [error.message for error in judge.iter_errors(document)] == [], entry.id
            assert contract_of(Document(Path("x"), document)).id == entry.id
            count += 1
    assert count == 2 * 768
