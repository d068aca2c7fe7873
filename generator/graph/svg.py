"""A diagram as SVG that needs nothing else, light or dark as its reader has it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import escape

from generator.diagnostics import visible
from generator.graph.diagram import Diagram, Look
from generator.graph.layout import (
    HEAD,
    LINE,
    MARGIN,
    PADDING,
    Box,
    Layout,
    Line,
    Point,
    laid_out,
)

_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
# Fill, border and words of each look, by day and by night.
_DAY: dict[Look, tuple[str, str, str]] = {
    "domain": ("#e8f0fa", "#33639c", "#16324f"),
    "command": ("#dcebfd", "#2563a8", "#123a66"),
    "event": ("#ffe9d1", "#b45f06", "#5c3000"),
    "rows": ("#dff3e2", "#2e7d3b", "#143d1c"),
    "policy": ("#eee3fa", "#7141a8", "#3a1f5a"),
    "rule": ("#fae3e3", "#a83a3a", "#5a1b1b"),
    "state": ("#fdf5d8", "#94770f", "#4a3b06"),
    "start": ("#4a4f57", "#4a4f57", "#4a4f57"),
}
_NIGHT: dict[Look, tuple[str, str, str]] = {
    "domain": ("#1c2b3d", "#6fa3dd", "#d6e6f8"),
    "command": ("#16304d", "#5b9be0", "#d3e6fb"),
    "event": ("#43290c", "#e39a45", "#ffe4c4"),
    "rows": ("#16361c", "#5fb870", "#d6f2db"),
    "policy": ("#301f45", "#ab82dc", "#eadcfa"),
    "rule": ("#421d1d", "#dd7f7f", "#fadcdc"),
    "state": ("#3a3110", "#d1b143", "#fbf0c9"),
    "start": ("#c3c8d0", "#c3c8d0", "#c3c8d0"),
}


def written(diagram: Diagram) -> str:
    """The diagram as an SVG document."""
    return "\n".join(_lines(laid_out(diagram))) + "\n"


def _lines(layout: Layout) -> Iterator[str]:
    width, height = _number(layout.width), _number(layout.height)
    title = _text(layout.title)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{title}">'
    )
    yield f"<title>{title}</title>"
    yield "<style>"
    yield from _style()
    yield "</style>"
    yield "<defs>"
    yield (
        '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto-start-reverse">'
        '<path class="head" d="M0 0.5 L8 4 L0 7.5 z"/></marker>'
    )
    yield "</defs>"
    yield f'<rect class="paper" width="{width}" height="{height}"/>'
    yield f'<text class="name" x="{MARGIN}" y="{HEAD}">{title}</text>'
    for line in layout.lines:
        yield _path(line)
    for line in layout.lines:
        yield from _words(line)
    for box in layout.boxes:
        yield from _box(box)
    yield "</svg>"


def _style() -> Iterator[str]:
    yield f"text {{ font: 13px {_FONT}; text-anchor: middle }}"
    yield "text.name { font-size: 15px; font-weight: 600; text-anchor: start }"
    yield "text.title { font-weight: 600 }"
    yield "text.caption { font-size: 11px; opacity: 0.75 }"
    yield "text.line { font-size: 12px }"
    yield "text.words { font-size: 11px; paint-order: stroke; stroke-width: 5px }"
    yield ".box { stroke-width: 1.25 }"
    yield "path.edge { fill: none; stroke-width: 1.4 }"
    yield "path.loose { stroke-dasharray: 5 4 }"
    yield from _colours(_DAY, "#ffffff", "#1d2430", "#7a828e", "#4d5561")
    yield "@media (prefers-color-scheme: dark) {"
    yield from _colours(_NIGHT, "#11151b", "#e8ecf2", "#8b94a1", "#b4bcc8")
    yield "}"


def _colours(
    looks: dict[Look, tuple[str, str, str]],
    paper: str,
    name: str,
    edge: str,
    words: str,
) -> Iterator[str]:
    yield f"rect.paper {{ fill: {paper} }}"
    yield f"text.name {{ fill: {name} }}"
    yield f"path.edge {{ stroke: {edge} }}"
    yield f"path.head {{ fill: {edge} }}"
    yield f"text.words {{ fill: {words}; stroke: {paper} }}"
    for look, (fill, border, ink) in looks.items():
        yield f".{look} .box {{ fill: {fill}; stroke: {border} }}"
        yield f".{look} text {{ fill: {ink} }}"


def _path(line: Line) -> str:
    """The edge as a curve that leaves and reaches everything level."""
    points = line.points
    steps = [f"M{_point(points[0])}"]
    for one, other in pairwise(points):
        half = (other[0] - one[0]) / 2
        first, second = (one[0] + half, one[1]), (other[0] - half, other[1])
        steps.append(f"C{_point(first)} {_point(second)} {_point(other)}")
    look = "edge loose" if line.edge.loose else "edge"
    return f'<path class="{look}" d="{" ".join(steps)}" marker-end="url(#arrow)"/>'


def _words(line: Line) -> Iterator[str]:
    x, y = line.label
    words = line.edge.words
    top = y - (len(words) - 1) * 7.0
    for index, word in enumerate(words):
        at = f'x="{_number(x)}" y="{_number(top + index * 14.0 + 4.0)}"'
        yield f'<text class="words" {at}>{_text(word)}</text>'


def _box(box: Box) -> Iterator[str]:
    node = box.node
    left, top = box.x - box.width / 2, box.y - box.height / 2
    yield f'<g class="{node.look}">'
    if node.look == "start":
        place = f'cx="{_number(box.x)}" cy="{_number(box.y)}"'
        yield f'<circle class="box" {place} r="{_number(box.width / 2)}"/></g>'
        return
    corner = {"state": 14, "event": 10, "policy": 3}.get(node.look, 5)
    yield (
        f'<rect class="box" x="{_number(left)}" y="{_number(top)}" '
        f'width="{_number(box.width)}" height="{_number(box.height)}" rx="{corner}"/>'
    )
    y = top + PADDING / 2 + LINE * 0.75
    if node.caption:
        yield _row("caption", box.x, y, node.caption)
        y += LINE
    yield _row("title", box.x, y, node.title)
    y += 6.0
    for each in node.lines:
        y += LINE
        yield _row("line", box.x, y, each)
    yield "</g>"


def _row(look: str, x: float, y: float, text: str) -> str:
    at = f'x="{_number(x)}" y="{_number(y)}"'
    return f'<text class="{look}" {at}>{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(visible(text), {'"': "&quot;"})


def _point(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
