"""The four warning colours, in order, and nothing else has these colours (突發事件應對法: 藍 黃 橙 紅)."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """How bad it is. ``NORMAL`` is the absence of a warning; the four above it are ordered."""

    NORMAL = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @classmethod
    def parse(cls, word: str) -> Level:
        """The level called ``word`` (any case). Raises ValueError naming the allowed words."""
        try:
            return cls[word.upper()]
        except KeyError:
            allowed = ", ".join(level.word for level in cls)
            raise ValueError(f"{word!r} is no level; use one of {allowed}") from None

    @property
    def word(self) -> str:
        """The level in lower case, as it stands in files and APIs."""
        return self.name.lower()


WARNING_LEVELS = (Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED)
