"""`scaffold demo`: the example is written, started, and watched taking a booking."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from generator import playground
from generator.broker import Broker
from generator.conversation import Conversation
from generator.diagnostics import Report
from generator.interrupts import checkpoint
from generator.pipeline import build
from generator.sources import find
from generator.stack import LOG, Announcement, Stack
from generator.trial import require_dependencies
from generator.walk import walk

EXAMPLE = "booking_core"
PHRASES = {
    "postgres": "Starting PostgreSQL",
    "migrate": "Migrating the database",
    "start": "Starting API and worker",
}


def run(folder: Path, once: bool) -> None:
    """Write, start and walk; then stay up on a terminal, until a signal comes."""
    console = Console(highlight=False)
    playground.check(folder)
    console.print(f"Printing {EXAMPLE} from its blueprint", markup=False)
    tree = build(find(EXAMPLE), Report())
    require_dependencies(tree)
    checkpoint("write")
    playground.write(tree, folder)
    console.print(f"Wrote {len(tree)} files to {folder}", markup=False)
    with playground.claimed(folder) as held, Stack(folder, held.fileno()) as stack:
        ready = _started(stack, console)
        walk(Conversation(str(ready["url"]), console), stack.token, _broker(ready))
        console.print(Text("\nThe whole flow has passed.", "bold green"))
        if not once and sys.stdout.isatty():
            _invite(console, folder, ready)
            checkpoint("stay")
            stack.wait()
        checkpoint("stop")


def _started(stack: Stack, console: Console) -> Announcement:
    announcement: Announcement = {}
    for announcement in stack.announcements():
        phase = str(announcement["phase"])
        if phase in PHRASES:
            console.print(PHRASES[phase], markup=False)
        checkpoint(phase)
    return announcement


def _broker(ready: Announcement) -> Broker:
    pids = ready["pids"]
    assert isinstance(pids, dict)
    return Broker(str(ready["bus"]), pids["broker"])


def _invite(console: Console, folder: Path, ready: Announcement) -> None:
    for name, place in [
        ("documentation", ready["docs"]),
        ("bus", f"{ready['bus']} (Kafka protocol)"),
        ("health", f"{ready['url']}/health/ready"),
        ("code", folder / "app"),
        ("log", folder / LOG),
    ]:
        console.print(Text.assemble(f"  {name:14}", (str(place), "cyan")))
    console.print("Ctrl-C stops everything.", markup=False)
