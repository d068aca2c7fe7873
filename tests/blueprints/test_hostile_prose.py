"""Whatever the prose of a blueprint says, the files keep the shape of their templates.

Each text stands at once in every place where prose may stand; all files are parsed, and
their syntax, with the texts blank, is that of the same blueprint with harmless prose.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator import pipeline
from generator.diagnostics import Report
from generator.document import FORBIDDEN
from generator.sources import Source
from generator.tree import Tree
from tests.blueprints import batch
from tests.blueprints.prose import with_prose
from tests.blueprints.services import Blueprint, Plan, text_of, written
from tests.blueprints.shapes import shape

HARMLESS = "Plain words"
PIECES = (
    *("'", '"', '"""', "'''", "\\", "\\\\", "\n", "\r\n", "\n\n", "\t", " ", ")", "("),
    *("{", "}", "{{ 7 * 7 }}", "{% raw %}", "{% include 'x' %}", "{# ", "#}", "${x}"),
    *("# ", "#", "- ", "1. ", "| a | b |\n|---|---|", "---", "===", "> ", "```", "~~~"),
    *("<b>", "<!--", "-->", "<script>", "&lt;", "[a](b)", "![a](b)", "https://x.y"),
    *(
        "a@b.example",
        "www.x.example",
        "*a*",
        "__b__",
        "import os",
        "; DROP TABLE x; --",
    ),
    *("*/", "/*", "type: ignore", "noqa", "# noqa: F401", "# type: ignore", "fmt: off"),
    *("%s", "%(a)s", "null", "~", "true", "1", "[a]", "!!python/name:os", "&a", "*a"),
    *("שלום", "\u200b", "\u0430", "ﬁ", "\u0301", "😀", "\u00a0", "\u3000", "\ue000"),
)
texts = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.text(max_size=8).filter(lambda text: not FORBIDDEN.search(text)),
    ),
    min_size=1,
    max_size=8,
)
proses = texts.map("".join).filter(str.strip)


@cache
def blueprint() -> dict[str, Any]:
    """A service with all that can carry prose."""
    plan = Plan(seed=78, domains=2, aggregates=1, most=3, depth=1)
    return written(plan).files


def printed(text: str) -> Tree:
    """The domains of that service, telling this everywhere, as the templates print."""
    return batch.printed(batch.resolved(Blueprint(Plan(), told(text))))


def told(text: str) -> dict[str, Any]:
    return with_prose(blueprint(), text)


@cache
def harmless() -> dict[PurePosixPath, object]:
    tree = printed(HARMLESS)
    return {path: shape(path, file.text) for path, file in tree.items()}


def built(text: str, folder: Path) -> Tree:
    """The whole service, from files to the finished tree."""
    folder.mkdir()
    for name, data in told(text).items():
        (folder / name).write_text(text_of(data), encoding="utf-8")
    names = sorted(folder.iterdir(), key=lambda file: file.name != "service.yaml")
    return pipeline.build([Source(each.name, each) for each in names], Report())


def test_prose_reaches_every_kind_of_file(tmp_path: Path) -> None:
    tree = built(HARMLESS, tmp_path / "blueprint")
    telling = {
        path.name
        for path, file in tree.items()
        if HARMLESS in file.text and path.parts[0] != "blueprints"
    }
    assert telling >= {
        *("README.md", "about.py", "pyproject.toml", "__init__.py", "aggregate.py"),
        *("events.py", "commands.py", "queries.py", "read_models.py", "policies.py"),
        *("exceptions.py", "sync_events.py", "value_objects.py"),
    }


@pytest.mark.timeout(900)
@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(proses)
def test_no_prose_changes_the_syntax_of_a_domain(text: str) -> None:
    tree = printed(text)
    found = {path: shape(path, file.text) for path, file in tree.items()}
    assert found.keys() == harmless().keys()
    for path, expected in harmless().items():
        assert found[path] == expected, (path, text)


@pytest.mark.timeout(900)
def test_no_prose_changes_the_syntax_of_a_whole_service(tmp_path: Path) -> None:
    plain = built(HARMLESS, tmp_path / "plain")
    expected = cache(lambda path: shape(path, plain[path].text))
    tried = [PIECES[at : at + 9] for at in range(0, len(PIECES), 9)]
    for number, pieces in enumerate(tried):
        text = "".join(pieces)
        tree = built(text, tmp_path / str(number))
        assert tree.keys() == plain.keys()
        for path, file in tree.items():
            if path.parts[0] == "blueprints":
                data = yaml.load(file.text, Loader=yaml.BaseLoader)
                assert data["summary"] == text
            elif file.text != plain[path].text:
                assert shape(path, file.text) == expected(path), (path, text)
    project = tmp_path / "project"
    batch.write(tree, project)
    lint = [sys.executable, "-m", "ruff", "check", "--output-format=concise", "."]
    done = subprocess.run(
        lint, cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
