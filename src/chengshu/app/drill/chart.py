"""Line charts as SVG, drawn on the server: no script, prints well, and always beside a table twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 880, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 36


@dataclass(frozen=True, slots=True)
class Line:
    """One line: (seconds, value) points, its name, and a dash pattern so that colour is not the only sign."""

    name: str
    points: Sequence[Sequence[float]]
    css: str
    dash: str = ""


def nice_step(span: float, most: int = 6) -> float:
    """A round step (1, 2 or 5 times a power of ten) that divides ``span`` into at most ``most`` parts."""
    if span <= 0:
        return 1.0
    step = 10.0 ** len(str(int(span)))
    while span / step < most:
        for factor in (2.0, 2.5, 2.0):
            if span / (step / factor) > most:
                return step
            step /= factor
    return step


def line_chart(lines: Sequence[Line], unit: str, x_name: str, title: str) -> str:
    """An SVG of the lines over hours from the start; ``title`` is read out by screen readers."""
    end = max((point[0] for line in lines for point in line.points), default=3600.0) or 3600.0
    top = max((point[1] for line in lines for point in line.points), default=1.0) or 1.0
    step = nice_step(top)
    top = step * -(-top // step)

    def x(seconds: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / end

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for index in range(round(top / step) + 1):
        value = index * step
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
        )
        parts.append(
            f'<text class="tick" x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:,.6g}</text>'
        )
    hours = max(1, round(nice_step(end / 3600, 12)))
    for hour in range(0, int(end // 3600) + 1, hours):
        parts.append(
            f'<text class="tick" x="{x(hour * 3600):.1f}" y="{HEIGHT - BOTTOM + 18}" '
            f'text-anchor="middle">{hour}</text>'
        )
    parts.append(
        f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">{escape(x_name)}</text>'
    )
    parts.append(f'<text class="tick" x="4" y="{TOP - 4}">{escape(unit)}</text>')
    for line in lines:
        path = " ".join(f"{x(point[0]):.1f},{y(point[1]):.1f}" for point in line.points)
        dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
        parts.append(f'<polyline class="{line.css}" points="{path}"{dash}/>')
    parts.append("</svg>")
    return "".join(parts)
