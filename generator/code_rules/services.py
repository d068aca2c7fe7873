"""L06: handlers, routes and services carry commands; the aggregate decides."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from generator.code_rules.module import Module
from generator.diagnostics import Diagnostic

# What may be refused before a decision: who asks, and what is not there.
NO_RULE = frozenset(
    {"Forbidden", "NotFound", "NotAuthenticated", "NotImplementedError"}
)
OPENING = frozenset({"load", "new"})
STATE = frozenset({"state", "_state", "existing"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def check(module: Module) -> Iterator[Diagnostic]:
    """Refusals that compare what a command asks, and states that are overwritten."""
    carrying = (
        module.is_part("command_handlers", "services")
        or module.parts[0] == "services"
        or module.parts[:2] == ("api", "routers")
    )
    if not carrying:
        return
    for function in module.nodes:
        if isinstance(function, Function):
            commands, aggregates = _spoken_of(module, function)
            for node in _within(function):
                if isinstance(node, ast.If) and _refuses(node):
                    yield from _rule(module, node, commands, aggregates)
                elif isinstance(node, ast.Attribute) and _overwrites(node, aggregates):
                    said = f"{ast.unparse(node)} is overwritten from outside"
                    hint = "let the aggregate record an event, which it then evolves by"
                    yield module.finding("L06", node, said, hint, "warning")


def _within(function: Function) -> Iterator[ast.AST]:
    """What stands in a function, and in no function of it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _spoken_of(module: Module, function: Function) -> tuple[set[str], set[str]]:
    """The names of the commands, and of the aggregates, that a function has."""
    commands: set[str] = set()
    aggregates: set[str] = set()
    arguments = function.args
    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        parts = module.qualified(each.annotation).split(".")
        if parts[0] == "app" and "commands" in parts[2:-1]:
            commands.add(each.arg)
        elif parts[0] == "app" and "aggregate" in parts[2:-1]:
            aggregates.add(each.arg)
    for node in _within(function):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Await(value=ast.Call(func=ast.Attribute(attr=attr))),
            ) if attr in OPENING:
                aggregates.add(name)
    return commands, aggregates


def _refuses(node: ast.If) -> bool:
    """Whether it refuses by a rule, and not for who asks or what is not there."""
    for each in node.body:
        if isinstance(each, ast.Raise) and each.exc is not None:
            error = each.exc.func if isinstance(each.exc, ast.Call) else each.exc
            return ast.unparse(error).split(".")[-1] not in NO_RULE
    return False


def _rule(
    module: Module, node: ast.If, commands: set[str], aggregates: set[str]
) -> Iterator[Diagnostic]:
    """The test, where it compares what a command asks or an aggregate remembers."""
    compared = [
        each
        for one in ast.walk(node.test)
        if isinstance(one, ast.Compare)
        for each in ast.walk(one)
        if isinstance(each, ast.Attribute)
    ]
    for each in compared:
        owner = each.value
        asks = isinstance(owner, ast.Name) and owner.id in commands
        if asks or _is_state(owner, aggregates):
            said = f"a rule on {ast.unparse(each)} is decided outside of the aggregate"
            hint = "move it into the decision of the aggregate, or into the blueprint"
            yield module.finding("L06", node.test, said, hint, "warning")
            return


def _is_state(node: ast.expr, aggregates: set[str]) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            return name in aggregates and attr in STATE
    return False


def _overwrites(node: ast.Attribute, aggregates: set[str]) -> bool:
    stored = isinstance(node.ctx, ast.Store | ast.Del)
    return stored and (_is_state(node, aggregates) or _is_state(node.value, aggregates))
