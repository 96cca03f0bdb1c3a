"""A hub that takes in over HTTP, as a process of its own that a test may kill. Run with folder and port."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from fastapi import FastAPI

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.context import Context, HistoryFeed
from chengshu.foundation.context import store as context_store
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.sensing import Intake, SensingHealth, Tokens
from chengshu.foundation.sensing import store as sensing_store
from chengshu.foundation.sensing.declared import Sources
from chengshu.kernel.clock import SystemClock
from chengshu.surfaces.ingest import router

SOURCE = {
    "id": "gauges",
    "connector": {"kind": "http"},
    "type": "RainGauge",
    "unknown": "create",
    "age": "P36500D",
    "entity": '"urn:ngsi-ld:RainGauge:" + gauge',
    "observed_at": {"value": "time", "format": "ms"},
    "attributes": {"rainIntensity": {"value": "mm_h", "unit": "mm/h"}},
}


def main(folder: Path, port: int) -> None:
    """Serve until killed; a token is printed when the hub is open."""
    clock = SystemClock()
    database = SqliteDatabase(folder / "hub.db")
    for module in (journal_store, context_store, sensing_store):
        database.create(module.metadata)
    history = DuckHistory(folder / "history.duckdb")
    intake = Intake(
        database,
        clock,
        Context(database, clock),
        Sources.model_validate({"sources": [SOURCE]}).sources,
        ZoneInfo("UTC"),
    )
    tokens = Tokens(database, clock)
    feed, health = HistoryFeed(history, clock), SensingHealth(database, clock, intake.sources)
    pump = Pump(database, clock, [feed, health], [feed, health], strict=True)
    threading.Thread(target=pump.run, args=(threading.Event(),), daemon=True).start()
    app = FastAPI()
    app.include_router(router(intake, tokens))
    print(tokens.create("gauges", Actor("test")), flush=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
