"""What one request may cost the broker; beyond it is refused with a stated limit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``body``: bytes; ``depth``: levels of nesting; ``query``: bytes of the query; ``batch``: entities
    in one batch; ``page``: entities in one page, ``default_page`` when no ``limit`` is given; ``instances``:
    instances of each attribute in a temporal answer; ``joins``: linked entities in one answer."""

    body: int = 32 * 1024 * 1024
    depth: int = 64
    query: int = 65_536
    batch: int = 20_000
    page: int = 1000
    default_page: int = 20
    instances: int = 10_000
    joins: int = 2000
