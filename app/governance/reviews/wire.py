"""Items of reviews as they are written on the wire."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.governance.models.rules import Right
from app.governance.routing.wire import Eligible
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out
from app.roles.rules import Role

from .rules import Answer, ItemState, Kind
from .service import Shown


class Decision(In):
    """Keep it, or end it now; an account that ends begins to be decommissioned."""

    decision: Annotated[Answer, Field(examples=["keep"])]
    comment: Prose | None = None


class Reassignment(In):
    """Who shall answer instead of whoever would, and why."""

    reviewer_id: UUID
    reason: Prose


class ReviewItem(Out):
    """One thing to keep or to end, and who may answer now.

    What it is about: a grant (with its right and account), an appointment (with its role), or an account.
    ``reviewer_id``: who was told to answer, if somebody was. ``on_behalf_of``: whose deputy decided.
    """

    id: UUID
    review_id: UUID
    review_title: str
    kind: Kind
    state: ItemState
    grant_id: UUID | None
    appointment_id: UUID | None
    account_id: UUID | None
    account: Annotated[str | None, Field(description="As `network:handle`.")]
    right: Right | None
    role: Role | None
    business_unit_id: Annotated[UUID | None, Field(description="The unit that an appointment is over.")]
    network: Annotated[str | None, Field(description="The network that an appointment is over.")]
    holder_id: UUID | None
    requester_id: UUID | None
    custodian_ids: list[UUID]
    reviewer_id: UUID | None
    reviewer_role: Role | None
    eligible: list[Eligible]
    decided_by: UUID | None
    on_behalf_of: UUID | None
    comment: str | None
    decided_at: Instant | None
    due_at: Instant
    ends_at: Instant
    created_at: Instant
    updated_at: Instant


def members(shown: Shown) -> dict[str, Any]:
    """An item's members as they are shown."""
    item, case = shown.item, shown.item.case
    made: dict[str, Any] = {name: getattr(item, name) for name in ReviewItem.model_fields if hasattr(item, name)}
    return made | {
        "review_title": item.title, "state": shown.state, "holder_id": case.holder_id, "requester_id": case.requester_id,
        "business_unit_id": item.scope.business_unit_id if item.scope else None,
        "network": item.scope.network if item.scope else None,
        "custodian_ids": sorted(case.custodians), "reviewer_id": case.reviewer_id, "reviewer_role": shown.reviewers.role,
        "eligible": [Eligible(employee_id=one.holder_id, deputy_id=one.deputy_id) for one in shown.reviewers.seats],
        "on_behalf_of": item.principal_id if item.principal_id != item.decided_by else None,
    }  # fmt: skip


def review_item(shown: Shown) -> ReviewItem:
    """An item as it stands now."""
    return ReviewItem(**members(shown))
