"""Where everything of a diagram stands: in layers, with few crossings.

Edges that lead back are turned around for a while, long ones get a bend in each layer
that they pass, and words on an edge have a place of their own between two layers. Then
the layers are ordered by where their neighbours stand, and drawn apart evenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from generator.graph.diagram import Diagram, Edge, Node

LINE = 17.0
PADDING = 14.0
BETWEEN_LAYERS = 42.0
BETWEEN_WORDS = 24.0
BETWEEN_NODES = 18.0
BETWEEN_BENDS = 8.0
MARGIN = 28.0
HEAD = 34.0
SWEEPS = 12

_NARROW = frozenset("fijlrtI.,:;'|()[] ")
_WIDE = frozenset("mwMWGOQ@%—")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its middle and its size."""

    node: Node
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as the points that it passes; its words stand at `label`."""

    edge: Edge
    points: tuple[Point, ...]
    label: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """A diagram with a place for everything."""

    title: str
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


@dataclass(slots=True)
class _Item:
    """What takes room in a layer: a node, a bend of an edge, or the words on one."""

    width: float
    height: float
    layer: int = 0
    y: float = 0.0
    is_node: bool = True


def text_width(text: str, size: float = 13.0) -> float:
    """About how wide a text is, rather too wide than too narrow."""
    units = sum(
        0.36 if char in _NARROW else 0.92 if char in _WIDE else _unit(char)
        for char in text
    )
    return units * size


def _unit(char: str) -> float:
    if char.isupper() or not char.isascii():
        return 0.74
    return 0.60


def size(node: Node) -> tuple[float, float]:
    """How much room a node takes."""
    if node.look == "start":
        return 16.0, 16.0
    rows = [text_width(node.title) * 1.06]
    rows += [text_width(node.caption, 11.0)] if node.caption else []
    rows += [text_width(each, 12.0) for each in node.lines]
    count = len(rows)
    gap = 6.0 if node.lines else 0.0
    return max(rows) + 2 * PADDING, count * LINE + gap + PADDING


def words_size(words: Sequence[str]) -> tuple[float, float]:
    """How much room the words on an edge take."""
    widest = max((text_width(each, 11.0) for each in words), default=0.0)
    return widest + 8.0, max(len(words) * 14.0, 1.0)


def laid_out(diagram: Diagram) -> Layout:
    """A place for everything; the same diagram always gets the same ones."""
    items = {node.key: _Item(*size(node)) for node in diagram.nodes}
    forward = _forward(diagram)
    _layers(diagram, forward, items)
    chains = _chains(forward, items)
    layers = _ordered(items, chains)
    widths = [max(items[key].width for key in layer) for layer in layers]
    xs = _spread(layers, widths, items)
    _settled(layers, items, chains)
    top = min((each.y - each.height / 2 for each in items.values()), default=0.0)
    shift = MARGIN + HEAD - top
    boxes = tuple(
        Box(node, xs[item.layer], item.y + shift, item.width, item.height)
        for node in diagram.nodes
        for item in (items[node.key],)
    )
    lines = tuple(
        _line(edge, chain, back, items, xs, widths, shift)
        for (edge, back), chain in zip(forward, chains, strict=True)
    )
    bottom = max((each.y + each.height / 2 for each in items.values()), default=0.0)
    right = max(
        (xs[each.layer] + each.width / 2 for each in items.values()), default=0.0
    )
    title = text_width(diagram.title, 15.0) + 2 * MARGIN
    return Layout(
        diagram.title, boxes, lines, max(right + MARGIN, title), bottom + shift + MARGIN
    )


def _forward(diagram: Diagram) -> list[tuple[Edge, bool]]:
    """Each edge, and whether it leads back and is to be turned around."""
    after: dict[str, list[Edge]] = {node.key: [] for node in diagram.nodes}
    for edge in diagram.edges:
        after[edge.source].append(edge)
    done: set[str] = set()
    back: set[tuple[str, str, bool]] = set()
    for node in diagram.nodes:
        open_nodes: dict[str, int] = {}
        waiting = [node.key] if node.key not in done else []
        while waiting:
            key = waiting[-1]
            index = open_nodes.setdefault(key, 0)
            if index == len(after[key]):
                done.add(key)
                waiting.pop()
                del open_nodes[key]
                continue
            open_nodes[key] = index + 1
            edge = after[key][index]
            if edge.target in open_nodes:
                back.add((edge.source, edge.target, edge.loose))
            elif edge.target not in done:
                waiting.append(edge.target)
    return [(e, (e.source, e.target, e.loose) in back) for e in diagram.edges]


def _ends(edge: Edge, back: bool) -> tuple[str, str]:
    return (edge.target, edge.source) if back else (edge.source, edge.target)


def _layers(
    diagram: Diagram, forward: Sequence[tuple[Edge, bool]], items: Mapping[str, _Item]
) -> None:
    """Each node in the layer after the last one that leads to it."""
    before: dict[str, list[tuple[str, int]]] = {key: [] for key in items}
    waits: dict[str, int] = dict.fromkeys(items, 0)
    after: dict[str, list[str]] = {key: [] for key in items}
    for edge, back in forward:
        source, target = _ends(edge, back)
        if source != target:
            before[target].append((source, 2 if edge.words else 1))
            after[source].append(target)
            waits[target] += 1
    ready = [key for key, count in waits.items() if not count]
    while ready:
        key = ready.pop(0)
        steps = [items[each].layer + length for each, length in before[key]]
        items[key].layer = max(steps, default=0)
        for each in after[key]:
            waits[each] -= 1
            if not waits[each]:
                ready.append(each)


def _chains(
    forward: Sequence[tuple[Edge, bool]], items: dict[str, _Item]
) -> list[list[str]]:
    """The items that each edge passes; bends and words become items of their own."""
    chains = []
    for index, (edge, back) in enumerate(forward):
        source, target = _ends(edge, back)
        first, last = items[source].layer, items[target].layer
        middle = (first + last) // 2
        chain = [source]
        for layer in range(first + 1, last):
            width, height = words_size(edge.words) if layer == middle else (1.0, 1.0)
            key = f"\x00{index}.{layer}"
            items[key] = _Item(width, height, layer, is_node=False)
            chain.append(key)
        chains.append([*chain, target])
    return chains


def _ordered(
    items: Mapping[str, _Item], chains: Sequence[Sequence[str]]
) -> list[list[str]]:
    """The layers, each in an order in which few edges cross."""
    last = max((each.layer for each in items.values()), default=0)
    layers: list[list[str]] = [[] for _ in range(last + 1)]
    for key, item in items.items():
        layers[item.layer].append(key)
    before, after = _neighbours(items, chains)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            beside = before if down else after
            spots = {key: index for each in layers for index, key in enumerate(each)}
            layer.sort(
                key=lambda key: (
                    _mean([spots[each] for each in beside[key]], spots[key]),
                    spots[key],
                )
            )
    return layers


def _neighbours(
    items: Mapping[str, _Item], chains: Sequence[Sequence[str]]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    before: dict[str, list[str]] = {key: [] for key in items}
    after: dict[str, list[str]] = {key: [] for key in items}
    for chain in chains:
        for one, other in pairwise(chain):
            if one != other:
                after[one].append(other)
                before[other].append(one)
    return before, after


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _spread(
    layers: Sequence[Sequence[str]],
    widths: Sequence[float],
    items: Mapping[str, _Item],
) -> list[float]:
    """The middle of each layer."""
    xs, x = [], MARGIN
    for layer, width in zip(layers, widths, strict=True):
        xs.append(x + width / 2)
        holds_nodes = any(items[key].is_node for key in layer)
        x += width + (BETWEEN_LAYERS if holds_nodes else BETWEEN_WORDS)
    return xs


def _settled(
    layers: Sequence[Sequence[str]],
    items: Mapping[str, _Item],
    chains: Sequence[Sequence[str]],
) -> None:
    """Each item as near to its neighbours as the others in its layer let it."""
    for layer in layers:
        _pushed_apart(layer, items)
    before, after = _neighbours(items, chains)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        beside = before if down else after
        for layer in layers if down else reversed(layers):
            for key in layer:
                near = [items[each].y for each in beside[key]]
                items[key].y = _mean(near, items[key].y)
            _pushed_apart(layer, items)


def _pushed_apart(layer: Sequence[str], items: Mapping[str, _Item]) -> None:
    """The items of a layer in their order, without touching, moved as one block."""
    blocks: list[tuple[list[str], float, float]] = []
    for key in layer:
        members, height = [key], _room(items[key])
        middle = items[key].y
        while blocks and middle - height / 2 < blocks[-1][1] + blocks[-1][2] / 2:
            above, centre, tall = blocks.pop()
            count, more = len(above), len(members)
            total = tall + height
            # Where each block would be centred if it were alone, by its members.
            wanted = (
                (centre - tall / 2 + total / 2) * count
                + (middle + height / 2 - total / 2) * more
            ) / (count + more)
            members, height, middle = [*above, *members], total, wanted
        blocks.append((members, middle, height))
    for members, middle, height in blocks:
        y = middle - height / 2
        for key in members:
            room = _room(items[key])
            items[key].y = y + room / 2
            y += room


def _room(item: _Item) -> float:
    return item.height + (BETWEEN_NODES if item.is_node else BETWEEN_BENDS)


def _line(
    edge: Edge,
    chain: Sequence[str],
    back: bool,
    items: Mapping[str, _Item],
    xs: Sequence[float],
    widths: Sequence[float],
    shift: float,
) -> Line:
    places = [(xs[items[key].layer], items[key].y + shift) for key in chain]
    first, last = items[chain[0]], items[chain[-1]]
    start = (places[0][0] + first.width / 2, places[0][1])
    end = (places[-1][0] - last.width / 2, places[-1][1])
    inner: list[Point] = []
    for key, (x, y) in zip(chain, places, strict=True):
        # Level through the whole layer, so that no node of it is crossed.
        half = widths[items[key].layer] / 2
        inner += [(x - half, y), (x + half, y)]
    middle = (items[chain[0]].layer + items[chain[-1]].layer) // 2
    label = (xs[middle], places[middle - items[chain[0]].layer][1])
    points = [start, *inner[1:-1], end]
    return Line(edge, tuple(reversed(points) if back else points), label)
