"""How a module listens to the events of another one: what it calls them."""

from __future__ import annotations

from collections.abc import Iterator

from generator import model, names
from generator.shapes import DomainShape
from generator.symbols import SHARED, Module, View


def listened(aggregate: model.Aggregate, view: View) -> model.Source:
    """The events of an aggregate by the names that this module prints for them.

    A name that another module has too carries its domain, as everywhere.
    """
    home = aggregate.kind.partition(".")[0]
    events = tuple(event.name for event in aggregate.events)
    if home == view.module:
        return model.Source(aggregate.stored_kind, aggregate.union, events, "")
    others = {
        name
        for module in view.symbols.modules.values()
        if module.name != home
        for name in _classes(module)
    }
    printed = {
        name: names.pascal(home) + name if name in others else name
        for name in (*events, aggregate.union)
    }
    brought = ", ".join(
        name if name == called else f"{name} as {called}"
        for name, called in printed.items()
    )
    return model.Source(
        aggregate.stored_kind,
        printed[aggregate.union],
        tuple(printed[name] for name in events),
        f"from app.{home}.events import {brought}",
    )


def declares(view: View, name: str) -> bool:
    """Whether this module has a class of this name already."""
    return name in _classes(view.symbols.modules[view.module])


def _classes(module: Module) -> Iterator[str]:
    """What a module declares, as the classes of its generated code."""
    shape = module.shape
    for group in (shape.types, shape.enums, shape.value_objects):
        yield from group
    if module.name == SHARED or not isinstance(shape, DomainShape):
        return
    yield from shape.read_models
    for name, aggregate in shape.aggregates.items():
        yield from (name, f"{name}Event", *aggregate.events, *aggregate.commands)
