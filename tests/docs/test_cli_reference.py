"""The page of commands says what the command line takes; `--update-cases` prints it."""

from __future__ import annotations

import inspect
import re

import typer
from typer.core import TyperArgument, TyperGroup

from generator import cli
from generator.formats import Format
from tests.docs.reader import ROOT

PAGE = ROOT / "docs/reference/cli.md"


def page() -> str:
    """The whole page, out of the program."""
    program = typer.main.get_command(cli.app)
    assert isinstance(program, TyperGroup)
    codes = inspect.cleandoc(cli.__doc__ or "").partition("Exit codes: ")[2]
    parts = [
        "# Commands",
        "`--dry-run` shows what would be written. A run may be interrupted: what it"
        " had begun is undone, or finished by the next one. Exit codes: "
        + " ".join(codes.split()),
    ]
    for name, command in program.commands.items():
        written = [each for each in command.params if each.name != "help"]
        usage = " ".join([f"scaffold {name}", *map(placed, written)])
        rows = [
            f"| {option(each)} | {(each.help or '').replace('|', chr(92) + '|')} |"
            for each in written
        ]
        table = "\n".join(["| | |", "|---|---|", *rows]) if rows else ""
        parts += [f"## {name}", command.help or "", f"`{usage}`", table]
    return "\n\n".join(filter(None, parts)) + "\n"


def placed(parameter: typer.core.TyperOption | TyperArgument) -> str:
    """A parameter on the line of usage."""
    if isinstance(parameter, TyperArgument):
        name = str(parameter.name).upper()
        return name if parameter.required else f"[{name}]"
    text = parameter.opts[0]
    if not parameter.is_flag:
        text += f" {str(parameter.name).upper()}"
    return text if parameter.required else f"[{text}]"


def option(parameter: typer.core.TyperOption | TyperArgument) -> str:
    """A parameter in the table, with what it is where it is left out."""
    if isinstance(parameter, TyperArgument):
        name = f"`{str(parameter.name).upper()}`"
    else:
        name = f"`{parameter.opts[0]}`"
    default = parameter.default
    if default in (None, "", False) or parameter.required:
        return name
    return f"{name} (else `{getattr(default, 'value', default)}`)"


def test_the_page_of_commands_is_what_the_program_takes(update_cases: bool) -> None:
    if update_cases:
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


def test_the_page_of_formats_names_every_command_that_takes_one() -> None:
    program = typer.main.get_command(cli.app)
    assert isinstance(program, TyperGroup)
    taking = {
        f"`{name}`"
        for name, command in program.commands.items()
        if any(
            "--format" in each.opts and isinstance(each.default, Format)
            for each in command.params
        )
    }
    text = (ROOT / "docs/reference/formats.md").read_text()
    [said] = [line for line in text.splitlines() if "take `--format`" in line]
    assert set(re.findall("`[a-z-]+`", said)) - {"`--format`"} == taking
