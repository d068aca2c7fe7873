"""A picture as data: what is to be drawn, and what leads where; no place is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Look = Literal["domain", "command", "event", "rows", "policy", "rule", "state", "start"]


@dataclass(frozen=True, slots=True)
class Node:
    """A thing: its title, a caption over it, and lines of detail below."""

    key: str
    look: Look
    title: str
    caption: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """What leads from one node to another; lines of words stand on it.

    What is `loose` does not happen by itself, or only later.
    """

    source: str
    target: str
    words: tuple[str, ...] = ()
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """A picture: nodes by their keys, in the order in which they are first named."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class Sketch:
    """A diagram that is being put together: each node once, edges of a pair as one."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, bool], list[str]] = {}

    def node(self, node: Node) -> str:
        """Add a node, if it is not there yet; its key."""
        self._nodes.setdefault(node.key, node)
        return node.key

    def edge(self, source: str, target: str, *words: str, loose: bool = False) -> None:
        """Add an edge, or more words to one that is there."""
        found = self._edges.setdefault((source, target, loose), [])
        found += [word for word in words if word not in found]

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    @property
    def diagram(self) -> Diagram:
        """What has been put together."""
        edges = tuple(
            Edge(source, target, tuple(words), loose)
            for (source, target, loose), words in self._edges.items()
            if source in self._nodes and target in self._nodes
        )
        return Diagram(self._title, tuple(self._nodes.values()), edges)
