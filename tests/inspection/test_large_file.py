"""A file far larger than what is held of it: harvested, graded and measured in bounded memory.

500 MB unless ``CHENGSHU_LARGE_FILE_MB`` says otherwise (2000 for the whole: it takes some minutes and twice
the space on disk). Measured in a process of its own, so that nothing else counts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MEGABYTES = int(os.environ.get("CHENGSHU_LARGE_FILE_MB", "500"))
MOST_MEMORY_MB = 1_700  # 1 GB for the database engine, the rest for its buffers, the interpreter and samples
LOOK = """
import json, resource, sqlite3, sys
from pathlib import Path
from tests.inspection.house import House
folder = Path(sys.argv[1])
sqlite3.connect(folder / "register.db").close()
house = House(folder)
looks = house.cycle()
newest = house.quality("large.csv").newest
(folder / "told.json").write_text(json.dumps({
    "failed": looks.failed, "rows": newest.rows, "grades": house.grades("large.csv"), "score": newest.score,
    "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def test_a_large_file_is_looked_into_in_bounded_memory(tmp_path: Path, root: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 4 * MEGABYTES * 1_000_000:
        pytest.skip(f"needs {4 * MEGABYTES} MB of free disk")
    (tmp_path / "files").mkdir()
    path = tmp_path / "files" / "large.csv"
    lines = [
        f"{n},1{30 + n % 70}{n * 7919 % 10**8:08},站点{n % 97},{n % 13}.{n % 10}\n" for n in range(100_000)
    ]
    block, rows = "".join(lines).encode(), 0
    with path.open("wb") as file:
        file.write("id,手机号,station,depth\n".encode())
        while file.tell() < MEGABYTES * 1_000_000:
            file.write(block)
            rows += len(lines)
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout == ""  # nothing talks in a service
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["failed"], told["rows"]) == (0, rows)
    assert told["grades"]["手机号"][0] == "mobile"
    assert told["memory_mb"] < MOST_MEMORY_MB
    path.unlink()
