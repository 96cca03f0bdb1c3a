"""Corrections: one that waits for us, one that we were told of; what is said is remembered."""

from __future__ import annotations

from datetime import datetime, timedelta

from chengshu.console import model as m
from chengshu.console.model import corrections as page
from chengshu.console.model.sharing import ClockRow
from chengshu.kernel.errors import Conflict, Invalid
from chengshu.kernel.texts import Text

from .ledger import GAUGES, RAIN
from .storm import WATER, T

CIVIL = T("Civil Affairs", "民政局", "民政局")


class Corrections:
    """Two of them."""

    now: datetime
    quiet: bool

    def __init__(self) -> None:
        super().__init__()
        self.corrected: list[tuple[str, str, bool]] = []
        self.wrong: list[page.CorrectionGiven] = []

    def corrections(self, person: m.Person) -> page.CorrectionsView:
        clock = ClockRow(
            *("correction", WATER, RAIN, "", 10, 2, "runs", False, self.now + timedelta(days=2), False)
        )
        waiting = page.CorrectionRow(
            *("correction-1", GAUGES, RAIN, "rainIntensity", "gauge 7", False, "it stands in mm, not cm"),
            *("a bucket beside it", CIVIL, WATER, self.now, "open", "", None, (), clock, True),
        )
        told = page.CorrectionRow(
            *(
                "correction-2",
                GAUGES,
                RAIN,
                "",
                "",
                True,
                "not my address",
                "the register",
                Text.of("resident"),
            ),
            *(CIVIL, self.now, "corrected", "mended", self.now, (WATER, CIVIL), None, False),
        )
        if self.quiet:
            return page.CorrectionsView((), (), (), (), (), False, 10)
        grants = (page.GrantChoice("grant-1", RAIN, ("name", "street")),)
        return page.CorrectionsView((waiting,), (), (told,), (), grants, True, 10)

    def ask_correction(self, person: m.Person, given: page.CorrectionGiven) -> str:
        if given.field == "none":
            raise Invalid("field-unknown", "there is no field 'none'", where="field", remedy="use name")
        self.wrong.append(given)
        return "correction-3"

    def answer_correction(self, person: m.Person, correction: str, reason: str, *, corrected: bool) -> None:
        if correction != "correction-1":
            raise Conflict("correction-closed", "the correction is corrected already", where=correction)
        self.corrected.append((correction, reason, corrected))
