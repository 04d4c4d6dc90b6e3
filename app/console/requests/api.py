"""Rights requests: made, looked at, taken back."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from app.accounts import service as accounts
from app.accounts.wire import AccountRef
from app.console.frame import service as frame
from app.console.frame.api import Blank, Form, bound, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.directory import service as directory
from app.governance.models.rules import Right
from app.governance.requests import service as requests
from app.governance.requests.service import Ask
from app.governance.routing.rules import RequestState
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid
from app.kernel.pages import Page, paging
from app.kernel.text import Line, Prose
from app.kernel.wire import Day
from app.kernel.work import Work

from . import service

parts = router()
LIST = "/console/requests"


class NewRequest(Form):
    """Which rights, why, until which day, for whom (their work e-mail; the reader, if nobody is named)."""

    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    justification: Prose
    until: Annotated[Day | None, Blank] = None
    beneficiary: Annotated[Line | None, Blank] = None


class Withdrawal(Form):
    """A request is taken back."""


@parts.get("/requests")
def list_requests(
    request: Request,
    work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_READ)],
    asked: Annotated[Page, paging("id", default="-id")],
    state: Annotated[RequestState | None, Blank, Query()] = None,
    mine: bool = False,
) -> Response:
    """The requests that you may see, the newest first."""
    filters = {"state": state, "mine": "true" if mine else None}
    found = service.listed(work, bound(asked, work, filters), state, mine=mine)
    return page(
        request, work, "requests.html", found=found, filters=filters, state=state, mine=mine, states=RequestState,
        later=asked.cursor is not None,
    )  # fmt: skip


@parts.get("/requests/{id}")
def one_request(id: UUID, request: Request, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_READ)]) -> Response:
    """One request: what is asked, the way it takes, what was said on it."""
    return page(request, work, "request.html", found=service.whole(work, id))


@parts.post("/accounts/{id}/requests")
def ask(
    id: AccountRef, form: Annotated[NewRequest, FORM], work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_CREATE)]
) -> Response:
    """Ask for rights on an account; the model in force says who decides, or refuses with every reason."""
    rights = tuple(dict.fromkeys(form.rights))
    wanted = Ask(
        accounts.ref(work, id),
        rights,
        form.justification,
        _beneficiary(work, form.beneficiary),
        frame.end_of(work, form.until),
    )
    made = requests.ask(work, wanted)
    return go(f"{LIST}/{made.request.id}", Told.ASKED)


def _beneficiary(work: Work, text: str | None) -> UUID | None:
    """Whom a work e-mail names, of those whose details the reader may see: the page answers nothing more than that."""
    if text is None:
        return None
    found = directory.employees(work, Page(limit=2, sort="id"), {"email": text, "active": True})
    if len(found) != 1:
        raise Invalid.field(
            "/beneficiary", "unknown_employee", "There is nobody with this e-mail for whom you can ask."
        )
    return found[0].id


@parts.post("/requests/{id}/withdraw")
def withdraw(
    id: UUID, form: Annotated[Withdrawal, FORM], work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_UPDATE)]
) -> Response:
    """Take your request back."""
    requests.withdraw(work, id)
    return go(f"{LIST}/{id}", Told.WITHDRAWN)
