"""Print the service: Copier renders the skeleton, its Jinja environment the domains.

The template trees mirror the output. A path below `templates/domain` is a template of
its own: one that names `aggregate` is printed for every aggregate, all others for every
domain; one of which a part comes out empty is not printed. `templates/shared` holds
what all domains see and is printed once, for a service that declares any of it. A file
named `*.jinja` is rendered, any other is copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from generator.interrupts import interruptible
from generator.places import templates
from generator.scratch import scratch
from generator.tree import File, Tree, read

if TYPE_CHECKING:
    from jinja2 import Environment

    from generator.model import Service

SUFFIX = ".jinja"
CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")

Names = Mapping[str, object]


def render(service: Service) -> Tree:
    """Every generated file of a service, not yet formatted."""
    skeleton, environment = _skeleton(service)
    parts: list[tuple[str, File]] = []
    if service.shared is not None:
        names = {"service": service, "shared": service.shared}
        parts += _printed(templates("shared"), environment, [names], "shared")
    for domain in service.domains:
        names = {"service": service, "domain": domain}
        parts += _printed(
            templates("domain"),
            environment,
            [names, *({**names, "aggregate": one} for one in domain.aggregates)],
            f"domain {domain.name}",
        )
    return skeleton | Tree(parts)


def _skeleton(service: Service) -> tuple[Tree, Environment]:
    with scratch() as folder:
        with interruptible():
            import copier

            worker = copier.run_copy(
                str(templates("service")),
                folder,
                data=service.answers,
                settings=copier.Settings(),
                defaults=True,
                overwrite=True,
                quiet=True,
            )
        return read(folder, "service"), worker.jinja_env


def _printed(
    folder: Path, copiers: Environment, rounds: list[Names], origin: str
) -> Iterator[tuple[str, File]]:
    """The files of one template folder, each in the rounds that its path asks for."""
    from jinja2 import FileSystemLoader, meta

    environment = copiers.overlay(loader=FileSystemLoader(folder))
    for source in _sources(folder):
        asked = meta.find_undeclared_variables(environment.parse(source))
        for names in rounds:
            if ("aggregate" in asked) == ("aggregate" in names):
                path = _path(environment, source, names)
                if "" not in path.split("/"):
                    text = _text(folder, environment, source, names)
                    yield path, File(text, origin=origin)


def _sources(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not set(CACHES) & set(path.parts)
    )


def _path(environment: Environment, source: str, names: Names) -> str:
    with _blaming(source):
        return environment.from_string(source).render(names).removesuffix(SUFFIX)


def _text(folder: Path, environment: Environment, source: str, names: Names) -> str:
    if not source.endswith(SUFFIX):
        return (folder / source).read_bytes().decode()
    with _blaming(source):
        return environment.get_template(source).render(names)


@contextmanager
def _blaming(source: str) -> Iterator[None]:
    """Say which template was being printed when something goes wrong in it."""
    try:
        yield
    except Exception as error:
        error.add_note(f"while printing the template {source}")
        raise
