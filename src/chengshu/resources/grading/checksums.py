"""Check characters of Chinese numbers, over whole columns at once (numpy)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643: 2^(17-i) mod 11
_ID_CHECK = np.frombuffer(b"10X98765432", np.uint8)
_USCC_WEIGHTS = np.array([pow(3, at, 31) for at in range(17)])
_USCC_VALUE = np.full(256, -1)
for _at, _sign in enumerate(USCC_SIGNS):
    _USCC_VALUE[ord(_sign)] = _at


def _bytes(values: Sequence[str], width: int) -> NDArray[np.uint8]:
    """Values of one width as a matrix of their bytes."""
    return np.array(values, dtype=f"S{width}").view(np.uint8).reshape(len(values), width)


def identity_checks(values: Sequence[str]) -> Flags:
    """Which 18-character identity numbers (17 digits and a digit or X) have the right check character.

    ISO 7064 MOD 11-2, as GB 11643-1999 prescribes.
    """
    if not values:
        return np.zeros(0, bool)
    signs = _bytes(values, 18)
    rest = ((signs[:, :17].astype(np.int64) - 48) * _ID_WEIGHTS).sum(axis=1) % 11
    right: Flags = _ID_CHECK[rest] == signs[:, 17]
    return right


def uscc_checks(values: Sequence[str]) -> Flags:
    """Which 18-character unified social credit codes have the right check character (GB 32100-2015, MOD
    31-3).
    """
    if not values:
        return np.zeros(0, bool)
    numbers = _USCC_VALUE[_bytes(values, 18)]
    right: Flags = (31 - (numbers[:, :17] * _USCC_WEIGHTS).sum(axis=1) % 31) % 31 == numbers[:, 17]
    return right & (numbers >= 0).all(axis=1)


def luhn_checks(values: Sequence[str]) -> Flags:
    """Which digit strings of up to 19 digits end in the right check digit (ISO/IEC 7812-1, Luhn)."""
    if not values:
        return np.zeros(0, bool)
    digits = _bytes([value.rjust(20, "0") for value in values], 20).astype(np.int64) - 48
    doubled = digits[:, ::-1].copy()
    doubled[:, 1::2] *= 2
    right: Flags = np.where(doubled > 9, doubled - 9, doubled).sum(axis=1) % 10 == 0
    return right


def is_hong_kong_identity(text: str) -> bool:
    """Whether a text is a Hong Kong identity card number, with its check digit in brackets: A123456(3)."""
    match = _HONG_KONG.fullmatch(text)
    if match is None:
        return False
    letters = match[1].rjust(2)
    first = sum((36 if sign == " " else ord(sign) - 55) * (9 - at) for at, sign in enumerate(letters))
    total = first + sum(int(digit) * (7 - at) for at, digit in enumerate(match[2]))
    return "0123456789A"[-total % 11] == match[3]


def is_taiwan_identity(text: str) -> bool:
    """Whether a text is an identity number of Taiwan: a letter and nine digits, the last one a check."""
    if not _TAIWAN.fullmatch(text):
        return False
    region = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    total = region // 10 + region % 10 * 9
    total += sum(int(digit) * weight for digit, weight in zip(text[1:9], range(8, 0, -1), strict=True))
    return -total % 10 == int(text[9])


_HONG_KONG = re.compile(r"([A-Z]{1,2})(\d{6})\(([0-9A])\)", re.ASCII)
_TAIWAN = re.compile(r"[A-Z][1289]\d{8}", re.ASCII)


def identity_check_character(body: str) -> str:
    """The check character that belongs behind 17 digits."""
    return chr(int(_ID_CHECK[int(((_bytes([body], 17)[0].astype(np.int64) - 48) * _ID_WEIGHTS).sum()) % 11]))


def uscc_check_character(body: str) -> str:
    """The check character that belongs behind 17 characters of a unified social credit code."""
    return USCC_SIGNS[(31 - int((_USCC_VALUE[_bytes([body], 17)[0]] * _USCC_WEIGHTS).sum()) % 31) % 31]


def luhn_check_digit(body: str) -> str:
    """The digit that makes a card number right."""
    return next(str(digit) for digit in range(10) if luhn_checks([f"{body}{digit}"])[0])
