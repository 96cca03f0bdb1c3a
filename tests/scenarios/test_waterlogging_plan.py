"""The waterlogging plan, walked through step by step as cases/plan.yaml tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scenario_lab import PACKAGE, START, cases, demo_city

from chengshu.app.decisions import Decisions
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.spiff.engine import SpiffEngine
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.processes import Processes, queries
from chengshu.foundation.processes import store as processes_store
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds

OFFICER = Actor("person:officer")


@pytest.mark.parametrize("case", cases("plan")[1], ids=lambda case: case["name"].replace(" ", "-"))
def test_the_plan_gives_the_tasks_of_the_cases(tmp_path: Path, case: dict[str, Any]) -> None:
    city = demo_city()
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    for metadata in (journal_store.metadata, processes_store.metadata):
        database.create(metadata)
    calendar = WorkingCalendar.read(city.calendar, city.zone)
    processes = Processes(
        database, SpiffEngine(), VirtualClock(START), SequenceIds(), calendar, Decisions(city).decide
    )
    processes.deploy((PACKAGE / "plan.bpmn").read_bytes(), OFFICER)
    seen: dict[str, str] = {}
    instance = ""
    for step in case["steps"]:
        if "start" in step:
            instance = processes.start("waterlogging_plan", "event-1", step["start"], OFFICER)
        elif "severity" in step:
            assert processes.message("severity", "event-1", step["severity"], OFFICER) > 0
        else:
            assert processes.message("verified", "event-1", step["verified"], OFFICER) == 1
        with database.read() as connection:
            run = queries.instance(connection, instance)
            tasks = queries.tasks(connection, instance_id=instance)
        if "ended" in step:
            assert (run.state, run.how, tasks) == ("ended", step["ended"], [])
            continue
        now_open = {task.element: task.department for task in tasks}
        if "open" in step:
            assert now_open == step["open"]
        else:
            assert now_open == seen | step["opened"]
        seen = now_open
    database.close()
