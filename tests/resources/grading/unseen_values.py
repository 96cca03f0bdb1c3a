"""Values that must be found, in the ways they are written: ``SENSITIVE`` of the columns in unseen.py."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import yaml

WORDS = yaml.safe_load((Path(__file__).parent / "cases" / "unseen.yaml").read_text("utf-8"))
HEADERS: dict[str, list[str]] = WORDS["headers"]
PROVINCE_SIGNS = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
Maker = Callable[[random.Random, int], list[str]]
One = Callable[[random.Random], str]


def some(rng: random.Random, name: str) -> str:
    """One of the words of a list of unseen.yaml."""
    return rng.choice(_list(name))


@cache
def _list(name: str) -> list[str]:
    held = WORDS[name]
    return held if isinstance(held, list) else held.split()


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def day(rng: random.Random, first: int = 1940, last: int = 2024) -> date:
    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first) * 365))


def mod_11_2(first: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]


def identity(rng: random.Random) -> str:
    first = some(rng, "regions") + f"{day(rng, 1945, 2018):%Y%m%d}" + digits(rng, 3)
    return first + mod_11_2(first)


def identity_15(rng: random.Random) -> str:
    return some(rng, "regions") + f"{day(rng, 1930, 1985):%y%m%d}" + digits(rng, 3)


def luhn(first: str) -> str:
    total = 0
    for place, sign in enumerate(reversed(first)):
        value = int(sign) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card(rng: random.Random, bins: str, length: int) -> str:
    first = some(rng, bins)
    first += digits(rng, length - 1 - len(first))
    return first + luhn(first)


def grouped(number: str, sign: str) -> str:
    return sign.join(number[at : at + 4] for at in range(0, len(number), 4))


def uscc(rng: random.Random) -> str:
    body = "".join(rng.choice(USCC_SIGNS[:10] * 3 + USCC_SIGNS) for _ in range(8))
    code = rng.choice(("91", "91", "91", "92", "93", "11", "12", "51", "52", "53", "54", "N1", "A1", "Y1"))
    code += some(rng, "regions")
    whole = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(whole.index(s) * w for s, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    code += body + "0123456789X"[-total % 11]
    return (
        code
        + USCC_SIGNS[(31 - sum(USCC_SIGNS.index(s) * pow(3, i, 31) for i, s in enumerate(code)) % 31) % 31]
    )


def mobile(rng: random.Random) -> str:
    return some(rng, "mobiles") + digits(rng, 8)


def han_name(rng: random.Random) -> str:
    surname = some(rng, "compound") if rng.random() < 0.04 else rng.choice(WORDS["surnames"])
    return surname + "".join(rng.choice(WORDS["given"]) for _ in range(rng.choice((1, 2, 2, 2))))


def written(*forms: Callable[[random.Random], str]) -> Maker:
    """A column written in one of the forms (seldom in several)."""

    def make(rng: random.Random, rows: int) -> list[str]:
        mine = list(forms) if rng.random() < 0.25 else [rng.choice(forms)]
        return [rng.choice(mine)(rng) for _ in range(rows)]

    return make


def latin(family: str, given: str, syllables: int) -> One:
    def one(rng: random.Random) -> str:
        parts = [some(rng, given) for _ in range(syllables)]
        return " ".join([some(rng, family), *parts] if syllables > 1 else [*parts, some(rng, family)])

    return one


def shouted(rng: random.Random) -> str:
    surname, rest = latin("hong_kong_family", "hong_kong_given", 2)(rng).split(" ", 1)
    return f"{surname.upper()} {rest}"


def minority(rng: random.Random) -> str:
    return (
        f"{some(rng, 'minority_given')}·{some(rng, 'minority_family')}"
        if rng.random() < 0.6
        else han_name(rng)
    )


def traditional(rng: random.Random) -> str:
    return han_name(rng).translate(str.maketrans(WORDS["simple"], WORDS["traditional"]))


def filled(form: str, rng: random.Random) -> str:
    return form.format(
        a=rng.randint(1, 399), b=rng.randint(1, 33), c=rng.randint(101, 2806), d=rng.randint(1, 18)
    )


def urban(rng: random.Random) -> str:
    head = rng.choice((f"{some(rng, 'provinces')}{some(rng, 'cities')}", some(rng, "cities"), ""))
    estate = f"{{a}}号{some(rng, 'estates')}{{d}}幢{{c}}"
    tail = rng.choice(("{a}号", "{a}号{d}栋{b}单元{c}室", "{a}弄{b}号{c}室", "{a}-{b}号", estate))
    return head + some(rng, "districts") + some(rng, "roads") + filled(tail, rng)


def rural(rng: random.Random) -> str:
    head = rng.choice((some(rng, "provinces") + some(rng, "cities"), "")) + some(rng, "districts")
    return (
        head
        + some(rng, "towns")
        + some(rng, "villages")
        + filled(rng.choice(("{b}组", "{b}组{a}号", "{a}号", "第{d}村民小组")), rng)
    )


ADDRESS = written(
    urban,
    rural,
    lambda rng: filled(some(rng, "hong_kong_addresses"), rng),
    lambda rng: filled(some(rng, "taiwan_addresses"), rng),
    lambda rng: filled(some(rng, "english_addresses"), rng),
    lambda rng: (
        some(rng, "estates") + filled(rng.choice(("{d}栋{b}单元{c}", "{d}幢{c}室", "{d}号楼{c}")), rng)
    ),
)


def plate_7(rng: random.Random) -> str:
    return (
        rng.choice(PROVINCE_SIGNS)
        + rng.choice("ABCDEFGHJKL")
        + "".join(rng.choice(LETTERS + "0123456789" * 4) for _ in range(5))
    )


def plate_special(rng: random.Random) -> str:
    head = rng.choice(PROVINCE_SIGNS) + rng.choice("ABCDEF")
    return rng.choice(
        (
            f"{head}{digits(rng, 4)}{rng.choice('警学挂')}",
            f"粤Z{rng.choice(LETTERS)}{digits(rng, 3)}{rng.choice('港澳')}",
        )
    )


def plate_8(rng: random.Random) -> str:
    head = rng.choice(PROVINCE_SIGNS) + rng.choice("ABCDEF")
    return head + rng.choice(
        (
            rng.choice("DF") + rng.choice(LETTERS + "0123456789") + digits(rng, 4),
            digits(rng, 5) + rng.choice("DF"),
        )
    )


def plates(rng: random.Random, rows: int) -> list[str]:
    dot, style = rng.random() < 0.3, rng.choice(("7", "7", "8", "all"))
    makers = {"7": [plate_7], "8": [plate_8], "all": [plate_7, plate_7, plate_8, plate_special]}[style]
    values = [rng.choice(makers)(rng) for _ in range(rows)]
    mark = rng.choice("·•.- ")
    return [value[:2] + mark + value[2:] for value in values] if dot else values


def place_in_china(rng: random.Random, rows: int) -> list[tuple[float, float]]:
    lng, lat = rng.choice(
        ((118.78, 32.05), (104.06, 30.66), (113.26, 23.13), (126.63, 45.75), (87.6, 43.8), (116.4, 39.9))
    )
    offset = rng.choice((0.0, 0.0052, 0.0116))  # three reference systems; here only the figures differ
    spread = rng.choice((0.02, 0.2, 1.5))
    return [
        (lng + offset + rng.uniform(-spread, spread), lat + offset + rng.uniform(-spread, spread))
        for _ in range(rows)
    ]


def degrees(value: float, signs: str, form: int) -> str:
    whole, rest = int(value), (value - int(value)) * 60
    minutes, seconds = int(rest), (rest - int(rest)) * 60
    return (
        f"{whole}°{minutes:02d}′{seconds:04.1f}″{signs}",
        f"{signs}{whole}°{minutes:02d}'{seconds:05.2f}\"",
        f"{'东经' if signs == 'E' else '北纬'}{whole}度{minutes}分{seconds:.0f}秒",
    )[form]


def one_axis(axis: int) -> Maker:
    def make(rng: random.Random, rows: int) -> list[str]:
        places = rng.choice((4, 5, 6, 6, 8))
        if rng.random() < 0.2:
            form = rng.randrange(3)
            return [degrees(pair[axis], "EN"[axis], form) for pair in place_in_china(rng, rows)]
        return [f"{pair[axis]:.{places}f}" for pair in place_in_china(rng, rows)]

    return make


def both_axes(rng: random.Random, rows: int) -> list[str]:
    form = rng.randrange(7)
    return [pair_text(x, y, form) for x, y in place_in_china(rng, rows)]


def pair_text(x: float, y: float, form: int) -> str:
    return (
        f"{x:.6f},{y:.6f}",
        f"{y:.6f}, {x:.6f}",
        f"({x:.5f},{y:.5f})",
        f"POINT({x:.6f} {y:.6f})",
        f"POINT ({x:.6f} {y:.6f})",
        f"{x:.6f};{y:.6f}",
        f"{degrees(y, 'N', 0)} {degrees(x, 'E', 0)}",
    )[form]


def regions(rng: random.Random, rows: int) -> list[str]:
    form = rng.choice((6, 6, 9, 12))
    return [
        some(rng, "regions") + f"{rng.randint(0, 12):03d}{rng.randint(0, 30):03d}"[: form - 6]
        for _ in range(rows)
    ]


def dates(first: int, last: int) -> Maker:
    def make(rng: random.Random, rows: int) -> list[str]:
        form = rng.choice(WORDS["forms"]["dates"])
        out = []
        for _ in range(rows):
            one = day(rng, max(first, 1950), last)
            parts: dict[str, int | str] = {
                "y": one.year,
                "m": one.month,
                "d": one.day,
                "r": one.year - 1911,
                "h": rng.randrange(24),
                "i": rng.randrange(60),
            }
            parts["c"] = (
                "".join("〇一二三四五六七八九"[int(s)] for s in str(one.year))
                + f"年{han_number(one.month)}月{han_number(one.day)}日"
            )
            text = one.strftime(form) if "%" in form else form.format(**parts)
            out.append(
                text.replace(
                    "00:00:00", f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
                )
            )
        return out

    return make


def han_number(number: int) -> str:
    signs = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else signs[tens] + "十") + (
        "" if tens and not ones else signs[ones]
    )


def mails(rng: random.Random) -> str:
    name, other = some(rng, "english_given").lower(), some(rng, "hong_kong_family").lower()
    user = rng.choice(
        (f"{name}{digits(rng, 2)}", digits(rng, 9), f"{name}.{other}", f"user_{digits(rng, 4)}+city")
    )
    return f"{user.encode('ascii', 'ignore').decode()}@{some(rng, 'hosts')}"


class Parts(dict[str, str]):
    """What stands in the braces of a form, drawn anew for each value."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    def __missing__(self, key: str) -> str:
        rng = self.rng
        if key[1:].isdigit():
            return digits(rng, int(key[1:]))
        return rng.choice((key[0], key[-1])) if key[1:2] == "-" else PARTS[key](rng)


PARTS: dict[str, One] = {
    "identity": identity,
    "small": lambda r: identity(r).lower(),
    "old": identity_15,
    "apart": lambda r: (v := identity(r))[:6] + " " + v[6:14] + " " + v[14:],
    "either": lambda r: r.choice((identity, identity, identity_15))(r),
    "uscc": uscc,
    "little": lambda r: uscc(r).lower(),
    "m": lambda r: some(r, "mobiles"),
    "area": lambda r: some(r, "areas"),
    "abroad": lambda r: some(r, "areas")[1:],
    "long": lambda r: r.choice([area for area in _list("areas") if len(area) == 4]),
    "l": lambda r: str(r.randint(2, 8)),
    "card19": lambda r: card(r, "cards_19", 19),
    "card16": lambda r: card(r, "cards_16", 16),
    "card": lambda r: r.choice((card(r, "cards_19", 19), card(r, "cards_16", 16))),
    "spaced": lambda r: grouped(card(r, "cards_19", 19), " "),
    "hyphened": lambda r: grouped(card(r, "cards_16", 16), "-"),
    "t": lambda r: r.choice("567"),
    "x": lambda r: f"{r.randrange(1, 65535):x}",
    "o": lambda r: str(r.randrange(256)),
    "port": lambda r: str(r.randint(1024, 65535)),
    "mail": mails,
    "capitals": lambda r: mails(r).upper(),
    "name": han_name,
}


def formed(kind: str) -> Maker:
    """A column in the forms of unseen.yaml."""
    return written(*(lambda rng, form=form: form.format_map(Parts(rng)) for form in WORDS["forms"][kind]))


SENSITIVE: dict[str, Maker] = {
    **{kind: formed(kind) for kind in WORDS["forms"] if kind != "dates"},
    "plate": plates,
    "person_name": written(
        han_name,
        han_name,
        traditional,
        minority,
        latin("english_family", "english_given", 1),
        latin("hong_kong_family", "hong_kong_given", 2),
        shouted,
    ),
    "address": ADDRESS,
    "longitude": one_axis(0),
    "latitude": one_axis(1),
    "coordinates": both_axes,
    "region_code": regions,
    "birth_date": dates(1950, 2015),
    "date": dates(2015, 2025),
}
