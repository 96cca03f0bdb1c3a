"""``libraries.yaml`` of a city: for each base library the entry that is its authority, and the key of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document

FILE = "libraries.yaml"
BaseLibrary = Literal["population", "legal_persons", "geography", "certificates", "credit"]
KeyKind = Literal["identity_number", "uscc", "region_code", "certificate_number"]


class Library(Declaration):
    """One base library. ``entry`` is its authority, as ``source/name`` of the harvest: other entries may have
    the same key, this one is right where they differ. ``field`` is the column of the key.
    """

    library: BaseLibrary
    entry: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}/.+$")
    key: KeyKind
    field: str = Field(min_length=1)
    name: DeclaredText | None = None


class LibrariesFile(Declaration):
    """The whole file."""

    libraries: tuple[Library, ...] = ()

    @model_validator(mode="after")
    def _one_authority(self) -> LibrariesFile:
        seen: set[str] = set()
        for item in self.libraries:
            if item.library in seen:
                raise ValueError(f"{item.library!r} has two authorities: only one can be right")
            seen.add(item.library)
        return self


def read_libraries(folder: Path) -> LibrariesFile:
    """The libraries of the city in ``folder``; none without a file. Raises :class:`Invalid`."""
    path = folder / FILE
    return checked(LibrariesFile, read_document(path)) if path.is_file() else LibrariesFile()
