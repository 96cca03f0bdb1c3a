"""An invented city's catalogue of any size, and what people ask it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Field, Resource

PLACES = "东城 西城 江南 江北 滨海 高新 临港 汇源 长宁 静安 梅陇 石桥 青浦 南湖 北湖 沙河".split()  # noqa: SIM905
MATTERS = (  # noqa: SIM905
    "雨量 水位 水质 空气质量 噪声 交通流量 停车场 公交线路 企业登记 行政许可 行政处罚 信用评价 人口 出生 "
    "婚姻 户籍 社保缴纳 医保结算 医院床位 疫苗接种 学校学位 招生 就业 税收 财政预算 政府采购 项目审批 "
    "不动产登记 土地 规划 房屋 燃气 供热 供水 排水管网 泵站 桥梁 隧道 路灯 垃圾 绿地 古树 文物"
    " 旅游 酒店 食品抽检 药品"
).split()
FORMS = "实时监测数据 基础信息 统计年报 明细台账 目录 登记信息 评价结果 变更记录 空间分布".split()  # noqa: SIM905
WORDS = "单位 名称 编号 日期 时间 区划代码 经度 纬度 联系人 状态 类型 数量 金额 等级".split()  # noqa: SIM905
QUESTIONS = (
    *(
        "雨量",
        "排水管网水位",
        "企业登记信息",
        "社保",
        "空气质量统计年报",
        "江北 停车场",
        "食品抽检结果",
        "不动产",
    ),
    *("公交线路空间分布", "人口统计", "學校學位", "rainfall", "company register", "parking", "水位检测"),
)


def resources(count: int, seed: int = 7) -> Iterator[Resource]:
    """Entries of an invented city; the same seed gives the same."""
    chance = random.Random(seed)
    for number in range(count):
        place, matter, form = chance.choice(PLACES), chance.choice(MATTERS), chance.choice(FORMS)
        summary = "".join(chance.choice(MATTERS) + chance.choice(FORMS) for _ in range(6))
        yield Resource(
            f"urn:chengshu:resource:b{number:07d}",
            "dataset",
            Text("", f"{place}区{matter}{form}", ""),
            summary=Text("", f"{place}区{summary}。", ""),
            provider=f"department-{chance.randrange(60)}",
            sharing=chance.choice(("unconditional", "conditional", "none")),
            themes=(matter,),
            format=chance.choice(("csv", "json", "xlsx", "api")),
            fields=tuple(Field(word, "string") for word in chance.sample(WORDS, 6)),
        )
