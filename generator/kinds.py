"""Whose a generated file is, and so what happens to it when the blueprint changes."""

from __future__ import annotations

import re
from enum import Enum


class Kind(Enum):
    """How a file lives on after it was first written."""

    CONTRACT = "contract"
    """Says what the blueprint says; yours to add to, and read back by `check`."""
    LOGIC = "logic"
    """Does what the blueprint says; yours to edit, and merged."""
    MIGRATION = "migration"
    """SQL that a database may have run: replaced as a whole or left, never merged."""
    SHARED = "shared"
    """A list that all domains stand in: edited entry by entry."""
    ONCE = "once"
    """Written once, and yours from then on."""


_PLACES = {
    Kind.SHARED: re.compile(r"app/(domain_registry|api/__init__)\.py"),
    Kind.ONCE: re.compile(r"app/\w+/custom\.py|blueprints/.*"),
    Kind.MIGRATION: re.compile(r"migrations/.*\.sql"),
    Kind.CONTRACT: re.compile(
        r"app/(?!api/|common/|config/|dev/|infra/|security/)\w+/"
        r"(events|commands|queries|enums|value_objects|read_models|exceptions"
        r"|sync_events|registration|decisions|upcasters)\.py"
        r"|app/api/models/(?!common\.py|__init__\.py)\w+\.py"
    ),
}


def kind_of(path: str) -> Kind:
    """The kind of the generated file at a path."""
    for kind, place in _PLACES.items():
        if place.fullmatch(path):
            return kind
    return Kind.LOGIC


_OWNED = re.compile(
    r"app/api/(?:models|routers)/(?P<module>\w+)\.py"
    r"|tests/integration/test_(?P<tested>\w+)_api\.py"
    r"|(?:app|migrations|tests/unit|tests/golden_events)/(?P<folder>\w+)/.*"
)


def owner_of(path: str) -> str:
    """The domain that a generated file belongs to, going by its place.

    For what belongs to none it is empty, or a name that is kept from domains.
    """
    found = _OWNED.fullmatch(path)
    return next(filter(None, found.groups()), "") if found else ""
