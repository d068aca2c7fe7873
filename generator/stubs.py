"""A function that is left to be written by hand, as it stands until somebody does."""

from __future__ import annotations

from collections.abc import Sequence

from generator import prose

WIDTH = 88


def stub(name: str, parameters: Sequence[str], returns: str, summary: str) -> str:
    """A function that only says that it is not written."""
    head = f"def {name}({', '.join(parameters)}) -> {returns}:"
    if len(head) > WIDTH:
        lines = "".join(f"    {each},\n" for each in parameters)
        head = f"def {name}(\n{lines}) -> {returns}:"
    return f"{head}\n    {prose.docstring(summary)}\n    raise NotImplementedError\n"
