"""``pick`` and ``omit``: which members of an entity, and of those it links to, are given (clause 4.21).

``id,locatedAt{id,name}`` names members of the entity and, in braces, of the entities a relationship leads to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext

MEMBERS = frozenset({"id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"})
_DEEPEST = 16
_ENDS = frozenset(",|{}")


@dataclass(frozen=True, slots=True)
class Names:
    """Names at one level; ``below`` are those in braces after a name. Attribute names are IRIs."""

    names: frozenset[str] = frozenset()
    below: dict[str, Names] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Projection:
    """What is given of an entity: only ``pick`` when it is not None, and nothing of ``omit``."""

    pick: Names | None = None
    omit: Names = field(default_factory=Names)

    def keeps(self, name: str) -> bool:
        """Whether the member or attribute is given."""
        if self.pick is not None and name not in self.pick.names:
            return False
        return name not in self.omit.names

    def below(self, name: str) -> Projection:
        """What is given of the entities that the relationship ``name`` leads to."""
        picked = self.pick.below.get(name) if self.pick is not None else None
        return Projection(picked, self.omit.below.get(name, Names()))


WHOLE = Projection()


def read_projection(
    pick: str | None, omit: str | None, context: LdContext, *, attrs: bool = False
) -> Projection:
    """Read both parameters. Raises :class:`BadRequestData` for what is not a list of names.

    The same name cannot be picked and omitted, and neither goes with ``attrs``.
    """
    if not pick and not omit and pick is None and omit is None:
        return WHOLE
    picked = _Reader(pick, "pick", context).whole() if pick is not None else None
    omitted = _Reader(omit, "omit", context).whole(inner_only=True) if omit is not None else Names()
    if attrs:
        raise BadRequestData(
            "attrs goes neither with pick nor with omit", where="attrs", remedy="say pick or omit alone"
        )
    if picked is not None and (both := picked.names & omitted.names):
        raise BadRequestData(
            f"{sorted(both)[0]!r} cannot be picked and omitted", where="omit", remedy="say it once"
        )
    return Projection(picked, omitted)


class _Reader:
    def __init__(self, text: str, where: str, context: LdContext) -> None:
        self._text, self._where, self._context = text, where, context
        self._at = 0

    def whole(self, *, inner_only: bool = False) -> Names:
        """All of the text; ``inner_only``: a name with braces is not itself meant, only what is inside."""
        names = self._level(0, inner_only=inner_only)
        if self._at < len(self._text):
            self._refuse("a brace is closed that was never opened")
        return names

    def _level(self, depth: int, *, inner_only: bool) -> Names:
        names: set[str] = set()
        below: dict[str, Names] = {}
        if depth > _DEEPEST:
            self._refuse(f"more than {_DEEPEST} levels of braces")
        while True:
            name = self._name()
            if self._take("{"):
                below[name] = self._level(depth + 1, inner_only=inner_only)
                if not self._take("}"):
                    self._refuse("a brace is not closed")
                if not inner_only:
                    names.add(name)
            else:
                names.add(name)
            if not (self._take(",") or self._take("|")):
                return Names(frozenset(names), below)

    def _name(self) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in _ENDS:
            self._at += 1
        name = self._text[start : self._at].strip()
        if not name:
            self._refuse("a name is missing")
        if name in MEMBERS:
            return name
        try:
            return self._context.name(name)
        except BadRequestData as error:
            raise BadRequestData(error.fault.detail, where=self._where, remedy=error.fault.remedy) from error

    def _take(self, sign: str) -> bool:
        if self._text[self._at : self._at + 1] != sign:
            return False
        self._at += 1
        return True

    def _refuse(self, detail: str) -> None:
        raise BadRequestData(
            f"{detail} at character {self._at + 1}",
            where=self._where,
            remedy="write names with commas between, as in id,locatedAt{id,name}",
        )
