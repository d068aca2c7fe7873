"""L05: value objects are what they are; another value is another object."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from generator.code_rules.module import Module, decorator, methods, plain, switched_on
from generator.diagnostics import Diagnostic

DATACLASSES = ("dataclasses.dataclass", "pydantic.dataclasses.dataclass")
MODELS = frozenset({"pydantic.BaseModel", "pydantic.RootModel"})
STRUCT = "msgspec.Struct"
CONFIG = "model_config"
# Methods in which an object is still being made.
MAKING = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})


def check(module: Module) -> Iterator[Diagnostic]:
    """Value objects that anybody could change, and those that change themselves."""
    shared = module.parts[:2] == ("shared", "value_objects")
    if not (shared or module.is_part("value_objects")):
        return
    for node in module.nodes:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if way := _way_to_freeze(module, node):
                said = f"{node.name} can be changed after it was checked"
                yield module.finding("L05", node, said, way)
            for method in methods(node):
                if method.name not in MAKING:
                    yield from _changes(module, node, method)


def _way_to_freeze(module: Module, node: ast.ClassDef) -> str:
    """What would freeze it; nothing where it is frozen, or nobody can tell."""
    for name in DATACLASSES:
        found = decorator(module, node, name)
        if found is not None and switched_on(found, "frozen") is False:
            return "write `@dataclass(frozen=True, slots=True, kw_only=True)`"
    bases = {module.qualified(plain(base)) for base in node.bases}
    if STRUCT in bases and switched_on(node, "frozen") is False:
        return f"write `class {node.name}(Struct, frozen=True)`"
    if bases & MODELS and not _configured(node):
        return "write `model_config = ConfigDict(frozen=True)`"
    return ""


def _configured(node: ast.ClassDef) -> bool:
    """Whether a model is frozen, or is configured in a way that the text hides."""
    if switched_on(node, "frozen") is not False:
        return True
    for each in node.body:
        match each:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name == CONFIG:
                return _says_frozen(value)
    return False


def _says_frozen(value: ast.expr) -> bool:
    match value:
        case ast.Call():
            return switched_on(value, "frozen") is not False
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return any(
                key is None
                or (ast.unparse(key) == "'frozen'" and ast.unparse(each) != "False")
                for key, each in pairs
            )
    return True


def _changes(
    module: Module, owner: ast.ClassDef, method: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[Diagnostic]:
    arguments = [*method.args.posonlyargs, *method.args.args]
    if not arguments:
        return
    myself = arguments[0].arg
    hint = f"return another {owner.name}, as `dataclasses.replace` does"
    for node in ast.walk(method):
        if _sets(node, myself):
            assert isinstance(node, ast.expr)
            said = f"{owner.name}.{method.name} changes the value that it is of"
            yield module.finding("L05", node, said, hint)


def _sets(node: ast.AST, myself: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
            return name == myself
        case ast.Call(
            func=ast.Attribute(
                value=ast.Name(id="object"), attr="__setattr__" | "__delattr__"
            ),
            args=[ast.Name(id=name), *_],
        ):
            return name == myself
    return False
