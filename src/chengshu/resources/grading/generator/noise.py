"""What befalls values on their way into tables: gaps, slips, masks, spaces, full-width signs."""

from __future__ import annotations

from dataclasses import dataclass

from chengshu.resources.grading.generator.draw import Draw

_MASKS = {
    "identity_number": (6, 4),
    "mobile": (3, 4),
    "bank_card": (4, 4),
    "uscc": (4, 4),
    "passport": (2, 3),
    "hk_macao_permit": (2, 3),
    "taiwan_permit": (2, 3),
    "landline": (4, 3),
    "plate": (2, 2),
}


@dataclass(frozen=True, slots=True)
class Noise:
    """Shares of the values that are hurt so."""

    nulls: float = 0.05
    typos: float = 0.03
    masked: float = 0.03
    spaced: float = 0.02
    wide: float = 0.02

    def hurt(self, value: str, category: str, draw: Draw) -> str | None:
        """The value after all that may befall it; None for a gap."""
        if draw.chance(self.nulls):
            return draw.pick((None, None, "", "无", "NULL", "-"))
        if draw.chance(self.masked):
            value = masked(value, category)
        elif draw.chance(self.typos):
            value = typo(value, draw)
        if draw.chance(self.spaced):
            value = spaced(value, draw)
        if draw.chance(self.wide):
            value = value.translate(_WIDE)
        return value


def masked(value: str, category: str) -> str:
    """Stars in the middle, as offices print it; categories that are not masked so stay."""
    if category == "person_name":
        return value[0] + "*" * (len(value) - 1)
    if category == "email":
        local, _, host = value.partition("@")
        return f"{local[:2]}***@{host}"
    if category not in _MASKS:
        return value
    front, back = _MASKS[category]
    return value[:front] + "*" * max(1, len(value) - front - back) + value[-back:]


def typo(value: str, draw: Draw) -> str:
    """One sign lost, doubled, exchanged with its neighbour or replaced by a digit."""
    at = draw.below(len(value))
    return draw.pick(
        (
            value[:at] + value[at + 1 :],
            value[:at] + value[at] + value[at:],
            value[:at] + value[at + 1 : at + 2] + value[at] + value[at + 2 :],
            value[:at] + draw.digits(1) + value[at + 1 :],
        )
    )


def spaced(value: str, draw: Draw) -> str:
    """A space around it, or groups of four."""
    grouped = " ".join(value[at : at + 4] for at in range(0, len(value), 4)) if value.isdigit() else value
    return draw.pick((f" {value}", f"{value} ", grouped))


_WIDE = {code: code + 0xFEE0 for code in range(0x30, 0x3A)} | {
    code: code + 0xFEE0 for code in range(0x41, 0x5B)
}
