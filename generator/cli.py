"""The command line: arguments, printing and exit codes; no logic.

Exit codes: 0 done, 1 found something wrong, 2 asked for what cannot be, 3 done but for
lines that have to be put into a shared list by hand.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator import __version__, cli_looking, completing, formats
from generator.cli_output import FOUND, mistakes, print_all, shell, tell
from generator.formats import Format
from generator.interrupts import interruptible

if TYPE_CHECKING:
    from generator.changes import Plan

BY_HAND = 3

app = typer.Typer(
    help="Event-sourced services out of short YAML blueprints.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[
    Path | None,
    typer.Argument(help="The folder of the new project: absent or empty."),
]
Blueprint = Annotated[
    str,
    typer.Option(
        help="A blueprint folder, or an example: booking_core. On a terminal you are"
        " asked, if you name none.",
        autocompletion=completing.example,
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be written; write nothing.")
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Let a warning fail, as an error does.")
]
Written = Annotated[
    Format,
    typer.Option(
        "--format",
        help="How findings are written; all but text: to stdout.",
        parser=formats.read,
        metavar=formats.CHOICES,
        autocompletion=completing.format,
    ),
]
Domain = Annotated[Path, typer.Argument(help="The blueprint of one domain: a file.")]
ProjectFolder = Annotated[
    Path, typer.Option("--project", help="The project, or a folder in it.")
]
Adopt = Annotated[
    bool,
    typer.Option("--adopt", help="Let the blueprint say what code was made to say."),
]
_LEVELS = "code, projection, api, wire or store"
Against = Annotated[
    str, typer.Option(help="The release: a commit, tag or branch, or a folder.")
]
AtLevel = Annotated[
    str, typer.Option(help=f"The least that fails: {_LEVELS}; the rest warns.")
]
Tested = Annotated[
    str,
    typer.Argument(
        help="A blueprint folder, one domain file, or an example.",
        autocompletion=completing.example,
    ),
]
What = Annotated[
    str,
    typer.Argument(
        help="A code like B303, or a blueprint: a folder, a domain file, an example.",
        autocompletion=completing.explained,
    ),
]
Part = Annotated[
    str,
    typer.Argument(
        help="Of a blueprint: only this domain, or part of one.",
        autocompletion=completing.domain,
    ),
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
    folder: Folder = None,
    blueprint: Blueprint = "",
    dry_run: DryRun = False,
    strict: Strict = False,
    format: Written = Format.TEXT,
) -> None:
    """Write a whole service into a new folder."""
    with mistakes(format):
        with interruptible():
            from generator import pipeline, starter, wizard, write
            from generator.sources import WrongUsage
        if not blueprint and sys.stdin.isatty() and sys.stdout.isatty():
            with interruptible():
                wish = wizard.ask(folder)
        elif not blueprint or folder is None:
            missing = (
                "a folder and a --blueprint" if folder is None else "a --blueprint"
            )
            raise WrongUsage(f"name {missing}; only on a terminal you are asked")
        else:
            wish = wizard.Wish(folder, blueprint)
        own = starter.folder(wish.service, wish.domain) if wish.service else None
        with own or nullcontext(wish.blueprint) as source:
            planned = pipeline.plan(source, wish.folder)
        print_all(planned.warnings, format)
        if strict and planned.warnings:
            typer.echo(
                "scaffold: a warning, and --strict: nothing is written", err=True
            )
            raise typer.Exit(FOUND)
        sink = write.Paper() if dry_run else write.Disk(planned.place)
        write.apply(planned.tree, sink)
    for path, file in planned.tree.items():
        tell(f"create  {path}  ({file.origin})", format)
    if dry_run:
        written = "a dry run: none of them was written"
    else:
        written = f"next: {shell('cd', wish.folder)} && make dev"
    tell(f"{len(planned.tree)} files; {written}", format)


@app.command()
def new_domain(
    path: Domain, project: ProjectFolder = Path("."), dry_run: DryRun = False
) -> None:
    """Take a domain into a project: its code, tests, tables, and every list."""
    with mistakes():
        with interruptible():
            from generator import living
        _carry_out(lambda root: living.new_domain(root, path), project, dry_run)


@app.command()
def sync(project: ProjectFolder = Path("."), dry_run: DryRun = False) -> None:
    """Make a project follow its blueprints, and keep what you wrote."""
    with mistakes():
        with interruptible():
            from generator import living
        _carry_out(living.sync, project, dry_run)


@app.command()
def diff(project: ProjectFolder = Path(".")) -> None:
    """Show what `sync` would change; write nothing."""
    with mistakes():
        with interruptible():
            from generator import living, telling
        planned = living.sync(living.settled(project, write=False).root)
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
    with mistakes(format):
        with interruptible():
            from generator import checking
        adopted = checking.adopt(project) if adopt else checking.Adopted((), False)
        for line in adopted.told:
            tell(line, format)
        findings = checking.check(project, by_hand=adopted.follow)
        print_all(findings, format, err=False)
    wrong = [each for each in findings if strict or each.severity == "error"]
    raise typer.Exit(FOUND if wrong else 0)


app.command("graph")(cli_looking.graph)
app.command("examples")(cli_looking.examples)
app.command("doctor")(cli_looking.doctor)


@app.command("breaking")
def compare(
    against: Against,
    project: ProjectFolder = Path("."),
    level: AtLevel = "code",
    format: Written = Format.TEXT,
) -> None:
    """Say what the blueprint breaks of a release: log, topics, API, rows, code."""
    with mistakes(format):
        with interruptible():
            from dataclasses import replace

            from generator import breaking, comparing, living
            from generator.sources import WrongUsage
        if level.upper() not in breaking.Level.__members__:
            raise WrongUsage(f'there is no level "{level}": {_LEVELS}')
        least = breaking.Level[level.upper()]
        root = living.settled(project, write=False).root
        found = [
            each
            if breaking.level_of(each) >= least
            else replace(each, severity="warning")
            for each in comparing.against(root, against)
        ]
        named = [
            replace(e, message=f"{breaking.level_of(e).name}: {e.message}")
            for e in found
        ]
        print_all(named, format, err=False)
    wrong = [each for each in found if each.severity == "error"]
    raise typer.Exit(FOUND if wrong else 0)


def _carry_out(plan: Callable[[Path], Plan], project: Path, dry_run: bool) -> None:
    """Finish what an interrupted run left, then plan, tell and write."""
    from generator import journal, living, telling

    root = _entered(project, dry_run)
    planned = plan(root)
    print_all(planned.warnings, Format.TEXT)
    if unseen := living.uncommitted(root, planned):
        named = ", ".join(map(str, unseen))
        typer.echo(f"note: edited and not committed before this run: {named}", err=True)
    if not dry_run:
        journal.apply(root, planned.ops)
    for line in telling.lines(planned):
        typer.echo(line)
    typer.echo(telling.summary(planned, dry_run))
    if any(change.paste for change in planned.changes):
        raise typer.Exit(BY_HAND)
    if planned.unsettled:
        raise typer.Exit(FOUND)


def _entered(project: Path, dry_run: bool) -> Path:
    """The project to work in; what an interrupted run left is finished, and said."""
    from generator import living

    root, said = living.settled(project, write=not dry_run)
    if said:
        typer.echo(f"note: {said}", err=True)
    return root


@app.command("test")
def run_scenarios(
    blueprint: Tested = ".", strict: Strict = False, format: Written = Format.TEXT
) -> None:
    """Run the scenarios of a blueprint, without a project."""
    with mistakes(format):
        with interruptible():
            from generator import trial
        code, warnings = trial.run(blueprint, aside=format is not Format.TEXT)
        print_all(warnings, format)
    raise typer.Exit(FOUND if strict and warnings else code)


@app.command("explain")
def explain_it(
    what: What = "",
    name: Part = "",
    strict: Strict = False,
    format: Written = Format.TEXT,
) -> None:
    """Explain a code by an example, or say where a blueprint's values come from."""
    with mistakes(format):
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
            print_all(report.warnings, format)
            tell("\n\n".join(map(str, tables)), format)
            if strict and report.warnings:
                raise typer.Exit(FOUND)


@app.command("schema")
def print_schema(out: Out = None) -> None:
    """Print the JSON Schema of blueprint files, for editors."""
    with mistakes():
        from generator import schema

        if out is None:
            typer.echo(schema.text(), nl=False)
        else:
            out.write_text(schema.text(), encoding="utf-8")


@app.command()
def release(project: Released = Path("."), dry_run: DryRun = False) -> None:
    """Freeze what goes out: event schemas, migrations, and golden events."""
    with mistakes():
        with interruptible():
            from generator import releasing
        root = _entered(project, dry_run)
        planned = releasing.plan(root)
        print_all(planned.warnings, Format.TEXT)
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
    with mistakes():
        _must_be_posix()
        with interruptible():
            from generator.demo import run
        run(folder, once)


def _must_be_posix() -> None:
    from generator.sources import WrongUsage

    if os.name != "posix":
        raise WrongUsage("the demo needs Linux or macOS, as its PostgreSQL does")
