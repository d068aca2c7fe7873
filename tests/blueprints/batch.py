"""Many services in one project, so that its checks are paid for once.

All domains of a run have names of their own. What each service has for itself beside
them, its shared words and its time zone, gets a module that carries its mark.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator import model, pipeline, render
from generator.diagnostics import Report
from generator.style import polish
from generator.tree import File, Tree, put
from tests.blueprints.services import Blueprint

ROOT = Path(__file__).parents[2]
TYPE_CACHE = ROOT / ".mypy_cache" / "blueprints"
MARK = re.compile(r"_(x[0-9a-f]+)\b")
IMPORT_ALL = """\
import importlib, pkgutil, app
for each in pkgutil.walk_packages(app.__path__, "app."):
    if not each.name.endswith("__main__"):
        importlib.import_module(each.name)
"""


@dataclass(frozen=True)
class Finding:
    """What a tool said about a project that should have nothing to be said about."""

    tool: str
    said: str

    @property
    def marks(self) -> list[str]:
        """The marks of the services that it names, most often named first."""
        found = MARK.findall(self.said)
        return sorted(set(found), key=lambda mark: (-found.count(mark), mark))


def resolved(blueprint: Blueprint) -> model.Service:
    """The checked model; `BlueprintError` if the blueprint is not valid after all."""
    report = Report()
    return pipeline.understand(blueprint.documents(report), report)


def printed(service: model.Service) -> Tree:
    """The files of the service's domains, in modules that carry its mark."""
    mark = next(iter(MARK.findall(service.name)), "x")

    def renamed(text: str) -> str:
        text = re.sub(r"\bapp\.shared\b", f"app.shared_{mark}", text)
        return text.replace("from app.about ", f"from app.about_{mark} ")

    about = f'"""What this service is."""\n\nTIMEZONE = "{service.timezone}"\n'
    files = [
        (
            str(path).replace("app/shared/", f"app/shared_{mark}/"),
            replace(file, text=renamed(file.text)),
        )
        for path, file in render.domains(service).items()
    ]
    return Tree([(f"app/about_{mark}.py", File(about)), *files])


def project(services: Sequence[model.Service], parts: Iterable[Tree]) -> Tree:
    """One project of all these services, in its final form."""
    skeleton = render.printed(_together(services))
    files = [item for part in parts for item in part.items()]
    return polish(Tree([*skeleton.items(), *files]))


def _together(services: Sequence[model.Service]) -> model.Service:
    roles = {role.name: role for each in services for role in each.roles}
    return model.Service(
        name="batch",
        title="Batch",
        summary="Many services.",
        timezone="UTC",
        roles=tuple(roles.values()),
        shared=None,
        domains=tuple(domain for each in services for domain in each.domains),
    )


def write(tree: Tree, folder: Path) -> None:
    for path, file in tree.items():
        put(folder, path, file)


def findings(folder: Path, tools: Iterable[str] = ()) -> list[Finding]:
    """What the tools of a generated project say about it, if anything."""
    asked = tools or TOOLS
    return [found for tool in asked if (found := TOOLS[tool](folder))]


def _run(tool: str, folder: Path, *command: str) -> Finding | None:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "PYTHONPATH", "MAKE", "MFLAGS"))
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**kept, "MYPY_CACHE_DIR": str(TYPE_CACHE)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    return Finding(tool, said) if done.returncode else None


def _format(folder: Path) -> Finding | None:
    return _run("format", folder, "-m", "ruff", "format", "--check", "--quiet", ".")


def _lint(folder: Path) -> Finding | None:
    return _run("lint", folder, "-m", "ruff", "check", "--output-format=concise", ".")


def _types(folder: Path) -> Finding | None:
    return _run("types", folder, "-m", "mypy")


def _imports(folder: Path) -> Finding | None:
    return _run("imports", folder, "-c", IMPORT_ALL)


def _tests(folder: Path) -> Finding | None:
    plain = ["-o", "addopts=-q", "-p", "no:cacheprovider", "--tb=short", "-rf"]
    return _run("tests", folder, "-m", "pytest", *plain, "tests/unit")


Tool = Callable[[Path], Finding | None]
TOOLS: dict[str, Tool] = {
    "format": _format,
    "lint": _lint,
    "types": _types,
    "imports": _imports,
    "tests": _tests,
}
