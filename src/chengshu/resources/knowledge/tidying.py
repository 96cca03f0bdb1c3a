"""Text made one in signs and line ends. Pure."""

from __future__ import annotations

import unicodedata

_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n"} | {0xFEFF: None, 0x7F: None}


def tidy(text: str) -> str:
    """The text in composed signs, with one sort of line end and without control signs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    lines = lines.replace("\u2028", "\n").replace("\u2029", "\n").replace("\x85", "\n").replace("\x0b", "\n")
    return unicodedata.normalize("NFC", lines.translate(_CONTROLS))
