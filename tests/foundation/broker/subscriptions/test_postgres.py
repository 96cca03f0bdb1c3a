"""The same delivery on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engines.postgres.server import fresh_schema
from tests.foundation.broker.subscriptions import test_delivery
from tests.foundation.broker.subscriptions.bench import Bench

from chengshu.ports.database import Database

CHECKS: tuple[Callable[[Bench], None], ...] = (
    test_delivery.test_a_matching_write_is_notified,
    test_delivery.test_tenants_are_apart,
    test_delivery.test_an_endpoint_down_for_days_gets_everything_in_order,
    test_delivery.test_a_kill_between_sending_and_noting_sends_the_same_again,
    test_delivery.test_a_restart_forgets_nothing,
    test_delivery.test_a_pause_is_remembered_by_one_who_reads_on,
    test_delivery.test_replay_delivers_again_from_a_record_on,
    test_delivery.test_the_ledger_has_every_attempt,
    test_delivery.test_a_deleted_subscription_is_forgotten,
)


class OnPostgres(Bench):
    """A bench on the database of ``url``."""

    url = ""

    def open_database(self, folder: Path) -> Database:
        from chengshu.engines.postgres import PostgresDatabase

        return PostgresDatabase(self.url, durable=False, threaded=False)

    def reopened(self) -> Bench:
        self.database.close()
        other = OnPostgres(self.folder, self.clock, self.limits)
        other.post.behaviours = self.post.behaviours
        return other


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with fresh_schema() as url:
        monkeypatch.setattr(OnPostgres, "url", url)
        made = OnPostgres(tmp_path)
        yield made
        made.close()


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_on_postgres(check: Callable[[Bench], None], bench: Bench) -> None:
    check(bench)
