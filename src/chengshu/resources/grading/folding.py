"""One form for what is written in several: width, case and spaces of values, traditional names of columns."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

_SPACES = re.compile(r"\s+")
_LOOSE = re.compile(r"[\s\-·•.－—]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APART = re.compile(r"[^0-9a-z\u4e00-\u9fff]+")
_DIGITS = re.compile(r"(?<=[a-z\u4e00-\u9fff])[_ ]?\d+$")
NOTHING = frozenset(
    [
        "",
        "-",
        "--",
        "/",
        "\\N",
        "null",
        "none",
        "nan",
        "n/a",
        "na",
        "nil",
        "无",
        "無",
        "空",
        "未知",
        "不详",
        "不詳",
        "暂无",
        "暫無",
        "未填",
        "未填写",
    ]
)


def list_file(name: str) -> list[str]:
    """The lines of a list of this room without its comments."""
    text = (files("chengshu.resources.grading") / "lists" / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def _simple() -> dict[int, str]:
    text = "".join(list_file("folding.txt"))
    return {ord(a): b for a, b in zip(text[::2], text[1::2], strict=True)}


def simplified(text: str) -> str:
    """Traditional characters as simplified, as far as surnames, places and column names need it."""
    return text.translate(_simple())


def folded(value: str) -> str:
    """A value in half-width form with single spaces and none around it."""
    text = value if value.isascii() else unicodedata.normalize("NFKC", value)
    return _SPACES.sub(" ", text).strip()


def tight(value: str) -> str:
    """A folded value without spaces, hyphens and dots, in capitals: as numbers of cards and plates are
    compared.
    """
    return _LOOSE.sub("", value).upper()


def is_nothing(value: str) -> bool:
    """Whether a value only says that there is none."""
    return value.strip().lower() in NOTHING


def name_tokens(name: str) -> tuple[str, ...]:
    """A column's name as lower-case simplified tokens: ``userMobileNo2`` is user, mobile, no."""
    text = unicodedata.normalize("NFKC", name)
    text = simplified(_CAMEL.sub("_", text).lower())
    return tuple(_DIGITS.sub("", token) for token in _APART.split(text) if token and not token.isdigit())


def name_key(name: str) -> str:
    """The form under which the name of a column is remembered."""
    return "_".join(name_tokens(name))
