"""What works beside the pump while the hub serves: messages out, harvest, a look into it, vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from chengshu.app.harvesting import HarvestThread, harvester_of
from chengshu.app.hub import Hub
from chengshu.app.inspection import inspector_of, watch_of
from chengshu.app.inventory import book_own
from chengshu.app.knowledge import enter_documents
from chengshu.app.meaning import MeaningThread
from chengshu.app.notices import couriers_of
from chengshu.engines.http import ThreadedHttp
from chengshu.ports.addresses import AddressGuard
from chengshu.resources.libraries import mark_libraries, read_libraries


@contextmanager
def beside(hub: Hub, reach: Sequence[str] = ()) -> Iterator[None]:
    """Enter what the hub and the city have of their own, then keep the ledger true until the end.

    ``reach``: hosts and networks that are not public and may be called all the same. Raises
    :class:`Invalid` with the mistakes of what the city declares.
    """
    book_own(hub)
    enter_documents(hub.city, hub.knowledge)
    with ExitStack() as last:
        calls = ThreadedHttp(AddressGuard(reach))
        last.callback(calls.close)
        couriers = couriers_of(hub.city, hub.notices, hub.database, hub.clock, calls)
        couriers.start()
        last.callback(couriers.stop)
        harvester = harvester_of(hub.city, hub.database, hub.clock, hub.ledger, calls)
        inspector = inspector_of(hub.city, hub.database, hub.clock, hub.inspection, harvester)
        watch = watch_of(hub.city, hub.database, hub.clock, hub.ledger_queries, harvester)
        libraries = read_libraries(hub.city.folder)

        def mark() -> None:
            mark_libraries(libraries, hub.ledger, hub.ledger_queries)

        mark()
        harvest = HarvestThread(harvester, inspector, watch, hub.clock, mark)
        harvest.start()
        last.callback(harvest.stop)
        meaning = MeaningThread(
            hub.meaning, hub.database, hub.clock, hub.ledger_queries, hub.knowledge.queries
        )
        meaning.start()
        last.callback(meaning.stop)
        yield
