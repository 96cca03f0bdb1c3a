"""What may stand in the files of a city folder and in scenario.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from chengshu.foundation.declared import Declaration, DeclaredText

_ID = r"^[a-z][a-z0-9_\-]{0,62}$"
Id = Annotated[str, Field(pattern=_ID, description="lower-case letters, digits, - and _")]


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone; use a name of the IANA list such as Asia/Shanghai") from None
    return name


class CityFile(Declaration):
    """city.toml: what the city is called, its time, and which scenarios it has installed."""

    id: Id
    name: DeclaredText
    timezone: Annotated[str, AfterValidator(_zone)]
    scenarios: tuple[Id, ...] = ()
    attribution: str = ""  # shown on every map, e.g. "© OpenStreetMap contributors"


class DepartmentEntry(Declaration):
    """One entry of departments.yaml."""

    id: Id
    name: DeclaredText
    area: str
    parent: str | None = None
    contact: str = ""


class DepartmentsFile(Declaration):
    """departments.yaml."""

    departments: tuple[DepartmentEntry, ...]


class DutyEntry(Declaration):
    """One line of duties.yaml, the duty list (權責清單)."""

    matter: str
    area: str
    lead: str
    assist: tuple[str, ...] = ()
    fallback: str | None = None
    on_duty: dict[str, Any] = Field(default_factory=dict)


class DutiesFile(Declaration):
    """duties.yaml."""

    duties: tuple[DutyEntry, ...]


class AreaProperties(Declaration):
    """Properties of a feature in areas.geojson."""

    id: str
    name: DeclaredText
    kind: Literal["city", "district", "street", "community", "area"]
    parent: str | None = None


class Setting(Declaration):
    """One threshold or switch of a scenario that a city, or ``drill --set``, may change."""

    value: float | bool | str
    unit: str = ""
    label: DeclaredText
    note: str = ""


class ScenarioFile(Declaration):
    """scenario.yaml: the card of a scenario package."""

    id: Id
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", description="semantic version such as 1.0.0")]
    name: DeclaredText
    summary: DeclaredText
    needs: tuple[str, ...] = ()
    settings: dict[str, Setting] = Field(default_factory=dict)


class OverlaySettings(Declaration):
    """overlays/<scenario>/settings.yaml: the city's own values."""

    settings: dict[str, float | bool | str]
