"""Three-way merge of a generated file: as last generated, as edited, as generated now.

It is pure but for one `git merge-file` a text that must be merged by rows. The caller
formats `base` and `new` by the project's own settings first, and the result afterwards.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.merge.excerpts import restored
    from generator.merge.lines import Sides, has_markers
    from generator.merge.losses import lost_names
    from generator.merge.merging import merge, plain, renamed, same
    from generator.merge.outcome import Conflict, Merged, Note

__all__ = [
    "Conflict",
    "Merged",
    "Note",
    "Sides",
    "has_markers",
    "lost_names",
    "merge",
    "plain",
    "renamed",
    "restored",
    "same",
]

_HOMES = {
    "Conflict": "outcome",
    "Merged": "outcome",
    "Note": "outcome",
    "Sides": "lines",
    "has_markers": "lines",
    "lost_names": "losses",
    "merge": "merging",
    "plain": "merging",
    "renamed": "merging",
    "restored": "excerpts",
    "same": "merging",
}


def __getattr__(name: str) -> object:
    """Import a part when it is first asked for: most files need no merge."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
