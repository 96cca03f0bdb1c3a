"""Quality flags of entities, kept as they are written: a consumer of the broker's changes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from chengshu.foundation.broker.models import store
from chengshu.foundation.broker.models.quality import Flag, Models, flags
from chengshu.foundation.broker.stream import KIND, changes_of
from chengshu.foundation.broker.subscriptions.index import hearer
from chengshu.kernel.clock import millis
from chengshu.ports.runtime import Change, Effect


class Flagging:
    """The consumer ``broker-flags``: whatever is written is held against the declared models.

    Nothing is refused: a device that reports oddly is heard, and its oddities are on record. The flags of an
    entity are those of its newest state.
    """

    name = "broker-flags"
    kinds: tuple[str, ...] = (KIND,)

    def __init__(self, models: Models) -> None:
        self._models = models

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """The flags of every entity that these changes wrote, by its last state among them."""
        if not len(self._models):
            return None
        newest: dict[tuple[str, str], tuple[tuple[Flag, ...], int]] = {}
        for change in changes:
            at = millis(change.at)
            for item in changes_of(change).items:
                if hearer(item.tenant):
                    continue  # an entity of another broker, which has models of its own
                gone = item.what == "deleted"
                found = () if gone else flags(item.entity, self._models)
                newest[item.tenant, item.entity.id] = (found, at)

        def effect(connection: Connection) -> None:
            for (tenant, entity), (found, at) in newest.items():
                store.put_flags(connection, tenant, entity, found, at)

        return effect
