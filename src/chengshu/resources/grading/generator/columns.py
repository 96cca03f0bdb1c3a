"""Whole columns with their true category: the sensitive, the harmless and the hard to tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.negatives import NEGATIVES
from chengshu.resources.grading.generator.noise import Noise
from chengshu.resources.grading.generator.sensitive import MAKERS
from chengshu.resources.grading.generator.words import words

_SAYING = {
    "identity_number": (
        "身份证号",
        "身份證號碼",
        "SFZH",
        "id_card_no",
        "applicantIdCard",
        "证件号码",
        "jhr_sfzhm",
        "公民身份号码",
    ),
    "uscc": ("统一社会信用代码", "tyshxydm", "creditCode", "企业信用代码", "uscc"),
    "mobile": (
        "手机号",
        "手機號碼",
        "lxdh",
        "mobile",
        "contactPhone",
        "SJHM",
        "联系电话",
        "申请人手机",
        "tel",
    ),
    "landline": ("办公电话", "固定电话", "bgdh", "office_phone", "传真", "tel"),
    "bank_card": ("银行卡号", "銀行帳號", "yhkh", "card_no", "收款账号", "bankAccount"),
    "plate": ("车牌号", "車牌號碼", "hphm", "plate_no", "cph", "号牌号码"),
    "passport": ("护照号", "護照號碼", "passportNo", "hzhm"),
    "hk_macao_permit": ("港澳通行证", "通行證號", "hmt_permit", "txzh"),
    "taiwan_permit": ("台胞证号", "臺胞證號", "taiwan_permit", "tbzh"),
    "email": ("邮箱", "電子郵箱", "email", "dzyx", "contact_mail"),
    "ipv4": ("登录IP", "client_ip", "IP地址", "src_ip"),
    "ipv6": ("ipv6", "client_ip", "IP地址"),
    "person_name": ("姓名", "xm", "申请人", "联系人姓名", "applicantName", "患者姓名", "聯繫人", "real_name"),
    "address": ("家庭住址", "地址", "dz", "home_address", "詳細地址", "现住址", "addr"),
    "longitude": ("经度", "lng", "jd", "lon_gcj02", "經度"),
    "latitude": ("纬度", "lat", "wd", "lat_gcj02", "緯度"),
    "coordinates": ("坐标", "经纬度", "lnglat", "位置坐标"),
    "region_code": ("行政区划代码", "xzqhdm", "adcode", "行政區劃"),
    "birth_date": ("出生日期", "csrq", "birthday", "dob"),
    "date": ("办理日期", "create_time", "rq", "更新時間"),
    "timestamp": ("时间戳", "event_ts", "gmt_create"),
    "organisation": ("单位名称", "qymc", "company", "工作單位"),
    "place": ("所属区县", "city", "户籍所在地", "qx"),
}
_MUTE = (
    "col_3",
    "字段7",
    "F12",
    "c1",
    "val",
    "数据项",
    "备用1",
    "ext_2",
    "attr",
    "信息",
    "v09",
    "内容项",
    "str1",
    "data",
    "其他",
)
_NEEDS_NAME = frozenset(
    ["longitude", "latitude", "birth_date", "taiwan_permit", "passport", "hk_macao_permit"]
)
_STRANGERS = {
    "mobile": "landline",
    "landline": "mobile",
    "identity_number": "passport",
    "passport": "hk_macao_permit",
    "person_name": "organisation",
    "ipv4": "ipv6",
    "address": "place",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A made column; ``truth`` is its category, "" for none; ``kind`` says how it was made."""

    name: str
    values: tuple[str | None, ...]
    truth: str
    kind: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How columns are made. ``half`` chooses the words: 0 or 1, None for all."""

    rows: int = 400
    noise: Noise = field(default_factory=Noise)
    half: int | None = None
    said: float = 0.6  # share of sensitive columns whose name says what they hold
    mixed: float = 0.1  # share of columns with a quarter of strangers among their values


PLAIN = Settings()
"""Noise as usual, all words."""


def make_columns(seed: int, rounds: int, settings: Settings = PLAIN) -> Iterator[Made]:
    """``rounds`` columns of every category and of every kind of negative; the same seed makes the same."""
    draw = Draw(seed)
    for _ in range(rounds):
        for category in MAKERS:
            yield _sensitive(category, draw, settings)
        for kind in NEGATIVES:
            yield _negative(kind, draw, settings)


def _sensitive(category: str, draw: Draw, settings: Settings) -> Made:
    lists, make = words(settings.half), MAKERS[category]
    stranger = _STRANGERS.get(category) if draw.chance(settings.mixed) else None
    values = []
    for _ in range(settings.rows):
        strange = stranger is not None and draw.chance(0.25)
        value = MAKERS[stranger](draw, lists) if strange and stranger else make(draw, lists)
        values.append(settings.noise.hurt(value, stranger if strange and stranger else category, draw))
    said = category in _NEEDS_NAME or draw.chance(settings.said)
    name = draw.pick(_SAYING[category] if said else _MUTE)
    return Made(name, tuple(values), category, "mixed" if stranger else "said" if said else "mute")


def _negative(kind: str, draw: Draw, settings: Settings) -> Made:
    lists, negative = words(settings.half), NEGATIVES[kind]
    start = draw.below(40_000)
    values = tuple(
        settings.noise.hurt(negative.make(draw, lists, start + at), "", draw) for at in range(settings.rows)
    )
    return Made(draw.pick(negative.names if draw.chance(0.6) else _MUTE), values, "", kind)
