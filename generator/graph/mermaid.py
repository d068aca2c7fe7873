"""A diagram as Mermaid, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterator

from generator.diagnostics import visible
from generator.graph.diagram import Diagram, Look, Node

# How each look is drawn: what stands around its words, and its colours.
_SHAPES: dict[Look, tuple[str, str]] = {
    "domain": ("[", "]"),
    "command": ("[", "]"),
    "event": ("(", ")"),
    "rows": ("[(", ")]"),
    "policy": ("{{", "}}"),
    "rule": ("[/", "/]"),
    "state": ("([", "])"),
    "start": ("((", "))"),
}
_COLOURS: dict[Look, tuple[str, str]] = {
    "domain": ("#dbe7f6", "#33639c"),
    "command": ("#d5e6fb", "#2563a8"),
    "event": ("#ffe3c2", "#b45f06"),
    "rows": ("#d9f0dc", "#2e7d3b"),
    "policy": ("#e9dcf7", "#7141a8"),
    "rule": ("#f7dcdc", "#a83a3a"),
    "state": ("#fdf3d0", "#94770f"),
    "start": ("#555555", "#555555"),
}


def written(diagram: Diagram) -> str:
    """The diagram as a Mermaid flowchart."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "---"
    title = visible(diagram.title).replace("'", "''").replace("%%", "% %")
    yield f"title: '{title}'"
    yield "---"
    yield "flowchart LR"
    ids = {node.key: f"n{index}" for index, node in enumerate(diagram.nodes)}
    for node in diagram.nodes:
        before, after = _SHAPES[node.look]
        words = _quoted(_words(node)) if node.look != "start" else '" "'
        yield f"    {ids[node.key]}{before}{words}{after}:::{node.look}"
    for edge in diagram.edges:
        arrow = "-.->" if edge.loose else "-->"
        words = f"|{_quoted(edge.words)}|" if edge.words else ""
        yield f"    {ids[edge.source]} {arrow}{words} {ids[edge.target]}"
    for look in sorted({node.look for node in diagram.nodes}):
        fill, stroke = _COLOURS[look]
        yield f"    classDef {look} fill:{fill},stroke:{stroke},color:#1d1d1f"


def _words(node: Node) -> tuple[str, ...]:
    head = (node.caption,) if node.caption else ()
    return (*head, node.title, *node.lines)


def _quoted(words: tuple[str, ...]) -> str:
    return '"' + "<br/>".join(map(_escaped, words)) + '"'


def _escaped(word: str) -> str:
    """The words with what Mermaid or HTML would take for its own as its numbers."""
    return "".join(
        char if char.isalnum() or char in " _.,:-?()" else f"#{ord(char)};"
        for char in word
    )
