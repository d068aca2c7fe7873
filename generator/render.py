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
    from jinja2 import Environment, Template

    from generator.model import Service

SUFFIX = ".jinja"
CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")

Names = Mapping[str, object]


def render(service: Service) -> Tree:
    """Every generated file of a service, not yet formatted."""
    skeleton, environment = render_skeleton(service)
    return skeleton | Printer(environment).print(service)


def render_skeleton(service: Service) -> tuple[Tree, Environment]:
    """What belongs to no domain, and the environment in which it was printed."""
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


class Printer:
    """Prints what belongs to the domains of a service, and what these share."""

    def __init__(self, environment: Environment) -> None:
        self._shared = _Folder(templates("shared"), environment)
        self._domain = _Folder(templates("domain"), environment)

    def print(self, service: Service) -> Tree:
        """The files of all domains."""
        return Tree(self._files(service))

    def _files(self, service: Service) -> Iterator[tuple[str, File]]:
        if service.shared is not None:
            names: Names = {"service": service, "shared": service.shared}
            yield from self._shared.printed(names, "shared")
        for domain in service.domains:
            names = {"service": service, "domain": domain}
            yield from self._domain.printed(names, f"domain {domain.name}")
            for aggregate in domain.aggregates:
                own = {**names, "aggregate": aggregate}
                yield from self._domain.printed(own, f"domain {domain.name}")


class _Folder:
    """The templates of one folder; each is compiled once, with its path."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        from jinja2 import FileSystemLoader, meta

        self._folder = folder
        self._environment = environment.overlay(loader=FileSystemLoader(folder))
        self._paths: dict[str, tuple[Template, bool]] = {}
        for source in _sources(folder):
            asked = meta.find_undeclared_variables(self._environment.parse(source))
            path = self._environment.from_string(source)
            self._paths[source] = path, "aggregate" in asked

    def printed(self, names: Names, origin: str) -> Iterator[tuple[str, File]]:
        """The files whose paths ask for these names."""
        for source, (template, of_aggregate) in self._paths.items():
            if of_aggregate == ("aggregate" in names):
                with _blaming(source):
                    path = template.render(names).removesuffix(SUFFIX)
                    if "" not in path.split("/"):
                        yield path, File(self._text(source, names), origin=origin)

    def _text(self, source: str, names: Names) -> str:
        if not source.endswith(SUFFIX):
            return (self._folder / source).read_bytes().decode()
        return self._environment.get_template(source).render(names)


def _sources(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not set(CACHES) & set(path.parts)
    )


@contextmanager
def _blaming(source: str) -> Iterator[None]:
    """Say which template was being printed when something goes wrong in it."""
    try:
        yield
    except Exception as error:
        error.add_note(f"while printing the template {source}")
        raise
