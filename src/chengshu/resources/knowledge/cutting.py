"""Cut a document into passages along its own structure; put together they are the document again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from chengshu.resources.knowledge.marks import ANNEX, ARTICLE, NUMBERED, Mark, mark_of
from chengshu.resources.knowledge.model import Passage, Step

MOST = 1200  # signs of one passage, its headings apart
_ENOUGH = 400  # signs after which a paragraph outside an article begins a passage of its own
_FENCE = re.compile(r"\s*(```|~~~)")
_CLOSED = re.compile("[。；：！？.;:!?”」）)|]\\s*$")
_SENTENCE = re.compile("(?<=[。！？；])|(?<=[.!?;])(?=\\s)")
_HAN = re.compile("[㐀-鿿]")


@dataclass
class _Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def blank(self) -> bool:
        return not self.text.strip()


@dataclass
class _Block:
    """What stands under one heading: its path, where headings begin, where words begin, its lines."""

    path: tuple[Step, ...]
    start: int
    body: int
    lines: list[_Line] = field(default_factory=list)
    items: list[tuple[str, int]] = field(default_factory=list)  # label, offset in the document

    @property
    def end(self) -> int:
        return self.lines[-1].end if self.lines else self.body


class _Walk:
    """Goes down the lines of a document and keeps the headings that stand above."""

    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self._stack: list[tuple[int, Mark]] = []
        self._last: dict[tuple[int, ...], int] = {}  # last number among siblings, by what stands above
        self._article = 0
        self._begun = False

    def take(self, line: _Line, *, fenced: bool) -> None:
        mark = None if fenced else mark_of(line.text)
        mark = self._judged(mark) if mark is not None else None
        if mark is not None and mark.kind != "item":
            self._open(mark, line)
        else:
            self._add(line, mark)
        self._begun = self._begun or not line.blank

    def _judged(self, mark: Mark) -> Mark | None:
        """The mark as it counts here: as it is, as an item, or not at all."""
        inside = any(kept.kind == "article" for _, kept in self._stack)
        if mark.kind == "article":
            number = mark.numbers[0] if mark.numbers else 0
            follows = number in (self._article, self._article + 1)
            return mark if mark.sure or follows else None
        if mark.kind == "section" and inside and mark.rank >= NUMBERED - 10:
            # sections within articles (where articles came before any section)
            return Mark(mark.kind, ARTICLE + 5, mark.label, mark.title, mark.body, mark.numbers)
        if mark.kind == "numbered":
            return self._numbered(mark, inside)
        if mark.kind == "item" and not inside and _HAN.search(mark.label) and self._under_listed():
            return Mark("heading", mark.rank, mark.label, "", mark.body, mark.numbers)
        if mark.kind == "heading" and inside and mark.rank >= NUMBERED:
            return Mark("item", mark.rank, mark.label, "", mark.body, mark.numbers)
        return mark

    def _numbered(self, mark: Mark, inside: bool) -> Mark | None:
        above, last = mark.numbers[:-1], mark.numbers[-1]
        if mark.rank < NUMBERED:  # a Markdown heading: it is one, whatever its number
            return mark
        if len(mark.numbers) == 1:
            if inside or not mark.title or self._under_listed():
                return Mark("item", mark.rank, mark.label, "", mark.body, mark.numbers)
            return mark if last == self._last.get((), 0) + 1 else None
        follows = last == self._last.get(above, 0) + 1 or (last == 0 and above not in self._last)
        return mark if follows and not inside else None

    def _under_listed(self) -> bool:
        return any(kept.kind == "heading" and _HAN.search(kept.label) for _, kept in self._stack)

    def _open(self, mark: Mark, line: _Line) -> None:
        if mark.kind == "heading" and mark.rank == 10 and not mark.label and not self._begun:
            mark = Mark("title", 1, "", mark.title, mark.body)
        while self._stack and self._stack[-1][0] >= mark.rank:
            self._stack.pop()
        if mark.rank == ANNEX:
            self._stack = [kept for kept in self._stack if kept[1].kind == "title"]
            self._article = 0
        self._stack.append((mark.rank, mark))
        if mark.kind == "article":
            self._article = mark.numbers[0] if mark.numbers else self._article
        if mark.kind == "numbered":
            self._last[mark.numbers[:-1]] = mark.numbers[-1]
        path = tuple(Step(kept.kind, kept.label, kept.title) for _, kept in self._stack)
        heading_only = mark.body >= len(line.text.rstrip("\r\n")) or not line.text[mark.body :].strip()
        body = line.end if heading_only else line.start + mark.body
        last = self.blocks[-1] if self.blocks else None
        if last is not None and all(each.blank for each in last.lines):  # a heading right under another
            last.path, last.body, last.lines = path, body, []
        else:
            self.blocks.append(_Block(path, line.start, body))
        if not heading_only:
            self.blocks[-1].lines.append(_Line(body, line.text[mark.body :]))

    def _add(self, line: _Line, item: Mark | None) -> None:
        if not self.blocks:
            self.blocks.append(_Block((), line.start, line.start))
        block = self.blocks[-1]
        block.lines.append(line)
        if item is not None:
            block.items.append((item.label, line.start))


def passages_of(text: str) -> tuple[Passage, ...]:
    """The passages of a document, in order; ``"".join`` of their texts is the document."""
    walk, fenced = _Walk(), False
    for line in _lines(text):
        if _FENCE.match(line.text):
            fenced = not fenced
        walk.take(line, fenced=fenced)
    found: list[Passage] = []
    for block in walk.blocks:
        for start, end, paragraph in _pieces(block):
            begin = block.start if start == block.body else start
            items = tuple((label, at - begin) for label, at in block.items if start <= at < end)
            found.append(
                Passage(len(found), begin, start - begin, text[begin:end], block.path, paragraph, items)
            )
    return tuple(found)


def _lines(text: str) -> Iterator[_Line]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield _Line(at, line)
        at += len(line)


def _pieces(block: _Block) -> Iterator[tuple[int, int, int]]:
    """(start, end, number of the paragraph or 0) of the passages of a block, without gaps."""
    starts = _paragraphs(block)
    bounds = list(zip(starts, [*starts[1:], block.end], strict=True))
    for count, (start, end) in enumerate(bounds, 1):
        number = count if len(bounds) > 1 else 0
        for piece in _bounded(block, start, end):
            yield (*piece, number)


def _paragraphs(block: _Block) -> list[int]:
    """Where the paragraphs of a block begin: lines in a Chinese article, else parted by empty lines."""
    article = any(step.kind == "article" for step in block.path)
    by_line = article and any(_HAN.search(line.text) for line in block.lines)
    items = {at for _, at in block.items}
    starts, closed, blank = [block.body], False, False
    for line in block.lines:
        if line.blank:
            blank = True
            continue
        begins = (closed or blank) if by_line else blank
        if begins and line.start not in items and any(not each.blank for each in block.lines):
            full = article or line.start - starts[-1] >= _ENOUGH
            if full and line.start > _first_words(block):
                starts.append(line.start)
        closed, blank = bool(_CLOSED.search(line.text)), False
    return starts


def _first_words(block: _Block) -> int:
    return next((line.start for line in block.lines if not line.blank), block.end)


def _bounded(block: _Block, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A paragraph, parted where it is too long: at its items and lines, else at ends of sentences."""
    if end - start <= MOST:
        yield start, end
        return
    cuts = {line.start for line in block.lines if start < line.start < end} | {end}
    for line in block.lines:
        if line.end - line.start > MOST and start <= line.start < end:
            cuts |= {line.start + match.end() for match in _SENTENCE.finditer(line.text)}
    at, last = start, start
    for cut in sorted(cuts):
        if cut - at > MOST and last > at:
            yield at, last
            at = last
        while cut - at > MOST and cut - last > MOST:  # one sentence, longer than a passage
            yield at, at + MOST
            at = last = at + MOST
        last = cut
    yield at, end
