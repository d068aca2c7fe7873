"""Whether the process lives, and whether it can do its work."""

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Response, status
from pydantic import BaseModel, Field

from app.api.dependencies import InService
from app.operations import ailments, hindrances

router = APIRouter(prefix="/health", tags=["health"])


class Alive(BaseModel):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether all is well, and what is not."""

    status: Literal["ok", "unavailable"]
    ailments: dict[str, str] = Field(
        description="What is wrong, by part.",
        examples=[{"subscription room_view": "stopped at event 0190...: KeyError"}],
    )


@router.get("/live", summary="Is the process alive?")
async def health_live() -> Alive:
    """Never touches the database: a restart would not mend that."""
    return Alive()


@router.get(
    "/ready",
    summary="Can it do its work?",
    responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Readiness}},
)
async def health_ready(service: InService, response: Response) -> Readiness:
    """The database answers, its schema is current, and nothing has stopped."""
    return _answered(await ailments(service), response)


@router.get(
    "/serving",
    summary="Should it be sent requests?",
    responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Readiness}},
)
async def health_serving(service: InService, response: Response) -> Readiness:
    """As above, but a stopped projection turns nobody away: most answers are right."""
    return _answered(await hindrances(service), response)


def _answered(found: Mapping[str, str], response: Response) -> Readiness:
    if not found:
        return Readiness(status="ok", ailments={})
    response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Readiness(status="unavailable", ailments=dict(found))
