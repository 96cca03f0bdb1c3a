"""Dispatch: 10 trucks and 25 sites against greedy; a re-plan after a closed road; Solomon instances.

Run ``python benchmarks/dispatch.py [--shared FOLDER] [--iterations N]``. Budgets are iterations, so the plans
(not the times) are the same on every machine.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from chengshu.engines.pyvrp import GreedySolver, PyVrpSolver
from chengshu.foundation.roads import RoadGraph, read_roads, roads_from
from chengshu.ports.routing import RouteSolver, RoutingPlan, RoutingProblem, Vehicle, Visit
from chengshu.scenes.response.assignment import Answer, Hand, Want, assign
from chengshu.scenes.response.declared import Dispatch

ROOT = Path(__file__).resolve().parent.parent
SCALE = 100  # Solomon's real distances as hundredths
INSTANCES = ("R101", "RC208", "C101", "R201")


@dataclass(frozen=True)
class Timed:
    answer: Answer
    seconds: float


def grid(side: int = 24) -> RoadGraph:
    """A made-up road grid, 500 m blocks, every fourth street fast."""
    step = 0.0045
    features = []
    for x in range(side):
        for y in range(side):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx < side and y + dy < side:
                    fast = (y if dx else x) % 4 == 0
                    line = [[120 + x * step, 31 + y * step], [120 + (x + dx) * step, 31 + (y + dy) * step]]
                    features.append(
                        {
                            "geometry": {"type": "LineString", "coordinates": line},
                            "properties": {
                                "from": f"{x},{y}",
                                "to": f"{x + dx},{y + dy}",
                                "length_m": 500,
                                "speed_kmh": 50 if fast else 25,
                            },
                        }
                    )
    return roads_from({"type": "FeatureCollection", "features": features})


def scene(roads: RoadGraph, seed: int, trucks: int = 10, sites: int = 25) -> tuple[list[Want], list[Hand]]:
    """Trucks and sites at random nodes; benefits of the first and second truck at a site."""
    random = np.random.default_rng(seed)
    spots = [roads.nodes[int(n)] for n in random.choice(len(roads.nodes), trucks + sites, replace=False)]
    hands = [Hand(f"t{i:02d}", "PumpTruck", frozenset({"pump"}), *spots[i], 0.2) for i in range(trucks)]
    wants = []
    for i in range(sites):
        worth = float(random.gamma(1.5, 120))
        for rank in range(2):
            wants.append(
                Want(
                    f"s{i:02d}:{rank}",
                    "pump",
                    "PumpTruck",
                    frozenset({"pump"}),
                    *spots[trucks + i],
                    worth * 0.5**rank,
                    True,
                    3600,
                )
            )
    return wants, hands


def timed(
    wants: list[Want],
    hands: list[Hand],
    roads: RoadGraph,
    solver: RouteSolver,
    rule: Dispatch,
    closed: frozenset[int] = frozenset(),
) -> Timed:
    start = time.perf_counter()
    answer = assign(wants, hands, closed, roads, solver, rule)
    return Timed(answer, time.perf_counter() - start)


def dispatching(console: Console, iterations: int) -> None:
    """The city's case: objective = seconds driven + worth forgone; less is better."""
    demo = ROOT / "cities" / "demo" / "roads.geojson"
    roads = read_roads(demo) if demo.is_file() else grid()
    rule = Dispatch(iterations=iterations, max_travel=timedelta(hours=1), prize_seconds=5)
    table = Table(
        title=f"10 trucks, 25 sites (2 slots each), {len(roads.edges)} directed road edges, "
        f"{iterations} iterations"
    )
    for head in ("seed", "greedy", "PyVRP", "gain", "time", "re-plan: changed", "must", "time"):
        table.add_column(head, justify="right")
    times, replans = [], []
    for seed in range(8):
        wants, hands = scene(roads, seed)
        greedy = timed(wants, hands, roads, GreedySolver(), rule)
        found = timed(wants, hands, roads, PyVrpSolver(), rule)
        closed, held = _close_a_road(found.answer, hands, wants, roads)
        again = timed(wants, held, roads, PyVrpSolver(), rule, closed)
        changed = len(again.answer.broken)
        cut = sum(why == "unreachable" for why in again.answer.broken.values())
        times.append(found.seconds)
        replans.append(again.seconds)
        gain = 1 - found.answer.objective / greedy.answer.objective
        table.add_row(
            str(seed),
            str(greedy.answer.objective),
            str(found.answer.objective),
            f"{gain:.1%}",
            f"{found.seconds:.2f} s",
            f"{changed} of {len(held)}",
            str(cut),
            f"{again.seconds:.2f} s",
        )
    console.print(table)
    console.print(
        f"median plan {np.median(times):.2f} s, median re-plan {np.median(replans):.2f} s "
        f"(worst {max(replans):.2f} s)"
    )


def _close_a_road(
    answer: Answer,
    hands: list[Hand],
    wants: list[Want],
    roads: RoadGraph,
) -> tuple[frozenset[int], list[Hand]]:
    """Close the middle of the longest way somebody is on; everybody holds what they were given."""
    place = {want.slot: want for want in wants}
    by_unit = {choice.unit: choice for choice in answer.choices}
    held = [replace(hand, slot=by_unit[hand.id].slot) if hand.id in by_unit else hand for hand in hands]
    longest = max(answer.choices, key=lambda choice: choice.travel_s)
    hand, want = next(h for h in hands if h.id == longest.unit), place[longest.slot]
    path = roads.path(roads.snap(hand.lon, hand.lat).node, roads.snap(want.lon, want.lat).node)
    assert path is not None
    edge = roads.edges[path.edges[len(path.edges) // 2]]
    return frozenset(e.index for e in roads.edges if e.feature == edge.feature), held


def solomon(shared: Path) -> Iterator[tuple[str, RoutingProblem, float]]:
    """(name, problem, best known distance) of the instances in the shared data."""
    folder = shared / "data" / "vrp"
    with (folder / "solomon_bks.csv").open() as file:
        best = {row["instance"]: float(row["distance_first_distance"]) for row in csv.DictReader(file)}
    with tarfile.open(folder / "solomon.tar.gz") as archive:
        for name in INSTANCES:
            member = archive.extractfile(f"solomon/{name}.txt")
            assert member is not None
            yield name, read_solomon(io.TextIOWrapper(member)), best[name]


def read_solomon(text: io.TextIOBase) -> RoutingProblem:
    """Solomon's text format: NUMBER CAPACITY, then CUST X Y DEMAND READY DUE SERVICE."""
    rows = [line.split() for line in text]
    numbers = [[float(word) for word in row] for row in rows if row and all(_number(word) for word in row)]
    count, capacity = int(numbers[0][0]), int(numbers[0][1])
    places = np.array([row for row in numbers[1:] if len(row) == 7])
    away = np.hypot(*(places[:, None, 1:3] - places[None, :, 1:3]).transpose(2, 0, 1))
    travel = np.floor(away * SCALE + 0.5).astype(np.int64)
    end = int(places[0, 5] * SCALE)
    visits = tuple(
        Visit(
            f"c{int(row[0])}", i, int(row[6] * SCALE), int(row[3]), int(row[4] * SCALE), int(row[5] * SCALE)
        )
        for i, row in enumerate(places)
        if i
    )
    vehicles = tuple(Vehicle(f"v{i:02d}", 0, capacity=capacity, available_until=end) for i in range(count))
    return RoutingProblem(travel, vehicles, visits, home=True)


def _number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def distance(problem: RoutingProblem, plan: RoutingPlan) -> float:
    """The distance of a plan in Solomon's unit."""
    assert not plan.unserved, "a customer was left out"
    return sum(tour.travel_s for tour in plan.tours) / SCALE


def against_best(console: Console, shared: Path, iterations: int) -> None:
    """The gap to the best known distance."""
    table = Table(title=f"Solomon, 100 customers, distance only, {iterations} iterations, 1 thread")
    for head in ("instance", "best known", "greedy", "gap", "PyVRP", "gap", "time"):
        table.add_column(head, justify="right")
    for name, problem, best in solomon(shared):
        plain = GreedySolver().solve(problem)
        greedy = (
            f"{distance(problem, plain):.2f}" if not plain.unserved else f"{len(plain.unserved)} left out"
        )
        gap = f"{distance(problem, plain) / best - 1:.1%}" if not plain.unserved else "–"
        start = time.perf_counter()
        found = distance(problem, PyVrpSolver().solve(replace(problem, iterations=iterations)))
        took = time.perf_counter() - start
        table.add_row(
            name, f"{best:.2f}", greedy, gap, f"{found:.2f}", f"{found / best - 1:.2%}", f"{took:.1f} s"
        )
    console.print(table)


def main(arguments: Sequence[str] = ()) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("CHENGSHU_SHARED", ROOT.parent / "shared"))
    )
    parser.add_argument("--iterations", type=int, default=2000)
    options = parser.parse_args(list(arguments))
    console = Console(width=110)
    dispatching(console, 300)
    if (options.shared / "data" / "vrp" / "solomon.tar.gz").is_file():
        against_best(console, options.shared, options.iterations)
    else:
        console.print("Solomon: the shared data are not here, left out.")


if __name__ == "__main__":
    main(sys.argv[1:])
