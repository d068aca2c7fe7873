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
