"""What the hub's process and a worker say to each other: length-prefixed msgpack over two pipes."""

from __future__ import annotations

import struct
from typing import BinaryIO

import msgspec

#: The line of a prepared text in whose place a worker writes the dates of a run and its runoff step.
DATES = ";@dates@"
DATE_LINES = 6

_HEAD = struct.Struct("<Q")


class Job(msgspec.Struct, frozen=True):
    """One run. Arrays are little-endian float64; everything is SI, ``factors`` are the model's units."""

    model: str  # digest of the text
    mobile: str  # what is added to the text: the mobile pumps of this run
    mobiles: int  # how many they are
    start: str  # local time of the model, MM/DD/YYYY HH:MM:SS
    end: str
    seconds: int
    runoff_step: int
    hotstart: bytes  # empty: from the model's own initial state
    rain_step: int
    rain: bytes  # [t][gauge] mm/h
    gauges: int
    settings: list[tuple[int, str, float]]  # (second, link, setting in SWMM's sense), by second
    samples: list[int]  # seconds at which to look; the last is ``seconds``
    nodes: list[str]
    ponding: list[bool]
    links: list[str]
    regulators: list[str]  # links whose setting can be on its way
    factors: tuple[float, float, float, float]  # length, volume, flow, rain
    keep_end: bool


class Load(msgspec.Struct, frozen=True, tag=True):
    """A model's text, to be kept under its digest."""

    model: str
    text: str


class Simulate(msgspec.Struct, frozen=True, tag=True):
    """A request to run a job."""

    job: Job


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The worker's first word."""

    pid: int
    folder: str
    version: str


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """The model is kept."""


class NotLoaded(msgspec.Struct, frozen=True, tag=True):
    """The worker does not have the model's text (any more)."""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """SWMM refused or broke off: its message, and the report file with the reasons."""

    message: str
    report: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """A run's answer: arrays [sample][node], and [sample][link] for ``flow``."""

    depth: bytes
    flooding: bytes
    ponded: bytes
    flooded: bytes
    flow: bytes
    balance: dict[str, float]
    hotstart: bytes
    moving: list[tuple[str, float]]  # links on their way to a target, which a hot start forgets


Request = Load | Simulate
Answer = Hello | Loaded | NotLoaded | Failed | Done


def send(stream: BinaryIO, message: Request | Answer) -> None:
    """Write one message."""
    data = msgspec.msgpack.encode(message)
    stream.write(_HEAD.pack(len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one message's bytes; None when the other side has gone."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (size,) = _HEAD.unpack(head)
    data = stream.read(size)
    return data if len(data) == size else None
