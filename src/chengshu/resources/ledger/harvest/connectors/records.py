"""A file of records in a form of its own (JSON, JSON lines), read by FEEL expressions in the declaration."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chengshu.kernel.errors import Invalid, Unavailable
from chengshu.kernel.texts import Text
from chengshu.resources.ledger.harvest.declared import Records
from chengshu.resources.ledger.harvest.model import Page, Problem, Record
from chengshu.resources.ledger.model import Distribution, Resource
from chengshu.rules.feel import compile_expression
from chengshu.rules.feel.errors import FeelSyntaxError

_PAGE = 500
_MOST = 256 * 1024 * 1024
_LANGUAGES = {"en": "en", "zh-Hans": "zh_hans", "zh-Hant": "zh_hant"}
_PLAIN = ("provider", "owner", "contact", "format", "update_cycle", "licence", "published_on", "updated_on")
_LISTS = ("keywords", "themes")
Getter = Callable[[Mapping[str, Any]], Any]


class RecordsConnector:
    """Reads the file whole (it is bounded); the cursor is the number of records read.

    Raises :class:`Invalid` for an expression that cannot be read.
    """

    def __init__(self, declared: Records, folder: Path) -> None:
        self._path = folder / declared.path
        self._each = _compile(declared.each, "each") if declared.each else None
        self._get = {name: _compile(text, name) for name, text in declared.parts.items()}
        self._id = _compile(declared.id, "id")

    def pages(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
        """Every record. Raises :class:`Unavailable` when the file is not there or is no JSON."""
        records = self._read()
        for start in range(int(cursor or 0), len(records), _PAGE):
            bite = records[start : start + _PAGE]
            yield self._page(bite, start, known)

    def _page(self, bite: list[Any], start: int, known: Mapping[str, str]) -> Page:
        found: list[Record] = []
        problems: list[Problem] = []
        for number, item in enumerate(bite, start + 1):
            native = self._id(item) if isinstance(item, dict) else None
            if not isinstance(native, str | int) or native == "":
                problems.append(Problem(str(number), "harvest-record", "the record has no id", "give it one"))
                continue
            checksum = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
            same = known.get(str(native)) == checksum
            found.append(Record(str(native), checksum, None if same else self._resource(item)))
        return Page(tuple(found), tuple(problems), str(start + len(bite)))

    def _resource(self, item: Mapping[str, Any]) -> Resource:
        said = {name: get(item) for name, get in self._get.items()}
        plain = {name: str(said[name]) for name in _PLAIN if said.get(name) is not None}
        lists = {name: _words(said[name]) for name in _LISTS if said.get(name) is not None}
        url = said.get("url")
        return Resource(
            "",
            "dataset",
            _text(said, "title"),
            summary=_text(said, "summary"),
            distributions=(Distribution(str(url), format=plain.get("format", "")),) if url else (),
            **plain,  # type: ignore[arg-type]
            **lists,  # type: ignore[arg-type]
        )

    def _read(self) -> list[Any]:
        try:
            opener = gzip.open if self._path.suffix == ".gz" else open
            with opener(self._path, "rb") as file:
                raw = file.read(_MOST + 1)
            if len(raw) > _MOST:
                raise ValueError(f"over {_MOST:,} bytes")
            name = self._path.name.removesuffix(".gz")
            lines = name.endswith((".jsonl", ".ndjson"))
            body = (
                [json.loads(line) for line in raw.splitlines() if line.strip()] if lines else json.loads(raw)
            )
        except (OSError, EOFError, ValueError, RecursionError) as error:
            raise Unavailable(
                "harvest-records",
                f"the file cannot be read: {error}",
                where=self._path.name,
                remedy="check the path, and that it is JSON",
            ) from None
        found = self._each(body) if self._each and isinstance(body, dict) else body
        if not isinstance(found, list):
            raise Unavailable(
                "harvest-records",
                "there is no list of records",
                where=self._path.name,
                remedy="say in each where the list stands",
            )
        return found


def _compile(text: str, where: str) -> Getter:
    try:
        return compile_expression(text)
    except FeelSyntaxError as error:
        raise Invalid(
            "harvest-expression", str(error), where=where, remedy="write a FEEL expression over a record"
        ) from None


def _text(said: Mapping[str, Any], name: str) -> Text:
    forms = {
        field: str(said[f"{name}.{tag}"]) for tag, field in _LANGUAGES.items() if said.get(f"{name}.{tag}")
    }
    return Text(**forms) if forms else Text.of(str(said.get(name) or ""))


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(part) for part in (value if isinstance(value, list) else [value]))
