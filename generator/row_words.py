"""What expressions over rows have in common: what they may name, and may not read."""

from __future__ import annotations

import ast

from generator.diagnostics import TextError
from generator.expressions import Binding
from generator.expressions.source import Source
from generator.site import Site
from generator.types import DATETIME, INT, STR, UUID

METADATA = {
    "event.at": Binding(DATETIME, "envelope.at", near=True),
    "event.id": Binding(UUID, "envelope.event_id"),
    "event.actor": Binding(STR, "envelope.actor"),
    "event.version": Binding(INT, "envelope.version"),
}


def read_columns(text: str) -> set[str]:
    """The columns that an expression reads as `row.x`."""
    try:
        tree = Source(text).tree
    except TextError:
        return set()
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "row"
    }


def refuse_reading(place: Site, name: str, read: str) -> None:
    """Say why a column cannot be computed from one that another stream fills."""
    place.error(
        "B523",
        f'"{name}" and "{read}" follow different streams, so one cannot read the '
        "other: the value would depend on which stream is read first",
        "carry the value in the event",
    )
