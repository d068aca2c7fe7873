"""What Prometheus reads; not part of the documented API, and not for the outside."""

from fastapi import APIRouter, Response

from app.api.dependencies import InService
from app.infra.metrics.standing import CONTENT_TYPE, exposition

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(service: InService) -> Response:
    """Everything that is counted here, and how things stand."""
    return Response(await exposition(service.pool), media_type=CONTENT_TYPE)
