"""L03 and L04: what an event is, and that it says which."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from enum import Enum

from generator.code_rules.module import Module, decorator, plain, switched_on
from generator.diagnostics import Diagnostic

EVENT = "app.common.events.Event"
DATACLASS = "dataclasses.dataclass"
TYPE = "event_type"
_WORD = re.compile(r"\w+")
FROZEN = "@dataclass(frozen=True, slots=True, kw_only=True)"


class Descent(Enum):
    """What is known about where a class comes from."""

    EVENT = "event"
    NONE = "none"
    ELSEWHERE = "elsewhere"
    """From a class that this module does not show."""


def check(module: Module) -> Iterator[Diagnostic]:
    """Events that are none, and those that do not say what they are stored as."""
    if not module.is_part("events"):
        return
    bases = {
        base.id
        for node in module.classes.values()
        for base in map(plain, node.bases)
        if isinstance(base, ast.Name)
    }
    types: dict[str, str] = {}
    for name, node in module.classes.items():
        descent = _descent(module, node, frozenset())
        if descent is Descent.EVENT:
            yield from _frozen(module, node)
            if name not in bases:
                yield from _typed(module, node, types)
        elif descent is Descent.NONE and _is_meant_as_one(module, node, bases):
            said = f"{name} is an event that does not derive from Event"
            yield module.finding("L03", node, said, f"write `class {name}(Event)`")


def _descent(module: Module, node: ast.ClassDef, seen: frozenset[str]) -> Descent:
    found = Descent.NONE
    for base in map(plain, node.bases):
        full = module.qualified(base)
        name = base.id if isinstance(base, ast.Name) else ""
        if full == EVENT:
            return Descent.EVENT
        if name in module.classes and name not in seen:
            above = _descent(module, module.classes[name], seen | {name})
            if above is Descent.EVENT:
                return above
            found = found if above is Descent.NONE else above
        elif full or hasattr(builtins, name):
            found = Descent.ELSEWHERE
    return found


def _is_meant_as_one(module: Module, node: ast.ClassDef, bases: set[str]) -> bool:
    """Whether a class is there to be recorded, and not to be part of an event."""
    if node.name in bases or node.name.startswith("_"):
        return False
    if _type_of(node) is not None or node.name in _united(module):
        return True
    return decorator(module, node, DATACLASS) is not None and not _used(module, node)


def _united(module: Module) -> set[str]:
    """The classes that the type of all events of an aggregate lists."""
    found: set[str] = set()
    for each in module.tree.body:
        match each:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name.endswith("Event"):
                nodes = ast.walk(value)
                found |= {one.id for one in nodes if isinstance(one, ast.Name)}
    return found


def _used(module: Module, node: ast.ClassDef) -> bool:
    """Whether another class, or a function, of the module speaks of it."""
    inside = {id(each) for each in ast.walk(node)}
    for each in module.nodes:
        if id(each) in inside:
            continue
        match each:
            case ast.Name(id=name) if name == node.name:
                return True
            case ast.Constant(value=str(text)) if node.name in _WORD.findall(text):
                return True
    return False


def _frozen(module: Module, node: ast.ClassDef) -> Iterator[Diagnostic]:
    found = decorator(module, node, DATACLASS)
    if found is None and not node.decorator_list:
        said = f"{node.name} is no dataclass, so that it holds nothing"
        yield module.finding("L03", node, said, f"write `{FROZEN}` above it")
    elif found is not None and switched_on(found, "frozen") is False:
        said = f"{node.name} can be changed after it happened"
        yield module.finding("L03", node, said, f"write `{FROZEN}` above it")


def _type_of(node: ast.ClassDef) -> ast.Assign | ast.AnnAssign | None:
    for each in node.body:
        match each:
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ) if name == TYPE:
                return each
    return None


def _typed(
    module: Module, node: ast.ClassDef, types: dict[str, str]
) -> Iterator[Diagnostic]:
    expected = f"{module.domain}.{node.name}"
    hint = f'write `{TYPE}: ClassVar[str] = "{expected}"`'
    found = _type_of(node)
    if found is None or found.value is None:
        said = f"{node.name} does not say its {TYPE}, by which the log knows it"
        yield module.finding("L04", node, said, hint)
        return
    if isinstance(found, ast.AnnAssign) and "ClassVar" not in ast.unparse(
        found.annotation
    ):
        said = f"the {TYPE} of {node.name} is a field, which every event could change"
        yield module.finding("L04", found, said, hint)
        return
    if not isinstance(found.value, ast.Constant):
        said = f"the {TYPE} of {node.name} is no plain text"
        yield module.finding("L04", found.value, said, hint)
        return
    stored = str(found.value.value)
    if other := types.get(stored):
        said = f'{node.name} is stored as "{stored}", as {other} is'
        yield module.finding("L04", found.value, said, hint)
    elif stored != expected:
        said = f'{node.name} is stored as "{stored}", which is another name'
        yield module.finding("L04", found.value, said, hint)
    types.setdefault(stored, node.name)
