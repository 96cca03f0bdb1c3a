"""A hub to be killed: writes to a gauge and notifies; says each level when it is accepted."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from tests.foundation.broker.subscriptions.test_service import Running

from chengshu.foundation.broker.errors import AlreadyExists
from chengshu.kernel.clock import SystemClock


def main(folder: str, url: str, life: str) -> None:
    """Live until killed."""
    hub = Running(Path(folder), SystemClock())
    hub.notifier.start()
    try:
        hub.subscribe("good", uri=url)
    except AlreadyExists:
        pass
    else:
        hub.create("g1", level=-1)
    for number in itertools.count(int(life) * 100_000):
        hub.update("g1", level=number)
        print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
