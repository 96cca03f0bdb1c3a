"""Looser checks for columns whose own name says what they hold: forms that are as often something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from chengshu.resources.grading.checks import (
    CHECKS,
    address,
    identity_number,
    landline,
    latitude,
    longitude,
    mobile,
    old_identities,
    passport,
    person_name,
    region_code,
)
from chengshu.resources.grading.checksums import Flags
from chengshu.resources.grading.days import read_day
from chengshu.resources.grading.latin import looks_like_latin_name
from chengshu.resources.grading.places import read_degrees
from chengshu.resources.grading.regions import regions
from chengshu.resources.grading.text_model import text_flags
from chengshu.resources.grading.values import Values

Check = Callable[[Values], Flags]

_LOCAL = re.compile(r"[2-8]\d{6,7}(?:[-转轉]\d{1,6})?", re.ASCII)
_ANY_PHONE = re.compile(
    r"\+(?!86)\d{1,3}[ -]?\(?\d{1,4}\)?(?:[ -]?\d{2,4}){1,4}"
    r"|\(?\+?(?:852|853)\)?[ -]?[2-9]\d{3}[ -]?\d{4}|[569]\d{3}[ -]?\d{4}"
    r"|09\d{2}-?\d{3}-?\d{3}",
    re.ASCII,
)
_ANY_PASSPORT = re.compile(r"[A-Z]{0,3} ?\d{6,9}[A-Z]?", re.ASCII)


def checked_as(values: Values, category: str, strength: float) -> Flags:
    """Which values stand for a category, given how strongly the column's name says so (1, 0.5, 0 or -1)."""
    if category == "landline" and strength > 0:
        return local_line(values)
    return (SAID if strength == 1 else CHECKS).get(category, CHECKS[category])(values)


def local_line(values: Values) -> Flags:
    """As a landline, or seven to eight digits without an area code, or a number of elsewhere."""
    return landline(values) | values.matching(_LOCAL) | values.matching(_ANY_PHONE)


def _identity(values: Values) -> Flags:
    return identity_number(values) | old_identities(values)


def _mobile(values: Values) -> Flags:
    return mobile(values) | values.matching(_ANY_PHONE)


def _passport(values: Values) -> Flags:
    found: Flags = passport(values) | values.matching(_ANY_PASSPORT)
    return found


def _day(values: Values) -> Flags:
    return np.array([read_day(value, told=True) is not None for value in values.plain], bool)


def _degrees(axis: str, most: float, check: Check) -> Check:
    def read(values: Values) -> Flags:
        found = (read_degrees(value, axis) for value in values.plain)
        flags: Flags = check(values) | np.array([one is not None and abs(one) <= most for one in found], bool)
        return flags

    return read


def _region(values: Values) -> Flags:
    cities = regions().city_prefixes
    formed = (v.isascii() and v.isdigit() and len(v) in (6, 9, 12) and v[:4] in cities for v in values.plain)
    flags: Flags = region_code(values) | np.array(list(formed), bool)
    return flags


def _person(values: Values) -> Flags:
    flags = person_name(values)
    flags |= np.array([looks_like_latin_name(value) for value in values.plain[: len(flags)]], bool)
    return flags


def _address(values: Values) -> Flags:
    return address(values) | text_flags(values, "place")


SAID: Mapping[str, Check] = {
    "identity_number": _identity,
    "mobile": _mobile,
    "passport": _passport,
    "person_name": _person,
    "address": _address,
    "longitude": _degrees("lon", 180.0, longitude),
    "latitude": _degrees("lat", 90.0, latitude),
    "region_code": _region,
    "birth_date": _day,
    "date": _day,
}
