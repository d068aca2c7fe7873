"""At most four questions, for whoever starts a project and names no blueprint."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from generator import starter, write
from generator.names import snake
from generator.places import examples

OWN = "new"
SERVICE = "library"
DOMAIN = "book"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written where: of a blueprint, or a service of one new domain."""

    folder: Path
    blueprint: str
    service: str = ""
    domain: str = ""


def ask(folder: Path | None) -> Wish:
    """What somebody at the terminal wants; each answer is checked as it is given."""
    if folder is None:
        folder = Path(_asked("Folder of the new project", SERVICE, _checked_folder))
    else:
        write.fit(folder)
    known = ", ".join((OWN, *examples()))
    start = _asked(f"Start from ({known})", OWN, _checked_start)
    if start != OWN:
        return Wish(folder, start)
    default = snake(re.sub(r"\W+", "_", folder.resolve().name).strip("_"))
    service = _asked(
        "Name of the service",
        default if _NAME.fullmatch(default) else SERVICE,
        lambda answer: _sound(answer, answer, DOMAIN),
    )
    domain = _asked(
        "Its first domain, as one thing",
        DOMAIN,
        lambda answer: _sound(answer, service, answer),
    )
    return Wish(folder, "", service, domain)


def _asked(question: str, default: str, checked: Callable[[str], str]) -> str:
    answer: str = typer.prompt(question, default=default, value_proc=checked)
    return answer


def _checked_folder(answer: str) -> str:
    try:
        write.fit(Path(answer))
    except write.Unfit as error:
        raise typer.BadParameter(str(error)) from error
    return answer


def _checked_start(answer: str) -> str:
    if answer not in (OWN, *examples()):
        raise typer.BadParameter(f"one of: {', '.join((OWN, *examples()))}")
    return answer


def _sound(answer: str, service: str, domain: str) -> str:
    """The answer, if there can be a service of these names."""
    if not _NAME.fullmatch(answer):
        raise typer.BadParameter("small letters, digits and _, as in lost_books")
    if reason := starter.problem(service, domain):
        raise typer.BadParameter(reason)
    return answer
