"""Killed in the middle of a deletion: it goes on where it was, and the proof is whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.app.terminal import ROOT
from tests.retention.office import ENTRY, LIN, START, Office

from chengshu.foundation.journal import entries_about, verify
from chengshu.resources.datasets.model import sha256_of

LATER = START + timedelta(days=400)
WORKER = """
import os, signal, sys
from pathlib import Path
from tests.retention.office import LIN, Office
from tests.retention.test_killed import LATER

office = Office(Path(sys.argv[1]), now=LATER)
place, number = sys.argv[2], int(sys.argv[3])
counts = {}

def dying(name, inner):
    def call(*words):
        counts[name] = counts.get(name, 0) + 1
        if (place, number) == (f"before {name}", counts[name]):
            os.kill(os.getpid(), signal.SIGKILL)
        found = inner(*words)
        if (place, number) == (f"after {name}", counts[name]):
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    return call

for holding in office.holdings:
    holding.destroy = dying("destroy", holding.destroy)
office.vault.remove = dying("remove", office.vault.remove)
office.retention._finish = dying("finish", office.retention._finish)
due = office.due()
office.retention.delete(due, due.root, LIN)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        *("before destroy 1", "after destroy 1", "before destroy 3", "after destroy 5"),
        *("before remove 2", "after remove 2", "before finish 1", "after finish 1"),
    ],
)
def test_it_goes_on_where_it_was(place: str, tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.add("one", **{"b.txt": "two", "c.txt": "three"})
    folder = office.export(1, **{"t.csv": "x", "u.csv": "y"})
    office.database.close()
    words = (str(tmp_path), *place.rsplit(" ", 1))
    died = subprocess.run([sys.executable, "-c", WORKER, *words], cwd=ROOT, capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr

    office = Office(tmp_path, now=LATER + timedelta(hours=1))
    [waiting] = office.queries.destructions(ENTRY)
    assert waiting.state == ("proven" if place == "after finish 1" else "marked")
    office.retention.resume(LIN)
    [done] = office.queries.destructions(ENTRY)
    proof = office.queries.proof(done.id)
    assert done.state == "proven" and proof.broken == ""
    assert not any(office.vault.holds(sha256_of(text)) for text in (b"one", b"two", b"three"))
    assert not folder.exists()
    gone = {item.outcome for item in proof.items}
    # an export's file whose removal the kill kept from being noted is found absent: it is gone, and says so
    assert gone == {"destroyed"} or (gone == {"destroyed", "absent"} and place == "after destroy 5")
    with office.database.read() as connection:
        told = [item.action for item in entries_about(connection, done.id)]
        assert verify(connection).ok
    assert told.count("retention.marked") == told.count("retention.destroyed") == 1
    assert office.queries.due(office.clock.now()) == ()
    office.database.close()
