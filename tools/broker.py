"""A context broker by itself: the NGSI-LD surface over one SQLite file, with no city and nobody to sign in.

    python -m tools.broker --port N --data DIR [--contexts DIR] [--reach HOST ...] [--instances N] [--fast]

For conformance suites, benchmarks and tests. Everybody may do everything: never open it to a network.
"""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from chengshu.app.broker import BrokerParts
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import Clock, SystemClock
from chengshu.kernel.ids import TimeIds
from chengshu.ports.http import HttpClient
from chengshu.surfaces.ngsi_ld import PREFIX, Limits, openapi

LOCAL = ("127.0.0.0/8", "::1", "localhost")


class Standing:
    """A broker with all it stands on. ``reach``: hosts that it may call and fetch contexts from beside public
    addresses; ``surface`` answers, ``pump`` and ``notifier`` run what follows the change stream.
    """

    def __init__(
        self,
        data: Path,
        contexts: Path | None = None,
        reach: Sequence[str] = LOCAL,
        *,
        durable: bool = True,
        limits: Limits | None = None,
        alias: str = "",
        client: HttpClient | None = None,
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.clock: Clock = SystemClock()
        self.database = SqliteDatabase(data / "broker.sqlite", durable=durable)
        self.database.create(journal_store.metadata)
        self.parts = BrokerParts(
            self.database,
            self.clock,
            TimeIds(self.clock),
            reach=[*reach, "127.0.0.1"],
            contexts=contexts,
            limits=limits,
            forget=True,  # as the suite has it: delete_temporal_on_core_delete
            alias=alias or "chengshu",
            exact=bool(alias),
            client=client,
        )
        self.rooms, self.surface, self.notifier = self.parts.rooms, self.parts.surface, self.parts.notifier

    def start(self) -> None:
        """Begin to follow the change stream."""
        self.parts.start()

    def close(self) -> None:
        """Finish what was accepted and give back what was taken."""
        self.parts.stop()
        self.database.close()

    def document(self) -> dict[str, Any]:
        """The OpenAPI document of the surface."""
        info = {"title": "NGSI-LD", "version": "1.8.1"}
        return {"openapi": "3.1.0", "info": info} | openapi(self.surface.operations)

    def app(self) -> Starlette:
        """The application; it starts and closes the broker with itself."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            self.start()
            yield
            await self.parts.close_client()
            self.close()

        async def document(_request: Any) -> JSONResponse:
            return JSONResponse(self.document())

        routes = [Mount(PREFIX, app=self.surface), Route("/openapi.json", document)]
        return Starlette(routes=routes, lifespan=lifespan)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=9101)
    parser.add_argument("--data", type=Path, required=True, help="folder of the database")
    parser.add_argument("--contexts", type=Path, help="folder of JSON-LD contexts with an index.json")
    parser.add_argument(
        "--reach", nargs="*", default=[], metavar="HOST", help="hosts it may call besides this machine"
    )
    parser.add_argument(
        "--instances", type=int, default=10_000, help="instances of an attribute in one temporal answer"
    )
    parser.add_argument("--fast", action="store_true", help="do not wait for the disk")
    given = parser.parse_args(arguments)
    limits = Limits(instances=given.instances)
    reach = [*LOCAL, *given.reach]
    standing = Standing(given.data, given.contexts, reach, durable=not given.fast, limits=limits)
    uvicorn.run(
        standing.app(),
        host="127.0.0.1",
        port=given.port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
