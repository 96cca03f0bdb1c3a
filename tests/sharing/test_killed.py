"""Killed at any moment: every answer that left is on record, nothing is half done, and it goes on."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.app.terminal import ROOT
from tests.sharing.office import APPLICANT, PURPOSE, Office

from chengshu.foundation.journal import verify
from chengshu.resources.sharing import store

WORKER = """
import sys
from pathlib import Path
from tests.sharing.office import APPLICANT, BUREAU, PURPOSE, Office
from chengshu.resources.sharing import Terms
office = Office(Path(sys.argv[1]), Terms(seal_uses=5), rows=6)
if len(sys.argv) > 2:
    grant = sys.argv[2]
    if office.queries.life(grant, office.clock.now()).request.state == "suspended":  # killed in between
        office.desk.restore(grant, BUREAU, "it was a drill")
else:
    grant = office.supplied().grant_id
print(grant, flush=True)
while True:
    answer = office.gate.query(grant, APPLICANT, PURPOSE, limit=1)
    print(answer.use.seq, flush=True)
    if answer.use.seq % 4 == 0:
        office.desk.suspend(grant, BUREAU, "a drill of it")
        office.desk.restore(grant, BUREAU, "it was a drill")
"""


def work(path: Path, lines: int, *more: str) -> list[str]:
    """Let a process use a grant until it said so many lines, then kill it where it stands."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path), *more], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(lines)]
        process.kill()
        said += [line.strip() for line in process.stdout.readlines() if line.endswith("\n")]
    return said


@pytest.mark.slow
def test_what_left_is_on_record_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    grant, *answers = work(path, 24)
    for lines in (6, 13):
        _, *more = work(path, lines, grant)
        answers += more
    office = Office(path, rows=6)
    office.clock.advance_to(datetime(2026, 7, 7, 2, tzinfo=UTC))
    life = office.queries.life(grant, office.clock.now())
    seqs = [use.seq for use in life.uses if use.outcome == "answered"]
    assert seqs == list(range(1, len(seqs) + 1)) and {int(answer) for answer in answers} <= set(seqs)
    assert len(seqs) - len(answers) <= 3  # at most the one under way at each kill
    steps = [step.number for step in life.steps]
    assert steps == list(range(1, len(steps) + 1)) and life.steps[-1].after == life.request.state
    with office.database.read() as connection:
        assert verify(connection).ok
        assert store.last_sealed(connection) == len(seqs) // 5 * 5
    assert office.queries.audit(datetime(2026, 1, 1, tzinfo=UTC), office.clock.now()).seals == ""
    if life.request.state == "in_use":
        assert office.gate.query(grant, APPLICANT, PURPOSE, limit=1).use.seq == len(life.uses) + 1
