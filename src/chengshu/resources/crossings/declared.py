"""``crossings.yaml`` of a city: who stands on the other side, and how long an exchange counts as lately."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document

FILE = "crossings.yaml"
Days = Annotated[int, Field(ge=1, le=3660)]


class Partner(Declaration):
    """Somebody beyond the city's own departments: a province's or district's hub, another city's, or the
    program of another matter.

    ``sources`` are sources of harvest.yaml that read there, ``clients`` their programs that read here by
    grants. ``entries`` of a matter are its own (``*`` stands for any signs): what it uses of itself crosses
    nothing.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    crossing: Literal["level", "region", "business"]
    name: DeclaredText | None = None
    sources: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_a_way(self) -> Partner:
        if not self.sources and not self.clients:
            raise ValueError(f"partner {self.id!r} has neither sources nor clients: nothing can pass")
        return self


class Fresh(Declaration):
    """Days within which an exchange counts as lately."""

    level: Days = 7
    region: Days = 7
    system: Days = 2
    department: Days = 30
    business: Days = 30


class CrossingsFile(Declaration):
    """The whole file."""

    fresh: Fresh = Fresh()
    partners: tuple[Partner, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> CrossingsFile:
        for part in ("id", "sources", "clients"):
            seen: set[str] = set()
            for partner in self.partners:
                given = getattr(partner, part)
                for name in (given,) if isinstance(given, str) else given:
                    if name in seen:
                        raise ValueError(f"{name!r} is named by two partners")
                    seen.add(name)
        return self


def read_crossings(folder: Path) -> CrossingsFile:
    """The partners of the city in ``folder``; none without a file. Raises :class:`Invalid` with each line."""
    path = folder / FILE
    return checked(CrossingsFile, read_document(path)) if path.is_file() else CrossingsFile()
