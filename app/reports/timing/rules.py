"""Since when the open step of a request has been waiting."""

from datetime import datetime

from app.governance.routing.rules import Request
from app.governance.steps.rules import Standing


def waits_since(request: Request, step: Standing) -> datetime | None:
    """When the step before it had passed, else when the request was made; None: it was sent anew, and nobody kept when."""
    before = [one.at for one in request.decisions if one.kind is not step.kind]
    if before:
        return max(before)
    return request.created_at if request.round == 1 else None
