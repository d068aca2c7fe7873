"""What the tools of a project say of it, where many projects differ little.

`forks.py` does the work, in a process that knows nothing of this repository's tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from tests.blueprints import batch

FORKS = Path(__file__).with_name("forks.py")


class Judge:
    """A judge at work, in a process of its own."""

    def __init__(self, known: Path, folder: Path) -> None:
        line = [sys.executable, str(FORKS), str(known), str(folder)]
        kept = {
            n: v
            for n, v in os.environ.items()
            if not n.startswith(("PYTEST_", "PYTHONPATH"))
        }
        self._process = subprocess.Popen(
            line,
            env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Judge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def said(self, project: Path) -> str:
        """What is wrong with a project, by the tools that it brings."""
        assert self._process.stdin and self._process.stdout
        print(project, file=self._process.stdin, flush=True)
        found: dict[str, str] = json.loads(self._process.stdout.readline())
        if "types" in found and batch.TOOLS["types"](project) is None:
            # It was mypy's memory that was wrong.
            del found["types"]
        return "\n".join(f"{tool}:\n{text}" for tool, text in found.items())
