"""The shape of a value: which kinds of signs follow each other, and how many."""

from __future__ import annotations

from typing import Any


def shape_of(text: str) -> str:
    """The shape of a value: ``粤B·12345`` → ``汉A·9{5}``."""
    parts: list[list[Any]] = []
    for sign in text[:200]:
        if sign.isdigit():
            kind = "9"
        elif "\u3400" <= sign <= "\u9fff" or sign >= "\U00020000":
            kind = "汉"
        elif sign.isalpha():
            kind = "A" if sign.isupper() else "a"
        else:
            kind = sign
        if parts and parts[-1][0] == kind:
            parts[-1][1] += 1
        else:
            parts.append([kind, 1])
    return "".join(kind if count == 1 else f"{kind}{{{count}}}" for kind, count in parts)
