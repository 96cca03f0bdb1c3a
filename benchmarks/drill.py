"""How long a drill takes and where the time goes, beside the bare water model of the same storm.

    python -m benchmarks.drill [--city cities/demo] [--scenario waterlogging]

A drill steps the true city, speaks for every device, and runs the whole hub (twin, ensemble, rules, plans,
dispatch) and its people. The baseline is one run of the truth alone over the same hours: the least there is
to compute.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chengshu.app.drill.run import run_drill
from chengshu.app.drill.stage import Stage, read_stage
from chengshu.app.drill.truth import without_actions
from chengshu.app.places import find_packages
from chengshu.engines.swmm.twin import SwmmEngine
from chengshu.foundation.city import read_city

ROOT = Path(__file__).resolve().parent.parent
MEANING = {
    "hub": "consumers and clocks: twin, indicators, warnings, plans, dispatch",
    "intake": "messages of the devices: decode, map, check, commit",
    "world": "the true water and its devices",
    "people": "officers and crews hear of it",
    "report": "the figures, and the storm once more with nobody acting",
}


def bare(stage: Stage) -> float:
    """Seconds for the true water alone."""
    engine = SwmmEngine(workers=1)
    try:
        twin = engine.open(stage.wiring.setup)
        start = time.perf_counter()
        seconds = round((stage.end - stage.start).total_seconds())
        without_actions(twin, stage.variant, stage.start, stage.rain, seconds, stage.drill.flooded_m3)
        return time.perf_counter() - start
    finally:
        engine.close()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--city", type=Path, default=ROOT / "cities" / "demo")
    parser.add_argument("--scenario", default="waterlogging")
    options = parser.parse_args()
    city = read_city(options.city, find_packages(options.city))
    stage = read_stage(city, options.scenario)
    water = bare(stage)
    with tempfile.TemporaryDirectory() as folder:
        report, spent = run_drill(city, options.scenario, Path(folder), {})
    total = spent.pop("total")
    hours = (stage.end - stage.start).total_seconds() / 3600
    table = Table(
        "part",
        "s",
        "share",
        "what",
        title=f"drill {city.id} {options.scenario}: {hours:g} h in {total:.1f} s "
        f"({hours * 3600 / total:,.0f} times real time)",
    )
    rest = total - sum(spent.values())
    for part, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        table.add_row(part, f"{seconds:.2f}", f"{seconds / total:.0%}", MEANING.get(part, ""))
    table.add_row("rest", f"{rest:.2f}", f"{rest / total:.0%}", "reading the city, opening and closing")
    table.add_section()
    table.add_row(
        "baseline", f"{water:.2f}", f"1 : {total / water:.1f}", "the bare water model of the same hours"
    )
    console = Console(width=110)
    console.print(table)
    console.print(f"result hash {report['result_hash']}", soft_wrap=True)


if __name__ == "__main__":
    main()
