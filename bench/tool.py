"""How fast the tool itself is: starting, writing, following, checking."""

from __future__ import annotations

import re
import sys
import time
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.programs import SCAFFOLD, Program, compare, fresh, removed
from generator import pipeline, render
from generator.diagnostics import BlueprintError, Report
from generator.sources import find

README = Path(__file__).parents[1] / "README.md"
TEMPLATES = Path(__file__).parents[1] / "templates/service"
SIZES = (1, 20, 100)
MISTAKES = 500


async def main() -> None:
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        _starting(folder)
        _new_project(folder)
        _living(folder)
        _straight_lines(folder)
        _mistakes(folder)


def _starting(folder: Path) -> None:
    python = sys.executable
    compare(
        "scaffold --version",
        {
            "python -c 'import typer'": Program((python, "-c", "import typer")),
            "scaffold --version": Program((*SCAFFOLD, "--version")),
            "scaffold --help": Program((*SCAFFOLD, "--help")),
        },
    )


def _new_project(folder: Path) -> None:
    """Against copying as many files with Copier, none of them rendered or formatted."""
    plain = folder / "plain"
    tree = pipeline.plan("booking_core", folder / "none").tree
    for path, file in tree.items():
        (plain / path).parent.mkdir(parents=True, exist_ok=True)
        (plain / path).write_text(file.text)
    (plain / "copier.yml").write_text("_subdirectory: .\n")
    copied, made = folder / "copied", folder / "made"
    copy = ("-c", "from copier import run_copy as c; import sys; c(*sys.argv[1:])")
    compare(
        f"new-project, {len(tree)} files",
        {
            "copier: a bare copy of as many files": Program(
                (sys.executable, *copy, str(plain), str(copied)), removed(copied)
            ),
            "scaffold new-project booking_core": Program(
                (*SCAFFOLD, "new-project", str(made), "--blueprint", "booking_core"),
                removed(made),
            ),
        },
    )


def _living(folder: Path) -> None:
    """`new-domain`, `sync` and `check` in projects of three sizes."""
    new = folder / "lendingzz.yaml"
    new.write_text(domain(675)[1])
    for size in SIZES:
        made, used, changed = (folder / f"{w}{size}" for w in ("made", "used", "other"))
        blueprint = service(folder / f"blueprint{size}", size)
        pipeline.generate(blueprint, made)
        fresh(made, changed)()
        file = changed / "blueprints" / f"{domain(0)[0]}.yaml"
        file.write_text(file.read_text().replace("days(28)", "days(21)"))
        app = folder / f"django{size}"
        app.mkdir()
        named = ("--project", str(used))
        start = (sys.executable, "-m", "django", "startapp", "lending")
        compare(
            f"a project of {size} domains",
            {
                "django-admin startapp": Program(
                    start, removed(app / "lending"), folder=app
                ),
                "scaffold new-domain": Program(
                    (*SCAFFOLD, "new-domain", str(new), *named), fresh(made, used)
                ),
                "scaffold sync, nothing to do": Program(
                    (*SCAFFOLD, "sync", *named), fresh(made, used)
                ),
                "scaffold sync, one domain changed": Program(
                    (*SCAFFOLD, "sync", *named), fresh(changed, used)
                ),
                "scaffold check, nothing to do": Program(
                    (*SCAFFOLD, "check", *named), fresh(made, used)
                ),
                "scaffold check, one domain changed": Program(
                    (*SCAFFOLD, "check", *named), fresh(changed, used), codes=(1,)
                ),
            },
            rounds=3,
        )


def _straight_lines(folder: Path) -> None:
    """From text to formatted files in one process: time and memory a domain."""
    print("\nread, understand, render and format (a line a size)")
    for size in (5, *SIZES[1:]):
        texts = find(service(folder / f"lines{size}", size))
        tracemalloc.start()
        began = time.process_time()
        documents = pipeline.read(texts, Report())
        understood = pipeline.understand(documents, Report())
        tree = pipeline.printed(understood, render.printed)
        took = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(
            f"  {size:4} domains  {len(tree):5} files  {took / size * 1e3:6.0f} ms CPU"
            f" and {peak / size:5.2f} MiB at the peak a domain"
        )


def _mistakes(folder: Path) -> None:
    """All mistakes of one file, told at once."""
    rules = "".join(
        f"          - {{require: nothing_{n} > {n}, error: Wrong{n}}}\n"
        for n in range(MISTAKES)
    )
    text = domain(0)[1].replace("        rules:\n", f"        rules:\n{rules}", 1)
    place = folder / "wrong.yaml"
    place.write_text(text)
    began = time.process_time()
    try:
        pipeline.load_service(place)
    except BlueprintError as error:
        found = len(error.diagnostics)
        took = time.process_time() - began
        print(f"\n{found} mistakes in one file: {took:.2f} s CPU")


def service(folder: Path, size: int) -> Path:
    """The blueprint of a service with so many domains."""
    folder.mkdir()
    text = "service: big\nsummary: Many domains.\nroles: [reader, staff]\n"
    (folder / "service.yaml").write_text(text)
    for number in range(size):
        name, text = domain(number)
        (folder / f"{name}.yaml").write_text(text)
    return folder


def domain(number: int) -> tuple[str, str]:
    """The domain of the README, under names of its own."""
    found = re.search(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    assert found
    mark = chr(97 + number // 26) + chr(97 + number % 26)
    text = found[1].replace("domain: lending", f"domain: lending{mark}")
    text = text.replace("loan_id", f"loan{mark}_id").replace("Loan", f"Loan{mark}")
    return f"lending{mark}", text
