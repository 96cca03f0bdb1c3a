"""The only writer of quality: what was measured of a resource is kept and journalled."""

from __future__ import annotations

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database
from chengshu.resources.quality import store
from chengshu.resources.quality.measure import Report
from chengshu.resources.quality.profile import Profile
from chengshu.resources.quality.protecting import Guard, kept_body


class Quality:
    """Keeps measures. One object per hub."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def keep(self, resource: str, profile: Profile, report: Report, guard: Guard, actor: Actor) -> store.Kept:
        """Keep what was found of a resource; ``guard`` hides in rows and values what grades hide."""
        now = self._clock.now()
        scores = {str(name): round(score, 6) for name, score in report.scores.items()}
        score = None if report.score is None else round(report.score, 6)
        kept = store.Kept(resource, now, report.rows, score, scores, kept_body(profile, report, guard))
        broken = {item.rule.id: item.broken for item in report.outcomes if item.broken}
        body = {"rows": report.rows, "score": score, "scores": scores, "broken": broken}

        def work(connection: Connection) -> store.Kept:
            store.add_measure(connection, kept)
            record(connection, Act(actor, "quality.measured", resource, now, body))
            return kept

        return self._database.write(work)
