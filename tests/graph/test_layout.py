"""Whatever is drawn: nothing overlaps, and every line leads where it says."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.graph.diagram import Diagram, Edge, Node
from generator.graph.layout import MARGIN, Box, Layout, laid_out

KEYS = "abcdefghij"


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    """Any nodes, and any edges between them: circles, islands, pairs both ways."""
    keys = KEYS[: draw(st.integers(1, len(KEYS)))]
    nodes = tuple(
        Node(key, "event", key * draw(st.integers(1, 20)), "shop", ("to x",) * (n % 3))
        for n, key in enumerate(keys)
    )
    pairs = [(one, other) for one in keys for other in keys if one != other]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    edges = tuple(
        Edge(one, other, ("words",) * draw(st.integers(0, 3))) for one, other in chosen
    )
    return Diagram("Drawn by chance", nodes, edges)


def apart(one: Box, other: Box) -> bool:
    """Whether two boxes do not touch."""
    return (
        abs(one.x - other.x) >= (one.width + other.width) / 2
        or abs(one.y - other.y) >= (one.height + other.height) / 2
    )


@settings(max_examples=60, deadline=None)
@given(diagrams())
def test_boxes_are_apart_and_on_the_paper(diagram: Diagram) -> None:
    layout = laid_out(diagram)
    assert all(apart(one, other) for one, other in combinations(layout.boxes, 2))
    for box in layout.boxes:
        assert box.x - box.width / 2 >= MARGIN - 0.1
        assert box.x + box.width / 2 <= layout.width - MARGIN + 0.1
        assert box.y + box.height / 2 <= layout.height - MARGIN + 0.1


@settings(max_examples=60, deadline=None)
@given(diagrams())
def test_a_line_runs_from_its_source_to_its_target(diagram: Diagram) -> None:
    layout = laid_out(diagram)
    boxes = {box.node.key: box for box in layout.boxes}
    assert [line.edge for line in layout.lines] == list(diagram.edges)
    for line in layout.lines:
        for key, (x, y) in (
            (line.edge.source, line.points[0]),
            (line.edge.target, line.points[-1]),
        ):
            assert abs(abs(x - boxes[key].x) - boxes[key].width / 2) < 0.1
            assert y == boxes[key].y


@settings(max_examples=60, deadline=None)
@given(diagrams())
def test_no_line_passes_through_a_box(diagram: Diagram) -> None:
    layout = laid_out(diagram)
    for line in layout.lines:
        for box in layout.boxes:
            if box.node.key not in (line.edge.source, line.edge.target):
                assert not crossed(box, layout, line.points)


def crossed(box: Box, layout: Layout, points: tuple[tuple[float, float], ...]) -> bool:
    """Whether a bend of the line lies in the box."""
    return any(
        abs(x - box.x) < box.width / 2 and abs(y - box.y) < box.height / 2
        for x, y in points
    )


def test_of_two_orders_the_one_without_crossings_is_found() -> None:
    nodes = tuple(Node(key, "event", key) for key in "abcd")
    layout = laid_out(Diagram("Two", nodes, (Edge("a", "d"), Edge("b", "c"))))
    y = {box.node.key: box.y for box in layout.boxes}
    assert (y["a"] < y["b"]) == (y["d"] < y["c"])


def test_a_circle_is_drawn_forward_but_for_one_line_back() -> None:
    nodes = tuple(Node(key, "state", key) for key in "abc")
    circle = (Edge("a", "b"), Edge("b", "c"), Edge("c", "a", ("again",)))
    x = [box.x for box in laid_out(Diagram("Round", nodes, circle)).boxes]
    assert x == sorted(set(x))
