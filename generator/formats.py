"""The formats of findings, by name: all that the command line has to know of them."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


CHOICES = f"[{'|'.join(Format)}]"


def read(written: str) -> Format:
    """The format of that name; of another one, which there are."""
    try:
        return Format(written)
    except ValueError:
        from pydantic_core import PydanticCustomError

        said = f"there is no format {written!r}: write one of {', '.join(Format)}"
        raise PydanticCustomError("format", "{said}", {"said": said}) from None
