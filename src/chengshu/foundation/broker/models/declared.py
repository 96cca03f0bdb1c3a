"""``models/*.yaml``: what entities of one type should be like. A hub keeps all data; it flags what differs.

```yaml
type: AirQualityObserved
terms: {AirQualityObserved: https://smartdatamodels.org/dataModel.Environment/AirQualityObserved}
attributes:
  temperature: {value: number, unit: CEL, minimum: -60, maximum: 60}
  status: {enum: [ok, defect], required: true}
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from chengshu.foundation.broker.model import Kind
from chengshu.foundation.declared import Declaration, checked, read_document
from chengshu.kernel.errors import Findings, Invalid

ValueType = Literal["number", "integer", "text", "boolean", "object", "list", "time"]
Scalar = bool | int | float | str


class AttributeRule(Declaration):
    """What one attribute should be like; what is not said is free."""

    kind: Kind | None = None
    value: ValueType | None = None
    unit: tuple[str, ...] | str = ()
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[Scalar, ...] = ()
    longest: Annotated[int, Field(ge=1)] | None = None
    required: bool = False

    @property
    def units(self) -> tuple[str, ...]:
        """The unit codes that may be used; none: any."""
        return (self.unit,) if isinstance(self.unit, str) else self.unit

    @model_validator(mode="after")
    def _in_order(self) -> AttributeRule:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("the minimum is above the maximum")
        return self


class EntityRules(Declaration):
    """What entities of ``type`` should be like. ``terms`` say what its names mean, as a JSON-LD context does;
    ``closed``: an attribute that is not named here is flagged too."""

    type: str = Field(min_length=1)
    terms: dict[str, str] = Field(default_factory=dict)
    source: str = ""
    closed: bool = False
    attributes: dict[str, AttributeRule] = Field(default_factory=dict)


def read_rules(folder: Path) -> tuple[EntityRules, ...]:
    """Every ``*.yaml`` of the folder, in order of name; none when there is no such folder.

    Raises :class:`Invalid` listing every mistake of every file, with its line.
    """
    found, findings = [], Findings()
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(checked(EntityRules, read_document(path)))
        except Invalid as error:
            findings.faults.append(error.fault)
    findings.raise_any()
    return tuple(found)
