"""The ledger at a city's size: booking with diff and journal, indexing, and ranked search with facets.

Beside ours in the same run: the same questions to SQLite's FTS5 over the same tokens (the fallback engine).
``python -m benchmarks ledger [ENTRIES]`` (100,000 unless told; 1,000,000 for the large figure).
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.search import FtsIndex
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.ports.search import SearchIndex
from chengshu.resources.ledger import Field, Ledger, LedgerQueries, Resource, store
from chengshu.resources.ledger.search import LAYOUT, LedgerSearch

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
ACTOR = Actor("hub:benchmark")


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


def timed(search: LedgerSearch, rounds: int) -> np.ndarray:
    """Milliseconds per question, first page with four facets."""
    spent = []
    for _ in range(rounds):
        for question in QUESTIONS:
            start = time.perf_counter()
            search.ask(question)
            spent.append((time.perf_counter() - start) * 1000)
    return np.array(spent)


def size(path: Path) -> float:
    """Megabytes under a path."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main(count: int) -> None:
    """Run and print."""
    table = Table("figure", "ours", "limit", "FTS5, same run", "ratio", title=f"ledger of {count:,} entries")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = SqliteDatabase(folder / "hub.db")
        database.create(journal_store.metadata)
        database.create(store.metadata)
        ledger, queries = Ledger(database, SystemClock(), SequenceIds()), LedgerQueries(database)
        all_ = list(resources(count))
        start = time.perf_counter()
        for at in range(0, count, 1000):
            ledger.put(all_[at : at + 1000], ACTOR)
        booked = count / (time.perf_counter() - start)
        start = time.perf_counter()
        for at in range(0, min(count, 50_000), 1000):
            ledger.put(all_[at : at + 1000], ACTOR)
        same = min(count, 50_000) / (time.perf_counter() - start)
        table.add_row("booked, new, records/s", f"{booked:,.0f}", "≥ 1,000", "", "")
        table.add_row("booked, unchanged, records/s", f"{same:,.0f}", "≥ 1,000", "", "")
        found = {}
        engines: dict[str, tuple[SearchIndex, Path]] = {
            "ours": (TantivyIndex(folder / "index", LAYOUT), folder / "index")
        }
        if count <= 100_000:
            engines["fts5"] = (FtsIndex(folder / "fts.db", LAYOUT), folder / "fts.db")
        for engine, (index, path) in engines.items():
            search = LedgerSearch(index, queries)
            start = time.perf_counter()
            search.index(all_, 1)
            spent = time.perf_counter() - start
            timed(search, 1)
            times = timed(search, 8 if engine == "ours" else 1)
            p50, p95 = (float(np.percentile(times, share)) for share in (50, 95))
            found[engine] = (spent, size(path), p50, p95)
            index.close()
        last = "≤ 50" if count <= 100_000 else "≤ 100"
        labels = ("index, s", "index, MB", "search p50, ms", "search p95, ms")
        for part, (label, limit) in enumerate(zip(labels, ("≤ 240", "≤ 200", "", last), strict=True)):
            ours, other = found["ours"][part], found.get("fts5", (0.0,) * 4)[part]
            beside = (f"{other:,.1f}", f"{ours / other:.2f}") if other else ("–", "–")
            table.add_row(label, f"{ours:,.1f}", limit, *beside)
        database.close()
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
