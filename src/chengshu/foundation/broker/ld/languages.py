"""Choosing one language of a LanguageProperty: the ``lang`` parameter.

Source: ETSI GS CIM 009 V1.8.1, clause 4.15 (language filter, as Accept-Language of RFC 9110), and the
look-up of RFC 4647, section 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData


@lru_cache(maxsize=1024)
def wishes(lang: str) -> tuple[str, ...]:
    """The languages of ``fr-CH,fr;q=0.9,*;q=0.5``, the most wanted first, in lower case.

    Raises :class:`BadRequestData` for a weight that is not one.
    """
    weighed = []
    for place, part in enumerate(lang.split(",")):
        tag, _, parameter = part.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            raise BadRequestData(
                f"{part!r} is not a language with its weight", where="lang", remedy="write fr;q=0.9"
            ) from None
        if tag.strip() and weight > 0:
            weighed.append((-weight, place, tag.strip().lower()))
    return tuple(tag for _, _, tag in sorted(weighed))


def choose(texts: Mapping[str, Any], lang: str) -> tuple[str, Any]:
    """Tag and text of the best language there is; ``@none`` or the first one when none is wanted."""
    tags = {tag.lower(): tag for tag in texts}
    for wish in wishes(lang):
        if wish == "*":
            break
        found = _look_up(tags, wish)
        if found:
            return found, texts[found]
    tag = tags.get("@none") or next(iter(texts))
    return tag, texts[tag]


def _look_up(tags: Mapping[str, str], wish: str) -> str:
    """The wish itself, a regional form of it, or a more general one."""
    range_ = wish
    while range_:
        if range_ in tags:
            return tags[range_]
        narrower = next((tags[tag] for tag in tags if tag.startswith(range_ + "-")), "")
        if narrower:
            return narrower
        range_ = range_.rpartition("-")[0]
    return ""
