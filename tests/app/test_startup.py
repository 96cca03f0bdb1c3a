"""How little it takes to be told what there is: a help page waits for nothing that only a city needs."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    *("alembic", "cedarpy", "duckdb", "fastapi", "jinja2", "lxml", "numpy", "pandas", "pyarrow", "pydantic"),
    *("pyswmm", "pyvrp", "rdflib", "scipy", "shapely", "sklearn", "SpiffWorkflow", "sqlalchemy", "sqlglot"),
    *("structlog", "tantivy", "uvicorn", "chengshu.rules", "chengshu.foundation", "chengshu.console"),
)
ASK = """
import sys
sys.argv = ["chengshu", *sys.argv[1:]]
from chengshu.app.cli import main
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""


def test_a_help_page_loads_no_engine_and_no_room() -> None:
    told = subprocess.run([sys.executable, "-c", ASK, "--help"], capture_output=True, text=True, check=True)
    loaded = set(told.stderr.split())
    assert "serve" in told.stdout and "chengshu.app.cli.city_run" in loaded
    assert sorted(loaded & set(HEAVY)) == []
