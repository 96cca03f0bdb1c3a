"""A folder of contexts that the operator put there, so that nothing need come over a network.

``index.json`` in it maps URLs to files; a ``*.jsonld`` file that it does not name has its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from chengshu.foundation.broker.errors import LdContextNotAvailable
from chengshu.kernel.errors import Invalid

INDEX = "index.json"
MOST_BYTES = 8_000_000  # of one context document; the largest public ones have 1 MB


def read_index(folder: Path) -> Mapping[str, Path]:
    """URL (or file name) → file. Raises :class:`Invalid` for an index of other files."""
    files = {path.name: path for path in sorted(folder.glob("*.jsonld"))}
    index = folder / INDEX
    if not index.exists():
        return files
    try:
        named = msgspec.json.decode(index.read_bytes(), type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise Invalid(
            "context-index", f"not a map of URLs to files: {error}", where=str(index), remedy="mend the JSON"
        ) from error
    found = {}
    for url, name in named.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise Invalid(
                "context-index",
                f"there is no file {name} in the folder",
                where=f"{index}: {url}",
                remedy="put the file there or take the line out",
            )
        found[url] = path
    return {name: path for name, path in files.items() if path not in found.values()} | found


def read_document(path: Path) -> Any:
    """The JSON of a file. Raises :class:`LdContextNotAvailable` when it cannot be read as that."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LdContextNotAvailable(f"{path.name} is larger than {MOST_BYTES} bytes", where=path.name)
        return msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise LdContextNotAvailable(
            f"the file of the context cannot be read: {error}", where=path.name, remedy="mend the file"
        ) from error
