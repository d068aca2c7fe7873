"""Print the service: Copier renders the skeleton, our own press the domains.

The template trees mirror the output. A path below `templates/domain` is a template of
its own: one that names `aggregate` is printed for every aggregate, all others for every
domain; one of which a part comes out empty is not printed. `templates/shared` holds
what all domains see and is printed once, for a service that declares any of it. A file
named `*.jinja` is rendered, any other is copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from generator import model
from generator.interrupts import interruptible
from generator.kinds import kind_of
from generator.places import templates
from generator.press import SUFFIX, Names, Press
from generator.scratch import scratch
from generator.tree import File, Tree, read

AGGREGATE = re.compile(r"\{[{%][^}]*\baggregate\b")

Skeleton = Callable[[model.Service], Tree]


def copied(service: model.Service) -> Tree:
    """The skeleton of a new project, by Copier."""
    with scratch() as folder:
        with interruptible():
            import copier
            from plumbum import local

            # Copier asks git about each file, and nothing that it says concerns ours.
            with local.env(PATH=""):
                copier.run_copy(
                    str(templates("service")),
                    folder,
                    data=service.answers,
                    settings=copier.Settings(),
                    defaults=True,
                    overwrite=True,
                    quiet=True,
                )
        return _marked(read(folder, "service"))


def printed(service: model.Service) -> Tree:
    """The same skeleton for a project that lives, without Copier."""
    return Tree(_round(_press("service"), service.answers, "service", _every))


def render(
    service: model.Service,
    skeleton: Skeleton = copied,
    only: Collection[str] | None = None,
) -> Tree:
    """Every generated file of a service, not yet formatted.

    `only` names the domains that are printed where not all of them are wanted.
    """
    return skeleton(service) | domains(service, only)


def domains(service: model.Service, only: Collection[str] | None = None) -> Tree:
    """What belongs to the domains of a service, and what these share."""
    files: list[tuple[str, File]] = []
    if service.shared is not None:
        names = {"service": service, "shared": service.shared}
        files += _round(_press("shared"), names, "shared", _every)
    for domain in service.domains:
        if only is None or domain.name in only:
            names = {"service": service, "domain": domain}
            press, origin = _press("domain"), f"domain {domain.name}"
            files += _round(press, names, origin, _of_the_domain)
            for aggregate in domain.aggregates:
                own = {**names, "aggregate": aggregate}
                files += _round(press, own, origin, _of_an_aggregate)
    return Tree(files)


def _press(name: str) -> Press:
    return _ready(templates(name))


@cache
def _ready(folder: Path) -> Press:
    """The press of a folder: its templates are compiled once."""
    return Press(folder)


def _every(_source: str) -> bool:
    return True


def _of_an_aggregate(source: str) -> bool:
    return bool(AGGREGATE.search(source))


def _of_the_domain(source: str) -> bool:
    return not _of_an_aggregate(source)


def _round(
    press: Press, names: Names, origin: str, part: Callable[[str], bool]
) -> Iterator[tuple[str, File]]:
    for source, path in press.paths(names, part).items():
        yield path, _file(press, source, path, names, origin)


def _file(press: Press, source: str, path: str, names: Names, origin: str) -> File:
    text = press.text(source, names)
    finished = not source.endswith(SUFFIX)
    return File(text, press.executable(source), origin, kind_of(path), finished)


def _marked(tree: Tree) -> Tree:
    """What Copier made, with the kind of each file and whether it was only copied."""
    folder = templates("service")
    return Tree(
        (
            path,
            replace(file, kind=kind_of(str(path)), finished=(folder / path).exists()),
        )
        for path, file in tree.items()
    )
