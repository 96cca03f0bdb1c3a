"""The departments' own tables, and what the city says about its data: what the ledger shows of a city.

Everybody in them is invented; who has an identity number was born more than a hundred years ago.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from chengshu.resources.grading.checksums import identity_check_character
from chengshu.resources.grading.generator import sensitive
from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.words import Words, words
from tools.demo_city.areas import Area

_UNTIL = date(2026, 7, 16)  # the evening before the storm
_HOUSEHOLDS, _RUNS, _VISITS, _FIRMS = 600, 1500, 400, 300
_RESIDENTS, _CERTIFICATES, _GARAGES = 1200, 400, 150


def registers(areas: Sequence[Area]) -> dict[str, str]:
    """Path and text of every register."""
    draw, names = Draw(20260717), words()
    streets = [area.name["zh-Hans"] for area in areas if area.kind == "street"]
    return {
        "registers/civil/basement_households.csv": _households(draw, names, streets),
        "registers/water/pump_runs.csv": _pump_runs(draw),
        "registers/water/inlet_inspections.csv": _inspections(draw, names, streets),
        "registers/market/companies.csv": (companies := _companies(draw, names, streets)),
        **_libraries(areas, names, companies),
    }


def _table(head: str, rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head.split())
    writer.writerows(rows)
    return out.getvalue()


def _day(draw: Draw, back: int) -> date:
    return _UNTIL - timedelta(days=draw.below(back))


def _home(draw: Draw, names: Words, street: str) -> str:
    return f"{street}{draw.pick(names.streets)}路{draw.between(1, 900)}号{draw.between(1, 6)}单元地下室"


def _identity(draw: Draw, names: Words) -> str:
    body = draw.pick(names.districts)[0] + f"{draw.between(1901, 1924)}{draw.between(1, 12):02d}"
    body += f"{draw.between(1, 28):02d}{draw.digits(3)}"
    return body + identity_check_character(body)


def _households(draw: Draw, names: Words, streets: Sequence[str]) -> str:
    """Who lives below the ground, and who needs help to leave."""
    rows = []
    for number in range(1, _HOUSEHOLDS + 1):
        street = draw.pick(streets)
        rows.append(
            (
                f"TP-{number:05d}",
                sensitive.person_name(draw, names),
                _identity(draw, names),
                draw.pick(("139", "158", "186")) + "0000" + draw.digits(4),
                street,
                _home(draw, names, street),
                draw.between(1, 6),
                "是" if draw.chance(0.12) else "否",
                f"{draw.real(0.4, 3.2):.1f}",
                _day(draw, 900).isoformat(),
            )
        )
    return _table("户号 户主 身份证号 手机号 街道 住址 常住人数 需协助转移 地下室深度_m 登记日期", rows)


def _pump_runs(draw: Draw) -> str:
    """When each pumping station ran, and how much it moved."""
    rows = []
    for number in range(1, _RUNS + 1):
        day = _day(draw, 365)
        start = datetime.combine(day, time(draw.below(24), draw.below(60)))
        minutes = draw.between(10, 400)
        stop = start + timedelta(minutes=minutes)
        flow = draw.real(0.6, 2.4)
        power = "" if draw.chance(0.02) else f"{minutes / 60 * flow * 42:.1f}"
        rows.append(
            (number, f"PS{draw.between(1, 10):02d}", start.isoformat(), stop.isoformat(),
             f"{flow * minutes * 60:.0f}", power)
        )  # fmt: skip
    return _table("run station started_at stopped_at volume_m3 energy_kwh", rows)


def _inspections(draw: Draw, names: Words, streets: Sequence[str]) -> str:
    """Visits to inlets before the rain; written by hand, and it shows."""
    rows = []
    for number in range(1, _VISITS + 1):
        depth = draw.real(0.0, 0.35) if not draw.chance(0.02) else draw.real(20, 35)  # centimetres, once more
        day = _day(draw, 120).isoformat() if not draw.chance(0.015) else ""
        state = draw.pick(("畅通", "畅通", "畅通", "部分堵塞", "堵塞"))
        if draw.chance(0.01):
            state = "ok"
        visit = number if not draw.chance(0.01) else max(number - 1, 1)
        inspector = "" if draw.chance(0.04) else sensitive.person_name(draw, names)
        inlet = f"YK{draw.between(1, 2400):04d}"
        rows.append((visit, inlet, draw.pick(streets), day, inspector, state, f"{depth:.2f}"))
    return _table("visit inlet street day inspector state silt_m", rows)


def _firm(draw: Draw, names: Words) -> str:
    parts = (names.firm, names.firm, names.trade, names.firm_end)
    return "汀浦" + "".join(draw.pick(part) for part in parts)


def _companies(draw: Draw, names: Words, streets: Sequence[str]) -> str:
    """Firms by their public register."""
    rows = []
    for _number in range(_FIRMS):
        street = draw.pick(streets)
        rows.append(
            (
                sensitive.uscc(draw, names),
                _firm(draw, names),
                f"{street}{draw.pick(names.streets)}路{draw.between(1, 900)}号",
                draw.pick(("有限责任公司", "股份有限公司", "个体工商户", "合伙企业")),
                _day(draw, 6000).isoformat(),
                draw.pick(("存续", "存续", "存续", "注销")),
            )
        )
    return _table("统一社会信用代码 名称 住所 类型 成立日期 登记状态", rows)


def _libraries(areas: Sequence[Area], names: Words, companies: str) -> dict[str, str]:
    """The base libraries that no matter keeps: who lives here, which areas there are, permits, credit."""
    draw = Draw(20260718)
    codes = [row[0] for row in csv.reader(io.StringIO(companies))][1:]
    streets = [area.name["zh-Hans"] for area in areas if area.kind == "street"]
    return {
        "registers/civil/residents.csv": _residents(draw, names, streets),
        "registers/planning/areas.csv": _areas(areas),
        "registers/affairs/certificates.csv": _certificates(draw, codes),
        "registers/market/credit.csv": _credit(draw, codes),
        "registers/operators/garages.csv": _garages(draw, names, streets, codes),
    }


def _residents(draw: Draw, names: Words, streets: Sequence[str]) -> str:
    """The population register, with the mistakes that registers have: a number twice, a sign wrong."""
    rows, numbers = [], []
    for _number in range(_RESIDENTS):
        number = draw.pick(numbers) if numbers and draw.chance(0.004) else _identity(draw, names)
        if draw.chance(0.006):
            number = number[:-1] + ("0" if number[-1] != "0" else "1")
        numbers.append(number)
        street = draw.pick(streets)
        rows.append(
            (number, sensitive.person_name(draw, names), draw.pick(("男", "女")), street,
             f"{street}{draw.pick(names.streets)}路{draw.between(1, 900)}号", _day(draw, 3000).isoformat())
        )  # fmt: skip
    return _table("公民身份号码 姓名 性别 街道 户籍地址 登记日期", rows)


def _areas(areas: Sequence[Area]) -> str:
    """The areas of the city by made-up region codes: city, districts, streets."""
    codes: dict[str, str] = {}
    rows = []
    for number, area in enumerate(area for area in areas if area.kind in ("city", "district", "street")):
        codes[area.id] = f"990{100 + number:03d}" if area.kind != "street" else f"990100{number:03d}"
        parent = codes.get(area.parent or "", "")
        rows.append((codes[area.id], area.name["zh-Hans"], area.kind, parent))
    return _table("区划代码 名称 级别 上级代码", rows)


def _certificates(draw: Draw, codes: Sequence[str]) -> str:
    """Permits that firms hold; a few have ended."""
    rows = []
    for number in range(1, _CERTIFICATES + 1):
        kind = draw.pick(("排水许可证", "食品经营许可证", "道路运输经营许可证"))
        rows.append((f"TPZZ-2026-{number:05d}", kind, draw.pick(codes), _day(draw, 1500).isoformat(),
                     draw.pick(("有效", "有效", "有效", "注销"))))  # fmt: skip
    return _table("证照编号 证照类型 统一社会信用代码 发证日期 状态", rows)


def _credit(draw: Draw, codes: Sequence[str]) -> str:
    """How firms keep their word: a grade, and how often they were fined."""
    rows = [
        (code, draw.pick(("A", "A", "B", "B", "C", "D")), draw.below(4), _day(draw, 300).isoformat())
        for code in codes
        if not draw.chance(0.05)
    ]
    return _table("统一社会信用代码 信用等级 处罚次数 评定日期", rows)


def _garages(draw: Draw, names: Words, streets: Sequence[str], codes: Sequence[str]) -> str:
    """Garages below the ground, as the firms that run them tell the city."""
    rows = []
    for number in range(1, _GARAGES + 1):
        places = draw.between(40, 900)
        rows.append(
            (f"CK{number:03d}", draw.pick(codes), f"{draw.pick(streets)}{draw.pick(names.streets)}路",
             places, draw.below(places), draw.pick(("有", "有", "无")))
        )  # fmt: skip
    return _table("车库 经营单位代码 位置 泊位 空位 挡水板", rows)
