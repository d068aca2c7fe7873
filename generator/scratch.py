"""Folders that vanish: scratch space for the tools that want files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder of our own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="scaffold-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
