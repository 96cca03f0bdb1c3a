"""What the page of corrections needs of the hub: a part of the view's Protocol."""

from __future__ import annotations

from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.corrections import CorrectionGiven, CorrectionsView


class CorrectionDesk(Protocol):
    """Saying that shared data are wrong, and answering it. The page shows the present."""

    def corrections(self, person: Person) -> CorrectionsView:
        """What is any of the person's business."""
        ...

    def ask_correction(self, person: Person, given: CorrectionGiven) -> str:
        """Say that something is wrong; the correction's id. Raises Denied, Invalid, Missing, TooMany."""
        ...

    def answer_correction(self, person: Person, correction: str, reason: str, *, corrected: bool) -> None:
        """The provider's answer. Raises Denied, Conflict, Invalid without a reason."""
        ...
