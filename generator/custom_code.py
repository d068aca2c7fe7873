"""Custom code beside its contract: what is still to be written, and what differs.

Both are read as text: `decisions.py`, as it was generated, and `custom.py`, which is
its author's and never run here. A name that is bound in a way that the text does not
explain, as by an import, counts as written: its type is for mypy to judge.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.diagnostics import Diagnostic, Severity, Span
from generator.stubs import stub

CODES = {
    "P201": "A custom function is not written yet.",
    "P202": "A custom function is missing.",
    "P203": "A custom function does not take what it is given.",
    "P204": "A file of custom code is no Python.",
}

CONTRACT = "Decisions"
EVERYTHING = "*"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def unfilled(
    contract: str, custom: str | None, file: str = "custom.py"
) -> tuple[Diagnostic, ...]:
    """What is left to do in `custom.py`, which is None where there is no such file."""
    text = custom or ""
    try:
        bound = _bound_in(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError) as error:
        line = (error.lineno if isinstance(error, SyntaxError) else None) or 1
        return (Diagnostic("P204", str(error.args[0]), Span(file, line, 1)),)
    found: list[Diagnostic] = []
    end = Span(file, len(text.splitlines()) + 1, 1)
    for each in _functions(contract):
        standing = bound.get(each.name)
        if isinstance(standing, Function):
            found += _about(each, standing, file)
        elif standing is None and EVERYTHING not in bound:
            message = f"{each.name} is missing: {each.summary}"
            hint = f"add `def {each.name}({each.signature}) -> {each.returns}`"
            found.append(Diagnostic("P202", message, end, hint))
    return tuple(found)


def missing(contract: str, custom: str | None) -> str:
    """The missing functions as text to paste, below the imports that they need."""
    bound = _bound_in(ast.parse(custom or ""), for_types=True)
    wanted = [each for each in _functions(contract) if each.name not in bound]
    used = {name for each in wanted for name in each.names}
    return "\n\n".join([*_imports(contract, used, bound), *(e.stub for e in wanted)])


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A method of the contract, as the function that it stands for."""

    node: ast.FunctionDef

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def summary(self) -> str:
        return " ".join((ast.get_docstring(self.node) or "").split())

    @property
    def parameters(self) -> list[ast.arg]:
        return self.node.args.args[1:]

    @property
    def signature(self) -> str:
        return ", ".join(map(ast.unparse, self.parameters))

    @property
    def returns(self) -> str:
        return ast.unparse(self.node.returns) if self.node.returns else "None"

    @property
    def names(self) -> set[str]:
        """What its annotations speak of."""
        return {each.id for each in ast.walk(self.node) if isinstance(each, ast.Name)}

    @property
    def stub(self) -> str:
        listed = list(map(ast.unparse, self.parameters))
        return stub(self.name, listed, self.returns, self.summary)


def _functions(contract: str) -> list[_Wanted]:
    return [
        _Wanted(member)
        for part in ast.parse(contract).body
        if isinstance(part, ast.ClassDef) and part.name == CONTRACT
        for member in part.body
        if isinstance(member, ast.FunctionDef)
    ]


def _about(wanted: _Wanted, found: Function, file: str) -> Iterator[Diagnostic]:
    start = found.col_offset + 1
    place = Span(file, found.lineno, start, start + len("def ") + len(found.name))
    if problem := _problem(wanted, found):
        hint = f"write `def {wanted.name}({wanted.signature}) -> {wanted.returns}`"
        yield Diagnostic("P203", problem, place, hint)
    if _only_says_so(found):
        message = f"{wanted.name} is not written yet: {wanted.summary}"
        severity: Severity = "warning"
        yield Diagnostic("P201", message, place, severity=severity)


def _only_says_so(found: Function) -> bool:
    """Whether it does nothing but say that it is not written."""
    body = found.body[1:] if ast.get_docstring(found) is not None else found.body
    match body:
        case [ast.Raise(exc=ast.Name(id=error) | ast.Call(func=ast.Name(id=error)))]:
            return error == NotImplementedError.__name__
    return False


def _problem(wanted: _Wanted, found: Function) -> str:
    """Why it could not be called as it will be; a decorator may change all of it."""
    if found.decorator_list:
        return ""
    if isinstance(found, ast.AsyncFunctionDef):
        return f"{found.name} is async; a decision waits for nothing"
    given = [each.arg for each in wanted.parameters]
    if _takes(found.args, given):
        return ""
    taken = ", ".join(_names_of(found.args))
    return f"{found.name} takes ({taken}); it is given ({', '.join(given)})"


def _takes(arguments: ast.arguments, given: Sequence[str]) -> bool:
    """Whether each thing comes to the parameter of its name; `_state` is `state`."""
    taken = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    needed = len(taken) - len(arguments.defaults)
    enough = len(taken) >= len(given) or arguments.vararg is not None
    pairs = zip(taken, given, strict=False)
    in_order = all(one in (other, f"_{other}") for one, other in pairs)
    by_name_only = None in arguments.kw_defaults
    return enough and in_order and needed <= len(given) and not by_name_only


def _names_of(arguments: ast.arguments) -> Iterator[str]:
    for each in (*arguments.posonlyargs, *arguments.args):
        yield each.arg
    if arguments.vararg:
        yield f"*{arguments.vararg.arg}"
    elif arguments.kwonlyargs:
        yield "*"
    for each in arguments.kwonlyargs:
        yield each.arg
    if arguments.kwarg:
        yield f"**{arguments.kwarg.arg}"


Bound = dict[str, ast.stmt]


def _bound_in(module: ast.Module, *, for_types: bool = False) -> Bound:
    """The names that a module has at its end, each with the statement that binds it."""
    return dict(_bindings(module.body, for_types))


def _bindings(
    body: Sequence[ast.stmt], for_types: bool
) -> Iterator[tuple[str, ast.stmt]]:
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name, statement
            case ast.Import() | ast.ImportFrom():
                for alias in statement.names:
                    yield alias.asname or alias.name.partition(".")[0], statement
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from _targets(target, statement)
            case ast.AnnAssign(target=target, value=ast.expr()):
                yield from _targets(target, statement)
            case ast.If() | ast.Try() | ast.With():
                yield from _bindings(_inside(statement, for_types), for_types)


def _targets(target: ast.expr, statement: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield node.id, statement


def _inside(
    statement: ast.If | ast.Try | ast.With, for_types: bool
) -> Sequence[ast.stmt]:
    match statement:
        case ast.If(body=body, orelse=otherwise):
            return [*(body if for_types or not _typing(statement) else ()), *otherwise]
        case ast.Try(body=body, handlers=handlers, orelse=otherwise, finalbody=last):
            handled = [each for one in handlers for each in one.body]
            return [*body, *handled, *otherwise, *last]
    return statement.body


def _typing(statement: ast.stmt) -> bool:
    """Whether a block is there for the types alone."""
    return isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(
        statement.test
    )


def _imports(contract: str, used: set[str], bound: Bound) -> Iterator[str]:
    """What the contract imports of the names that custom code uses and has not."""
    module = ast.parse(contract)
    needed = used - bound.keys()
    blocks = [each for each in module.body if isinstance(each, ast.If)]
    typed = [line for each in blocks for line in _lines(each.body, needed)]
    if typed:
        needed |= {"annotations", "TYPE_CHECKING"} - bound.keys()
    plain = list(_lines(module.body, needed))
    if plain:
        yield "".join(plain)
    if typed:
        yield "".join(["if TYPE_CHECKING:\n", *(f"    {line}" for line in typed)])


def _lines(body: Sequence[ast.stmt], names: set[str]) -> Iterator[str]:
    for each in body:
        if isinstance(each, ast.ImportFrom):
            found = [alias.name for alias in each.names if alias.name in names]
            yield from [f"from {each.module} import {', '.join(found)}\n"] * bool(found)
