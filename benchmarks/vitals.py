"""Vital signs at scale: 5,000 sensors, 300 indicators, a five-minute window, 20,000 observations per step.

One step = merge a second's batch into the panes and compute all 300 values. Beside it, in the same run:
the same values by the fused SQL over panes, and by SQL over the raw values of the window (no panes). Run:
``python benchmarks/vitals.py [steps]``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import yaml
from rich.console import Console
from rich.table import Table

from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.city import City, Scenario
from chengshu.foundation.context import Series
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.texts import Text
from chengshu.ports.history import HISTORY_SCHEMA
from chengshu.scenes.vitals.evaluate import Evaluator
from chengshu.scenes.vitals.panes import PaneBook
from chengshu.scenes.vitals.reader import read_catalogue

SENSORS, DISTRICTS, KINDS, BATCH = 5000, 30, 10, 20_000
PANE, WINDOW = 10_000, 300_000
BASE = 1_782_864_000_000


def city(folder: Path) -> City:
    """30 districts; 10 kinds of sensors, each an indicator per district: 300 values, and the city's own."""
    indicators = [
        {
            "id": f"k{kind}",
            "name": f"k{kind}",
            "unit": "1",
            "group": "g",
            "by": "district",
            "pane": "PT10S",
            "window": "PT5M",
            "value": ("mean", "max", "min", "last")[kind % 4],
            "rollup": "mean",
            "interval": "PT1M",
            "source": {"type": f"Kind{kind}", "attribute": "value", "unit": "1"},
        }
        for kind in range(KINDS)
    ]
    package = folder / "bench"
    package.mkdir()
    (package / "indicators.yaml").write_text(
        yaml.safe_dump({"groups": [{"id": "g", "name": "g"}], "indicators": indicators})
    )
    tree = AreaTree(
        [
            Area("city", Text.of("city"), "city", None),
            *(Area(f"d{i}", Text.of(f"d{i}"), "district", "city") for i in range(DISTRICTS)),
        ]
    )
    scenario = Scenario("bench", Text.of("bench"), "1", package, folder / "none", {})
    return City("bench", Text.of("bench"), ZoneInfo("UTC"), folder, tree, {}, [], {}, {"bench": scenario}, [])


def batch(step: int, chance: np.random.Generator) -> tuple[Any, Any, Any]:
    """A second of observations: every sensor four times."""
    series = np.tile(np.arange(1, SENSORS + 1), BATCH // SENSORS)
    times = BASE + step * 1000 + np.repeat(np.arange(BATCH // SENSORS) * 250, SENSORS)
    return series.astype(np.int64), times.astype(np.int64), chance.random(BATCH)


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def main(steps: int) -> None:
    """Fill a window, then measure ``steps`` steps of each way."""
    chance = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        place = city(Path(name))
        history = DuckHistory()
        evaluator = Evaluator(read_catalogue(place), place, history)
        evaluator.enrol(
            [
                Series(i, f"e{i}", f"Kind{i % KINDS}", "value", "1", f"d{i // KINDS % DISTRICTS}")
                for i in range(1, SENSORS + 1)
            ]
        )
        book = PaneBook(history, {PANE: WINDOW + int(timedelta(minutes=5).total_seconds() * 1000)})
        due = {f"k{kind}" for kind in range(KINDS)}
        found: dict[str, list[float]] = {"merge": [], "panes, arrays": [], "panes, SQL": [], "raw, SQL": []}
        fill = WINDOW // 1000
        for step in range(fill + steps):
            series, times, values = batch(step, chance)
            history.append(
                step + 1,
                pa.table(
                    [pa.array(series), pa.array(times).cast(pa.timestamp("ms", "UTC")), pa.array(values)],
                    schema=HISTORY_SCHEMA,
                ),
            )
            merge = timed(partial(book.take, step + 1, series, times, values))
            if step < fill:
                continue
            at = (BASE + step * 1000) // PANE * PANE
            found["merge"].append(merge)
            found["panes, arrays"].append(timed(partial(evaluator.measures, at, due, book)))
            found["panes, SQL"].append(timed(partial(by_sql, evaluator, at, book)))
            if step < fill + 5:
                history.flush()
                found["raw, SQL"].append(timed(partial(raw, history, evaluator, at)))
    show(found)


def by_sql(evaluator: Evaluator, at: int, book: PaneBook) -> None:
    """All values by the fused queries over panes."""
    for plan in evaluator.plans:
        evaluator.columns_by_sql(plan, at, book)


def raw(history: DuckHistory, evaluator: Evaluator, at: int) -> None:
    """All values from raw observations, each plan in one query without panes."""
    for plan in evaluator.plans:
        tables = evaluator.roster.tables(plan)
        history.sql(
            f"""
            WITH v AS (
              SELECT h.series, avg(h.value) AS v FROM history h JOIN sources_{plan.id} x USING (series)
              WHERE epoch_ms(h.observed_at) >= {at - WINDOW} AND epoch_ms(h.observed_at) < {at}
              GROUP BY h.series)
            SELECT g.area, avg(v.v), count(*), arg_max(v.series, v.v)
            FROM v JOIN members_{plan.id} g USING (series) GROUP BY g.area""",
            tables,
        )


def show(found: dict[str, list[float]]) -> None:
    """Print the table."""
    table = Table(
        title=f"{SENSORS:,} sensors, {KINDS * DISTRICTS} indicators, {BATCH:,} observations per step"
    )
    for heading in ("way", "p50 ms", "p95 ms", "ratio to raw"):
        table.add_column(heading, justify="right" if heading != "way" else "left")
    step = [a + b for a, b in zip(found["merge"], found["panes, arrays"], strict=True)]
    sql_step = [a + b for a, b in zip(found["merge"], found["panes, SQL"], strict=True)]
    base = median(found["raw, SQL"])
    for name, values in {
        "merge a batch": found["merge"],
        "step: merge + arrays": step,
        "step: merge + SQL over panes": sql_step,
        "recompute from raw (SQL)": found["raw, SQL"],
    }.items():
        ordered = sorted(values)
        table.add_row(
            name,
            f"{median(values):.1f}",
            f"{ordered[int(len(ordered) * 0.95) - 1]:.1f}",
            f"1 : {base / median(values):.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
