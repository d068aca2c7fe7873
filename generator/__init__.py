"""scaffold: event-sourced services out of short YAML blueprints.

>>> from generator import generate
>>> generate("booking_core", Path("shop"))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.changes import Plan
    from generator.checking import check
    from generator.diagnostics import BlueprintError, Diagnostic
    from generator.living import new_domain, sync
    from generator.pipeline import NewProject, generate, load_service, plan

__version__ = "0.1.0"

__all__ = [
    "BlueprintError",
    "Diagnostic",
    "NewProject",
    "Plan",
    "check",
    "generate",
    "load_service",
    "new_domain",
    "plan",
    "sync",
]

_HOMES = {
    "BlueprintError": "generator.diagnostics",
    "Diagnostic": "generator.diagnostics",
    "NewProject": "generator.pipeline",
    "Plan": "generator.changes",
    "check": "generator.checking",
    "generate": "generator.pipeline",
    "load_service": "generator.pipeline",
    "new_domain": "generator.living",
    "plan": "generator.pipeline",
    "sync": "generator.living",
}


def __getattr__(name: str) -> object:
    """Import a part of the API when it is first asked for: the command starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
