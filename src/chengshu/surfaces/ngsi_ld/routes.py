"""All operations of the surface that concern entities, their past, their types, and contexts."""

from __future__ import annotations

from chengshu.surfaces.ngsi_ld.batch import Batches
from chengshu.surfaces.ngsi_ld.consumption import Consumption
from chengshu.surfaces.ngsi_ld.contexts import LdContexts
from chengshu.surfaces.ngsi_ld.discovery import Discovery
from chengshu.surfaces.ngsi_ld.entities import Entities
from chengshu.surfaces.ngsi_ld.operation import Operation
from chengshu.surfaces.ngsi_ld.purge import Purge
from chengshu.surfaces.ngsi_ld.rooms import Rooms
from chengshu.surfaces.ngsi_ld.temporal import Temporal


def operations(rooms: Rooms) -> tuple[Operation, ...]:
    """The operations over ``rooms``."""
    parts = (Entities, Consumption, Purge, Batches, Temporal, Discovery, LdContexts)
    return tuple(operation for part in parts for operation in part(rooms).operations())
