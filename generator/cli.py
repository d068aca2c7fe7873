"""The command line: arguments, printing and exit codes; no logic.

Exit codes: 0 done, 1 found something wrong, 2 asked for what cannot be, 3 done but for
lines that have to be put into a shared list by hand.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator import __version__
from generator.formats import Format
from generator.interrupts import interruptible

if TYPE_CHECKING:
    from generator.changes import Plan
    from generator.diagnostics import Diagnostic

FOUND = 1
WRONG_USAGE = 2
BY_HAND = 3
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
Domain = Annotated[Path, typer.Argument(help="The blueprint of one domain: a file.")]
ProjectFolder = Annotated[
    Path, typer.Option("--project", help="The project, or a folder in it.")
]
Adopt = Annotated[
    bool,
    typer.Option("--adopt", help="Let the blueprint say what code was made to say."),
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
    with _mistakes(format):
        with interruptible():
            from generator import pipeline, write
        planned = pipeline.plan(blueprint, folder)
        _print_all(planned.warnings, format)
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


@app.command()
def new_domain(
    path: Domain, project: ProjectFolder = Path("."), dry_run: DryRun = False
) -> None:
    """Take a domain into a project: its code, tests, tables, and every list."""
    with _mistakes():
        with interruptible():
            from generator import living
        _carry_out(lambda root: living.new_domain(root, path), project, dry_run)


@app.command()
def sync(project: ProjectFolder = Path("."), dry_run: DryRun = False) -> None:
    """Make a project follow its blueprints, and keep what you wrote."""
    with _mistakes():
        with interruptible():
            from generator import living
        _carry_out(living.sync, project, dry_run)


@app.command()
def diff(project: ProjectFolder = Path(".")) -> None:
    """Show what `sync` would change; write nothing."""
    with _mistakes():
        with interruptible():
            from generator import living, telling
        planned = living.sync(living.settled(project, write=False))
        for row in telling.differences(planned):
            typer.echo(row, nl=False)
    raise typer.Exit(FOUND if planned.ops or planned.unsettled else 0)


@app.command()
def check(
    project: ProjectFolder = Path("."),
    adopt: Adopt = False,
    strict: Strict = False,
    format: Written = Format.TEXT,
) -> None:
    """Say where a project and its blueprint differ; write nothing unless --adopt."""
    with _mistakes(format):
        with interruptible():
            from generator import checking
        for line in checking.adopt(project) if adopt else ():
            _tell(line, format)
        findings = checking.check(project)
        _print_all(findings, format, err=False)
    wrong = [each for each in findings if strict or each.severity == "error"]
    raise typer.Exit(FOUND if wrong else 0)


def _carry_out(plan: Callable[[Path], Plan], project: Path, dry_run: bool) -> None:
    """Finish what an interrupted run left, then plan, tell and write."""
    from generator import journal, living, telling

    root = living.settled(project, write=not dry_run)
    planned = plan(root)
    _print_all(planned.warnings, Format.TEXT)
    if not dry_run:
        journal.apply(root, planned.ops)
    for line in telling.lines(planned):
        typer.echo(line)
    typer.echo(telling.summary(planned, dry_run))
    if any(change.paste for change in planned.changes):
        raise typer.Exit(BY_HAND)
    if planned.unsettled:
        raise typer.Exit(FOUND)


@app.command("test")
def run_scenarios(
    blueprint: Tested = ".", strict: Strict = False, format: Written = Format.TEXT
) -> None:
    """Run the scenarios of a blueprint, without a project."""
    with _mistakes(format):
        with interruptible():
            from generator import trial
        code, warnings = trial.run(blueprint, aside=format is not Format.TEXT)
        _print_all(warnings, format)
    raise typer.Exit(FOUND if strict and warnings else code)


@app.command("explain")
def explain_it(
    what: What = "",
    name: Part = "",
    strict: Strict = False,
    format: Written = Format.TEXT,
) -> None:
    """Explain a code by an example, or say where a blueprint's values come from."""
    with _mistakes(format):
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
            _print_all(report.warnings, format)
            _tell("\n\n".join(map(str, tables)), format)
            if strict and report.warnings:
                raise typer.Exit(FOUND)


@app.command("schema")
def print_schema(out: Out = None) -> None:
    """Print the JSON Schema of blueprint files, for editors."""
    with _mistakes():
        from generator import schema

        if out is None:
            typer.echo(schema.text(), nl=False)
        else:
            out.write_text(schema.text(), encoding="utf-8")


@app.command()
def release(project: Released = Path("."), dry_run: DryRun = False) -> None:
    """Freeze what goes out: event schemas, migrations, and golden events."""
    with _mistakes():
        with interruptible():
            from generator import living, releasing
        root = living.settled(project, write=not dry_run)
        planned = releasing.plan(root)
        _print_all(planned.warnings, Format.TEXT)
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
    with _mistakes():
        _must_be_posix()
        with interruptible():
            from generator.demo import run
        run(folder, once)


def _must_be_posix() -> None:
    from generator.sources import WrongUsage

    if os.name != "posix":
        raise WrongUsage("the demo needs Linux or macOS, as its PostgreSQL does")


@contextmanager
def _mistakes(format: Format = Format.TEXT) -> Iterator[None]:
    """Say what is wrong in a few words, never with a traceback."""
    from generator.diagnostics import BlueprintError, ScaffoldError
    from generator.sources import WrongUsage

    try:
        yield
    except BlueprintError as error:
        _print_all(error.diagnostics, format)
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


def _tell(line: str, format: Format) -> None:
    """Say what was done; a report for machines has standard output for itself."""
    typer.echo(line, err=format is not Format.TEXT)


def _print_all(
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
