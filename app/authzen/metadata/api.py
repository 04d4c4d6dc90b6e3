"""Where a tool finds out what there is to ask, and where."""

from typing import Any

from fastapi import APIRouter, Request

from app.kernel.tags import Tag

from . import rules

router = APIRouter(tags=[Tag.TOOLS])


@router.get("/.well-known/authzen-configuration", summary="What this decision point can do and where")
def decision_point(request: Request) -> dict[str, Any]:
    """Policy decision point metadata (AuthZEN 1.0, 9): the address of every endpoint."""
    return rules.metadata(request.app.state.public_url)
