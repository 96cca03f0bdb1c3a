"""What the decisions of a rule file need of each other, drawn as plain numbers for SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chengshu.console.model.rules import Requirement
from chengshu.console.pictures import Say, curve, shortened

_WIDTH, _HEIGHT, _GAP, _SPACE = 200.0, 34.0, 64.0, 12.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A box with rounded ends for an input, square for a decision, cut for knowledge (DMN 1.5, 6.2)."""

    x: float
    y: float
    width: float
    height: float
    title: str
    of: Requirement


@dataclass(frozen=True, slots=True)
class RequirementPicture:
    """Shapes from what is given on the left to what is decided on the right, and lines between them."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    lines: tuple[str, ...]


def requirement_picture(requirements: Sequence[Requirement], say: Say) -> RequirementPicture | None:
    """The picture; None where nothing needs anything."""
    if not any(one.needs for one in requirements):
        return None
    ranks = sorted({one.rank for one in requirements})
    columns = [[one for one in requirements if one.rank == rank] for rank in ranks]
    high = max(len(column) for column in columns) * (_HEIGHT + _SPACE) - _SPACE
    shapes: dict[str, Shape] = {}
    for number, column in enumerate(columns):
        top = (high - len(column) * (_HEIGHT + _SPACE) + _SPACE) / 2
        for at, one in enumerate(column):
            x, y = number * (_WIDTH + _GAP) + 1, top + at * (_HEIGHT + _SPACE) + 1
            shapes[one.id] = Shape(x, y, _WIDTH, _HEIGHT, shortened(say(one.label) or one.name), one)
    lines = [
        curve(_sides(shapes[needed]), _sides(shape))
        for shape in shapes.values()
        for needed in shape.of.needs
        if needed in shapes and needed != shape.of.id
    ]
    width = len(columns) * (_WIDTH + _GAP) - _GAP + 2
    return RequirementPicture(width, high + 2, tuple(shapes.values()), tuple(lines))


def _sides(shape: Shape) -> tuple[float, float, float]:
    return shape.x, shape.x + shape.width, shape.y + shape.height / 2
