"""Does a value stand for this? One check per category, over all distinct values of a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from ipaddress import AddressValueError, IPv6Address

import numpy as np

from chengshu.resources.grading.checksums import (
    Flags,
    identity_checks,
    is_hong_kong_identity,
    is_taiwan_identity,
    luhn_checks,
    uscc_checks,
)
from chengshu.resources.grading.days import read_day
from chengshu.resources.grading.folding import list_file
from chengshu.resources.grading.latin import is_latin_address, is_latin_name
from chengshu.resources.grading.places import LATITUDES, LONGITUDES, point_of, read_degrees, says_axis
from chengshu.resources.grading.regions import regions
from chengshu.resources.grading.steps import is_stepwise
from chengshu.resources.grading.text_model import text_flags
from chengshu.resources.grading.values import Values


def _ascii(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern whose digits are 0 to 9 only: full-width ones are folded before, others are none of ours."""
    return re.compile(pattern, re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG))


_ID = _ascii(r"[1-9]\d{5}(?:1[89]|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_ID_15 = _ascii(r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_USCC = _ascii(r"(?:[159][1239]|[23678][19]|4[19]|A[19]|N[1239]|Y1)\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_MOBILE = _ascii(r"(?:\(?\+?86\)?|0086)?\(?1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8}\)?")
_EXTENSION = r"(?:(?: ?[-转轉#*,/ ] ?| ?\(?(?:ext|x|分机|分機|转|轉|内线|內線)[.:]? ?)\d{1,6}\)?)?"
_LANDLINE = _ascii(
    r"(?:(?:\(?\+?86\)?|0086)[ -]?)?\(?(?:0(?:10|2[0-57-9])\)?[ -]?[2-8](?:\d{7}|\d{3}[ -]\d{4})"
    r"|0[3-9]\d{2}\)?[ -]?[2-8](?:\d{6,7}|\d{2,3}[ -]\d{4}))" + _EXTENSION,
    ignore_case=True,
)
_ABROAD = _ascii(  # as dialled from elsewhere: without the zero of the area code
    r"(?:\(?\+86\)?|0086)[ -]?\(?(?:10|2[0-57-9])\)?[ -]?[2-8]\d{3}[ -]?\d{4}" + _EXTENSION + "|"
    r"(?:\(?\+86\)?|0086)[ -]?\(?[3-9]\d{2}\)?[ -]?[2-8]\d{2,3}[ -]?\d{4}" + _EXTENSION,
    ignore_case=True,
)
_SERVICE = _ascii(r"[48]00[ -]?\d{3}[ -]?\d{4}")
_PLATE = _ascii(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼滬雲遼魯蘇贛貴粵陝閩][A-HJ-Z]"
    r"(?:(?=(?:[^A-Z]*[A-Z]){0,3}[^A-Z]*$)[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳试领超]"
    r"|[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK])"
)
_EMBASSY = _ascii(r"使\d{6}|\d{6}使")
_PASSPORT = _ascii(r"E\d{8}|E[A-HJ-NP-Z]\d{7}|[GDSPH]\d{8}|[SDP]E\d{7}|1[45]\d{7}|K\d{8}|MA\d{7}")
_HK_MACAO = _ascii(r"[HM]\d{8}(?:\d{2})?|[CW]\d{8}|C[A-HJ-NP-Z]\d{7}")
_TAIWAN = _ascii(r"\d{8}|\d{10}(?:\([A-Z]\))?|[LT]\d{8}")
_EMAIL = _ascii(
    r"(?:mailto:|[^<>@]{0,60}<)?[A-Za-z0-9_%+'-]+(?:\.[A-Za-z0-9_%+'-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}>?"
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = _ascii(rf"{_OCTET}(?:\.{_OCTET}){{3}}(?::\d{{1,5}}|/\d{{1,2}})?")
_IPV6 = _ascii(r"[0-9A-Fa-f:]{2,39}(?:\.[0-9.]+)?(?:/\d{1,3})?")

_SHORT = _ascii(r"[+-]?\d{1,3}(?:\.\d{0,2})?")
_OF_TODAY = 0.6  # share of codes that exist from which abolished ones are believed
_YEARS_APART, _YEARS = 12, (15, 90)  # of birth among old numbers: how far apart at least, and within which


def identity_number(values: Values) -> Flags:
    """18 characters with region, day of birth and check character; 15 with region and day; those of Hong Kong
    and Taiwan with their check.

    Those of 15 have no check character: they count beside those that have one, or where they are of people of
    all ages, in cities that exist.
    """
    texts = values.tight
    whole = values.checked(values.matching(_ID, texts), _identities, texts) | _beyond(values)
    old = old_identities(values)
    if whole.sum() < old.sum() and not _of_all_ages(
        [text for text, one in zip(texts, old, strict=True) if one]
    ):
        return whole
    both: Flags = whole | old
    return both


def old_identities(values: Values) -> Flags:
    """Identity numbers of 15 digits, as they were given out until 1999: region and day of birth are right."""
    texts = values.tight
    return values.checked(values.matching(_ID_15, texts), lambda found: _born(found, 6, "19"), texts)


def _of_all_ages(texts: Sequence[str]) -> bool:
    years = np.array([int(text[6:8]) for text in texts])
    low, high = np.quantile(years, [0.1, 0.9])
    cities = regions().city_prefixes
    known = sum(text[:4] in cities for text in texts) / len(texts)
    return bool(high - low >= _YEARS_APART and low >= _YEARS[0] and high <= _YEARS[1] and known >= 0.8)


def _beyond(values: Values) -> Flags:
    return np.array([is_hong_kong_identity(text) or is_taiwan_identity(text) for text in values.tight], bool)


def _identities(texts: Sequence[str]) -> Flags:
    flags: Flags = identity_checks(texts) & _born(texts, 6, "")
    return flags


def _born(texts: Sequence[str], at: int, century: str) -> Flags:
    provinces, width = regions().provinces, 8 - len(century)
    return np.array([t[:2] in provinces and _is_day(century + t[at : at + width]) for t in texts], bool)


def _is_day(text: str) -> bool:
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True


def uscc(values: Values) -> Flags:
    """18 characters with department, kind, region and check character (GB 32100)."""
    provinces = {*regions().provinces, "10"}  # 100000: registered with the state

    def right(texts: Sequence[str]) -> Flags:
        flags: Flags = uscc_checks(texts) & np.array([text[2:4] in provinces for text in texts], bool)
        return flags

    return values.checked(values.matching(_USCC, values.tight), right, values.tight)


def mobile(values: Values) -> Flags:
    """11 digits of a segment that is in use."""
    return values.matching(_MOBILE, values.tight)


def landline(values: Values) -> Flags:
    """With an area code, or a service number of 400 and 800."""
    return (
        values.matching(_LANDLINE)
        | values.matching(_LANDLINE, values.tight)
        | values.matching(_ABROAD)
        | values.matching(_SERVICE)
    )


@cache
def _issuers() -> tuple[tuple[str, range], ...]:
    found = []
    for line in list_file("banks.txt"):
        prefix, lengths, *_ = line.split()
        low, _, high = lengths.partition("-")
        found.append((prefix, range(int(low), int(high or low) + 1)))
    return tuple(found)


def bank_card(values: Values) -> Flags:
    """14 to 19 digits with Luhn's check digit, beginning and length of an issuer."""
    issued = np.array(
        [
            text.isascii()
            and text.isdigit()
            and any(len(text) in n and text.startswith(p) for p, n in _issuers())
            for text in values.tight
        ],
        bool,
    )
    return values.checked(issued, luhn_checks, values.tight)


def plate(values: Values) -> Flags:
    """Seven signs, or eight of new-energy vehicles (GA 36-2018); embassies'."""
    return values.matching(_PLATE, values.tight) | values.matching(_EMBASSY, values.tight)


_FORMS: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "passport": (_ascii(r"[EG]\d{8}"), _ascii(r"E[A-HJ-NP-Z]\d{7}")),
    "hk_macao_permit": (_ascii(r"H\d{8}(?:\d{2})?|C\d{8}"), _ascii(r"M\d{8}(?:\d{2})?|C[A-HJ-NP-Z]\d{7}")),
}
_OFTEN = 0.05  # share of values from which a form is one of a column's


def has_both_forms(values: Values, category: str) -> bool:
    """Whether a column has documents of one kind in both forms they were given out in: codes of goods have
    one.
    """
    least = max(2.0, _OFTEN * len(values))
    forms = _FORMS.get(category, ())
    return bool(forms) and all(values.matching(form, values.tight).sum() >= least for form in forms)


def passport(values: Values) -> Flags:
    """Shapes of Chinese passports: outside their machine-read line they have no check character."""
    return values.matching(_PASSPORT, values.tight)


def hk_macao_permit(values: Values) -> Flags:
    """Shapes of the permits of residents of Hong Kong and Macao, and of others to go there."""
    return values.matching(_HK_MACAO, values.tight)


def taiwan_permit(values: Values) -> Flags:
    """Shapes of the permits of residents of Taiwan, and of others to go there; no days in 8 digits."""
    flags = values.matching(_TAIWAN)
    if flags.any() and (days := dates(values)).mean() > 0.5:
        flags &= ~days
    return flags


def email(values: Values) -> Flags:
    """A mailbox (the common forms of RFC 5321)."""
    return values.matching(_EMAIL)


def ipv4(values: Values) -> Flags:
    """Four octets; a column whose octets are all small numbers versions."""
    flags = values.matching(_IPV4)
    if flags.any():
        largest = [
            max(map(int, re.split(r"[.:/]", values.plain[int(at)])[:4])) for at in np.flatnonzero(flags)
        ]
        if np.median(largest) < 32:
            return np.zeros_like(flags)
    return flags


def ipv6(values: Values) -> Flags:
    """As ipaddress reads them."""
    return values.checked(
        values.matching(_IPV6), lambda texts: np.array([_is_ipv6(text) for text in texts], bool), values.plain
    )


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text.partition("/")[0])
    except AddressValueError:
        return False
    return True


def dates(values: Values) -> Flags:
    """Days and moments in the forms of offices, that exist in the calendar."""
    return np.array([read_day(value) is not None for value in values.plain], bool)


def timestamp(values: Values) -> Flags:
    """Seconds or milliseconds since 1970 between 2001 and 2033: later ones look like years of four digits."""
    numbers = values.numbers
    whole = np.array([value.isdigit() and len(value) in (10, 13) for value in values.plain], bool)
    seconds = np.where(numbers > 1e11, numbers / 1000, numbers)
    return whole & (seconds > 1e9) & (seconds < 2e9)


def longitude(values: Values) -> Flags:
    """Degrees east within China: decimal with three places or more, or in degrees and minutes."""
    return _degrees(values, "lon", LONGITUDES)


def latitude(values: Values) -> Flags:
    """Degrees north within China: decimal with three places or more, or in degrees and minutes."""
    return _degrees(values, "lat", LATITUDES)


def _degrees(values: Values, axis: str, bounds: tuple[float, float]) -> Flags:
    low, high = bounds
    read = [read_degrees(value, axis) for value in values.plain]
    inside = np.array([one is not None and low <= one <= high for one in read], bool)
    whole = np.array([value.isdigit() or _SHORT.fullmatch(value) is not None for value in values.plain], bool)
    found: Flags = inside & ~whole
    return found


def own_axis(values: Values, axis: str) -> float:
    """The share of values that say themselves along which axis they count: ``E118°46′``."""
    return sum(says_axis(value, axis) for value in values.plain) / max(len(values), 1)


def coordinates(values: Values) -> Flags:
    """Both in one cell, in either order, in degrees and minutes, as WKT or GeoJSON."""
    return np.array([point_of(value) is not None for value in values.plain], bool)


def region_code(values: Values) -> Flags:
    """Codes of GB/T 2260 in 6 digits, or the longer ones of GB/T 10114 that begin with one.

    Where most are of today, those of districts that were abolished count too, by the city they belonged to.
    """
    table = regions()
    formed = [v.isascii() and v.isdigit() and len(v) in (6, 9, 12) for v in values.plain]
    pairs = list(zip(formed, values.plain, strict=True))
    today = np.array([right and v[:6] in table.all_codes for right, v in pairs], bool)
    if today.sum() < _OF_TODAY * len(today):
        return today
    once = np.array([right and v[:4] in table.city_prefixes for right, v in pairs], bool)
    both: Flags = today | once
    return both


def person_name(values: Values) -> Flags:
    """Chinese names by the model of texts and the list of surnames, or names in Latin letters by lists."""
    flags = text_flags(values, "person_name")
    flags |= np.array([is_latin_name(value) for value in values.plain[: len(flags)]], bool)
    return flags


def address(values: Values) -> Flags:
    """Chinese addresses by the model of texts or by their steps down to a door; those in Latin letters."""
    flags = text_flags(values, "address")
    flags |= np.array(
        [is_stepwise(value) or is_latin_address(value) for value in values.plain[: len(flags)]], bool
    )
    return flags


CHECKS: Mapping[str, Callable[[Values], Flags]] = {
    "identity_number": identity_number,
    "uscc": uscc,
    "mobile": mobile,
    "landline": landline,
    "bank_card": bank_card,
    "plate": plate,
    "passport": passport,
    "hk_macao_permit": hk_macao_permit,
    "taiwan_permit": taiwan_permit,
    "email": email,
    "ipv4": ipv4,
    "ipv6": ipv6,
    "person_name": person_name,
    "address": address,
    "longitude": longitude,
    "latitude": latitude,
    "coordinates": coordinates,
    "region_code": region_code,
    "birth_date": dates,
    "date": dates,
    "timestamp": timestamp,
    "organisation": lambda values: text_flags(values, "organisation"),
    "place": lambda values: text_flags(values, "place"),
}

GIVEN_OUT = frozenset(["mobile", "passport", "hk_macao_permit", "taiwan_permit"])
"""Numbers that look like serials: a column of values that count on holds none unless its name says so."""

MASKED: Mapping[str, re.Pattern[str]] = {
    "identity_number": _ascii(r"[1-9]\d{0,13}[*×xX]{4,17}\d{0,4}[\dXx]?"),
    "mobile": _ascii(r"1(?:[3-9]\d{0,2})?[*×xX]{3,9}\d{2,5}"),
    "bank_card": _ascii(r"(?:62|[345])\d{2,4} ?[*×xX ]{4,14} ?\d{3,4}"),
    "person_name": _ascii(r"[\u4e00-\u9fff]{1,2}[*×xX某]{1,2}|[\u4e00-\u9fff][*×][\u4e00-\u9fff]"),
    "email": _ascii(r"\S*[*×]+\S*@\S+\.\w+"),
    "plate": _ascii(r"[\u4e00-\u9fff][A-Z·*]{0,2}[*]{2,5}[\dA-Z]{0,4}"),
    "address": _ascii(r"[\u4e00-\u9fff\d]{4,}[*×]{2,}.*"),
}


def width_of(category: str) -> Callable[[str], bool]:
    """Whether a masked value has the width of the category's values."""
    widths = {"identity_number": (15, 18), "mobile": (11,), "bank_card": (14, 15, 16, 17, 18, 19)}.get(
        category
    )
    return (lambda value: len(value.replace(" ", "")) in widths) if widths else (lambda value: True)
