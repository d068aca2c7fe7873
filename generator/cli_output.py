"""What every command says: findings, what was done, and mistakes in a few words."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from generator.formats import Format

if TYPE_CHECKING:
    from generator.diagnostics import Diagnostic

FOUND = 1
WRONG_USAGE = 2
TRACEBACK = "SCAFFOLD_TRACEBACK"


@contextmanager
def mistakes(format: Format = Format.TEXT) -> Iterator[None]:
    """Say what is wrong in a few words, never with a traceback."""
    from generator.diagnostics import BlueprintError, ScaffoldError
    from generator.sources import WrongUsage

    try:
        yield
    except BlueprintError as error:
        print_all(error.diagnostics, format)
        raise typer.Exit(FOUND) from error
    except ScaffoldError as error:
        typer.echo(f"scaffold: {error}", err=True)
        wrong_usage = isinstance(error, WrongUsage)
        raise typer.Exit(WRONG_USAGE if wrong_usage else FOUND) from error
    except BrokenPipeError as error:
        # Whoever read along, as `head` does, has read enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(FOUND) from error
    except OSError as error:
        typer.echo(f"scaffold: {error.filename}: {error.strerror}", err=True)
        raise typer.Exit(FOUND) from error
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if TRACEBACK in os.environ:
            raise
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        typer.echo(f"scaffold: this is a bug in scaffold: {said}", err=True)
        typer.echo(f"  {TRACEBACK}=1 shows where; please report it", err=True)
        raise typer.Exit(FOUND) from error


def shell(*words: object) -> str:
    """A command as it can be typed, whatever its words hold."""
    import shlex

    return shlex.join(map(str, words))


def tell(line: str, format: Format) -> None:
    """Say what was done; a report for machines has standard output for itself."""
    typer.echo(line, err=format is not Format.TEXT)


def print_all(
    diagnostics: Sequence[Diagnostic], format: Format, err: bool = True
) -> None:
    if not diagnostics and format is Format.TEXT:
        return
    from generator.reporting import written
    from generator.sources import lines

    files = {
        span.file
        for each in diagnostics
        for span in (each.span, *(place for place, _ in each.also))
    }
    rows = {file: lines(file) for file in files}
    if said := written(diagnostics, rows, format):
        typer.echo(said, err=err and format is Format.TEXT)
