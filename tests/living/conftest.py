"""A project that lives, in a folder of its own, driven by the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator import pipeline, project, render
from generator.diagnostics import Report
from generator.sources import find
from generator.tree import Tree, put
from tests.living.projects import LENDING, MEMBERS, SERVICE, Living


def written(folder: Path, tree: Tree) -> Path:
    """The tree as files below a folder."""
    for path, file in tree.items():
        put(folder, path, file)
    return folder


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two domains, as `new-project` writes it; not to be edited."""
    blueprint = tmp_path_factory.mktemp("blueprint")
    for name, text in (
        ("service", SERVICE),
        ("lending", LENDING),
        ("members", MEMBERS),
    ):
        (blueprint / f"{name}.yaml").write_text(text)
    texts = find(blueprint)
    documents = pipeline.read(texts, Report())
    service = pipeline.understand(documents, Report())
    tree = pipeline.printed(service, render.printed)
    whole = tree | pipeline.language() | pipeline.copies(texts, documents)
    kept = project.keeping(whole)
    return written(tmp_path_factory.mktemp("template") / "library", kept)


@pytest.fixture
def living(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Living:
    """A project of two domains, to be edited."""
    root = tmp_path / "library"
    shutil.copytree(template, root)
    monkeypatch.chdir(root)
    return Living(root)
