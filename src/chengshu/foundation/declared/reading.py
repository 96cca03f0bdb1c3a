"""Read one declared file into plain data, remembering on which line each value stands."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chengshu.kernel.errors import Invalid

Place = tuple[str | int, ...]
LIMIT_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data of a file and the line (1-based) of each place in it."""

    path: Path
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def where(self, place: Place = ()) -> str:
        """``file:line`` of the place, or of the nearest place around it that has a line."""
        for length in range(len(place), -1, -1):
            if (line := self.lines.get(place[:length])) is not None:
                return f"{self.path}:{line}"
        return str(self.path)


def read_document(path: Path) -> Document:
    """Read ``path`` by its suffix. Raises :class:`Invalid` with the line for anything that does not parse."""
    try:
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise Invalid(
                "file-too-large",
                f"the file has {size:,} bytes; at most {LIMIT_BYTES:,} are read",
                where=str(path),
                remedy="split it",
            )
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Invalid(
            "file-missing",
            "the file does not exist",
            where=str(path),
            remedy="create it, or correct the name",
        ) from None
    except UnicodeDecodeError as error:
        raise Invalid(
            "file-encoding",
            f"the file is not UTF-8 (byte {error.start})",
            where=str(path),
            remedy="save it as UTF-8",
        ) from None
    readers = {
        ".yaml": _read_yaml,
        ".yml": _read_yaml,
        ".toml": _read_toml,
        ".json": _read_json,
        ".geojson": _read_json,
    }
    reader = readers.get(path.suffix)
    if reader is None:
        raise Invalid(
            "file-kind",
            f"files ending in {path.suffix!r} are not read here",
            where=str(path),
            remedy="use .yaml, .toml, .json or .geojson",
        )
    return reader(path, text)


def _read_yaml(path: Path, text: str) -> Document:
    try:
        node = yaml.compose(
            text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise Invalid(
            "yaml-broken",
            f"this is not YAML: {error.problem or error.context}",
            where=f"{path}{line}",
            remedy=_yaml_remedy(str(error.problem)),
        ) from None
    except yaml.YAMLError as error:
        raise Invalid("yaml-broken", f"this is not YAML: {error}", where=str(path)) from None
    lines: dict[Place, int] = {}
    data = _Plain(path, lines).value(node, ()) if node is not None else None
    return Document(path, data, lines)


def _yaml_remedy(problem: str) -> str:
    if "tab" in problem or "\\t" in problem:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        return "put quotes around the text that contains a colon, or check the indentation"
    if "expected <block end>" in problem or "did not find expected" in problem:
        return "check that the lines of one list or mapping start in the same column"
    return "check this line and the one above it"


class _Plain:
    """Turns YAML nodes into data. Refuses doubled keys and runaway aliases."""

    def __init__(self, path: Path, lines: dict[Place, int]) -> None:
        self._path, self._lines = path, lines
        self._resolve = yaml.SafeLoader("")
        self._seen = 0

    def value(self, node: Any, place: Place) -> Any:
        self._seen += 1
        line = node.start_mark.line + 1
        if self._seen > 500_000 or len(place) > 60:
            raise Invalid(
                "yaml-too-big",
                "the file unfolds into too many values",
                where=f"{self._path}:{line}",
                remedy="remove aliases (&, *) that repeat each other",
            )
        self._lines.setdefault(place, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, i)) for i, item in enumerate(node.value)]
        try:
            scalar = self._resolve.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            raise Invalid(
                "yaml-value", f"{node.value!r} cannot be read: {error}", where=f"{self._path}:{line}"
            ) from None
        if isinstance(scalar, float) and not math.isfinite(scalar):
            raise Invalid(
                "yaml-value",
                f"{node.value} is not a number one can compute with",
                where=f"{self._path}:{line}",
                remedy="give a finite number",
            )
        return scalar

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            line = key_node.start_mark.line + 1
            if key in result:
                raise Invalid(
                    "yaml-double",
                    f"{key!r} is given twice",
                    where=f"{self._path}:{line}",
                    remedy="keep one of the two",
                )
            self._lines[(*place, key)] = line
            result[key] = self.value(value_node, (*place, key))
        return result


def _read_toml(path: Path, text: str) -> Document:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = f":{found[1]}" if found else ""
        raise Invalid(
            "toml-broken",
            f"this is not TOML: {error}",
            where=f"{path}{line}",
            remedy="check quotes and brackets on this line",
        ) from None
    return Document(path, data, _toml_lines(text))


def _toml_lines(text: str) -> dict[Place, int]:
    """Lines of keys and tables, by a plain scan: TOML's own reader does not tell them."""
    lines: dict[Place, int] = {}
    table: Place = ()
    counts: dict[Place, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if head := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$", line):
            name: Place = tuple(part.strip().strip("\"'") for part in head[2].split("."))
            if head[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                name = (*name, counts[name])
            table = name
            lines.setdefault(table, number)
        elif key := re.match(r"\s*([A-Za-z0-9_.\-\"']+)\s*=", line):
            parts = tuple(part.strip().strip("\"'") for part in key[1].split("."))
            lines.setdefault((*table, *parts), number)
    return lines


def _read_json(path: Path, text: str) -> Document:
    try:
        return Document(path, json.loads(text, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise Invalid(
            "json-broken",
            f"this is not JSON: {error.msg}",
            where=f"{path}:{error.lineno}",
            remedy="check commas, quotes and brackets near here",
        ) from None
    except ValueError as error:
        raise Invalid("json-broken", str(error), where=str(path)) from None
    except RecursionError:
        raise Invalid("json-too-deep", "the JSON is nested too deeply", where=str(path)) from None


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON; give a finite number")
