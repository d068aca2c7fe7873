"""A blueprint that is nearly right: a place and a reason, or a project that works."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generator import model, pipeline
from generator.diagnostics import BlueprintError, Report, show
from generator.document import Document, load
from generator.tree import Tree
from tests.blueprints import batch
from tests.blueprints.mutations import mutated, mutated_text
from tests.blueprints.services import Blueprint, Plan, text_of, written

BASES = 100
MUTANTS_OF_EACH = 20
TYPED = 25


@dataclass
class Tried:
    """What became of mutants: the codes of the refused ones, one project of a base."""

    codes: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    works: dict[str, tuple[model.Service, Tree]] = field(default_factory=dict)
    printed: int = 0


def base(seed: int) -> Blueprint:
    return written(Plan(seed, domains=1 + seed % 2, most=seed % 4))


def texts_of(blueprint: Blueprint, chance: random.Random) -> dict[str, str]:
    """The files of one mutant."""
    if chance.random() < 0.7:
        data = mutated(blueprint.files, chance)
        return {name: text_of(each) for name, each in data.items()}
    texts = dict(blueprint.texts)
    name = chance.choice(sorted(texts))
    return {**texts, name: mutated_text(texts[name], chance)}


def try_out(texts: dict[str, str], tried: Tried) -> None:
    """Read one mutant; whatever is raised beside `BlueprintError` is a defect."""
    report = Report()
    documents = [load(text, name, report) for name, text in texts.items()]
    try:
        service = pipeline.understand(documents, report)
    except BlueprintError as error:
        tried.refused += 1
        shown(error, documents)
        tried.codes.update(each.code for each in error.diagnostics)
        return
    tree = batch.printed(service)
    tried.printed += 1
    for path, file in tree.items():
        if path.suffix == ".py":
            compile(file.text, str(path), "exec", dont_inherit=True)
    tried.works[service.domains[0].name if service.domains else ""] = service, tree


def shown(error: BlueprintError, documents: list[Document]) -> None:
    """Every finding names a place that is there, and can be shown."""
    lines = {each.file: each.lines for each in documents}
    assert any(each.severity == "error" for each in error.diagnostics)
    for each in error.diagnostics:
        assert 1 <= each.span.line <= len(lines[each.span.file]), each
        width = len(lines[each.span.file][each.span.line - 1])
        assert 1 <= each.span.column <= width + 1, each
        assert each.message
        show(each, lines)


@pytest.fixture(scope="module")
def tried() -> Tried:
    found = Tried()
    for seed in range(BASES):
        blueprint, chance = base(seed), random.Random(seed)
        for number in range(MUTANTS_OF_EACH):
            texts = texts_of(blueprint, chance)
            try:
                try_out(texts, found)
            except Exception as error:
                error.add_note(f"mutant {number} of base {seed}\n{texts}")
                raise
    return found


@pytest.mark.timeout(900)
def test_two_thousand_mutants_are_refused_at_a_place_or_compile(tried: Tried) -> None:
    assert tried.refused + tried.printed == BASES * MUTANTS_OF_EACH
    assert tried.refused > 500
    assert tried.printed > 60
    assert len(tried.codes) > 30


@pytest.mark.timeout(900)
def test_mutants_that_are_accepted_become_projects_that_work(
    tried: Tried, tmp_path: Path
) -> None:
    sample = [each for name, each in tried.works.items() if "_x" in name][:TYPED]
    assert len(sample) > 10
    services = [service for service, _ in sample]
    batch.write(batch.project(services, [tree for _, tree in sample]), tmp_path)
    # Not its tests: a scenario may have been changed into one that does not hold.
    for found in batch.findings(tmp_path, ["lint", "types"]):
        pytest.fail(found.said[-3000:])
