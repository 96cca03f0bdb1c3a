"""The declared catalogue of categories: categories.yaml of this room."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

from pydantic import Field

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document


class Category(Declaration):
    """One thing a column can hold. Shares are between 0 and 1; one beyond 1 can never be reached."""

    label: DeclaredText
    sensitive: bool
    alone: float = Field(gt=0, le=1.01)
    hinted: float = Field(gt=0, le=1.01)
    against: float = Field(gt=0, le=1.01)
    chance: float = Field(ge=0, le=1)
    names: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


class CategoriesFile(Declaration):
    """categories.yaml."""

    categories: dict[str, Category]
    other: tuple[str, ...] = ()
    quasi: tuple[str, ...] = ()


@cache
def catalogue() -> CategoriesFile:
    """The categories that are shipped, checked."""
    with as_file(files("chengshu.resources.grading") / "categories.yaml") as path:
        return checked(CategoriesFile, read_document(path))
