"""Files that the hub wrote somewhere: their digest, and destroying them only while they are as written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from chengshu.resources.retention.model import Outcome


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read in portions."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        for portion in iter(lambda: file.read(1 << 20), b""):
            total.update(portion)
    return total.hexdigest()


def is_there(place: Path, digest: str) -> bool:
    """Whether the file lies there as it was written."""
    return place.is_file() and digest_of(place) == digest


def destroy_file(place: Path, digest: str) -> Outcome:
    """Remove a file for good; what others changed is left alone, what is gone is absent."""
    try:
        if digest_of(place) != digest:
            return "changed"
        place.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return "absent"
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)  # that the name is gone is durable
    finally:
        os.close(handle)
    return "destroyed"
