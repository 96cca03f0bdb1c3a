"""Where files of datasets lie: each under its own SHA-256, written whole or not at all, kept once."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from chengshu.kernel.errors import Conflict, Missing

_PORTION = 1 << 20


class Vault:
    """Files by digest below a folder. What is in it never changes; it is there or it is not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_file(self, path: Path) -> tuple[str, int]:
        """Take a copy in; its SHA-256 and size. Raises :class:`Missing` for a file that is not there."""
        if not path.is_file():
            raise Missing(
                "file-missing", "the file does not exist", where=str(path), remedy="correct the name"
            )
        with path.open("rb") as file:
            return self.put(iter(lambda: file.read(_PORTION), b""))

    def put(self, portions: Iterable[bytes]) -> tuple[str, int]:
        """As :meth:`put_file`, for bytes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        total, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(prefix="new-", dir=self._folder)
        spare = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                for portion in portions:
                    file.write(portion)
                    total.update(portion)
                    size += len(portion)
                file.flush()
                os.fsync(file.fileno())
            target = self._place(total.hexdigest())
            target.parent.mkdir(exist_ok=True)
            spare.replace(target)
            sync_folder(target.parent)
        finally:
            spare.unlink(missing_ok=True)
        return total.hexdigest(), size

    def path(self, sha256: str) -> Path:
        """Where a file lies. Raises :class:`Missing`."""
        found = self._place(sha256)
        if not found.is_file():
            raise Missing(
                "blob-missing",
                f"the file with SHA-256 {sha256[:12]}… is not in the vault",
                remedy="it was destroyed, or the data folder is not whole: restore it from a backup",
            )
        return found

    def holds(self, sha256: str) -> bool:
        """Whether it is there."""
        return self._place(sha256).is_file()

    def proven(self, sha256: str) -> Path:
        """As :meth:`path`, after reading all of it. Raises :class:`Conflict` when it was changed."""
        found, total = self.path(sha256), hashlib.sha256()
        with found.open("rb") as file:
            for portion in iter(lambda: file.read(_PORTION), b""):
                total.update(portion)
        if total.hexdigest() != sha256:
            raise Conflict(
                "blob-changed",
                f"the file with SHA-256 {sha256[:12]}… was changed in the vault",
                remedy="restore it from a backup",
            )
        return found

    def named(self, sha256: str, suffix: str) -> Path:
        """As :meth:`path`, under a name that says the form: readers of tables go by it."""
        place, link = self.path(sha256), self._folder / f"as-{sha256}{suffix}"
        if not link.is_symlink():
            link.symlink_to(place.relative_to(self._folder))
        return link

    def remove(self, sha256: str) -> bool:
        """Take a file out; whether it was there. It is gone for good when this returns."""
        place = self._place(sha256)
        for link in self._folder.glob(f"as-{sha256}*"):
            link.unlink()
        try:
            place.unlink()
        except FileNotFoundError:
            return False
        sync_folder(place.parent)
        return True

    def sweep(self, wanted: Collection[str]) -> int:
        """Remove what nothing refers to: left by a process that died before it could say so. How many."""
        stray = [sha256 for sha256 in self._all() if sha256 not in wanted]
        for sha256 in stray:
            self.remove(sha256)
        spares = list(self._folder.glob("new-*"))
        for spare in spares:
            spare.unlink()
        return len(stray) + len(spares)

    def _all(self) -> Iterator[str]:
        for path in self._folder.glob("??/*"):
            yield path.parent.name + path.name

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]


def sync_folder(folder: Path) -> None:
    """Make names that came or went durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
