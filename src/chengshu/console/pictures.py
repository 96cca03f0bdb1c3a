"""Pictures drawn on the server as plain numbers for SVG: the trend of quality, and lineage. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chengshu.console.model.common import ShownText
from chengshu.console.model.grading import LineageNode, LineageView, TrendPoint

Say = Callable[[ShownText], str]
TREND_WIDTH, TREND_HEIGHT = 640.0, 160.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 8.0, 8.0, 20.0
_BOX, _GAP, _ROW, _HEAD, _SPACE = 200.0, 72.0, 22.0, 26.0, 14.0
_LETTERS = 24  # of a line in a box; signs of Chinese count twice


@dataclass(frozen=True, slots=True)
class Trend:
    """A line over time: its path, its points, and the heights of 0, 50 and 100 per cent."""

    width: float
    height: float
    path: str
    points: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, int], ...]  # y, per cent


def trend_picture(trend: Sequence[TrendPoint]) -> Trend | None:
    """The score over time, 0 to 100 per cent; None where fewer than two measures have one."""
    known = [(point.at.timestamp(), point.score) for point in trend if point.score is not None]
    if len(known) < 2:
        return None
    first, last = known[0][0], known[-1][0]
    wide, high = TREND_WIDTH - _LEFT - _RIGHT, TREND_HEIGHT - _TOP - _BOTTOM
    points = tuple(
        (round(_LEFT + (at - first) / ((last - first) or 1.0) * wide, 1), round(_TOP + (1 - score) * high, 1))
        for at, score in known
    )
    path = "".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(points))
    marks = tuple((round(_TOP + (1 - share / 100) * high, 1), share) for share in (0, 50, 100))
    return Trend(TREND_WIDTH, TREND_HEIGHT, path, points, marks)


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A column in a box; ``y`` is its middle."""

    y: float
    text: str
    whole: str
    here: bool


@dataclass(frozen=True, slots=True)
class Box:
    """An entry at one distance, with those of its columns that are drawn."""

    x: float
    y: float
    width: float
    height: float
    title: str
    whole: str
    entry: str
    here: bool
    rows: tuple[BoxRow, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as a path, with the step it stands for."""

    path: str
    step: str


@dataclass(frozen=True, slots=True)
class LineagePicture:
    """Boxes from upstream on the left to downstream on the right, and lines between them."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def lineage_picture(view: LineageView, say: Say) -> LineagePicture | None:
    """The picture of lineage; None where there is nothing but the entry itself."""
    if not view.edges:
        return None
    ranks = sorted({node.rank for node in view.nodes})
    boxes: list[Box] = []
    middles: dict[str, tuple[float, float, float]] = {}  # key → left, right, y
    height = 0.0
    for number, rank in enumerate(ranks):
        x, y = number * (_BOX + _GAP) + 1, 1.0
        for group in _groups([node for node in view.nodes if node.rank == rank]):
            box = _box(group, x, y, view, say)
            for node, at in _places(group, box):
                middles[node.key] = (box.x, box.x + box.width, at)
            boxes.append(box)
            y += box.height + _SPACE
        height = max(height, y - _SPACE + 1)
    lines = tuple(
        Line(curve(middles[edge.source], middles[edge.target]), edge.step)
        for edge in view.edges
        if edge.source in middles and edge.target in middles
    )
    return LineagePicture(len(ranks) * (_BOX + _GAP) - _GAP + 2, height, tuple(boxes), lines)


def _groups(nodes: Sequence[LineageNode]) -> list[list[LineageNode]]:
    """Nodes of one entry together, an entry as a whole before its columns."""
    found: dict[str, list[LineageNode]] = {}
    for node in sorted(nodes, key=lambda node: (node.column != "", node.column)):
        found.setdefault(node.entry or node.title.en, []).append(node)
    return [found[key] for key in sorted(found)]


def _box(group: Sequence[LineageNode], x: float, y: float, view: LineageView, say: Say) -> Box:
    first, columns = group[0], [node for node in group if node.column]
    here = first.entry == view.head.id
    title = say(first.title)
    rows = tuple(
        BoxRow(
            y + _HEAD + (number + 0.5) * _ROW,
            shortened(node.column),
            node.column,
            here and node.column == view.column,
        )
        for number, node in enumerate(columns)
    )
    height = _HEAD + len(columns) * _ROW + (4 if columns else 0)
    return Box(x, y, _BOX, height, shortened(title), title, first.entry, here, rows)


def _places(group: Sequence[LineageNode], box: Box) -> list[tuple[LineageNode, float]]:
    rows = iter(box.rows)
    return [(node, next(rows).y if node.column else box.y + _HEAD / 2) for node in group]


def curve(source: tuple[float, float, float], target: tuple[float, float, float]) -> str:
    """A line between two boxes, each given by left, right and y.

    From the right of the source to the left of the target; a step back goes round on the right.
    """
    _, x1, y1 = source
    x2, right, y2 = target
    if x2 <= x1:
        return f"M{x1} {y1:.1f}C{x1 + 40} {y1:.1f} {right + 40} {y2:.1f} {right} {y2:.1f}"
    bend = (x2 - x1) / 2
    return f"M{x1} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2} {y2:.1f}"


def shortened(text: str) -> str:
    """The beginning of a text that fits a box."""
    left = _LETTERS
    for at, sign in enumerate(text):
        left -= 2 if ord(sign) > 0x2E7F else 1
        if left < 0:
            return text[: max(at - 1, 1)] + "…"
    return text
