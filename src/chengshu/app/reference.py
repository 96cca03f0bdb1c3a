"""What the reference pages are written from: the OpenAPI document of a hub opened for it and closed again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from chengshu.app.http import make_app
from chengshu.app.hub import DRILL, open_hub
from chengshu.app.serve import doors_of
from chengshu.foundation.city import read_city
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.ids import SequenceIds


def openapi_of_demo(root: Path) -> dict[str, Any]:
    """The OpenAPI document of a hub, for the reference pages; nothing stays behind."""
    with tempfile.TemporaryDirectory() as folder:
        hub = open_hub(
            read_city(root / "cities" / "demo", root / "scenarios"),
            Path(folder),
            SystemClock(),
            SequenceIds(),
            DRILL,
        )
        try:
            doors = doors_of(hub, Path(folder))
            return make_app(hub, doors.view, doors.tokens, doors.guard, doors.broker).openapi()
        finally:
            hub.close()
