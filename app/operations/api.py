"""Is it alive, is it ready, how is it doing."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.errors import Unavailable
from app.kernel.problems import responses
from app.kernel.tags import Tag

router = APIRouter(tags=[Tag.OPERATIONS])


class NotReady(Unavailable):
    """The database cannot be reached, its schema is not this version's, or decisions are not known well enough yet."""

    code = "not_ready"


class Health(BaseModel):
    """All is well."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    """The process is alive."""
    return Health()


@router.get("/readyz", responses=responses(NotReady))
def readyz(request: Request) -> Health:
    """The database answers, and has this version's schema; who only decides knows all that there is to know."""
    try:
        wrong = request.app.state.schema_behind()
    except SQLAlchemyError as error:
        raise NotReady("The database cannot be reached.") from error
    if wrong:
        raise NotReady(f"Not migrated: {wrong}.")
    if not request.app.state.informed():
        raise NotReady("What decisions depend on is being read, or was not heard of for a second.")
    return Health()


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Prometheus text."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
