"""Whole programs, timed from outside: several runs of each rival, in turn.

What counts is the ratio within a round, in which both had the same machine. CPU is that
of the process and of all that it started.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5
SCAFFOLD = (sys.executable, "-m", "generator")


@dataclass(frozen=True)
class Program:
    """A command line, and what has to be done before each run of it."""

    line: Sequence[str]
    before: Callable[[], None] = lambda: None
    folder: Path = Path()
    codes: tuple[int, ...] = (0,)


def compare(title: str, rivals: Mapping[str, Program], rounds: int = ROUNDS) -> None:
    """Print how long each takes beside the first, which is the baseline."""
    baseline = next(iter(rivals))
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in rivals}
    for program in rivals.values():
        _run(program)
    for _ in range(rounds):
        for name, program in rivals.items():
            taken[name].append(_run(program))
    print(f"\n{title} (1.00 is: {baseline})")
    for name, runs in taken.items():
        pairs = list(zip(runs, taken[baseline], strict=True))
        walls = [mine / theirs for (mine, _), (theirs, _) in pairs]
        costs = [mine / theirs for (_, mine), (_, theirs) in pairs]
        print(
            f"  {name:44} {statistics.median(walls):6.2f}x"
            f" [{min(walls):.2f} to {max(walls):.2f}]"
            f"  CPU {statistics.median(costs):6.2f}x"
            f"  {statistics.median(wall for wall, _ in runs):6.2f} s"
            f" {statistics.median(cost for _, cost in runs):6.2f} s CPU"
        )


def fresh(source: Path, target: Path) -> Callable[[], None]:
    """Makes a copy of a folder, in place of the last one."""

    def copy() -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)

    return copy


def removed(target: Path) -> Callable[[], None]:
    """Takes a folder away."""
    return lambda: shutil.rmtree(target, ignore_errors=True)


def _run(program: Program) -> tuple[float, float]:
    """Seconds on the clock, and of CPU."""
    program.before()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        program.line, cwd=program.folder, env=environment, capture_output=True
    )
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in program.codes:
        sys.exit(f"{' '.join(program.line)}:\n{done.stderr.decode()}")
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return took, spent
