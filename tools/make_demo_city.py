"""Draw the made-up city of Tingpu into cities/demo. The same seed always writes the same bytes.

Run from the project's folder: ``python -m tools.make_demo_city [FOLDER]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tools.demo_city import drainage, files, inp, offices, registers, things
from tools.demo_city.areas import make_areas
from tools.demo_city.ground import make_ground
from tools.demo_city.roads import make_roads

SEED = 20260717


def draw() -> dict[str, str]:
    """Every generated file of the city: its path inside the city folder, and its text."""
    ground, rng = make_ground(), np.random.default_rng(SEED)
    areas = make_areas(ground, rng)
    roads = make_roads(ground, rng)
    net = drainage.make_drainage(ground, roads, rng)
    gauges = [(f"RG{number}", float(x), float(y)) for number, (x, y) in enumerate(things.GAUGES, 1)]
    layers = things.make_things(areas, roads, net)
    texts = {
        "city.toml": offices.CITY_TOML,
        "areas.geojson": files.areas_file(areas),
        "roads.geojson": files.roads_file(roads),
        "base.geojson": files.base_file(ground, net),
        "sewers.geojson": files.sewers_file(net),
        "departments.yaml": offices.departments_file(areas),
        "duties.yaml": offices.duties_file(areas),
        "calendar.yaml": offices.CALENDAR,
        "drainage.inp": inp.write_inp(net, gauges),
    }
    texts |= registers.registers(areas)
    return texts | {f"entities/{layer}.geojson": files.collection(rows) for layer, rows in layers.items()}


def main(folder: Path) -> None:
    """Write the city into ``folder``, over what is there."""
    for name, text in draw().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"{len(text.encode()):>9,}  {path}")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "cities" / "demo"
    )
