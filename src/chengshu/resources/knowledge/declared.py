"""``documents.yaml``: the documents that a city has in its folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.kernel.errors import Findings

FILE = "documents.yaml"
GradeWord = Literal["general-1", "general-2", "general-3", "general-4", "important", "core"]


class DeclaredEdition(Declaration):
    """A file, relative to the declaration, and the days on which it holds."""

    file: str = Field(min_length=1)
    valid_from: date
    valid_until: date | None = None
    label: str = ""


class DeclaredDocument(Declaration):
    """A document with its editions. ``open``: everybody sees it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    title: DeclaredText
    provider: str = ""
    grade: GradeWord = "general-2"
    open: bool = False
    themes: tuple[str, ...] = ()
    editions: tuple[DeclaredEdition, ...] = Field(min_length=1)


class DocumentsFile(Declaration):
    """The whole file."""

    documents: tuple[DeclaredDocument, ...]

    @model_validator(mode="after")
    def _ids_differ(self) -> DocumentsFile:
        seen: set[str] = set()
        for item in self.documents:
            if item.id in seen:
                raise ValueError(f"document {item.id!r} is declared twice")
            seen.add(item.id)
        return self


def read_documents(folder: Path) -> tuple[DeclaredDocument, ...]:
    """The documents of the city in ``folder``; none without the file. Raises :class:`Invalid` naming every
    mistake with its line, and files that are not there.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    found = checked(DocumentsFile, read_document(path)).documents
    findings = Findings()
    for document in found:
        for edition in document.editions:
            if not (folder / edition.file).is_file():
                findings.add(
                    "document-file",
                    f"the document {document.id!r} names {edition.file}, which is not there",
                    where=str(path),
                    remedy="put the file there, or correct its name",
                )
    findings.raise_any()
    return found
