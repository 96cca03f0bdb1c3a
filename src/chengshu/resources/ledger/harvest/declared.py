"""``harvest.yaml``: where the ledger looks for resources, and how often."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.resources.ledger.model import Sharing, SourceClass


class Database(Declaration):
    """A database, read through its own catalogue. ``url`` is an SQLAlchemy address without password;
    ``password_env`` names the environment variable that has it.
    """

    kind: Literal["database"]
    url: str = Field(min_length=1)
    password_env: str = ""
    schemas: tuple[str, ...] = Field((), description="none: the database's own default")
    count: bool = Field(True, description="whether rows are counted")


class Folder(Declaration):
    """Files below a folder: CSV, Parquet, Excel, JSON, JSON lines, GeoJSON. Relative to the declaration."""

    kind: Literal["folder"]
    path: str = Field(min_length=1)
    pattern: str = "**/*"


_PARTS = (
    *("title", "title.en", "title.zh-Hans", "title.zh-Hant", "summary", "summary.en", "summary.zh-Hans"),
    *("summary.zh-Hant", "provider", "owner", "contact", "format", "update_cycle", "licence", "published_on"),
    *("updated_on", "keywords", "themes", "url"),
)


class Records(Declaration):
    """A JSON or JSON-lines file (``.gz`` is unpacked) of records in a form of its own. ``each``, ``id`` and
    ``parts`` are FEEL expressions: the list in the file, and what a record says.
    """

    kind: Literal["records"]
    path: str = Field(min_length=1)
    each: str = ""
    id: str = Field(min_length=1)
    parts: dict[str, str]

    @field_validator("parts")
    @classmethod
    def _known(cls, parts: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(parts) - set(_PARTS)):
            raise ValueError(f"{', '.join(unknown)}: no such part; use some of {', '.join(_PARTS)}")
        return parts


class Web(Declaration):
    """A catalogue on the web: CKAN, DCAT, OGC API or NGSI-LD. ``token_env`` names a variable with a token."""

    kind: Literal["ckan", "dcat", "ogc", "ngsi-ld"]
    url: str = Field(pattern=r"^https?://")
    token_env: str = ""


Connector = Annotated[Database | Folder | Records | Web, Field(discriminator="kind")]


class EntryWords(Declaration):
    """What people call an entry whose source has only a file's or a table's name for it, and its columns."""

    title: DeclaredText
    summary: DeclaredText | None = None
    themes: tuple[str, ...] = ()
    fields: dict[str, DeclaredText] = Field(default_factory=dict, description="titles of columns by name")


class HarvestSource(Declaration):
    """One place to look. What is declared here holds for every entry that does not say otherwise."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    name: DeclaredText | None = None
    connector: Connector
    every: timedelta = Field(timedelta(days=1), gt=timedelta())
    department: str = Field("", description="who provides and answers for what is found")
    steward: str = ""
    source_class: SourceClass = "government"
    sharing: Sharing = "conditional"
    themes: tuple[str, ...] = ()
    licence: str = ""
    entries: dict[str, EntryWords] = Field(
        default_factory=dict, description="words for entries by the name they have at the source"
    )


class HarvestFile(Declaration):
    """The whole file."""

    sources: tuple[HarvestSource, ...]

    @model_validator(mode="after")
    def _ids_differ(self) -> HarvestFile:
        seen: set[str] = set()
        for source in self.sources:
            if source.id in seen:
                raise ValueError(f"harvest source {source.id!r} is declared twice")
            seen.add(source.id)
        return self


def read_harvest(path: Path) -> tuple[HarvestSource, ...]:
    """Read ``harvest.yaml``. Raises :class:`Invalid` naming every mistake with its line."""
    return checked(HarvestFile, read_document(path)).sources
