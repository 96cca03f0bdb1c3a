"""Where things stand in the text of a DMN file, so that an editor can change one place and leave the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.dmn.reader import version_of
from chengshu.rules.feel.names import normal

_DECLARATION = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._\-]*)["']""")
_NAME = re.compile(rb"[^\s/>]+")
_START_TAG = re.compile(rb"""<(?:[^>"']+|"[^"]*"|'[^']*')*>""")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(slots=True)
class Span:
    """An element of the model's namespace: its tag as written, and where it begins and ends (in bytes).

    ``inner`` and ``close`` are where its content begins and ends; both are ``end`` for ``<empty/>``.
    """

    name: str
    tag: str
    attributes: dict[str, str]
    start: int
    inner: int = 0
    close: int = 0
    end: int = 0
    children: list[Span] = field(default_factory=list)

    def of(self, *names: str) -> list[Span]:
        """Its direct children of these names."""
        return [child for child in self.children if child.name in names]

    @property
    def empty(self) -> bool:
        """Whether it is written ``<tag/>``."""
        return self.inner == self.end

    @property
    def prefix(self) -> str:
        """What stands before the names of the namespace, colon included."""
        return self.tag[: len(self.tag) - len(self.name)]


class Source:
    """The text of a DMN file with the places of its elements. Raises DmnError for what is not editable."""

    def __init__(self, data: bytes) -> None:
        self.mark, self.encoding = _encoding(data)
        try:
            text = data[len(self.mark) :].decode(self.encoding)
            faithful = text.encode(self.encoding) == data[len(self.mark) :]
        except (UnicodeDecodeError, LookupError) as error:
            raise DmnError(f"the file is not {self.encoding}: {error}", remedy="save it as UTF-8") from None
        if not faithful:
            raise DmnError(f"the file is not plain {self.encoding}", remedy="save it as UTF-8")
        self.bytes = text.encode()
        """The text in UTF-8, whatever the file is written in."""
        self.ids: set[str] = set()
        self.root = self._parse()

    def encoded(self, text: bytes) -> bytes:
        """Changed text (UTF-8) in the encoding of the file; signs it does not have become references."""
        return self.mark + text.decode().encode(self.encoding, "xmlcharrefreplace")

    def tables(self) -> Iterator[tuple[str, Span]]:
        """The decision tables with their places: the name of the decision or knowledge model.

        Several in one element are numbered as :func:`chengshu.rules.dmn.analysis.analyse_model` does.
        """
        for element in self.root.of("decision", "businessKnowledgeModel"):
            variable = next(iter(element.of("variable")), None)
            name = (variable.attributes.get("name") if variable else "") or element.attributes.get("name", "")
            found = list(_tables(element))
            for number, table in enumerate(found, 1):
                yield normal(name) if len(found) == 1 else f"{normal(name)} ({number})", table

    def table(self, place: str) -> Span:
        """The table with this place or id. Raises DmnError naming those there are."""
        known = list(self.tables())
        for name, table in known:
            if place == name or (place and place == table.attributes.get("id")):
                return table
        names = ", ".join(f"«{name}»" for name, _ in known) or "none"
        raise DmnError(f"there is no decision table «{place}»", remedy=f"tables of this model: {names}")

    def _parse(self) -> Span:
        parser: Any = expat.ParserCreate("utf-8", "|")
        parser.buffer_text = True
        top = Span("", "", {}, 0)
        stack: list[Span | None] = [top]
        namespace = ""

        def begin(name: str, attributes: dict[str, str]) -> None:
            nonlocal namespace
            uri, _, local = name.rpartition("|")
            namespace = namespace or uri
            if ident := attributes.get("id"):
                self.ids.add(ident)
            start = parser.CurrentByteIndex
            span = Span(local, self._tag(start), attributes, start, inner=self._tag_end(start))
            stack.append(span if uri == namespace else None)

        def finish(_: str) -> None:
            span = stack.pop()
            if span is None:
                return
            if self.bytes[span.inner - 2 : span.inner] == b"/>":
                span.close = span.end = span.inner
            else:
                span.close = parser.CurrentByteIndex
                span.end = self.bytes.index(b">", span.close) + 1
            if stack[-1] is not None:
                stack[-1].children.append(span)

        def doctype(*_: object) -> None:
            raise DmnError("a file with a DOCTYPE is not edited", remedy="remove the DOCTYPE")

        parser.StartElementHandler = begin
        parser.EndElementHandler = finish
        parser.StartDoctypeDeclHandler = doctype
        try:
            parser.Parse(self.bytes, True)
        except expat.ExpatError as error:
            raise DmnError(f"not XML: {expat.ErrorString(error.code)}", f"line {error.lineno}") from None
        root = top.children[0] if top.children else None
        if root is None or root.name != "definitions" or not version_of(namespace):
            raise DmnError("the file is no DMN model", remedy="give a DMN 1.1 to 1.5 definitions file")
        self.namespace = namespace
        return root

    def _tag(self, start: int) -> str:
        found = _NAME.match(self.bytes, start + 1)
        return found[0].decode() if found else ""

    def _tag_end(self, start: int) -> int:
        """The place after the ``>`` of a start tag; a ``>`` within quotes does not count."""
        found = _START_TAG.match(self.bytes, start)
        return found.end() if found else start


def _encoding(data: bytes) -> tuple[bytes, str]:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return mark, name
    found = _DECLARATION.match(data)
    name = found[1].decode("ascii").lower() if found else "utf-8"
    if name.replace("_", "-") in ("utf-16", "utf-32"):
        raise DmnError(f"a file in {name} without a byte order mark is not edited", remedy="save it as UTF-8")
    return b"", name


def _tables(span: Span) -> Iterator[Span]:
    """Tables within an element, in order; what stands inside a table are texts only."""
    if span.name == "decisionTable":
        yield span
        return
    for child in span.children:
        yield from _tables(child)
