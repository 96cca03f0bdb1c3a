"""What the DMN Technology Compatibility Kit is written in: folders, archives, and values in XML."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from chengshu.kernel.errors import Invalid
from chengshu.rules.feel.temporal_text import parse_date, parse_date_time, parse_duration, parse_time

_KINDS = (".dmn", ".xml")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def kit_files(path: Path) -> dict[PurePosixPath, bytes]:
    """The models and test cases in a folder or archive, by path; what cannot be opened is empty.

    Raises Invalid for an archive that is none.
    """
    if not path.is_dir():
        return dict(sorted(_archived(path).items()))
    found: dict[PurePosixPath, bytes] = {}
    for file in sorted(path.rglob("*")):
        if not file.is_file() and not file.is_symlink():
            continue
        if file.suffix in _KINDS:
            found[PurePosixPath(file.relative_to(path).as_posix())] = _read(file)
        elif file.suffix in (".tgz", ".zip"):
            found |= _archived(file)
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _archived(path: Path) -> dict[PurePosixPath, bytes]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if name.endswith(_KINDS)]
                return {PurePosixPath(name): archive.read(name) for name in names}
        found: dict[PurePosixPath, bytes] = {}
        with tarfile.open(path) as packed:
            for member in packed:
                inner = packed.extractfile(member) if member.isfile() else None
                if inner is not None and member.name.endswith(_KINDS):
                    found[PurePosixPath(member.name)] = inner.read()
        return found
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise Invalid(
            "suite-archive", "the archive cannot be read", where=str(path), remedy="give a .tgz or .zip"
        ) from error


def children(node: Any, name: str) -> Iterator[Any]:
    """The elements of a name directly within a node, whatever their namespace."""
    return (child for child in node if isinstance(child.tag, str) and etree.QName(child).localname == name)


def read_tests(data: bytes) -> Any:
    """The root of a file of test cases; None for any other XML. Raises ValueError for what is no XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not XML: {error.msg}") from None
    return root if etree.QName(root).localname == "testCases" else None


_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    **dict.fromkeys(("decimal", "double", "float", "integer", "int", "long", "short", "byte"), Decimal),
    "boolean": lambda text: text in ("true", "1"),
    "date": parse_date,
    "time": parse_time,
    "dateTime": parse_date_time,
    **dict.fromkeys(("duration", "dayTimeDuration", "yearMonthDuration"), parse_duration),
}


def read_value(node: Any) -> Any:
    """The value of an ``inputNode``, ``expected``, ``item`` or ``component`` element, as FEEL's.

    Raises ValueError for a value that is not of its type, or a type that is not known.
    """
    for listed in children(node, "list"):
        return None if _is_nil(listed) else [read_value(item) for item in children(listed, "item")]
    for single in children(node, "value"):
        return None if _is_nil(single) else _single(single)
    components = list(children(node, "component"))
    if not components or _is_nil(node):
        return None
    return {part.get("name"): read_value(part) for part in components}


def _single(node: Any) -> Any:
    kind = (node.get(_XSI + "type") or "xsd:string").rpartition(":")[2]
    text = "".join(node.itertext())
    if kind not in _READERS:
        raise ValueError(f"«{text.strip()[:60]}» is of the unknown type «{kind}»")
    try:
        return _READERS[kind](text if kind == "string" else text.strip())
    except (ValueError, ArithmeticError):
        raise ValueError(f"«{text.strip()[:60]}» is no {kind}") from None


def _is_nil(node: Any) -> bool:
    return node.get(_XSI + "nil") in ("true", "1")
