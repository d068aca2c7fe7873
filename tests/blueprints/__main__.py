"""The deep run: `python -m tests.blueprints --number 5000 --seed 7`.

Draws services, larger ones than the tests draw, and puts them through all checks in
groups. A service that fails is made smaller while it fails, and saved with what was
said about it.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from generator.diagnostics import BlueprintError
from tests.blueprints import batch
from tests.blueprints.batch import Finding
from tests.blueprints.reduction import Files, reduced
from tests.blueprints.services import Blueprint, Plan, written

GROUP = 40
SAVED = batch.ROOT / "build" / "fuzz"
ATTEMPTS = 400
COSTLY_ATTEMPTS = 40


def main(arguments: Sequence[str]) -> int:
    """How many services failed, at most 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.blueprints")
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked = parser.parse_args(arguments)
    print(f"{asked.number} services from seed {asked.seed}", flush=True)
    chance = random.Random(asked.seed)
    failed = 0
    for done in range(0, asked.number, GROUP):
        number = min(GROUP, asked.number - done)
        group = [written(_plan(chance)) for _ in range(number)]
        failed += _checked(group)
        print(f"{done + number} done, {failed} failed", flush=True)
    return int(failed > 0)


def _plan(chance: random.Random) -> Plan:
    return Plan(
        seed=chance.randrange(2**40),
        domains=chance.randint(1, 3),
        aggregates=chance.randint(1, 3),
        most=chance.randint(0, 6),
        depth=chance.randint(1, 4),
    )


def _checked(group: Sequence[Blueprint]) -> int:
    """How many services of a group failed; each is saved."""
    failing: dict[str, Finding] = {}
    good = {}
    for each in group:
        if problem := _refused(each.files):
            failing[_mark(each)] = problem
        else:
            good[_mark(each)] = each
    while good:
        found = _findings(list(good.values()))
        if not found:
            break
        blamed = [m for each in found for m in each.marks[:1] if m in good] or [*good]
        failing[blamed[0]] = found[0]
        del good[blamed[0]]
    for each in group:
        if problem := failing.get(_mark(each)):
            _save(each, problem)
    return len(failing)


def _mark(blueprint: Blueprint) -> str:
    return batch.MARK.findall(blueprint.files["service.yaml"]["service"])[0]


def _refused(files: Files) -> Finding | None:
    """What is said about a blueprint that cannot even be printed."""
    try:
        batch.printed(batch.resolved(Blueprint(Plan(), files)))
    except BlueprintError as error:
        return Finding("refused", str(error))
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        last = f"{type(error).__name__} in {where.name}"
        return Finding(last, traceback.format_exc())
    return None


def _findings(group: Sequence[Blueprint]) -> list[Finding]:
    services = [batch.resolved(each) for each in group]
    folder = Path(tempfile.mkdtemp(prefix="scaffold-fuzz-"))
    try:
        tree = batch.project(services, map(batch.printed, services))
        batch.write(tree, folder)
        return batch.findings(folder)
    except Exception:
        return [Finding("style", traceback.format_exc())]
    finally:
        shutil.rmtree(folder)


def _save(blueprint: Blueprint, problem: Finding) -> None:
    """Keep the smallest form of what failed."""
    cheap = problem.tool not in (*batch.TOOLS, "style")
    found = blueprint.files
    if problem.tool != "refused":
        attempts = ATTEMPTS if cheap else COSTLY_ATTEMPTS
        found = reduced(found, _fails_like(problem, cheap), attempts)
    folder = SAVED / _mark(blueprint)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in Blueprint(blueprint.plan, found).texts.items():
        (folder / name).write_text(text)
    (folder / "said.txt").write_text(f"{blueprint.plan}\n{problem.said}")
    print(f"{problem.tool}: see {folder}", flush=True)


def _fails_like(problem: Finding, cheap: bool) -> Callable[[Files], bool]:
    def fails(files: Files) -> bool:
        refused = _refused(files)
        if cheap or refused is not None:
            return refused is not None and refused.tool == problem.tool
        single = [Blueprint(Plan(), files)]
        return any(each.tool == problem.tool for each in _findings(single))

    return fails


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
