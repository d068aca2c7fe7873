"""Lists whose length comes from outside: a decision takes none that is absurd."""

from app.common.saturating import MOST


def numbers(*ends: int) -> range:
    """What `range` gives of one or two ends; a ValueError for more than `MOST`."""
    found = range(*ends)
    if found[MOST:]:
        raise ValueError(f"more than {MOST:,} numbers in a row")
    return found
