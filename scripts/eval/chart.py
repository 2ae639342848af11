# SPDX-License-Identifier: Apache-2.0
"""Charts of shares (0 to 1 on both axes, or named rows) as SVG, without a library.

The same figures give the same bytes on every machine, so the charts can be committed and compared.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

SIZE, LEFT, TOP, RIGHT, BOTTOM = 300, 52, 34, 14, 40
LEGEND = 200
ROW, NAMES = 20, 150
COLOURS = ("#1f5fa8", "#c2571a", "#3a7d44", "#8a4f9e", "#666666")
GRID, PALE = "#d8d8d8", "#9db9d9"

Point = tuple[float, float]
Bar = tuple[str, float, "tuple[float, float] | None"]  # name, share, interval


def text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{html.escape(words)}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width:g}"/>'
    )


def page(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            'font-family="sans-serif" font-size="12">',
            "<!-- SPDX-License-Identifier: Apache-2.0 -->",
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
            text(LEFT, 18, title, weight="bold"),
            *parts,
            "</svg>",
            "",
        ]
    )


def place(point: Point) -> Point:
    return LEFT + SIZE * point[0], TOP + SIZE * (1 - point[1])


def frame(across: str, up: str) -> list[str]:
    parts = []
    for step in range(6):
        share = step / 5
        x, y = place((share, share))
        parts += [
            line(LEFT, y, LEFT + SIZE, y, GRID),
            line(x, TOP, x, TOP + SIZE, GRID),
            text(LEFT - 6, y + 4, f"{share:g}", "end"),
            text(x, TOP + SIZE + 15, f"{share:g}", "middle"),
        ]
    return [
        *parts,
        text(LEFT + SIZE / 2, TOP + SIZE + 32, across, "middle"),
        f'<g transform="rotate(-90 14 {TOP + SIZE / 2:.0f})">'
        + text(14, TOP + SIZE / 2, up, "middle")
        + "</g>",
    ]


def polyline(points: Sequence[Point], colour: str) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, points))
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>'


def precision_recall(title: str, curves: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """`curves`: name -> points, each beginning with recall and precision."""
    parts = frame("recall", "precision")
    for number, (name, points) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        if points:
            parts.append(polyline([(point[0], point[1]) for point in points], colour))
        x, y = LEFT + SIZE + RIGHT, TOP + 14 + 20 * number
        parts += [line(x, y - 4, x + 18, y - 4, colour, 3), text(x + 24, y, name)]
    return page(LEFT + SIZE + RIGHT + LEGEND, TOP + SIZE + BOTTOM, title, parts)


def reliability(title: str, bins: Sequence[Mapping[str, object]]) -> str:
    """Said probability across, share that was true up, with its interval; the line is perfect."""
    parts = [*frame("probability given", "share that was true"), polyline([(0, 0), (1, 1)], GRID)]
    points: list[Point] = []
    for cell in bins:
        low, high = cell["interval"]  # type: ignore[misc]
        point = (float(cell["mean_p"]), float(cell["share"]))  # type: ignore[arg-type]
        points.append(point)
        x, y = place(point)
        parts += [
            line(x, place((0, low))[1], x, place((0, high))[1], PALE, 3),
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COLOURS[0]}"/>',
        ]
    parts.append(polyline(points, COLOURS[0]))
    return page(LEFT + SIZE + RIGHT, TOP + SIZE + BOTTOM, title, parts)


def bars(title: str, rows: Sequence[Bar]) -> str:
    """One bar for a name, from 0 to 1, with its interval."""
    bottom = TOP + ROW * len(rows)
    parts = []
    for step in range(6):
        x = NAMES + SIZE * step / 5
        parts += [
            line(x, TOP, x, bottom, GRID),
            text(x, bottom + 15, f"{step / 5:g}", "middle"),
        ]
    for number, (name, share, interval) in enumerate(rows):
        y = TOP + ROW * number
        parts += [
            text(NAMES - 8, y + 14, name, "end"),
            f'<rect x="{NAMES}" y="{y + 4}" width="{SIZE * share:.1f}" height="{ROW - 8}" '
            f'fill="{PALE}"/>',
        ]
        if interval:
            low, high = (NAMES + SIZE * end for end in interval)
            parts.append(line(low, y + ROW / 2, high, y + ROW / 2, COLOURS[0], 2))
        parts.append(text(NAMES + SIZE + 10, y + 14, f"{share:.3f}"))
    return page(NAMES + SIZE + 70, bottom + 26, title, parts)
