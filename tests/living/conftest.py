"""A project that lives, in a folder of its own, driven by the command line."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
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


def founded(
    factory: pytest.TempPathFactory, name: str, blueprint: Mapping[str, str]
) -> Path:
    """A project as `new-project` writes it."""
    folder = factory.mktemp("blueprint")
    for file, text in blueprint.items():
        (folder / file).write_text(text)
    texts = find(folder)
    documents = pipeline.read(texts, Report())
    service = pipeline.understand(documents, Report())
    tree = pipeline.printed(service, render.printed)
    whole = tree | pipeline.language() | pipeline.copies(texts, documents)
    return written(factory.mktemp("template") / name, project.keeping(whole))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two domains, as `new-project` writes it; not to be edited."""
    texts = {"service.yaml": SERVICE, "lending.yaml": LENDING, "members.yaml": MEMBERS}
    return founded(tmp_path_factory, "library", texts)


@pytest.fixture
def living(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Living:
    """A project of two domains, to be edited."""
    root = tmp_path / "library"
    shutil.copytree(template, root)
    monkeypatch.chdir(root)
    return Living(root)
