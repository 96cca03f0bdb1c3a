"""Values of every category the classifiers know, as they stand in the tables of offices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv6Address

from chengshu.resources.grading.checksums import (
    USCC_SIGNS,
    identity_check_character,
    luhn_check_digit,
    uscc_check_character,
)
from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.words import Words

Maker = Callable[[Draw, Words], str]
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PLATE_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_MOBILES = (
    "130", "131", "132", "133", "135", "136", "137", "138", "139", "147", "150", "151", "152", "153",
    "155", "156", "157", "158", "159", "166", "173", "175", "176", "177", "178", "180", "181", "182",
    "183", "185", "186", "187", "188", "189", "191", "193", "198", "199",
)  # fmt: skip
_AREAS = (
    "010", "020", "021", "022", "023", "024", "025", "027", "028", "029", "0311", "0351", "0411", "0431",
    "0451", "0512", "0531", "0551", "0571", "0591", "0755", "0769", "0791", "0851", "0871", "0931", "0991",
)  # fmt: skip
_MAILS = (
    "163.com", "126.com", "qq.com", "sina.com", "foxmail.com", "outlook.com", "example.gov.cn",
    "mail.example.cn", "139.com",
)  # fmt: skip
_SYLLABLES = (
    "wang", "li", "zhang", "liu", "chen", "yang", "zhao", "huang", "zhou", "wu", "xu", "sun", "hu", "zhu",
    "gao", "lin", "he", "guo", "ma", "luo", "jian", "wei", "min", "jing",
)  # fmt: skip


def day(draw: Draw, first: int, last: int) -> tuple[int, int, int]:
    """A day of one of the years; the 29th and later only where every month has them."""
    return draw.between(first, last), draw.between(1, 12), draw.between(1, 28)


def identity_number(draw: Draw, words: Words) -> str:
    """18 characters (GB 11643); rarely the 15 digits of before 1999."""
    code = draw.pick(words.districts)[0]
    year, month, date = day(draw, 1945, 2020)
    if year < 1985 and draw.chance(0.01):
        return f"{code}{year % 100:02d}{month:02d}{date:02d}{draw.digits(3)}"
    body = f"{code}{year}{month:02d}{date:02d}{draw.digits(3)}"
    return body + identity_check_character(body)


def uscc(draw: Draw, words: Words) -> str:
    """18 characters (GB 32100)."""
    head = draw.pick(("91", "91", "91", "92", "92", "12", "11", "52", "93", "13"))
    body = head + draw.pick(words.districts)[0] + draw.pick(("", "MA"))
    body += draw.signs("0123456789" if draw.chance(0.5) else USCC_SIGNS, 17 - len(body))
    return body + uscc_check_character(body)


def mobile(draw: Draw, _: Words) -> str:
    """11 digits, now and then with the country's prefix."""
    number = draw.pick(_MOBILES) + draw.digits(8)
    return draw.pick(("+86", "86-", "0086")) + number if draw.chance(0.03) else number


def landline(draw: Draw, _: Words) -> str:
    """With area code, sometimes an extension."""
    area = draw.pick(_AREAS)
    local = str(draw.between(2, 8)) + draw.digits(7 if len(area) == 3 or draw.chance(0.6) else 6)
    sign = draw.pick(("-", "-", "-", "", " "))
    return f"{area}{sign}{local}" + (f"-{draw.between(1, 8999)}" if draw.chance(0.05) else "")


def bank_card(draw: Draw, _: Words) -> str:
    """16 or 19 digits with Luhn's check digit; debit cards of the country most often."""
    head = draw.pick(
        (
            "622202",
            "622848",
            "621700",
            "621661",
            "622588",
            "623052",
            "621226",
            "436742",
            "552599",
            "955880",
            "356868",
        )
    )
    length = 16 if head[0] in "345" else draw.pick((16, 19, 19))
    body = head + draw.digits(length - 7)
    return body + luhn_check_digit(body)


def plate(draw: Draw, _: Words) -> str:
    """Seven signs, or the eight of new-energy vehicles (GA 36-2018)."""
    head = draw.pick(_PROVINCES) + draw.pick(_LETTERS)
    sign = draw.pick(("", "", "", "·", "-"))
    if draw.chance(0.25):
        kind = draw.pick("DFABCEGHJK")
        tail = kind + draw.signs("0123456789", 5) if draw.chance(0.7) else draw.digits(5) + kind
        return head + sign + tail
    special = draw.pick("学警挂") if draw.chance(0.04) else ""
    signs = list(draw.digits(5 - len(special)))
    for _at in range(draw.pick((0, 1, 1, 2))):
        signs[draw.below(len(signs))] = draw.pick(_LETTERS)
    return head + sign + "".join(signs) + special


def passport(draw: Draw, _: Words) -> str:
    """Ordinary and official passports of the People's Republic."""
    return draw.pick(
        (
            "E" + draw.digits(8),
            "E" + draw.pick("ABCDEFGHJKLMNP") + draw.digits(7),
            "G" + draw.digits(8),
            draw.pick(("SE", "DE", "PE")) + draw.digits(7),
        )
    )


def hk_macao_permit(draw: Draw, _: Words) -> str:
    """Permits of residents of Hong Kong and Macao, and of others to go there."""
    return (
        draw.pick(("H", "H", "M")) + draw.digits(8)
        if draw.chance(0.6)
        else draw.pick(
            ("C" + draw.digits(8), "C" + draw.pick("ABCDEFGH") + draw.digits(7), "W" + draw.digits(8))
        )
    )


def taiwan_permit(draw: Draw, _: Words) -> str:
    """Permits of residents of Taiwan (8 digits), and of others to go there."""
    return draw.digits(8) if draw.chance(0.75) else draw.pick("LT") + draw.digits(8)


def email(draw: Draw, _: Words) -> str:
    """A mailbox."""
    local = draw.pick(
        (
            draw.digits(9),
            draw.pick(_SYLLABLES) + draw.pick(_SYLLABLES) + draw.digits(draw.below(4)),
            f"{draw.pick(_SYLLABLES)}.{draw.pick(_SYLLABLES)}",
        )
    )
    return f"{local}@{draw.pick(_MAILS)}"


def ipv4(draw: Draw, _: Words) -> str:
    """An address of an office's network or of anywhere."""
    head = draw.pick(("10", "172.16", "192.168", str(draw.between(1, 223)))).split(".")
    return ".".join([*head, *(str(draw.below(256)) for _at in range(4 - len(head)))])


def ipv6(draw: Draw, _: Words) -> str:
    """An address, shortened as usual."""
    groups = [
        0x2408,
        0x8000 + draw.below(0x800),
        draw.below(65536),
        0,
        0,
        0,
        draw.below(65536),
        draw.below(65536),
    ]
    return str(IPv6Address(int("".join(f"{group:04x}" for group in groups), 16)))


def person_name(draw: Draw, words: Words) -> str:
    """Two to four characters, a compound surname now and then, rarely a name with a middle dot."""
    if draw.chance(0.01):
        return (
            "".join(draw.pick("阿买提古丽吐尔孙") for _at in range(3))
            + "·"
            + "".join(draw.pick("买买提依明艾力") for _at in range(3))
        )
    surname = draw.pick(words.compound) if draw.chance(0.02) else draw.front(words.surnames)
    return surname + "".join(draw.pick(words.given) for _at in range(1 if draw.chance(0.2) else 2))


def address(draw: Draw, words: Words) -> str:
    """From the province, or from the district, or from the road on."""
    _code, province, city, district = draw.pick(words.districts)
    head = draw.pick((province + city + district, city + district, district, ""))
    road = draw.pick(words.streets) + draw.pick(("路", "路", "街", "大道", "东路", "北路", "巷"))
    number = f"{draw.between(1, 1999)}" + draw.pick(("号", "号", "弄"))
    inside = draw.pick(
        (
            "",
            f"{draw.between(1, 40)}号楼{draw.between(1, 4)}单元{draw.between(1, 33)}0{draw.between(1, 4)}室",
            f"{draw.between(1, 30)}栋{draw.between(101, 3204)}",
            draw.pick(words.streets)
            + draw.pick(words.estates)
            + f"{draw.between(1, 30)}幢{draw.between(101, 2804)}室",
        )
    )
    if not head and not inside:
        inside = f"{draw.between(101, 2804)}室"
    return head + road + number + inside


def place(draw: Draw, words: Words) -> str:
    """A region's name, or a village's: those begin with surnames."""
    if draw.chance(0.2):
        head = draw.front(words.surnames) + draw.pick(("家", "家", "", draw.pick(words.given)))
        return head + draw.pick(("村", "庄", "湾", "沟", "屯", "堡", "镇", "坪", "塘", "洲", "寨"))
    _code, province, city, district = draw.pick(words.districts)
    return draw.pick((district, district, city or province, city + district))


def organisation(draw: Draw, words: Words) -> str:
    """A firm, or a public body."""
    _code, province, city, district = draw.pick(words.districts)
    head = draw.pick((city or province, district, "")).removesuffix("市")
    if head and draw.chance(0.3):
        return head + draw.pick(words.public)
    name = "".join(draw.pick(words.firm) for _at in range(draw.pick((2, 2, 3))))
    return head + name + draw.pick(words.trade) + draw.pick(words.firm_end)


def longitude(draw: Draw, _: Words) -> str:
    """Degrees east, within one city."""
    return f"{draw.real(120.8, 121.9):.{draw.pick((5, 6, 6, 7))}f}"


def latitude(draw: Draw, _: Words) -> str:
    """Degrees north, within one city."""
    return f"{draw.real(30.7, 31.8):.{draw.pick((5, 6, 6, 7))}f}"


def coordinates(draw: Draw, words: Words) -> str:
    """Both in one cell."""
    return f"{longitude(draw, words)},{latitude(draw, words)}"


def region_code(draw: Draw, words: Words) -> str:
    """Six digits (GB/T 2260)."""
    code = draw.pick(words.districts)[0]
    return code[:4] + "00" if draw.chance(0.05) else code


def birth_date(draw: Draw, _: Words) -> str:
    """A day of birth."""
    return "{}-{:02d}-{:02d}".format(*day(draw, 1940, 2022))


def date(draw: Draw, _: Words) -> str:
    """A day, or a moment."""
    year, month, number = day(draw, 2018, 2026)
    text = f"{year}-{month:02d}-{number:02d}"
    return (
        text if draw.chance(0.5) else f"{text} {draw.below(24):02d}:{draw.below(60):02d}:{draw.below(60):02d}"
    )


def timestamp(draw: Draw, _: Words) -> str:
    """Milliseconds since 1970."""
    return str(draw.between(1_600_000_000_000, 1_780_000_000_000))


MAKERS: Mapping[str, Maker] = {
    made.__name__: made
    for made in (
        identity_number,
        uscc,
        mobile,
        landline,
        bank_card,
        plate,
        passport,
        hk_macao_permit,
        taiwan_permit,
        email,
        ipv4,
        ipv6,
        person_name,
        address,
        longitude,
        latitude,
        coordinates,
        region_code,
        birth_date,
        date,
        timestamp,
        organisation,
        place,
    )
}
