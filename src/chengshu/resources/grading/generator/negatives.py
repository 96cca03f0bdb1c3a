"""Hard negatives: what looks like something sensitive, and is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chengshu.resources.grading.checksums import (
    USCC_SIGNS,
    identity_check_character,
    luhn_check_digit,
    uscc_check_character,
)
from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.sensitive import day
from chengshu.resources.grading.generator.words import Words


@dataclass(frozen=True, slots=True)
class Negative:
    """Makes the value of row ``at``; ``names`` are those under which such a column is met."""

    make: Callable[[Draw, Words, int], str]
    names: Sequence[str]


def _other(right: str, draw: Draw, signs: str) -> str:
    return draw.pick([sign for sign in signs if sign != right])


def wrong_identity(draw: Draw, words: Words, at: int) -> str:
    """Looks right but for the check character."""
    body = draw.pick(words.districts)[0] + "{}{:02d}{:02d}".format(*day(draw, 1945, 2020)) + draw.digits(3)
    return body + _other(identity_check_character(body), draw, "0123456789X")


def wrong_uscc(draw: Draw, words: Words, at: int) -> str:
    """Looks right but for the check character."""
    body = "91" + draw.pick(words.districts)[0] + draw.signs(USCC_SIGNS, 9)
    return body + _other(uscc_check_character(body), draw, USCC_SIGNS)


def wrong_card(draw: Draw, words: Words, at: int) -> str:
    """19 digits that begin as a card and end in the wrong digit."""
    body = draw.pick(("622202", "621700", "623052", "955880")) + draw.digits(12)
    return body + _other(luhn_check_digit(body), draw, "0123456789")


def dated_serial(draw: Draw, words: Words, at: int) -> str:
    """A number that begins with a day and counts on."""
    return "{}{:02d}{:02d}".format(*day(draw, 2022, 2026)) + f"{at * 7 + draw.below(7):09d}"


def phone_serial(draw: Draw, words: Words, at: int) -> str:
    """Eleven digits that count on and begin like a mobile number."""
    return str(13_500_000_000 + at * 13 + draw.below(13))


def meter(draw: Draw, words: Words, at: int) -> str:
    """Eleven digits that begin with 1, of any sort."""
    return "1" + draw.digits(10)


def device(draw: Draw, words: Words, at: int) -> str:
    """A letter and eight digits that count on."""
    return f"E{at * 3 + draw.below(3):08d}"


def asset(draw: Draw, words: Words, at: int) -> str:
    """A letter and seven digits."""
    return draw.pick("ABKZ") + draw.digits(7)


def version(draw: Draw, words: Words, at: int) -> str:
    """Four small numbers with dots."""
    return f"{draw.below(6)}.{draw.below(20)}.{draw.below(10)}.{draw.below(30)}"


def product(draw: Draw, words: Words, at: int) -> str:
    """A thing with a grade."""
    return draw.pick(words.words) + draw.pick(words.products)


def measured(draw: Draw, words: Words, at: int) -> str:
    """A measured value between 100 and 130, where longitudes lie too."""
    return f"{draw.real(100, 130):.3f}"


def imei(draw: Draw, words: Words, at: int) -> str:
    """The number of a telephone itself: 15 digits with Luhn's check digit."""
    body = "86" + draw.digits(12)
    return body + luhn_check_digit(body)


def amount(draw: Draw, words: Words, at: int) -> str:
    """Money."""
    return f"{draw.real(0, 1) ** 3 * 90_000:.2f}"


def sentence(draw: Draw, words: Words, at: int) -> str:
    """What somebody says."""
    return draw.pick(words.sentences).format(street=draw.pick(words.streets))


def station(draw: Draw, words: Words, at: int) -> str:
    """A stop or a crossing: begins like an address and is none."""
    return (
        draw.pick(words.streets)
        + "路"
        + draw.pick(words.streets)
        + draw.pick(("路口", "路站", "街站", "路地铁站"))
    )


NEGATIVES: Mapping[str, Negative] = {
    "wrong_identity": Negative(wrong_identity, ("档案号", "record_key", "glbh", "电子凭证")),
    "random_18": Negative(
        lambda d, w, at: d.signs("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 18),
        ("追溯码", "token", "rand_code", "凭证"),
    ),
    "random_18_digits": Negative(
        lambda d, w, at: str(1 + d.below(9)) + d.digits(17), ("流水号", "serial_no", "lsh")
    ),
    "wrong_uscc": Negative(wrong_uscc, ("许可编码", "permit_code", "xkbm")),
    "wrong_card": Negative(wrong_card, ("交易流水", "trade_no", "jyls")),
    "digits_19": Negative(
        lambda d, w, at: str(1 + d.below(9)) + d.digits(18), ("雪花主键", "snowflake_id", "zjid")
    ),
    "digits_16": Negative(
        lambda d, w, at: str(1 + d.below(9)) + d.digits(15), ("条形码", "barcode", "emp_ref")
    ),
    "dated_serial": Negative(dated_serial, ("订单号", "order_no", "ddh", "工单编号")),
    "phone_serial": Negative(phone_serial, ("业务流水", "biz_seq", "ywls")),
    "meter": Negative(meter, ("表计编号", "meter_no", "bjbh")),
    "seconds": Negative(
        lambda d, w, at: str(d.between(1_500_000_000, 1_780_000_000)), ("采集时刻", "ts_s", "created")
    ),
    "device": Negative(device, ("设备编号", "device_no", "sbbh")),
    "asset": Negative(asset, ("资产编号", "asset_code", "zcbh")),
    "version": Negative(version, ("固件版本", "fw_version", "bbh")),
    "uuid": Negative(
        lambda d, w, at: "-".join(d.signs("0123456789abcdef", n) for n in (8, 4, 4, 4, 12)),
        ("主键", "guid", "row_id"),
    ),
    "hash": Negative(lambda d, w, at: d.signs("0123456789abcdef", 32), ("摘要值", "md5", "etag")),
    "words": Negative(lambda d, w, at: d.pick(w.words), ("分类", "kind", "lb", "选项")),
    "few_words": Negative(lambda d, w, at: w.words[(at * 7 + at // 5) % 6], ("状态", "state_cn", "zt")),
    "product": Negative(product, ("物料", "goods", "wlmc")),
    "station": Negative(station, ("站点", "stop_name", "zdmc")),
    "sentence": Negative(sentence, ("诉求内容", "remark", "bz")),
    "measured": Negative(measured, ("压力值", "reading", "ylz")),
    "amount": Negative(amount, ("金额", "amount", "je")),
    "count": Negative(lambda d, w, at: str(d.below(5000)), ("数量", "num", "sl")),
    "percent": Negative(lambda d, w, at: f"{d.real(0, 100):.1f}%", ("占比", "ratio", "zb_pct")),
    "postcode": Negative(
        lambda d, w, at: f"{d.between(10, 85)}{d.below(10)}{d.digits(3)}", ("邮政编码", "postcode", "yb")
    ),
    "counting": Negative(lambda d, w, at: str(100_001 + at), ("序号", "no", "xh")),
    "voucher": Negative(lambda d, w, at: d.pick("EGH") + d.digits(8), ("券码", "voucher_no", "qm")),
    "chat": Negative(lambda d, w, at: str(d.between(10**8, 3 * 10**9)), ("QQ", "chat_id", "群号")),
    "student": Negative(
        lambda d, w, at: f"20{d.between(15, 26)}{d.between(1, 30):02d}{d.digits(4)}",
        ("学号", "stu_no", "xuehao"),
    ),
    "imei": Negative(imei, ("终端", "imei", "zdh")),
    "like_a_card": Negative(lambda d, w, at: "62" + d.digits(17), ("凭证流水", "voucher_seq", "pzls")),
    "oid": Negative(
        lambda d, w, at: f"1.2.{d.below(900)}.{d.below(99999)}.{d.below(9)}", ("标识", "oid", "bs")
    ),
    "stock": Negative(
        lambda d, w, at: d.pick(("60", "00", "30", "68")) + d.digits(4), ("证券", "ticker", "gpdm")
    ),
    "line_less": Negative(lambda d, w, at: str(d.between(2, 8)) + d.digits(7), ("表号", "meter", "bh8")),
    "time": Negative(
        lambda d, w, at: f"{d.below(24):02d}:{d.below(60):02d}:{d.below(60):02d}", ("时刻", "clock", "sk")
    ),
    "mac": Negative(
        lambda d, w, at: ":".join(d.signs("0123456789ABCDEF", 2) for _ in range(6)), ("网卡", "mac", "wkdz")
    ),
    "sku": Negative(
        lambda d, w, at: f"{d.signs('ABCDEFGH', 3)}-{d.digits(4)}-{d.signs('XYZ', 1)}",
        ("规格型号", "sku", "ggxh"),
    ),
}
