# SPDX-License-Identifier: Apache-2.0
"""Curves over one time axis as an SVG: a panel below the other, each with its own scale."""
import html

WIDTH, LEFT, RIGHT, TOP, HEIGHT, GAP = 860, 88, 20, 44, 84, 34
COLOURS = ("#1f5fa8", "#c2571a", "#3a7d44")


def nice_top(value):
    """A round number not below `value`."""
    step = 1.0
    while step * 10 < value:
        step *= 10
    return next(step * part for part in (1, 2, 2.5, 5, 10) if step * part >= value) if value > 1 else 1.0


def label(value):
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def text(x, y, words, anchor="start", weight="normal"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}">'
            f"{html.escape(words)}</text>")


def panel(times, title, curves, top):
    """`curves`: name -> values, one for every time."""
    across = (WIDTH - LEFT - RIGHT) / max(times[-1], 1)
    highest = nice_top(max(max(values) for values in curves.values()))
    yield text(LEFT, top - 6, title, weight="bold")
    for share in (0, 0.5, 1):
        y = top + HEIGHT * (1 - share)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d8d8d8"/>'
        yield text(LEFT - 6, y + 4, label(highest * share), "end")
    for number, (name, values) in enumerate(curves.items()):
        points = " ".join(f"{LEFT + time * across:.1f},{top + HEIGHT * (1 - value / highest):.1f}"
                          for time, value in zip(times, values))
        colour = COLOURS[number]
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        if len(curves) > 1:
            x = WIDTH - RIGHT - 150 * (len(curves) - number)
            yield f'<rect x="{x}" y="{top - 14}" width="10" height="10" fill="{colour}"/>'
            yield text(x + 15, top - 5, name)


def svg(title, times, panels):
    """`panels`: list of (title, {curve: values}); times in seconds from 0, rising."""
    total = TOP + len(panels) * (HEIGHT + GAP) + 20
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" ' +
             f'viewBox="0 0 {WIDTH} {total}" font-family="sans-serif" font-size="12">',
             "<!-- SPDX-License-Identifier: Apache-2.0 -->",
             f'<rect width="{WIDTH}" height="{total}" fill="#ffffff"/>',
             text(LEFT, 18, title, weight="bold")]
    for number, (name, curves) in enumerate(panels):
        lines.extend(panel(times, name, curves, TOP + number * (HEIGHT + GAP)))
    bottom = TOP + len(panels) * (HEIGHT + GAP) - GAP
    for part in range(7):
        x = LEFT + (WIDTH - LEFT - RIGHT) * part / 6
        lines.append(text(x, bottom + 18, f"{times[-1] * part / 6:.0f} s", "middle"))
    return "\n".join([*lines, "</svg>", ""])
