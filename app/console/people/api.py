"""One person's page."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response

from app.console.frame.api import router
from app.console.frame.wire import page
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.work import Work

from . import service

parts = router()


@parts.get("/people/{id}")
def person(id: UUID, request: Request, work: Annotated[Work, allow(Permission.EMPLOYEE_READ)]) -> Response:
    """Who they are, which roles they hold, and what they may post on, as far as you may see it."""
    return page(request, work, "person.html", found=service.person(work, id))
