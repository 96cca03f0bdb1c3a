"""The generator's words; each half of them can be used alone, so that training and measuring share none."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from chengshu.resources.grading.regions import regions
from chengshu.resources.grading.surnames import surnames


@dataclass(frozen=True, slots=True)
class Words:
    """Lists of words; see words.yaml."""

    surnames: tuple[str, ...]
    compound: tuple[str, ...]
    given: tuple[str, ...]
    streets: tuple[str, ...]
    estates: tuple[str, ...]
    lanes: tuple[str, ...]
    trade: tuple[str, ...]
    firm: tuple[str, ...]
    firm_end: tuple[str, ...]
    public: tuple[str, ...]
    words: tuple[str, ...]
    sentences: tuple[str, ...]
    products: tuple[str, ...]
    districts: tuple[tuple[str, str, str, str], ...]  # code, province, city, district


@cache
def words(half: int | None = None) -> Words:
    """All words, or one half of them (0 or 1), divided by a checksum of the word itself.

    Endings of firms, kinds of estates and lanes are grammar, not vocabulary: both halves have them.
    """
    raw = yaml.safe_load((files(__package__) / "words.yaml").read_text("utf-8"))

    def mine(values: tuple[str, ...]) -> tuple[str, ...]:
        unique = tuple(dict.fromkeys(values))
        return unique if half is None else tuple(v for v in unique if zlib.crc32(v.encode()) % 2 == half)

    def listed(key: str) -> tuple[str, ...]:
        return mine(tuple(raw[key].split()))

    table = regions()
    places = tuple(
        (code, *table.names_of(code))
        for code in sorted(table.districts)
        if half is None or hash_of(code) == half
    )
    return Words(
        surnames=surnames().single[:260],
        compound=surnames().compound[:20],
        given=mine(tuple(raw["given"])),
        streets=listed("streets"),
        estates=tuple(raw["estates"].split()),
        lanes=tuple(raw["lanes"].split()),
        trade=listed("trade"),
        firm=mine(tuple(raw["firm"].split())),
        firm_end=tuple(raw["firm_end"].split()),
        public=listed("public"),
        words=listed("words"),
        sentences=mine(tuple(raw["sentences"].split("|"))),
        products=tuple(raw["products"].split()),
        districts=places,
    )


def hash_of(code: str) -> int:
    """The half a region belongs to."""
    return zlib.crc32(code.encode()) % 2
