"""Run every benchmark, or the one named: ``python -m benchmarks [NAME [OPTIONS OF IT]]``.

Each runs in a process of its own, so that none warms or burdens another. When one fails the
rest still run, and the status at the end is 1.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))


def machine() -> str:
    """One line about where and when: figures of two lines are not to be compared."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{cores} cores{_memory()}, {platform.machine()}, {platform.system()}{load}; "
        f"Python {platform.python_version()}, chengshu {version('chengshu')}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return ""
    return f", {size / 2**30:.1f} GiB"


def run(name: str, options: list[str]) -> bool:
    """Run one benchmark with its table going to our output; whether it ended well."""
    print(f"\n== {name} ==  {machine()}", flush=True)
    start = time.monotonic()
    code = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options], cwd=HERE.parent, check=False
    ).returncode
    ending = "done" if code == 0 else f"FAILED with status {code}"
    print(f"{name}: {ending} after {time.monotonic() - start:.0f} s")
    return code == 0


def main(arguments: list[str]) -> int:
    """Run what is asked for; 0 when all ended well, 2 for an unknown name."""
    known = names()
    if arguments and arguments[0] not in known:
        near = get_close_matches(arguments[0], known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
        print(f"there is no benchmark {arguments[0]!r}; {hint}", file=sys.stderr)
        return 2
    chosen = arguments[:1] or known
    failed = [name for name in chosen if not run(name, arguments[1:])]
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
