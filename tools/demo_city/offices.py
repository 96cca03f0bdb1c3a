"""city.toml, departments.yaml, duties.yaml and calendar.yaml of the made-up city."""

from __future__ import annotations

from typing import Any

import yaml

from tools.demo_city import words
from tools.demo_city.areas import Area
from tools.demo_city.words import Name, name

CITY_TOML = """# Tingpu is a made-up city: every place, road and person in this folder is invented.
# The map files, entities and drainage.inp are drawn by tools/make_demo_city.py from one fixed seed.
id = "demo"
timezone = "Asia/Shanghai"
scenarios = ["waterlogging"]

[name]
en = "Tingpu"
zh-Hans = "汀浦市"
zh-Hant = "汀浦市"
"""

_BODIES: list[tuple[str, Name, str | None]] = [
    ("command_centre", name("City Command Centre", "城市运行指挥中心", "城市運行指揮中心"), None),
    ("meteorology", name("Meteorological Service", "气象局", "氣象局"), "command_centre"),
    ("water", name("Water Bureau", "水务局", "水務局"), "command_centre"),
    ("city_management", name("City Management Bureau", "城市管理局", "城市管理局"), "command_centre"),
    ("traffic_police", name("Traffic Police", "交警支队", "交警支隊"), "command_centre"),
    ("emergency", name("Emergency Management Bureau", "应急管理局", "應急管理局"), "command_centre"),
    ("street_affairs", name("Street Affairs Office", "街道工作办公室", "街道工作辦公室"), "command_centre"),
    ("civil_affairs", name("Civil Affairs Bureau", "民政局", "民政局"), "command_centre"),
    ("market", name("Market Regulation Bureau", "市场监管局", "市場監管局"), "command_centre"),
    ("data_bureau", name("Data Bureau", "数据局", "數據局"), "command_centre"),
]


def departments_file(areas: list[Area]) -> str:
    """departments.yaml: the bodies of the city, drainage teams of the districts, an office for each street.

    The first area is the city.
    """
    city = areas[0].id
    rows: list[dict[str, Any]] = [
        _body(key, title, city, parent, f"{100 + i}") for i, (key, title, parent) in enumerate(_BODIES)
    ]
    team, office = name("Drainage Team", "排水所", "排水所"), name("Office", "办事处", "辦事處")
    for i, area in enumerate(a for a in areas if a.kind == "district"):
        rows.append(_body(f"water_{area.id}", words.joined(area.name, team), area.id, "water", f"{210 + i}"))
    for i, area in enumerate(a for a in areas if a.kind == "street"):
        key = f"street_{area.id.replace('-', '_')}"
        rows.append(_body(key, words.joined(area.name, office), area.id, "street_affairs", f"{301 + i}"))
    return _dump("Who there is. `parent` is the body told when a clock runs out.", {"departments": rows})


def _body(key: str, title: Name, area: str, parent: str | None, extension: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": key, "name": title, "area": area}
    if parent:
        row["parent"] = parent
    return row | {"contact": f"ext. {extension}"}


def _duty(
    matter: str,
    area: str,
    lead: str,
    assist: tuple[str, ...] = (),
    fallback: str = "command_centre",
    **on_duty: str,
) -> dict[str, Any]:
    row: dict[str, Any] = {"matter": matter, "area": area, "lead": lead}
    if assist:
        row["assist"] = list(assist)
    row["fallback"] = fallback
    return row | ({"on_duty": on_duty} if on_duty else {})


def duties_file(areas: list[Area]) -> str:
    """duties.yaml, the duty list (權責清單): the most specific area wins. The first area is the city."""
    city = areas[0].id
    rows = [
        _duty(
            "waterlogging",
            city,
            "water",
            ("emergency", "traffic_police", "city_management"),
            day="Zhou Ming 周明",
            night="Lin Fang 林芳",
        ),
        _duty("data.safety", city, "data_bureau", day="Shen Yan 沈言", night="Xu He 许河"),
        _duty("rain.watch", city, "meteorology", day="He Yun 何云", night="Qin Shu 秦舒"),
        _duty("drainage.pump", city, "water", ("emergency",), "emergency"),
        _duty("drainage.control", city, "water", (), "emergency", day="Tao Ran 陶然", night="Gu Xin 顾新"),
        _duty("drainage.clear", city, "city_management", ("water",), "water"),
        _duty("inspect", city, "city_management", ("street_affairs",), "street_affairs"),
        _duty("traffic.close", city, "traffic_police", ("city_management",), "city_management"),
        _duty("traffic.guide", city, "traffic_police", (), "city_management"),
        _duty("rescue", city, "emergency", ("traffic_police",)),
        _duty("public.warn", city, "emergency", ("street_affairs", "meteorology")),
        _duty("command", city, "command_centre", (), "emergency", day="Song Yan 宋岩", night="Ye Lan 叶岚"),
    ]
    for area in areas:
        if area.kind == "district":
            rows.append(_duty("drainage.pump", area.id, f"water_{area.id}", ("emergency",), "water"))
            rows.append(_duty("drainage.control", area.id, f"water_{area.id}", (), "water"))
        elif area.kind == "street":
            key = f"street_{area.id.replace('-', '_')}"
            rows.append(_duty("street.patrol", area.id, key, ("city_management",), "street_affairs"))
    rows.append(_duty("street.patrol", city, "street_affairs", ("city_management",), "city_management"))
    return _dump(
        "The duty list: for this matter in this area, who leads, who assists, who stands in.",
        {"duties": rows},
    )


CALENDAR = """# Working time of the city's offices, 2026.
# Holidays and make-up days (調休) as the General Office of the State Council set them for 2026
# (notice 國辦發明電〔2025〕7號 of 2025-11-04, entered from memory of the notice: check before real use).
hours:
  mon: ["09:00-12:00", "13:30-17:30"]
  tue: ["09:00-12:00", "13:30-17:30"]
  wed: ["09:00-12:00", "13:30-17:30"]
  thu: ["09:00-12:00", "13:30-17:30"]
  fri: ["09:00-12:00", "13:30-17:30"]
holidays:
  - {from: 2026-01-01, to: 2026-01-03, name: 元旦}
  - {from: 2026-02-15, to: 2026-02-23, name: 春節}
  - {from: 2026-04-04, to: 2026-04-06, name: 清明節}
  - {from: 2026-05-01, to: 2026-05-05, name: 勞動節}
  - {from: 2026-06-19, to: 2026-06-21, name: 端午節}
  - {from: 2026-09-25, to: 2026-09-27, name: 中秋節}
  - {from: 2026-10-01, to: 2026-10-07, name: 國慶節}
workdays:
  - {date: 2026-01-04, name: 元旦調休}
  - {date: 2026-02-14, name: 春節調休}
  - {date: 2026-02-28, name: 春節調休}
  - {date: 2026-05-09, name: 勞動節調休}
  - {date: 2026-09-20, name: 國慶節調休}
  - {date: 2026-10-10, name: 國慶節調休}
years: [2026]
"""


def _dump(comment: str, data: dict[str, Any]) -> str:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None)
    return f"# {comment}\n{text}"
