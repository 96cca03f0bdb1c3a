"""Columns as cities have them, made without a look at the generator of the package: a second opinion.

What a column holds, how it is written, what is missing or masked and what its header says are drawn apart
from each other. ``SENSITIVE`` makes what must be found, ``HARMLESS`` what looks like it and is not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.resources.grading.unseen_values import (
    HEADERS,
    SENSITIVE,
    USCC_SIGNS,
    WORDS,
    Maker,
    One,
    card,
    day,
    digits,
    identity,
    some,
    uscc,
)


def per_value(one: One) -> Maker:
    return lambda rng, rows: [one(rng) for _ in range(rows)]


def wrong_last(make: One, signs: str) -> Maker:
    """Numbers whose check character is not theirs."""

    def one(rng: random.Random) -> str:
        value = make(rng)
        return value[:-1] + rng.choice([sign for sign in signs if sign != value[-1]])

    return per_value(one)


def counting(rng: random.Random, rows: int) -> list[str]:
    first = rng.randint(13_100_000_000, 18_900_000_000)
    return [str(first + at) for at in range(rows)]


def readings(rng: random.Random, rows: int) -> list[str]:
    first, places = rng.uniform(100, 90_000), rng.choice((0, 1, 2))
    return [f"{first + at * rng.uniform(0, 3):.{places}f}" for at in range(rows)]


def measurements(rng: random.Random, rows: int) -> list[str]:
    middle, places = rng.choice((25, 33, 101.3, 118, 0.4)), rng.choice((1, 2, 4, 6))
    return [f"{rng.gauss(middle, middle / 9):.{places}f}" for _ in range(rows)]


def articles(first: str, digits_left: int) -> Maker:
    """ISBN and EAN: thirteen digits with their own check digit."""

    def one(rng: random.Random) -> str:
        value = first + digits(rng, digits_left)
        return value + str(-sum(int(sign) * (3 if at % 2 else 1) for at, sign in enumerate(value)) % 10)

    return per_value(one)


def signs_of(alphabet: str, *lengths: int, between: str = "") -> Maker:
    return per_value(lambda r: between.join("".join(r.choice(alphabet) for _ in range(n)) for n in lengths))


HEX = "0123456789abcdef"
HARMLESS: dict[str, Maker] = {
    "nineteen digits": wrong_last(lambda r: card(r, "cards_19", 19), "0123456789"),
    "cards with wrong checksum": wrong_last(lambda r: card(r, "cards_16", 16), "0123456789"),
    "identities with wrong checksum": wrong_last(identity, "0123456789X"),
    "credit codes with wrong checksum": wrong_last(uscc, USCC_SIGNS),
    "eighteen digits": signs_of("0123456789", 18),
    "eighteen signs": signs_of(USCC_SIGNS, 18),
    "serials like phones": counting,
    "eleven digits": per_value(lambda r: "1" + digits(r, 10)),
    "orders with dates": per_value(lambda r: f"{day(r, 2018, 2025):%Y%m%d}{digits(r, r.choice((4, 6)))}"),
    "orders with letters": per_value(lambda r: f"GD{day(r, 2018, 2025):%Y%m%d}{digits(r, 4)}"),
    "meter readings": readings,
    "measurements": measurements,
    "product codes": per_value(lambda r: r.choice("ABCEGHKT") + digits(r, 8)),
    "versions": per_value(lambda r: ".".join(str(r.randint(0, most)) for most in (9, 20, 30, 9))),
    "clauses": per_value(lambda r: f"{r.randint(1, 9)}.{r.randint(1, 9)}.{r.randint(1, 12)}"),
    "isbn": articles("978", 9),
    "ean": articles("69", 10),
    "shops": per_value(lambda r: some(r, "shops").format(r.choice(WORDS["surnames"]))),
    "streets": per_value(lambda r: some(r, "roads")),
    "departments": per_value(lambda r: some(r, "cities") + some(r, "offices")),
    "companies": per_value(
        lambda r: some(r, "cities")[:-1] + some(r, "firms") + some(r, "trades") + "有限公司"
    ),
    "hashes": signs_of(HEX, 32),
    "uuids": signs_of(HEX, 8, 4, 4, 4, 12, between="-"),
    "mac addresses": signs_of(HEX.upper(), 2, 2, 2, 2, 2, 2, between=":"),
    "postcodes": per_value(lambda r: r.choice(("21", "61", "51", "10", "20", "71")) + digits(r, 4)),
    "amounts": per_value(lambda r: f"{r.lognormvariate(6, 2):.2f}"),
    "counts": per_value(lambda r: str(int(r.lognormvariate(4, 2)))),
    "eight digits": signs_of("0123456789", 8),
    "sentences": per_value(lambda r: some(r, "roads") + some(r, "complaints") + "，" + some(r, "wishes")),
    "decimals between 73 and 135": per_value(lambda r: f"{r.uniform(73, 135):.2f}"),
    "ports of sensors": per_value(lambda r: f"{r.choice('ABCD')}{r.randint(1, 9)}-{r.randint(1, 30):02d}"),
}


def of_words(name: str) -> Maker:
    return per_value(lambda r: r.choice(WORDS["harmless_words"][name]))


HARMLESS |= {name: of_words(name) for name in WORDS["harmless_words"]}


@dataclass(frozen=True, slots=True)
class Column:
    """A made column: what it truly holds ("" for nothing sensitive), how it was made, its values."""

    name: str
    truth: str
    kind: str
    header: str  # says, nonsense, misleading, none
    values: tuple[str | None, ...]


def masked(rng: random.Random, value: str) -> str:
    """Some of the middle hidden, as forms print it."""
    text = value.strip()
    keep = max(1, len(text) // 4)
    return text[:keep] + "*" * max(1, len(text) - 2 * keep) + text[len(text) - keep :]


def worn(rng: random.Random, values: list[str], kind: str) -> list[str | None]:
    """What is missing, in whichever way it is written; some masked; a few mistyped or of another kind."""
    missing = rng.choice((0.0, 0.0, 0.05, 0.3, 0.6))
    empty = rng.choice(("", None, "NULL", "无", "-", "N/A"))
    hidden = (
        rng.choice((0.0, 0.0, 0.0, 0.1, 0.3))
        if kind in ("identity_number", "mobile", "bank_card", "person_name")
        else 0.0
    )
    dirt = rng.choice((0.0, 0.0, 0.01, 0.04))
    junk = ("见附件", "不详", "待核实", "0", "同上", "测试")
    out: list[str | None] = []
    for value in values:
        draw = rng.random()
        if draw < missing:
            out.append(empty)
        elif rng.random() < dirt:
            out.append(rng.choice((*junk, value[:-1])))
        else:
            out.append(masked(rng, value) if rng.random() < hidden else value)
    return out


def header(rng: random.Random, own: list[str], style: str, kind: str) -> str:
    if style == "says":
        return rng.choice(own)
    if style == "none":
        return ""
    if style == "misleading":
        others = [name for other, names in HEADERS.items() if other != kind for name in names]
        return rng.choice(others)
    return some(rng, "nonsense").format(n=rng.randint(1, 40))


def columns(
    seed: int,
    times: int = 1,
    styles: tuple[str, ...] = ("says", "nonsense", "none"),
    rows: tuple[int, ...] = (10, 30, 100, 300, 1000),
) -> list[Column]:
    """Each kind in each style of header, ``times`` over."""
    rng = random.Random(seed)
    made = []
    for _ in range(times):
        for style in styles:
            for kind, maker in SENSITIVE.items():
                values = worn(rng, maker(rng, rng.choice(rows)), kind)
                made.append(Column(header(rng, HEADERS[kind], style, kind), kind, kind, style, tuple(values)))
            for kind, maker in HARMLESS.items():
                names = WORDS["harmless_headers"][kind]
                values = worn(rng, maker(rng, rng.choice(rows)), "")
                made.append(Column(header(rng, names, style, ""), "", kind, style, tuple(values)))
    return made
