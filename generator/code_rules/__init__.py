"""The rules that all code of a service keeps, generated or written by hand.

Each rule reads one module of the service and yields what breaks it. Where a rule is
wrong for once, the line says so: `# scaffold: allow L01 the log is read by people`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

from generator.code_rules import clocks, events, naming, reaching, services, values
from generator.code_rules.allowed import unless_allowed
from generator.code_rules.module import Module, parsed
from generator.diagnostics import Diagnostic, Span, in_order

CODES = {
    "L00": "A file of the service is no Python.",
    "L01": "A clock is read where time arrives from outside, or without a time zone.",
    "L02": "A function is not named in snake_case.",
    "L03": "An event is no frozen dataclass that derives from Event.",
    "L04": "An event does not say its event_type, or says that of another.",
    "L05": "A value object can be changed.",
    "L06": "A rule of the business stands outside of the aggregate.",
    "L07": "A policy or a saga asks a query.",
    "L08": "The database is reached for past the infrastructure.",
}

Rule = Callable[[Module], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    clocks.check,
    naming.check,
    events.check,
    values.check,
    services.check,
    reaching.queries,
    reaching.databases,
)


def check(path: str, source: bytes | str, file: str = "") -> tuple[Diagnostic, ...]:
    """What a file of the service breaks; `file` is how its place is to be named."""
    file = file or path
    try:
        text = source if isinstance(source, str) else _decoded(source)
        module = parsed(path, text, file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return (_no_python(file, error),)
    found = (each for rule in RULES for each in rule(module))
    return in_order(unless_allowed(module, found))


def _decoded(source: bytes) -> str:
    """The text, in the encoding that it declares."""
    return importlib.util.decode_source(source)


def _no_python(file: str, error: Exception) -> Diagnostic:
    line, column = 1, 1
    if isinstance(error, SyntaxError):
        line, column = error.lineno or 1, error.offset or 1
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    said = said or "it is nested too deep"
    hint = "until it can be read, no rule can be kept in it"
    return Diagnostic(
        "L00", f"this is no Python: {said}", Span(file, line, column), hint
    )
