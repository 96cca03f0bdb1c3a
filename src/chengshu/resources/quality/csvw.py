"""CSV on the Web (W3C, 2015) by the package ``csvw``: validation and conversion, never touching a network.

The package fetches whatever a document names. Here it only gets what it is handed: files below a folder,
under the address they are said to lie at; every other address does not exist (404).
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any

from csvw import CSVW
from csvw import utils as csvw_utils

from chengshu.kernel.errors import Fault, Invalid

BASE = "http://local.invalid/"
_LOCK = threading.RLock()  # the package warns through a process-wide list
_MOST = 256 * 1024 * 1024


class Shelf:
    """Files at addresses. ``links``: what a server would say of an address in its ``Link`` header; ``types``
    likewise its ``Content-Type``; ``site``: its site-wide configuration (clause 5.3), none: the usual one.
    """

    def __init__(
        self,
        folder: Path,
        base: str = BASE,
        *,
        links: Mapping[str, str] | None = None,
        types: Mapping[str, str] | None = None,
        site: str = "",
    ) -> None:
        self._folder, self._base = folder.resolve(), base
        self._links, self._types, self._site = dict(links or {}), dict(types or {}), site

    def find(self, address: str) -> bytes | None:
        """What lies at an address; None for nothing."""
        name = address.partition("?")[0].partition("#")[0]
        if self._site and name.endswith("/.well-known/csvm"):
            return self._site.encode()
        if not name.startswith(self._base):
            return None
        path = (self._folder / name[len(self._base) :]).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file() or path.stat().st_size > _MOST:
            return None
        return path.read_bytes()

    def headers(self, address: str) -> Message:
        """The headers of an answer."""
        message = Message()
        if link := self._links.get(address):
            message["Link"] = link
        kind = self._types.get(address, "text/csv" if address.endswith(".csv") else "application/json")
        message["Content-Type"] = kind
        return message


class _Answer:
    """As much of an HTTP answer as the package looks at."""

    def __init__(self, body: bytes | None, headers: Message) -> None:
        self.status, self.headers, self._body = (404 if body is None else 200), headers, body or b""

    def read(self) -> bytes:
        return self._body

    def info(self) -> Message:
        return self.headers


@contextlib.contextmanager
def shelved(shelf: Shelf) -> Iterator[None]:
    """Let the package see this shelf and nothing else."""

    @contextlib.contextmanager
    def urlopen(url: str, method: str = "GET", timeout: float = 0) -> Iterator[_Answer]:
        yield _Answer(shelf.find(url), shelf.headers(url))

    with _LOCK:
        usual = csvw_utils.urlopen
        csvw_utils.urlopen = urlopen
        try:
            yield
        finally:
            csvw_utils.urlopen = usual


def faults_of(shelf: Shelf, address: str, metadata: str | None = None) -> list[Fault]:
    """What is wrong with a table or table group at an address; empty when it is valid.

    Raises :class:`Invalid` when the metadata cannot be used at all.
    """
    _must_be(shelf, address, metadata)
    with shelved(shelf), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            read = CSVW(address, md_url=metadata, validate=True)
        except Exception as error:  # the package raises whatever its parts raise
            raise Invalid(
                "csvw-unusable",
                f"{type(error).__name__}: {error}",
                where=address,
                remedy="check the metadata against the W3C Metadata Vocabulary for Tabular Data",
            ) from error
        broken = ""
        try:
            valid = read.is_valid
        except Exception as error:
            valid, broken = False, str(error)
    faults = [Fault("csvw", str(item.message), address) for item in (*read.warnings, *told)]
    if broken or not (faults or valid):
        faults.append(Fault("csvw", broken or "the table does not hold what its metadata says", address))
    return faults


def as_json(shelf: Shelf, address: str, metadata: str | None = None, *, minimal: bool = False) -> Any:
    """The table as JSON (csv2json), with annotations unless ``minimal``. Raises :class:`Invalid`."""
    _must_be(shelf, address, metadata)
    with shelved(shelf), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return CSVW(address, md_url=metadata).to_json(minimal=minimal)
        except Exception as error:
            raise Invalid(
                "csvw-unusable",
                f"{type(error).__name__}: {error}",
                where=address,
                remedy="check the metadata against the W3C Metadata Vocabulary for Tabular Data",
            ) from error


def _must_be(shelf: Shelf, *addresses: str | None) -> None:
    for address in addresses:
        if address is not None and shelf.find(address) is None:
            raise Invalid("csvw-missing", "there is nothing here", where=address, remedy="check the address")
