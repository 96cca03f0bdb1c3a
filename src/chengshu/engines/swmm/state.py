"""What a twin's snapshot holds."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import Snapshot, Totals

_FORMAT = 4


class State(msgspec.Struct, frozen=True, array_like=True):
    """Everything needed to go on. ``hotstart`` empty: the model file's own initial state.

    SWMM's hot start forgets targets of links that are still moving; a gate on its way when the snapshot was
    taken is taken as arrived.
    """

    format: int
    model: str  # digest of the model as read, without disturbances
    at: int  # ms UTC
    reset: int  # ms UTC: series without dates count from here
    hotstart: bytes  # of the model without mobile pumps
    held: tuple[tuple[str, float], ...]  # by element
    moving: tuple[tuple[str, float], ...]  # links the model's own rules had on the way to a target
    initial: float
    inflow: float
    outflow: float
    lost: float
    stored: float
    flooded: float
    surfaced: bytes  # per node (spec order), float64: m3 that left it to the surface since reset

    @property
    def moment(self) -> datetime:
        """When."""
        return from_millis(self.at)

    @property
    def totals(self) -> Totals:
        """The balance so far."""
        return Totals(self.initial, self.inflow, self.outflow, self.lost, self.stored, self.flooded)

    def snapshot(self) -> Snapshot:
        """As bytes."""
        return Snapshot(self.moment, msgspec.msgpack.encode(self))

    @classmethod
    def fresh(cls, model: str, at: datetime) -> State:
        """At reset."""
        return cls(_FORMAT, model, millis(at), millis(at), b"", (), (), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, b"")

    @classmethod
    def of(cls, snapshot: Snapshot, model: str) -> State:
        """Read a snapshot. Raises :class:`Invalid` for damaged bytes and another model's state."""
        try:
            state = msgspec.msgpack.decode(snapshot.data, type=cls)
        except msgspec.MsgspecError as error:
            raise Invalid(
                "twin-snapshot-damaged",
                f"the snapshot cannot be read: {error}",
                where=snapshot.digest[:12],
                remedy="take another snapshot, or begin again",
            ) from None
        if state.format != _FORMAT or state.model != model:
            raise Invalid(
                "twin-snapshot-foreign",
                "the snapshot is of another model or version of it",
                where=snapshot.digest[:12],
                remedy="begin the twin again: the model file has changed",
            )
        return state
