"""Units as NGSI-LD says them (``unitCode``: UN/CEFACT Recommendation 20) and as the hub keeps them (UCUM)."""

from __future__ import annotations

from chengshu.kernel.errors import Invalid
from chengshu.kernel.units import unit

_UCUM = {
    "C62": "1",
    "P1": "%",
    "MTR": "m",
    "MMT": "mm",
    "CMT": "cm",
    "KMT": "km",
    "FOT": "[ft_i]",
    "INH": "[in_i]",
    "MTK": "m2",
    "HAR": "har",
    "KMK": "km2",
    "MTQ": "m3",
    "LTR": "L",
    "FTQ": "[cft_i]",
    "MQS": "m3/s",
    "G51": "L/s",
    "MQH": "m3/h",
    "H67": "mm/h",
    "MTS": "m/s",
    "KMH": "km/h",
    "SEC": "s",
    "MIN": "min",
    "HUR": "h",
    "DAY": "d",
    "CEL": "Cel",
    "KEL": "K",
    "FAH": "[degF]",
    "PAL": "Pa",
    "A97": "hPa",
    "KPA": "kPa",
    "MPA": "MPa",
    "BAR": "bar",
    "GQ": "ug/m3",
}
_CEFACT = {ucum: code for code, ucum in _UCUM.items()}


def to_ucum(code: str) -> str | None:
    """The UCUM code of a unitCode, also of one that is UCUM already; None when the hub does not know it."""
    if not code or code in _UCUM:
        return _UCUM.get(code, "")
    try:
        return unit(code).code
    except Invalid:
        return None


def to_cefact(ucum: str) -> str:
    """The unitCode of a UCUM code; itself when there is no common one."""
    return _CEFACT.get(ucum, ucum)
