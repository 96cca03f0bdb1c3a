"""The only writers of lineage: jobs say what they make of what, by SQL or by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.resources.lineage import store
from chengshu.resources.lineage.openlineage import job_name, jobs_of_event
from chengshu.resources.lineage.sql import Job, Schema, steps_of_sql


class Lineage:
    """What jobs say of themselves. The newest word of a job replaces its earlier ones."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def by_sql(
        self, job: str, text: str, actor: Actor, *, dialect: str = "", schema: Schema | None = None
    ) -> list[Job]:
        """Keep what a script makes of what. Raises :class:`Invalid`."""
        return self.put(job, steps_of_sql(text, dialect=dialect, schema=schema), actor)

    def by_event(self, event: Mapping[str, Any], actor: Actor) -> list[Job]:
        """Keep what a pipeline's OpenLineage event says. Raises :class:`Invalid`."""
        jobs = jobs_of_event(event)
        return self.put(job_name(event), jobs, actor) if jobs else []

    def put(self, job: str, made: Sequence[Job], actor: Actor) -> list[Job]:
        """Keep jobs under a name; who says the same again is not written down again."""

        def work(connection: Connection) -> list[Job]:
            if store.steps_of(connection, job) == store.said(made):
                return list(made)
            store.replace_job(connection, job, made)
            body = {
                "targets": [item.target for item in made],
                "sources": sorted({source for item in made for source in item.sources}),
                "steps": sum(len(item.steps) for item in made),
            }
            record(connection, Act(actor, "lineage.kept", job, self._clock.now(), body))
            return list(made)

        return self._database.write(work)
