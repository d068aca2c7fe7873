"""L01: time has a zone, and decisions are told what time it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from generator.code_rules.module import Module
from generator.diagnostics import Diagnostic

NOW = "datetime.datetime.now"
WITHOUT_A_ZONE = frozenset(
    {
        "datetime.datetime.utcnow",
        "datetime.datetime.utcfromtimestamp",
        "datetime.datetime.today",
        "datetime.date.today",
    }
)
CLOCKS = frozenset(
    {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}
    | {"app.common.clock.SystemClock"}
)
# Parts of a domain that give the same answer whenever they are asked.
PURE = {
    "aggregate": "context.now",
    "custom": "context.now",
    "decisions": "context.now",
    "commands": "context.now, in the aggregate",
    "events": "context.now, in the aggregate",
    "value_objects": "context.now, in the aggregate",
    "policies": "envelope.at, when the event happened",
    "sagas": "envelope.at, when the event happened",
    "projectors": "envelope.at, when the event happened",
    "upcasters": "what the old version holds",
}


def check(module: Module) -> Iterator[Diagnostic]:
    """Clocks without a zone everywhere, and any clock in the pure parts."""
    calls = {id(node.func): node for node in module.nodes if isinstance(node, ast.Call)}
    instead = PURE.get(module.parts[1], "") if module.domain else ""
    factories = {
        id(node.value)
        for node in module.nodes
        if isinstance(node, ast.keyword) and node.arg == "default_factory"
    }
    for node in module.nodes:
        if not isinstance(node, ast.Attribute | ast.Name):
            continue
        name = module.qualified(node)
        if not name or not isinstance(node.ctx, ast.Load):
            continue
        call = calls.get(id(node))
        naive = name in WITHOUT_A_ZONE
        if name == NOW:
            naive = id(node) in factories if call is None else not _has_zone(call)
        told = _words(name)
        if instead and (naive or name == NOW or name in CLOCKS):
            said = f"{told} reads a clock, where the same must come out every time"
            yield module.finding("L01", node, said, f"use {instead}")
        elif naive:
            hint = "use `datetime.now(UTC)`, or the `now()` of a Clock that is given"
            yield module.finding("L01", node, f"{told} knows no time zone", hint)


def _has_zone(call: ast.Call) -> bool:
    given = [*call.args[:1], *(each.value for each in call.keywords)]
    return any(
        not (isinstance(each, ast.Constant) and each.value is None) for each in given
    )


def _words(name: str) -> str:
    return ".".join(name.split(".")[-2:])
