"""Distributed operations: the local handlers wrapped so that context sources take part (clause 4.3.6).

The broker itself is one participant among others. An operation on a tenant without registrations costs one
look-up more than without this; one that no registration concerns goes to its local handler as it came.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from chengshu.foundation.broker.errors import LoopDetected
from chengshu.foundation.broker.registry.commands import Registry
from chengshu.foundation.broker.registry.index import Candidates
from chengshu.foundation.broker.registry.operations import READS, offered
from chengshu.kernel.clock import millis
from chengshu.ports.http import HttpClient
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.distributed_batches import BATCHES, DistributedBatches
from chengshu.surfaces.ngsi_ld.distributed_lists import LISTS, DistributedLists
from chengshu.surfaces.ngsi_ld.distributed_reads import DistributedReads
from chengshu.surfaces.ngsi_ld.distributed_writes import WRITES, DistributedWrites
from chengshu.surfaces.ngsi_ld.operation import Answer, Handler, Operation
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.sources import Settings, Sources, passed

Distributed = Callable[[Call, Candidates, Handler], Awaitable[Answer]]


class Distribution:
    """Wraps the operations of the surface; ``http`` is the way to the sources."""

    def __init__(
        self, rooms: Rooms, registry: Registry, http: HttpClient, settings: Settings | None = None
    ) -> None:
        self._rooms, self._index = rooms, registry.index
        self.sources = Sources(http, rooms.clock, rooms.alias, registry.forwards, settings)
        self.reads = reads = DistributedReads(rooms, self.sources)
        writes = DistributedWrites(rooms, self.sources)
        batches = DistributedBatches(rooms, self.sources)
        lists = DistributedLists(self.sources)
        self._handlers: Mapping[tuple[str, str], tuple[tuple[str, ...], Distributed]] = {
            ("GET", "entities/{entityId}"): (reads.RETRIEVE, reads.retrieve),
            ("GET", "entities"): (reads.QUERY, reads.query),
            ("POST", "entityOperations/query"): (reads.QUERY, reads.query),
            **{key: (spec.operations, writes.handler(spec)) for key, spec in WRITES.items()},
            **{key: (spec.operations, batches.handler(spec)) for key, spec in BATCHES.items()},
            **{key: (spec.operations, lists.handler(spec)) for key, spec in LISTS.items()},
        }

    def over(self, operations: Iterable[Operation]) -> tuple[Operation, ...]:
        """The operations, those that the standard distributes wrapped."""
        return tuple(self._wrapped(operation) for operation in operations)

    def _wrapped(self, operation: Operation) -> Operation:
        found = self._handlers.get((operation.method, operation.path))
        if found is None:
            return operation
        names, distributed = found
        local = operation.handler

        async def handler(call: Call) -> Answer:
            alive = self.participants(call, names)
            return await distributed(call, alive, local) if alive is not None else await local(call)

        return replace(operation, handler=handler)

    def participants(self, call: Call, names: tuple[str, ...]) -> Candidates | None:
        """The registrations that may take part in a request by the operations ``names``; None: it is ours."""
        if not self._index.any(call.tenant) or call.flag("local") or call.params.get("type") == "*":
            return None
        return self._candidates(call, names)

    def _candidates(self, call: Call, names: tuple[str, ...]) -> Candidates | None:
        """The registrations to consider: not expired, and not passed on the way here (clause 6.3.18).

        A reading request that has been here before is answered from what is here. A writing one did its work
        the first time: raises :class:`LoopDetected`.
        """
        now, header = millis(self._rooms.clock.now()), call.headers.get("via", "")
        way = passed(header) if header else frozenset()
        alive = self._index.candidates(call.tenant, now, way)
        if alive is None or self._rooms.alias not in way:
            return alive
        if READS.issuperset(names) or all(offered(one.operations).isdisjoint(names) for one in alive.about()):
            return None
        raise LoopDetected(
            "the request has passed this broker before",
            where="Via",
            remedy="give the registrations of the brokers a contextSourceAlias",
        )
