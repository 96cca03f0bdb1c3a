"""What the trained model of Chinese texts looks at in one value. The same for training and for use."""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from importlib import import_module
from typing import Any

from chengshu.resources.grading.folding import simplified
from chengshu.resources.grading.regions import regions
from chengshu.resources.grading.surnames import surnames

BUCKETS = 4096
CLASSES = ("person_name", "address", "organisation", "place", "word", "sentence")
_WELL_KNOWN = 300  # frequency from which a word that is also a name is a word first
_MOST = 60  # characters looked at
_NUMBERED = re.compile(r"\d+(?:号|弄|幢|栋|室|单元|楼|組|组|層|层)")
_ROAD = re.compile(r"[\u4e00-\u9fff](?:路|街|大道|巷|胡同|弄|村)")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@lru_cache(1)
def _cutter() -> Any:
    return import_module("rjieba")


def has_chinese(value: str) -> bool:
    """Whether a text has a Chinese character."""
    return _CHINESE.search(value) is not None


def features(value: str) -> list[int]:
    """Buckets of what is seen in a text: signs and pairs, both ends, form, and what the dictionary knows of
    it.
    """
    text = simplified(value[:_MOST])
    shape = re.sub(r"\d+", "9", text)
    seen = {f"u{sign}" for sign in shape}
    seen.update(f"b{shape[at : at + 2]}" for at in range(len(shape) - 1))
    seen.update((f"^{shape[:1]}", f"^^{shape[:2]}", f"${shape[-1:]}", f"$${shape[-2:]}", f"$$${shape[-3:]}"))
    seen.update(_form(text))
    return sorted({zlib.crc32(feature.encode()) % BUCKETS for feature in seen})


def _form(text: str) -> list[str]:
    cutter = _cutter()
    surname = surnames().of(text)
    tags = [tag for _, tag in cutter.tag(text[:12])]
    frequency = cutter.suggest_freq(text) if len(text) <= 5 and cutter.has_word(text) else 0
    if tags[:1] and len(tags) == 1 and tags[0].startswith("nr") and frequency < _WELL_KNOWN:
        frequency = 0  # the dictionary has it as somebody's name
    common = 0 if not frequency else 1 if frequency < 30 else 2 if frequency < 300 else 3
    size = len(text) if len(text) < 6 else 6 if len(text) < 10 else 7 if len(text) < 20 else 8
    found = [
        f"size{size}",
        f"surname{len(surname)}of{min(len(text), 6)}",
        f"common{common}",
        f"common{common}surname{len(surname)}size{size}",
        f"tags{len(tags)}{tags[0] if tags else ''}",
        f"numbered{bool(_NUMBERED.search(text))}road{bool(_ROAD.search(text))}",
    ]
    if text in regions().names:
        found.append("region")
    if any(text[:size] in regions().names for size in range(2, min(len(text), 13))):
        found.append("from region")
    if any(sign in text for sign in "，。！？；"):
        found.append("stops")
    return found
