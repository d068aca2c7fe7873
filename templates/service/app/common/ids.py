"""Identifiers: fresh ones that sort by time, and derived ones that repeat."""

from typing import Final
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

NAMESPACE: Final = UUID("6f0b7b1e-6f0e-5d52-9a53-6f0f4c1f3f5e")


def new_id() -> UUID:
    """A fresh id; later ones sort after earlier ones."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """The id that these parts always give, here and in every other process."""
    return uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts))
