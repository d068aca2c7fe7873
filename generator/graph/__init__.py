"""Pictures of a service: what is drawn, and how it is written."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.model import Service


class Subject(StrEnum):
    """What is drawn."""

    SERVICE = "service"
    CONTEXT = "context"
    LIFECYCLE = "lifecycle"
    FLOW = "flow"


class Picture(StrEnum):
    """How a picture is written."""

    MERMAID = "mermaid"
    SVG = "svg"


def picture(service: Service, subject: Subject, of: str, written: Picture) -> str:
    """A picture of the service, the same bytes for the same blueprint."""
    from generator.graph import mermaid, subjects, svg

    writer = {Picture.MERMAID: mermaid.written, Picture.SVG: svg.written}[written]
    return writer(subjects.drawn(service, subject, of))
