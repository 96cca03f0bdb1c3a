"""A contract document read: from ODCS (YAML or JSON), or from the metadata of CSV on the Web."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chengshu.foundation.declared import Document, checked, read_document
from chengshu.resources.contracts import csvw_form
from chengshu.resources.contracts.declared import (
    ContractFile,
    ObjectPart,
    PropertyPart,
    QualityPart,
    ServicePart,
)
from chengshu.resources.contracts.model import (
    OPERATORS,
    Bound,
    Contract,
    Element,
    Expectation,
    Promised,
    Service,
)


def read_contract(path: Path) -> Contract:
    """Read a contract in either form. Raises :class:`Invalid` with every mistake and its line."""
    document = read_document(path)
    if csvw_form.is_csvw(document.data):
        document = Document(path, csvw_form.as_odcs(document.data, path.name))
    return contract_of(document)


def contract_of(document: Document) -> Contract:
    """A document as a contract. Raises :class:`Invalid`."""
    read = checked(ContractFile, document)
    return Contract(
        read.id,
        read.version,
        read.status,
        read.name or read.data_product or read.id,
        tuple(_table(item) for item in read.tables),
        tuple(_service(item, read.sla_default_element or "") for item in read.sla_properties),
        document.data,
    )


def _table(part: ObjectPart) -> Promised:
    return Promised(
        part.name,
        part.physical_name or "",
        tuple(_element(item, at) for at, item in enumerate(part.properties, 1)),
        _expectations(part.quality, part.name),
    )


def _element(part: PropertyPart, at: int) -> Element:
    place = part.primary_key_position if part.primary_key_position > 0 else at
    return Element(
        part.name,
        part.physical_name or part.name,
        part.logical_type or "",
        part.physical_type or "",
        part.business_name or "",
        part.description or "",
        part.required,
        part.unique,
        place if part.primary_key else 0,
        part.classification or "",
        part.logical_type_options,
        tuple(item.value for item in part.enum),
        _expectations(part.quality, part.name),
    )


def _expectations(parts: Iterable[QualityPart], owner: str) -> tuple[Expectation, ...]:
    return tuple(_expectation(part, f"{owner}-{at}") for at, part in enumerate(parts, 1))


def _expectation(part: QualityPart, spare: str) -> Expectation:
    bound = next((Bound(name, value) for name in OPERATORS if (value := part.bound(name)) is not None), None)
    severity = (part.severity or "error").lower()
    return Expectation(
        part.id or part.name or spare,
        part.type,
        part.known if part.type == "library" else "",
        part.dimension or "",
        severity if severity in ("warning", "info") else "error",
        (part.unit or "rows").lower(),
        bound,
        part.arguments,
        part.query or "",
        (part.engine or "").lower(),
        part.implementation,
        part.description or "",
    )


def _service(part: ServicePart, default: str) -> Service:
    return Service(part.property, part.value, part.unit or "", part.element or default)
