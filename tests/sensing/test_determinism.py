"""Two drills of the same input leave the same bytes: in every table, and in history."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import inspect, text
from tests.context.conftest import START, open_room
from tests.sensing.conftest import BOX, GAUGES, declare

from chengshu.foundation.context import Entity
from chengshu.foundation.journal import Pump, verify
from chengshu.foundation.sensing import Intake, SensingHealth, store
from chengshu.kernel.clock import VirtualClock, iso


def drill(folder: Path) -> tuple[dict[str, list[tuple[object, ...]]], list[dict[str, object]]]:
    """An hour of messages, some late, some bad, some silent; every table and the history."""
    folder.mkdir()
    chance, room = random.Random(7), open_room(folder, VirtualClock(START))
    room.database.create(store.metadata)
    intake = Intake(room.database, room.clock, room.context, declare(GAUGES), ZoneInfo("UTC"), BOX)
    health = SensingHealth(room.database, room.clock, intake.sources)
    pump = Pump(room.database, room.clock, [health], [health], strict=True)
    for gauge in range(4):
        room.context.upsert(Entity(f"urn:ngsi-ld:RainGauge:{gauge}", "RainGauge"))
    for minute in range(60):
        room.clock.advance_to(START + timedelta(minutes=minute))
        late = timedelta(minutes=chance.choice([0, 0, 3]))
        readings = [
            {
                "gauge": str(gauge),
                "mm_h": chance.choice([1.5, "NA", -4, chance.random() * 90]),
                "time": iso(room.clock.now() - late),
            }
            for gauge in range(5)
        ]
        if not 20 < minute < 45:
            intake.receive("gauges", json.dumps({"readings": readings}).encode()).result()
        room.pump.drain()
        pump.drain()
    with room.database.read() as connection:
        assert verify(connection).ok
        tables = {
            name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))]
            for name in sorted(inspect(connection).get_table_names())
        }
    history = room.history.sql("SELECT * FROM history").to_pylist()
    room.history.close()
    room.database.close()
    return tables, history


def test_two_drills_leave_the_same_bytes(tmp_path: Path) -> None:
    one, two = drill(tmp_path / "one"), drill(tmp_path / "two")
    assert one == two
    tables, history = one
    assert {"journal", "changes", "quarantine", "current", "source_minutes"} <= {
        name for name in tables if tables[name]
    }
    assert len(history) > 50
