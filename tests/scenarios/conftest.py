"""Lets the tests find ``scenario_lab`` and the tools."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for place in (str(HERE), str(HERE.parents[1])):
    if place not in sys.path:
        sys.path.insert(0, place)
