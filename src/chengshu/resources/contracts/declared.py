"""The form of a contract document: Open Data Contract Standard (ODCS) v3.0 to v3.2.

What the hub acts upon is read key by key; the rest (servers, prices, teams, support) is kept as it stands.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from chengshu.foundation.declared import Declaration
from chengshu.resources.contracts.model import LOGICAL_TYPES, METRICS, OPERATORS

Any_ = Annotated[Any, Field(default=None)]
_SPOKEN = {  # library rules of v3.0, and what v3.1 calls them
    "nullCheck": "nullValues",
    "nullCount": "nullValues",
    "missingCount": "missingValues",
    "invalidCount": "invalidValues",
    "duplicateCount": "duplicateValues",
    "rowCount": "rowCount",
}
Dimension = Literal[
    "accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"
]
Version = Literal["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"]
Id = Annotated[str | None, Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")]


class _Odcs(Declaration):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=False)


class QualityPart(_Odcs):
    """One quality check of a table or column."""

    id: Id
    type: Literal["text", "library", "sql", "custom"] = "library"
    metric: str | None = None
    rule: str | None = None
    description: str | None = None
    dimension: Dimension | None = None
    severity: str | None = None
    unit: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    query: str | None = None
    engine: str | None = None
    implementation: str | dict[str, Any] | None = None
    must_be: Any = None
    must_not_be: Any = None
    must_be_greater_than: float | None = None
    must_be_greater_or_equal_to: float | None = None
    must_be_less_than: float | None = None
    must_be_less_or_equal_to: float | None = None
    must_be_between: tuple[float, float] | None = None
    must_not_be_between: tuple[float, float] | None = None
    name: str | None = None
    business_impact: str | None = None
    method: str | None = None
    schedule: str | None = None
    scheduler: str | None = None
    tags: Any_
    custom_properties: Any_
    authoritative_definitions: Any_

    @model_validator(mode="after")
    def _whole(self) -> QualityPart:
        given = [name for name in OPERATORS if self.bound(name) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of {' and '.join(given)}")
        if self.type == "library":
            if self.known not in METRICS:
                raise ValueError(f"metric {self.known!r} is not one of {', '.join(METRICS)}")
            if not given:
                raise ValueError("say what the metric must be, such as mustBe: 0")
        if self.type == "sql" and (not self.query or not given):
            raise ValueError("an sql check needs a query and what its result must be")
        if self.type == "custom" and (not self.engine or self.implementation is None):
            raise ValueError("a custom check needs its engine and implementation")
        return self

    def bound(self, operator: str) -> Any:
        """What the result must be by this operator; None where nothing is said."""
        return getattr(self, _FIELDS[operator])

    @property
    def known(self) -> str:
        """The metric by its present name."""
        return self.metric or _SPOKEN.get(self.rule or "", self.rule or "")


_FIELDS = {field.alias or name: name for name, field in QualityPart.model_fields.items()}


class ValuePart(_Odcs):
    """One allowed value (v3.2)."""

    value: Any
    id: Id
    label: str | None = None
    description: str | None = None
    tags: Any_
    custom_properties: Any_
    authoritative_definitions: Any_


class _Part(_Odcs):
    id: Id
    physical_name: str | None = None
    physical_type: str | None = None
    description: str | None = None
    business_name: str | None = None
    deprecated: bool = False
    synonyms: Any_
    tags: Any_
    custom_properties: Any_
    authoritative_definitions: Any_
    relationships: Any_
    quality: tuple[QualityPart, ...] = ()


class PropertyPart(_Part):
    """One column."""

    name: str = Field(min_length=1)
    logical_type: str | None = None
    logical_type_options: dict[str, Any] = Field(default_factory=dict)
    primary_key: bool = False
    primary_key_position: int = -1
    required: bool = False
    unique: bool = False
    classification: str | None = None
    enum: tuple[ValuePart, ...] = ()
    partitioned: bool = False
    partition_key_position: int = -1
    semantic_type: Literal["column", "measure", "dimension"] = "column"
    encrypted_name: str | None = None
    transform_source_objects: Any_
    transform_logic: str | None = None
    transform_description: str | None = None
    examples: Any_
    critical_data_element: bool = False
    properties: Any_
    items: Any_
    map: Any_

    @field_validator("logical_type")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in LOGICAL_TYPES:
            raise ValueError(f"use one of {', '.join(LOGICAL_TYPES)}")
        return value

    @field_validator("logical_type_options")
    @classmethod
    def _countable(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in ("minLength", "maxLength"):
            if name in value and not (type(value[name]) is int and value[name] >= 0):
                raise ValueError(f"{name} is a whole number from 0")
        step = value.get("multipleOf", 1)
        if type(step) not in (int, float) or step <= 0:
            raise ValueError("multipleOf is a number above 0")
        return value


class ObjectPart(_Part):
    """One table."""

    name: str = Field(min_length=1)
    logical_type: Literal["object"] = "object"
    data_granularity_description: str | None = None
    properties: tuple[PropertyPart, ...] = ()
    context: Any_

    @model_validator(mode="after")
    def _names_differ(self) -> ObjectPart:
        names = [item.physical_name or item.name for item in self.properties]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"column {double[0]!r} is described twice")
        return self


class ServicePart(_Odcs):
    """One property of the service level."""

    property: str
    value: str | float | int | bool | None
    id: Id
    unit: str | None = None
    element: str | None = None
    value_ext: Any_
    driver: str | None = None
    description: str | None = None
    scheduler: str | None = None
    schedule: str | None = None
    custom_properties: Any_
    authoritative_definitions: Any_


class ContractFile(_Odcs):
    """The whole document."""

    api_version: Version
    kind: Literal["DataContract"]
    id: str = Field(min_length=1, max_length=500)
    version: str = Field(min_length=1, max_length=100)
    status: str = "active"
    name: str | None = None
    tables: tuple[ObjectPart, ...] = Field(default=(), alias="schema")
    sla_properties: tuple[ServicePart, ...] = ()
    sla_default_element: str | None = None
    tenant: str | None = None
    domain: str | None = None
    data_product: str | None = None
    contract_created_ts: str | None = None
    description: Any_
    tags: Any_
    servers: Any_
    context: Any_
    support: Any_
    price: Any_
    team: Any_
    roles: Any_
    authoritative_definitions: Any_
    custom_properties: Any_

    @model_validator(mode="after")
    def _tables_differ(self) -> ContractFile:
        names = [item.name for item in self.tables]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"table {double[0]!r} is described twice")
        return self
