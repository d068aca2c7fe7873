"""The wheel carries templates and examples, and works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

import generator
from generator.catalogue import CATALOGUE
from generator.explanation import explain, shown

ROOT = Path(__file__).parents[2]


def run(*line: str | Path, cwd: Path) -> str:
    apart = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(line, cwd=cwd, env=apart, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built out of the source distribution, which so is complete too."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture
def bare(tmp_path: Path, wheel: Path) -> Iterator[Path]:
    """An environment with the wheel, and with the libraries of this one beneath."""
    home = tmp_path / "bare"
    venv.create(home, symlinks=True)
    [site] = home.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", home / "bin/python"]
    run(
        *pip,
        "install",
        "--quiet",
        "--no-deps",
        "--force-reinstall",
        wheel,
        cwd=tmp_path,
    )
    yield home / "bin"


CACHES = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def tracked(folder: str) -> set[str]:
    """The files that a checkout holds below a folder, caches left out."""
    return {
        path.relative_to(ROOT / folder).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not CACHES & set(path.parts)
    }


@pytest.mark.parametrize("folder", ["templates", "blueprints"])
def test_it_holds_what_the_checkout_holds_and_no_caches(
    wheel: Path, folder: str
) -> None:
    start = f"generator/_{folder}/"
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith(start)}
    assert {name.removeprefix(start) for name in names} == tracked(folder)


def test_it_explains_every_code(bare: Path, tmp_path: Path) -> None:
    said = run(bare / "scaffold", "explain", "B303", cwd=tmp_path)
    assert said.rstrip("\n") == shown(explain("B303"))
    place = "import generator.explanation as e; print(len(list(e.FOLDER.glob('*.md'))))"
    assert int(run(bare / "python", "-c", place, cwd=tmp_path)) == len(CATALOGUE)


def test_it_prints_the_same_project_as_the_checkout(bare: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    assert run(bare / "scaffold", "--version", cwd=away) == (
        f"scaffold {generator.__version__}\n"
    )
    where = "import generator; print(generator.__file__)"
    assert str(bare.parent) in run(bare / "python", "-c", where, cwd=away)
    run(
        bare / "scaffold",
        "new-project",
        "shop",
        "--blueprint",
        "booking_core",
        cwd=away,
    )
    planned = generator.plan("booking_core", tmp_path / "here")
    for path, file in planned.tree.items():
        assert (away / "shop" / path).read_bytes() == file.text.encode()
