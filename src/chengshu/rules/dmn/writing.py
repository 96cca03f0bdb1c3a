"""Small things that every edit of a DMN file needs."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from chengshu.rules.dmn.errors import DmnError

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENTRIES = {"input": "inputEntry", "output": "outputEntry", "annotation": "annotationEntry"}


def in_range(number: int, count: int, what: str, place: str) -> None:
    """Raise DmnError for a number that is not from 1 to ``count``."""
    if not 1 <= number <= count:
        raise DmnError(
            f"there is no {what} {number}", place, f"it has 1 to {count}" if count else "it has none"
        )


def xml_text(text: str, place: str) -> bytes:
    """Text as it stands between tags. Outer white space does not count in DMN and is left out."""
    if wrong := _NOT_XML.search(text):
        raise DmnError(f"XML cannot hold the sign U+{ord(wrong[0]):04X}", place, "remove it from the text")
    return escape(text.strip(), {"\r": "&#13;"}).encode()


def gap_before(data: bytes, start: int) -> bytes:
    """The white space before a place."""
    first = start
    while first and data[first - 1 : first].isspace():
        first -= 1
    return data[first:start]


def new_id(known: set[str], kind: str = "rule") -> str:
    """An id that neither an element has, nor one whose id begins with it."""
    number = 1
    while any(ident == f"{kind}_{number}" or ident.startswith(f"{kind}_{number}_") for ident in known):
        number += 1
    return f"{kind}_{number}"
