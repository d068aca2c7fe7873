"""What the language accepts passes a strict type check, and means what it says."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from generator.expressions import (
    Expression,
    ExpressionError,
    Scope,
    compile_condition,
    compile_expression,
)
from generator.types import BOOL, annotation
from tests.language.accepted_expressions import (
    CONDITIONS,
    NUMBERS,
    RULES,
    VALUES,
    WANTED,
)
from tests.language.random_expressions import ANY, Writer
from tests.language.reference_evaluator import evaluate
from tests.language.world import IN_FOLD, SCOPE, WORLD, classes, run, values

SERVICE = Path(__file__).parents[2] / "templates" / "service"
EXPRESSIONS = 200
LAWS = 60
ENVIRONMENTS = 12
PARAMETERS = "command: Command, state: State, envelope: Envelope, context: Context"
FAILURES = (ArithmeticError, IndexError, ValueError)


@dataclass(frozen=True)
class Case:
    """Conditions that hold one after the other, and an expression behind them."""

    source: str
    compiled: Expression
    rules: tuple[tuple[str, Expression], ...] = ()

    def function(self, name: str) -> str:
        type = annotation(self.compiled.type, constrained=False, naming=WORLD.naming)
        lines = [f"def {name}({PARAMETERS}) -> {type} | str:"]
        for _, rule in self.rules:
            lines += [f"    if {rule.negated}:", '        return "refused"']
        return "\n".join([*lines, f"    return {self.compiled.code}"])

    def expected(self, world: SimpleNamespace, may_fail: bool = True) -> Any:
        holds = all(evaluate(source, world, may_fail) for source, _ in self.rules)
        return evaluate(self.source, world, may_fail) if holds else "refused"


def drawn(seed: int, within: Scope = SCOPE) -> tuple[list[Case], int]:
    """The accepted ones of the expressions drawn by chance, and how many were not."""
    chance = random.Random(seed)
    writer = Writer(chance)
    cases: list[Case] = []
    refused = 0
    while len(cases) < EXPRESSIONS + LAWS:
        type = chance.choice(ANY)
        if chance.random() < 0.2:
            type = type.or_none
        source = writer.expression(type, chance.randint(1, 4))
        scope, rules = within, []
        try:
            for _ in range(2 if len(cases) >= EXPRESSIONS else 0):
                condition = writer.expression(BOOL, 2)
                rule = compile_condition(condition, scope)
                scope = scope.knowing(rule.facts)
                rules.append((condition, rule))
            compiled = compile_expression(source, scope, type)
            cases.append(Case(source, compiled, tuple(rules)))
        except ExpressionError:
            refused += 1
    return cases, refused


def written() -> Iterator[Case]:
    """The expressions that other tests know by heart."""
    for source, _, type in (*NUMBERS, *VALUES):
        yield Case(source, compile_expression(source, SCOPE, type))
    for source, type, _ in WANTED:
        yield Case(source, compile_expression(source, SCOPE, type))
    for source, _ in CONDITIONS:
        yield Case(source, compile_condition(source, SCOPE))
    for *conditions, source in RULES:
        scope, rules = SCOPE, []
        for condition in conditions:
            rule = compile_condition(condition, scope)
            scope = scope.knowing(rule.facts)
            rules.append((condition, rule))
        yield Case(source, compile_expression(source, scope), tuple(rules))


def module_of(cases: Sequence[Case]) -> str:
    functions = (case.function(f"case_{i}") for i, case in enumerate(cases))
    return "\n\n".join([classes(), *functions]) + "\n"


def outcome(compute: Callable[[], Any]) -> Any:
    """The value, or the word for a failure."""
    try:
        return compute()
    except FAILURES:
        return "failed"


def same(found: Any, wanted: Any) -> bool:
    """Equal; a float is as close as floats are."""
    if isinstance(found, list):
        pairs = zip(found, wanted, strict=False)
        return len(found) == len(wanted) and all(same(*pair) for pair in pairs)
    if isinstance(found, float) and not isinstance(wanted, str):
        both = (found, float(wanted))
        return all(map(math.isnan, both)) or math.isclose(*both, rel_tol=1e-9)
    return bool(found == wanted)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    found, refused = drawn(seed=20300115)
    assert refused < 2 * len(found), "the writer should know the language better"
    return [*found, *written()]


@pytest.fixture(scope="module")
def folds() -> list[Case]:
    """What the language accepts where nothing may fail."""
    return drawn(20300116, IN_FOLD)[0]


@pytest.fixture(scope="module")
def printed(cases: list[Case]) -> ModuleType:
    return run(module_of(cases))


def worlds(module: ModuleType) -> Iterator[SimpleNamespace]:
    for seed in range(ENVIRONMENTS):
        yield values(module, random.Random(seed))


def call(module: ModuleType, number: int, world: SimpleNamespace) -> Any:
    function = getattr(module, f"case_{number}")
    return function(world.command, world.state, world.envelope, world.context)


def test_two_hundred_accepted_expressions_pass_a_strict_type_check(
    cases: list[Case], folds: list[Case], tmp_path: Path
) -> None:
    file = tmp_path / "printed.py"
    file.write_text(module_of([*cases, *folds]))
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
    found = subprocess.run(
        [*mypy, f"--cache-dir={tmp_path}", str(file)],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(SERVICE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_two_hundred_accepted_expressions_mean_what_they_say(
    cases: list[Case], printed: ModuleType
) -> None:
    for world in worlds(printed):
        for number, case in enumerate(cases):
            found = outcome(partial(call, printed, number, world))
            wanted = outcome(partial(case.expected, world))
            assert same(found, wanted), (case.source, case.compiled.code)


def test_what_is_said_to_be_safe_never_fails(
    cases: list[Case], printed: ModuleType
) -> None:
    compiled = [[case.compiled, *(rule for _, rule in case.rules)] for case in cases]
    safe = [i for i, parts in enumerate(compiled) if not any(x.partial for x in parts)]
    assert len(safe) > EXPRESSIONS / 2
    for world in worlds(printed):
        for number in safe:
            call(printed, number, world)


def test_where_nothing_may_fail_the_most_absurd_amounts_have_a_meaning(
    folds: list[Case],
) -> None:
    module = run(module_of(folds))
    for seed in range(ENVIRONMENTS):
        world = values(module, random.Random(seed), absurd=True)
        for number, case in enumerate(folds):
            found, wanted = call(module, number, world), case.expected(world, False)
            assert same(found, wanted), (case.source, case.compiled.code)
