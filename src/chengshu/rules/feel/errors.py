"""What can go wrong in FEEL: a text that does not parse is an error, everything later is null with a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text
from chengshu.rules.feel.messages import MESSAGES


class FeelSyntaxError(Invalid):
    """A text that is not FEEL: the whole text, the position (from 0, in characters), what is wrong there."""

    def __init__(self, text: str, position: int, message: str, remedy: str = "") -> None:
        self.text = text
        self.position = position
        self.message = message
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        near = text[position : position + 20].split("\n", 1)[0]
        where = f"line {line}, column {column}" + (f", at «{near}»" if near else ", at the end")
        super().__init__("feel-syntax", message, where=where, remedy=remedy, position=position, text=text)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Why a value became null: a stable code, its details, and the position in the text of the expression."""

    code: str
    details: Mapping[str, str] = field(default_factory=dict)
    position: int = -1

    @property
    def text(self) -> Text:
        """The sentence in the languages of the house."""
        return MESSAGES[self.code].fill(**self.details)

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.text.en

    def __str__(self) -> str:
        place = f" (at {self.position})" if self.position >= 0 else ""
        return f"{self.message}{place} [{self.code}]"


class LimitExceeded(Exception):
    """An evaluation hit one of its limits; the evaluator turns this into null with a diagnostic."""

    def __init__(self, limit: str, allowed: int) -> None:
        super().__init__(limit)
        self.limit = limit
        self.allowed = allowed


class FeelError(Exception):
    """Inside the evaluator: an operation has no value. Becomes null with a diagnostic where it is caught."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = {key: str(value) for key, value in details.items()}
