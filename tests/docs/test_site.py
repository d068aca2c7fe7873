"""The site is built of these pages, offline, and a link that leads nowhere stops it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.reader import ROOT

# What a browser would fetch by itself, and not only when somebody follows a link.
FETCHED = re.compile(
    r"<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=\"?(https?:[^\" >]+)"
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The pages, and how they are put together, away from the checkout."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    return tmp_path


def built(source: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("zensical")
    return subprocess.run(
        [tool, "build", "--clean", "--strict"],
        cwd=source,
        env={"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_every_page_is_on_the_site_and_a_browser_fetches_nothing(source: Path) -> None:
    done = built(source)
    assert done.returncode == 0, done.stdout
    site = source / "build/docs"
    pages = [page.relative_to(source / "docs") for page in source.rglob("docs/**/*.md")]
    assert [
        page for page in pages if not (site / page.with_suffix(".html")).exists()
    ] == []
    for page in site.rglob("*.html"):
        addresses = FETCHED.findall(page.read_text())
        assert addresses == [], page


def test_a_link_that_leads_nowhere_stops_it(source: Path) -> None:
    page = source / "docs/index.md"
    page.write_text(page.read_text().replace("(tutorial.md)", "(totorial.md)"))
    done = built(source)
    assert done.returncode != 0
    assert "index.md" in done.stdout


def test_every_page_is_in_the_menu_but_for_single_decisions() -> None:
    text = (ROOT / "mkdocs.yml").read_text()
    listed = set(re.findall(r"[\w/-]+\.md", str(yaml.safe_load(text)["nav"])))
    pages = {
        str(page.relative_to(ROOT / "docs"))
        for page in (ROOT / "docs").rglob("*.md")
        if not re.match(r"\d{4}-", page.name)
    }
    assert listed == pages
