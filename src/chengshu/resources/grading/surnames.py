"""Chinese surnames, single and compound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from chengshu.resources.grading.folding import list_file, simplified


@dataclass(frozen=True, slots=True)
class Surnames:
    """Surnames in simplified form, the common ones first."""

    compound: tuple[str, ...]
    single: tuple[str, ...]
    all: frozenset[str]

    def of(self, name: str) -> str:
        """The surname with which a name begins, a compound one where there is; "" when there is none."""
        plain = simplified(name[:2])
        if plain in self.all:
            return name[:2]
        return name[:1] if plain[:1] in self.all else ""


@cache
def surnames() -> Surnames:
    """The list of this room."""
    first, *rest = list_file("surnames.txt")
    compound = tuple(first.split())
    single = tuple(dict.fromkeys("".join(rest)))
    return Surnames(compound, single, frozenset([*compound, *single]))
