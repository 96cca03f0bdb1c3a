"""Masks: what of a value may be seen. One for each category, after the habits of offices."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chengshu.resources.grading.surnames import surnames

_STAR = "*"


def mask(value: str, category: str) -> str:
    """A value with what identifies hidden: ``110101********1234``, ``138****5678``, ``张*``.

    The length stays where it tells nothing. Values of categories without a mask of their own show their first
    sign only; an empty one stays empty.
    """
    text = value.strip()
    return _MASKS.get(category, _first_only)(text) if text else text


def _between(front: int, back: int) -> Callable[[str], str]:
    def hide(text: str) -> str:
        shown = front + back
        if len(text) <= shown + 1:  # too short: hide all but one sign
            return text[:1] + _STAR * (len(text) - 1)
        return text[:front] + _STAR * (len(text) - shown) + (text[-back:] if back else "")

    return hide


def _first_only(text: str) -> str:
    return text[:1] + _STAR * (len(text) - 1)


def _name(text: str) -> str:
    surname = surnames().of(text) or text[:1]
    return surname + _STAR * max(1, len(text) - len(surname))


def _email(text: str) -> str:
    local, sign, host = text.partition("@")
    return _between(1, 0)(local) + sign + host if sign else _first_only(text)


def _address(text: str) -> str:
    """Down to the district: what stands behind the last 区, 县, 市 or 旗 is hidden."""
    ends = [text.rfind(sign) for sign in "区县市旗區縣" if text.rfind(sign) >= 1]
    shown = text[: max(ends) + 1] if ends else text[:2]
    return shown + _STAR * 4


def _ip(text: str) -> str:
    sign = ":" if ":" in text else "."
    parts = text.split(sign)
    return sign.join([*parts[:2], *([_STAR] * max(1, len(parts) - 2))])


_MASKS: Mapping[str, Callable[[str], str]] = {
    "identity_number": _between(6, 4),
    "uscc": _between(4, 4),
    "mobile": _between(3, 4),
    "landline": _between(4, 2),
    "bank_card": _between(4, 4),
    "plate": _between(2, 2),
    "passport": _between(1, 3),
    "hk_macao_permit": _between(1, 3),
    "taiwan_permit": _between(1, 3),
    "email": _email,
    "ipv4": _ip,
    "ipv6": _ip,
    "person_name": _name,
    "address": _address,
}
