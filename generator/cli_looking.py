"""Commands that look: at a service, at the examples, and at the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator import completing
from generator.cli_output import FOUND, mistakes, print_all, shell
from generator.formats import Format
from generator.graph import Picture, Subject
from generator.interrupts import interruptible

Drawn = Annotated[
    str,
    typer.Argument(
        help="A blueprint folder, a project, one domain file, or an example.",
        autocompletion=completing.example,
    ),
]
Kind = Annotated[Subject, typer.Option("--kind", help="What is drawn.")]
Of = Annotated[
    str,
    typer.Option(
        "--of",
        help="The aggregate of a lifecycle, the command of a flow, or one domain.",
        autocompletion=completing.domain,
    ),
]
As = Annotated[Picture, typer.Option("--format", help="How the picture is written.")]
File = Annotated[
    Path | None, typer.Option("--out", help="The file for it; else standard output.")
]
Example = Annotated[
    str,
    typer.Argument(
        help="The example to copy; without it all are listed.",
        autocompletion=completing.example,
    ),
]
Copy = Annotated[
    Path | None,
    typer.Option("--out", help="The folder for the copy: absent or empty."),
]
Disk = Annotated[
    Path, typer.Argument(help="A folder on the disk where projects are to be.")
]


def graph(
    blueprint: Drawn = ".",
    kind: Kind = Subject.SERVICE,
    of: Of = "",
    format: As = Picture.MERMAID,
    out: File = None,
) -> None:
    """Draw a service: its domains, a lifecycle, what a command does, or all of it."""
    with mistakes():
        with interruptible():
            from generator import pipeline
            from generator.diagnostics import Report
            from generator.graph import picture
        report = Report()
        text = picture(pipeline.load_service(blueprint, report), kind, of, format)
        print_all(report.warnings, Format.TEXT)
        if out is None:
            typer.echo(text, nl=False)
        else:
            out.write_text(text, encoding="utf-8")


def examples(name: Example = "", out: Copy = None) -> None:
    """List the example blueprints, or copy one to start from."""
    with mistakes():
        with interruptible():
            from generator import library, write
        if not name:
            for each in library.listed():
                typer.echo(f"{each.name}  {each.summary}")
                typer.echo(f"  {', '.join(each.domains)}")
            return
        tree, folder = library.copied(name), out or Path(name)
        write.apply(tree, write.Disk(write.fit(folder)))
    for path in tree:
        typer.echo(f"create  {folder / path}")
    typer.echo(f"next: {shell('scaffold', 'test', folder)}")


def doctor(folder: Disk = Path(".")) -> None:
    """Say whether this machine is ready, and what to do where it is not."""
    with mistakes():
        from generator import doctor as examination

        checks = []
        for check in examination.examined(folder.absolute()):
            typer.echo(str(check))
            checks.append(check)
    if any(each.needed and not each.is_well for each in checks):
        raise typer.Exit(FOUND)
