"""Keep the world of a demo between two starts: the true water, the people and what they intend."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import msgspec

from chengshu.app.drill.people import PeopleState
from chengshu.app.drill.truth import TruthState


class WorldState(msgspec.Struct, frozen=True):
    """Everything around the hub at a moment. ``heard`` is how far the people followed the change stream."""

    at: datetime
    next: datetime
    sent: dict[str, float]
    settings: dict[str, float]
    heard: int
    truth: TruthState
    people: PeopleState


def save_world(state: WorldState, path: Path) -> None:
    """Write the state whole or not at all."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.msgpack.encode(state))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load_world(path: Path) -> WorldState | None:
    """The kept state; None when there is none."""
    if not path.is_file():
        return None
    return msgspec.msgpack.decode(path.read_bytes(), type=WorldState)
