"""Explanations of decisions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.accounts.wire import AccountRef
from app.governance.evaluation.service import Question
from app.governance.history.rules import HistoryIncomplete
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import Instant
from app.kernel.work import Work

from . import service, wire

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.AUDITORS])
AsOf = Annotated[Instant | None, Query(description="As it was at this instant, after all that happened then.")]


@router.get("/decisions/explain", responses=responses(Forbidden, Invalid, HistoryIncomplete))
def explain_decision(
    work: Annotated[Work, allow(Permission.DECISION_EVALUATE)],
    employee_id: Annotated[
        str,
        Query(
            description="Our id, HR's employee id, the work e-mail or the user name.",
            openapi_examples={"somebody": {"value": "liaison@demo.example"}},
        ),
    ],
    account_id: Annotated[
        str,
        Query(
            description="Our id, or `network:handle`.",
            openapi_examples={"one of ours": {"value": "x:alder_nordics"}},
        ),
    ],
    right: Annotated[
        str,
        Query(
            description="draft, publish, engage, analyze or administer.",
            openapi_examples={"to post": {"value": "publish"}},
        ),
    ],
    tool: Annotated[str | None, Query(description="The publishing tool, by id or key.")] = None,
    content_sha256: Annotated[str | None, Query(description="Of the very content that is to go out, in hex.")] = None,
    as_of: AsOf = None,
) -> wire.Explanation:
    """Why may they, or why not: every condition of a decision, now or at an instant of the past."""
    question = Question(employee_id, right, account_id, tool, content_sha256)
    return wire.explanation(service.explain(work, question, as_of))


@router.get("/accounts/{id}/publishers", responses=responses(NotFound, Invalid, HistoryIncomplete))
def list_publishers(
    id: AccountRef,
    work: Annotated[Work, allow(Permission.GRANT_READ)],
    page: Annotated[Page, paging("id")],
    as_of: AsOf = None,
) -> Listing[wire.Publisher]:
    """Who may publish on an account, now or at an instant of the past, of those whose grants you may see."""
    shown, cursor = page.cut(service.publishers(work, id, as_of, page))
    return Listing[wire.Publisher](items=[wire.publisher(one) for one in shown], next_cursor=cursor)
