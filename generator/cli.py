"""The command line: arguments, printing and exit codes; no logic.

Exit codes: 0 done, 1 found something wrong, 2 asked for what cannot be.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator import __version__
from generator.interrupts import interruptible
from generator.reporting import Format

if TYPE_CHECKING:
    from generator.diagnostics import Diagnostic

FOUND = 1
WRONG_USAGE = 2
EXAMPLE = "booking_core"
TRACEBACK = "SCAFFOLD_TRACEBACK"

app = typer.Typer(
    help="Event-sourced services out of short YAML blueprints.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[
    Path, typer.Argument(help="The folder of the new project: absent or empty.")
]
Blueprint = Annotated[
    str,
    typer.Option(help="A blueprint folder, or the name of an example: booking_core."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be written; write nothing.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Let a warning fail, as an error does.")
]
Written = Annotated[
    Format,
    typer.Option("--format", help="How findings are written; all but text: to stdout."),
]
Tested = Annotated[
    str, typer.Argument(help="A blueprint folder, one domain file, or an example.")
]
What = Annotated[
    str,
    typer.Argument(
        help="A code like B303, or a blueprint: a folder, a domain file, an example."
    ),
]
Part = Annotated[
    str, typer.Argument(help="Of a blueprint: only this domain, or part of one.")
]
Out = Annotated[
    Path | None, typer.Option(help="The file to write it to; else standard output.")
]
Released = Annotated[Path, typer.Argument(help="The folder of the project.")]
DemoFolder = Annotated[
    Path,
    typer.Argument(help="Where it is written; a former demo is replaced."),
]
Once = Annotated[bool, typer.Option("--once", help="Stop when the flow has passed.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scaffold {__version__}")
        raise typer.Exit


@app.callback()
def scaffold(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Event-sourced services out of short YAML blueprints."""


@app.command()
def new_project(
    folder: Folder,
    blueprint: Blueprint,
    dry_run: DryRun = False,
    strict: Strict = False,
    format: Written = Format.TEXT,
) -> None:
    """Write a whole service into a new folder."""
    with _mistakes_of(blueprint, format):
        with interruptible():
            from generator import pipeline, write
        planned = pipeline.plan(blueprint, folder)
        _print_all(planned.warnings, blueprint, format)
        if strict and planned.warnings:
            typer.echo(
                "scaffold: a warning, and --strict: nothing is written", err=True
            )
            raise typer.Exit(FOUND)
        sink = write.Paper() if dry_run else write.Disk(planned.place)
        write.apply(planned.tree, sink)
    for path, file in planned.tree.items():
        _tell(f"create  {path}  ({file.origin})", format)
    if dry_run:
        written = "a dry run: none of them was written"
    else:
        written = f"next: cd {folder} && make dev"
    _tell(f"{len(planned.tree)} files; {written}", format)


@app.command("test")
def run_scenarios(
    blueprint: Tested = ".", strict: Strict = False, format: Written = Format.TEXT
) -> None:
    """Run the scenarios of a blueprint, without a project."""
    with _mistakes_of(blueprint, format):
        with interruptible():
            from generator import trial
        code, warnings = trial.run(blueprint, aside=format is not Format.TEXT)
        _print_all(warnings, blueprint, format)
    raise typer.Exit(FOUND if strict and warnings else code)


@app.command("explain")
def explain_it(
    what: What = "",
    name: Part = "",
    strict: Strict = False,
    format: Written = Format.TEXT,
) -> None:
    """Explain a code by an example, or say where a blueprint's values come from."""
    with _mistakes_of(what, format):
        with interruptible():
            from generator import explanation, mapping, pipeline
            from generator.diagnostics import Report
        if not what:
            typer.echo(explanation.listed())
        elif explanation.is_code(what):
            typer.echo(explanation.shown(explanation.explain(what)))
        else:
            report = Report()
            tables = mapping.about(pipeline.load_service(what, report), name)
            _print_all(report.warnings, what, format)
            _tell("\n\n".join(map(str, tables)), format)
            if strict and report.warnings:
                raise typer.Exit(FOUND)


@app.command("schema")
def print_schema(out: Out = None) -> None:
    """Print the JSON Schema of blueprint files, for editors."""
    with _mistakes_of(""):
        from generator import schema

        if out is None:
            typer.echo(schema.text(), nl=False)
        else:
            out.write_text(schema.text(), encoding="utf-8")


@app.command()
def release(project: Released = Path("."), dry_run: DryRun = False) -> None:
    """Freeze what goes out: event schemas, migrations, and golden events."""
    blueprint = str(project / "blueprints")
    with _mistakes_of(blueprint):
        with interruptible():
            from generator import releasing
        planned = releasing.plan(project, dry=dry_run)
        _print_all(planned.warnings, blueprint, Format.TEXT)
        if not dry_run:
            planned.apply()
    for change in planned.changes:
        verb = "create" if change.seen is None else "update"
        typer.echo(f"{verb}  {change.path}")
    if not planned.changes:
        typer.echo("nothing is new since the last release")
    elif dry_run:
        typer.echo(f"{len(planned.changes)} files; a dry run: none was written")
    else:
        typer.echo(f"{len(planned.changes)} files; commit them with the release")


@app.command()
def demo(folder: DemoFolder = Path("demo"), once: Once = False) -> None:
    """Write the example service, start it, and watch it take a booking."""
    with _mistakes_of(EXAMPLE):
        _must_be_posix()
        with interruptible():
            from generator.demo import run
        run(folder, once)


def _must_be_posix() -> None:
    from generator.sources import WrongUsage

    if os.name != "posix":
        raise WrongUsage("the demo needs Linux or macOS, as its PostgreSQL does")


@contextmanager
def _mistakes_of(blueprint: str, format: Format = Format.TEXT) -> Iterator[None]:
    """Say what is wrong in a few words, never with a traceback."""
    from generator.diagnostics import BlueprintError, ScaffoldError
    from generator.sources import WrongUsage

    try:
        yield
    except BlueprintError as error:
        _print_all(error.diagnostics, blueprint, format)
        raise typer.Exit(FOUND) from error
    except ScaffoldError as error:
        typer.echo(f"scaffold: {error}", err=True)
        wrong_usage = isinstance(error, WrongUsage)
        raise typer.Exit(WRONG_USAGE if wrong_usage else FOUND) from error
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


def _tell(line: str, format: Format) -> None:
    """Say what was done; a report for machines has standard output for itself."""
    typer.echo(line, err=format is not Format.TEXT)


def _print_all(
    diagnostics: Sequence[Diagnostic], blueprint: str, format: Format
) -> None:
    from generator.diagnostics import Report
    from generator.document import read
    from generator.reporting import written
    from generator.sources import find, locks

    lines = {
        source.file: read(source.place, source.file, Report()).lines
        for source in (*find(blueprint), *locks(Path(blueprint).parent))
    }
    if said := written(diagnostics, lines, format):
        typer.echo(said, err=format is Format.TEXT)
